#!/bin/bash
# --env: variables of one command, shell or service, in a machine of its own or in a workspace.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

run "$PYRO" run debian:12 --env A=1 --env 'B=x y' -- sh -c 'echo "$A|$B|$HOME"'
is "run --env" "$out" '1|x y|/root'
run "$PYRO" workspace create debian:12 --name w --secret TOKEN=not-to-be-seen
is "create: status" "$status" 0

export FROM_HERE='of this process'
run "$PYRO" workspace exec w --env A=1 --env A=2 --env EMPTY= --env 'C=a=b' --env FROM_HERE --env NOT_SET_HERE -- \
    sh -c 'echo "$A|${EMPTY-unset}|$C|$FROM_HERE|${NOT_SET_HERE-unset}"'
is "exec: the last one counts, a name alone is this process's" "$out" '2||a=b|of this process|unset'
run "$PYRO" workspace exec w -- sh -c 'echo "${FROM_HERE-unset}"'
is "… and nothing of this process comes unasked" "$out" unset
run "$PYRO" workspace exec w --env "LINES_OF=a
b" --json -- sh -c 'echo "$LINES_OF"'
is "exec: a value of two lines" "$(json .stdout)" $'a\nb'
run "$PYRO" workspace exec w --env HOME=/tmp --env PATH=/opt/none -- /bin/sh -c 'echo "$HOME $PATH"'
is "exec: what pyro sets can be set otherwise" "$out" '/tmp /opt/none'
run "$PYRO" workspace exec w --env PATH=/opt/none -- ls
is "… and a command is looked for there" "$status" 127

run "$PYRO" workspace exec w --env A=not-to-be-seen -- sh -c 'echo "$A"'
is "a value that is a secret is redacted in the output" "$out" '[REDACTED]'
run "$PYRO" workspace exec w --env A=1 --secret-env TOKEN=A -- true
is "a variable given twice: status" "$status" 2
like "… says so" "$err" "^pyro: variable 'A' is given by --env and by --secret-env"
for bad in 1A=x =x A-B=x 'A B=x' ''; do
    run "$PYRO" workspace exec w --env "$bad" -- true
    is "--env '$bad': status" "$status" 2
    like "… says what is wrong" "$err" 'is not the name of an environment variable'
done
run "$PYRO" workspace exec w --env '1A=private' -- true
is "… and shows no value" "$(grep -c private <<<"$err")" 0
run "$PYRO" workspace exec w --env A=$'\xff' -- true
is "a value that is not UTF-8: status" "$status" 2
run grep -r private "$XDG_DATA_HOME/pyro/workspaces"
is "no value is stored" "$status" 1

run "$PYRO" workspace shell open w --env PAGER=less --env TERM=dumb --env MARK=m1 --id-only
is "shell open: status" "$status" 0
"$PYRO" workspace shell write w sh1 --input 'echo "$PAGER-$TERM-$MARK"' >/dev/null 2>&1
run "$PYRO" workspace shell read w sh1 --plain --wait-for-prompt
like "shell open: the variables are there, before pyro's own" "$out" $'\nless-dumb-m1\n'
run "$PYRO" workspace shell open w --env 1A=x
is "shell open: a bad name: status" "$status" 2

run "$PYRO" workspace service start w s --env MARK=m2 --ready-command 'test "$MARK" = m2 && test -s mark' -- \
    sh -c 'echo "$MARK" >new; mv new mark; exec sleep 1000'
is "service start: its readiness has them too" "$status" 0
run "$PYRO" workspace exec w -- cat mark
is "service start: the service has them" "$out" m2

run "$PYRO" workspace delete w
is "delete: status" "$status" 0
finish
