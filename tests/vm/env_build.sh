#!/bin/bash
# tests/vm/env_build.sh: an environment made by a command in another: what is in it, and that nothing is left of a
# build that fails, is interrupted or killed, or has no room, but its output.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
own_cache debian:12-base
environments=$XDG_CACHE_HOME/pyro/environments
pyro=(timeout -k 5 300 "$PYRO")
"${pyro[@]}" run debian:12-base --mem-mib 256 -- true >/dev/null 2>&1 # the template
build() { run "${pyro[@]}" env build "$1" --from debian:12-base --mem-mib 256 "${@:2}"; }
# What is in the cache of environments, but for the one that all of this is made from.
others() { (cd "$environments" && ls -d -- * | grep -vE '^(lock-|debian@12-base)' | tr '\n' ' '); }
no_machine() { [[ -z $(ls -d "$XDG_DATA_HOME"/pyro/workspaces/[0-9a-f]* 2>/dev/null) ]]; }

succeeds() {
    run "${pyro[@]}" env build tools --from debian:12-base --mem-mib 256 --env WORD=hello -- \
        sh -c 'echo "$WORD out"; echo "$WORD err" >&2; echo "a  b" >/opt/file; pwd >/opt/pwd; id -un >>/opt/pwd; echo kept >here'
    is "build: status" "$status" 0
    like "… its output, and what was built" "$out" $'^hello out\nBuilt: tools\nLeft out: /etc/machine-id\nLayers: 2$'
    like "… its errors" "$err" 'hello err'
    check "… the machine is gone" no_machine
    like "… it is there, and no log" "$(others)" '^tools-[0-9a-f]{16} tools.json $'
    run "${pyro[@]}" run tools --mem-mib 256 -- cat /opt/file /opt/pwd here
    is "run: what the command made" "$out" $'a  b\n/workspace\nroot\nkept'
    run "${pyro[@]}" env list
    like "list" "$out" $'\ntools \[installed\] Built from debian:12-base '
    run "${pyro[@]}" env inspect tools --json
    is "inspect: its source" "$(json .source)" workspace

    # Of one that was built; with JSON.
    run "${pyro[@]}" env build tools.2 --from tools --mem-mib 256 --json -- sh -c 'cat /opt/file; echo e >&2; echo 2 >/opt/two'
    is "build of one that was built" "$status $(json .built) $(json .base) $(json .log) $(json .exit_code)" "0 true tools null 0"
    is "… its output" "$(json .stdout)$(json .stderr)" 'a  be'
    run "${pyro[@]}" run tools.2 --mem-mib 256 -- cat /opt/file /opt/two
    is "… it has both" "$out" $'a  b\n2'
    run "${pyro[@]}" env remove tools
    run "${pyro[@]}" run tools.2 --mem-mib 256 -- cat /opt/file
    is "… and stays when the other is removed" "$out" "a  b"
    "${pyro[@]}" env remove tools.2 >/dev/null
    is "… nothing is left of them" "$(others)" ""
}

scripts() {
    printf '#!/usr/bin/perl\nopen(F, ">/opt/words"); print F "$0 @ARGV[0]|@ARGV[1]"; print "perl\\n"; print defined(<STDIN>) ? "input" : "no input";\n' >"$TEST_DIR/build.pl"
    run "${pyro[@]}" env build scripted --from debian:12-base --mem-mib 256 --script "$TEST_DIR/build.pl" --json -- 'one  word' two
    is "script: status" "$status $(json .stdout)" $'0 perl\nno input'
    is "… the command as it was given" "$(json .command)" "[\"$TEST_DIR/build.pl\", \"one  word\", \"two\"]"
    run "${pyro[@]}" run scripted --mem-mib 256 -- sh -c 'cat /opt/words; ls /run/pyro-script 2>&1 | head -c 2'
    is "… its arguments" "$out" '/run/pyro-script one  word|twols'
    # One without a first line that names a program, from standard input.
    "${pyro[@]}" env build piped --from scripted --mem-mib 256 --script - \
        >"$TEST_DIR/out" 2>"$TEST_DIR/err" <<<'set -e; echo "from $0"; cat; echo piped >/opt/piped'
    is "script from standard input" "$? $(head -n 1 "$TEST_DIR/out")" "0 from /run/pyro-script"
    run "${pyro[@]}" run piped --mem-mib 256 -- cat /opt/piped
    is "… what it made" "$out" piped
    build lacking --script "$TEST_DIR/missing"
    is "no such script" "$status" 125
    like "… says so" "$err" "open '$TEST_DIR/missing': No such file"
    "${pyro[@]}" env remove scripted >/dev/null
    "${pyro[@]}" env remove piped >/dev/null
}

