#!/bin/bash
# --env of workspace create and fork: variables that the workspace keeps, of all that is started in it.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
export PYRO_CHECK_SPARES=3000 # made at once
ws() { run "$PYRO" workspace "$@"; }
env_of() { json .env "$("$PYRO" workspace status "$1" --json)"; }
# What WORKSPACE's commands have of A, B and C.
sees() { run "$PYRO" workspace exec "$@" -- sh -c 'echo "${A-unset}|${B-unset}|${C-unset}"'; }

"$PYRO" env pull debian:12-base >/dev/null 2>&1
export FROM_HERE='of this process'
ws create debian:12-base --mem-mib 256 --name w --env A=1 --env A=2 --env 'B=x y' --env FROM_HERE --env NOT_SET_HERE \
    --secret TOKEN=not-to-be-seen --json
id=$(json .workspace_id)
is "create: its variables, the last of each, a name alone this process's" "$status $(json .env)" \
    '0 {"A": "2", "B": "x y", "FROM_HERE": "of this process"}'
ws status w
like "status: for people" "$out" $'\nVariables: .*A=2'
sees w
is "a command has them" "$out" '2|x y|unset'
sees w --env A=own --env C=3
is "… below its own" "$out" 'own|x y|3'
sees w --secret-env TOKEN=B --env C=3
is "… and below its secrets" "$out" '2|[REDACTED]|3'
"$PYRO" workspace shell open w --env C=of-the-shell >/dev/null 2>&1
"$PYRO" workspace shell write w sh1 --input 'echo "$A|$B|$C"' >/dev/null 2>&1
ws shell read w sh1 --plain --wait-for-prompt
like "a shell has them" "$out" $'\n2\|x y\|of-the-shell\n'
ws service start w s --ready-command 'test "$A" = 2 && test -s mark' -- sh -c 'echo "$B" >new; mv new mark; exec sleep 1000'
ws exec w -- cat mark
is "a service has them, and its readiness" "$out" 'x y'

### A fork of what runs: what runs goes on as it is, what is started has the fork's.
ws fork w --name f --env A=9 --env C=new --json
is "fork: set beside them and in their place" "$status $(json '.workspaces[0].env')" \
    '0 {"A": "9", "B": "x y", "C": "new", "FROM_HERE": "of this process"}'
sees f
is "a command in the fork" "$out" '9|x y|new'
"$PYRO" workspace shell write f sh1 --input 'echo "now $A|$B|$C"' >/dev/null 2>&1
ws shell read f sh1 --plain --wait-for-prompt
like "a shell that goes on has what it had" "$out" $'\nnow 2\|x y\|of-the-shell\n'
is "the workspace keeps its own" "$(env_of w)" '{"A": "2", "B": "x y", "FROM_HERE": "of this process"}'
ws fork f --name g --disk-only --id-only
is "a fork of the fork" "$status $(env_of g)" '0 {"A": "9", "B": "x y", "C": "new", "FROM_HERE": "of this process"}'

### They are kept.
ws stop w
ws start w
sees w
is "after stop and start" "$out" '2|x y|unset'
ws reset w
sees w
is "after reset" "$out" '2|x y|unset'
check "its supervisor is killed" kill_process "$(supervisor_of "$id")"
sees w
is "after its supervisor was killed" "$out" '2|x y|unset'

### A spare, which was made before anybody gave any.
PYRO_SPARES=1 need "a spare is made" "$PYRO" __spare debian:12-base 1 256 off 0
spare=$(json '.spares[0].workspace_id' "$("$PYRO" workspace list --all --json)")
run env -u PYRO_SPARES "$PYRO" workspace create debian:12-base --mem-mib 256 --name claimed --env A=of-the-claimant --json
is "of a claimed spare" "$status $(json .workspace_id) $(json .env)" "0 $spare "'{"A": "of-the-claimant"}'
sees claimed
is "… its commands have them" "$out" 'of-the-claimant|unset|unset'

### What is refused.
for bad in 1A=x =x A-B=x 'A B=x' ''; do
    for words in 'create debian:12-base --name bad' 'fork g'; do
        # shellcheck disable=SC2086
        ws $words --env "$bad"
        like "$words --env '$bad'" "$status $err" '^2 .*is not the name of an environment variable'
    done
done
ws create debian:12-base --env '1A=private'
refute "no value is shown" grep -q private "$TEST_DIR/err"
large=$(head -c 60000 /dev/zero | tr '\0' x)
ws create debian:12-base --env A="$large" --env B="$large"
like "more than fits" "$status $err" '^2 .*variables of the workspace take 1200.* may take 65536'
ws create debian:12-base --secret T=hunter22 --env A='the hunter22 of it'
like "a value with a secret in it" "$status $err" "^2 .*variable 'A' has a secret in it"
refute "… which is not shown" grep -q hunter22 "$TEST_DIR/err"
ws fork g --env A=not-to-be-seen
like "… or one of the workspace, in a fork" "$status $err" "^2 .*variable 'A' has a secret in it"
ws fork g --secret NEW='x y'
like "… or a secret that a variable has already" "$status $err" "^2 .*variable 'B' has a secret in it"
run grep -r 'not-to-be-seen' "$XDG_DATA_HOME/pyro/workspaces" --include='*.json*'
is "no record has one" "$status" 1
ws list --json
is "none of these is there" "$(json .count)" 4

### On the host.
ws create debian:12-base --allow-host-compat --name h --env A=host --id-only
sees h
is "a workspace on the host" "$out" 'host|unset|unset'
for name in w f g h claimed; do "$PYRO" workspace delete "$name" >/dev/null 2>&1; done
finish