fails() {
    build broken -- sh -c 'echo said; echo wrong >&2; exit 7'
    is "a command that fails: status" "$status" 7
    is "… its output, and nothing else" "$out" said
    like "… says where its output is" "$err" "pyro: broken was not built: the command ended with status 7; what it printed is in $environments/broken.log"
    is "… which has it" "$(sort "$environments/broken.log")" $'said\nwrong'
    is "… and is all that is left" "$(others)" "broken.log "
    check "… the machine is gone" no_machine
    build broken -- false
    is "one that prints nothing: status" "$status" 1
    like "… says so" "$err" 'the command ended with status 1 and printed nothing'
    is "… and leaves nothing" "$(others)" ""
    run "${pyro[@]}" env build broken --from debian:12-base --mem-mib 256 --json -- sh -c 'echo said; kill -KILL $$'
    is "killed, with --json" "$status $(json .built) $(json .exit_code) $(json .log) $(json .left_out)" \
        "137 false 137 $environments/broken.log null"
    run "${pyro[@]}" env build broken --from debian:12-base --mem-mib 256 --timeout-seconds 1 -- sh -c 'sleep 1000'
    is "out of time" "$status" 124
    is "… leaves nothing" "$(others)" ""
    run "${pyro[@]}" env prune
    is "prune removes logs" "$(others)" ""
    build ok -- true
    build ok -- sh -c 'echo ran'
    is "a name that is taken: status" "$status" 125
    like "… says so, and nothing has run" "$out$err" "^pyro: there is an environment 'ok' already"
    build debian:12 -- true
    is "a name of the catalog" "$status" 2
    build nothing
    is "no command" "$status" 2
    run "${pyro[@]}" env build other --from no:such -- true
    check "an environment that is not there" [ "$status" -ne 0 ]
    "${pyro[@]}" env remove ok >/dev/null
    is "… nothing is left" "$(others)" ""
}

interrupted() {
    local signal wanted
    for signal in INT TERM; do
        : >"$TEST_DIR/begun"
        env --default-signal=INT "$PYRO" env build broken --from debian:12-base --mem-mib 256 -- sh -c 'echo begun; exec sleep 1000' \
            >"$TEST_DIR/begun" 2>/dev/null &
        wait_for 60 grep -q begun "$TEST_DIR/begun"
        kill -"$signal" $!
        wait $!
        wanted=$?
        check "$signal: the command's status ($wanted)" [ "$wanted" -eq $((128 + $(kill -l "$signal"))) ]
        is "$signal: its output is left" "$(others) $(cat "$environments/broken.log")" "broken.log  begun"
        check "$signal: the machine is gone" no_machine
        rm "$environments/broken.log"
    done
    : >"$TEST_DIR/begun"
    "$PYRO" env build broken --from debian:12-base --mem-mib 256 -- sh -c 'echo begun; exec sleep 1000' \
        >"$TEST_DIR/begun" 2>/dev/null &
    wait_for 60 grep -q begun "$TEST_DIR/begun"
    kill_process $!
    wait_for 60 no_machine
    check "KILL: the machine goes" no_machine
    is "KILL: the output is left" "$(others)" "broken.log "
    rm "$environments/broken.log"
}

# Killed at any moment, there is the whole environment or none.
killed() {
    local round
    build whole -- sh -c 'head -c 20000000 /dev/urandom >/opt/big; sha256sum /opt/big >/opt/sum'
    is "a build that nothing disturbs" "$status" 0
    for round in 1 2 3 4; do
        run tests/vm/kill_during.py self $((RANDOM % 4000)) "$PYRO" env build "n$round" --from debian:12-base --mem-mib 256 -- \
            sh -c 'head -c 20000000 /dev/urandom >/opt/big; sha256sum /opt/big >/opt/sum'
        run "${pyro[@]}" workspace list --json
        wait_for 60 no_machine
        if [[ -e $environments/n$round.json ]]; then
            run "${pyro[@]}" run "n$round" --mem-mib 256 --timeout-seconds 120 -- sha256sum -c /opt/sum
            is "killed $round: the environment is whole" "$out" "/opt/big: OK"
            "${pyro[@]}" env remove "n$round" >/dev/null
        fi
        build "n$round" -- true
        is "killed $round: again" "$status" 0
        "${pyro[@]}" env remove "n$round" >/dev/null
    done
    "${pyro[@]}" env remove whole >/dev/null
    is "killed: nothing is left" "$(others)" ""
}

no_room() {
    local small=(unshare --mount --propagation private)
    [[ $(id -u) -eq 0 ]] || small=(unshare --user --map-root-user --mount --propagation private)
    if ! "${small[@]}" mount -t tmpfs none "$TMPDIR"; then
        skip "full disks: no tmpfs can be mounted here"
        return
    fi
    # Room for the machine, none for what its command writes: its disk is in the workspace's directory.
    mkdir -p "$XDG_DATA_HOME/pyro/workspaces"
    # shellcheck disable=SC2016
    P="${pyro[*]}" run "${small[@]}" bash -c 'mount -t tmpfs -o size=8m none "$XDG_DATA_HOME/pyro/workspaces" && mount --bind "$XDG_DATA_HOME/pyro/workspaces" "$XDG_DATA_HOME/pyro/workspaces" &&
        $P env build full --from debian:12-base --mem-mib 256 --timeout-seconds 60 -- sh -c "head -c 50000000 /dev/urandom >/opt/big && sync /opt/big"
        code=$?; ls "$XDG_DATA_HOME/pyro/workspaces" >&2; exit $code'
    check "a full disk: it fails ($status)" [ "$status" -ne 0 ]
    check "a full disk: no environment" [ ! -e "$environments/full.json" ]
    refute "a full disk: no machine" grep -qE '^[0-9a-f]{12}$' <<<"$err"
    build full -- true
    is "with room again" "$status" 0
    "${pyro[@]}" env remove full >/dev/null
}

for part in succeeds scripts fails interrupted killed no_room; do
    scene "$part"
done
finish
