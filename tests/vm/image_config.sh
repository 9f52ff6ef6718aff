#!/bin/bash
# tests/vm/image_config.sh: what an image's configuration says of its commands, in `run` as docker has it and
# in workspaces; and users of a guest.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
own_cache
import() {
    python3 tests/oci_image.py layout "$TEST_DIR/$1.tar" <<<"{\"layers\": [[$members]], \"config\": $2}"
    run "$PYRO" env import "$1" "$TEST_DIR/$1.tar"
    is "import $1: status" "$status" 0
}
members='"bin/busybox@/bin/busybox", "bin/sh->busybox", "bin/echo->busybox", "bin/id->busybox", "bin/env->busybox",
    "bin/pwd->busybox", "bin/touch->busybox", "bin/stat->busybox", "bin/sleep->busybox",
    "etc/passwd:root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/srv/app:/bin/sh\n",
    "etc/group:root:x:0:\napp:x:1001:\nvideo:x:44:app\n"'
import both '{"Entrypoint": ["echo", "hello"], "Cmd": ["from", "it"], "Env": ["A=1", "B=2", "x.y=3", "PATH=/bin", "HOME=/h"]}'
import app '{"User": "app", "ExposedPorts": {"8080/tcp": {}, "53/udp": {}}, "WorkingDir": "/srv/deep/er", "Volumes": {"/data": {}}, "Env": ["PATH=/bin"],
    "Cmd": ["sh", "-c", "id; pwd; echo $HOME $USER $LOGNAME; touch /workspace/mine && stat -c %u /workspace /workspace/mine /data"]}'
import number '{"User": "77:video", "Cmd": ["id"]}'
import nobody '{"User": "nobody", "Cmd": ["id"]}'
import none '{}'
import stopper '{"StopSignal": "SIGUSR1"}'

# says WHAT EXPECTED ARGUMENTS…: a run prints that.
says() {
    local what=$1 expected=$2
    shift 2
    run "$PYRO" run "$@" </dev/null
    is "$what" "$status ${out//$'\n'/ }" "0 $expected"
}
says 'its entry point and command' 'hello from it' both
says 'CMD takes the place of its command' 'hello you' both -- you
# A stand-in for one with an old glibc: the page at a fixed address that these programs call.
cat >"$TEST_DIR/old.c" <<'END'
static long call(long n, long a, const char *b, long c)
{
    long r;

    __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return r;
}

void _start(void)
{
    long now = ((long (*)(long *))0xffffffffff600400)(0);

    call(1, 1, now > 1000000000 ? "old\n" : "bad\n", 4);
    call(60, 0, 0, 0);
}
END
gcc -O1 -static -nostdlib -o "$TEST_DIR/old" "$TEST_DIR/old.c"
members="\"bin/old@$TEST_DIR/old\"" import old '{"Cmd": ["/bin/old"]}'
says 'a program that asks for the time as those of an old glibc do' old old
says '--entrypoint takes that of both' /workspace both --entrypoint pwd
says '… with CMD' 'x' both --entrypoint echo -- x
says 'an empty one is none' 'y' both --entrypoint '' -- echo y
says 'its variables, below those given' '1 3 /h' both --entrypoint sh --env B=3 -- -c 'echo $A $B $HOME'
says 'its user and directory' \
    'uid=1000(app) gid=1001(app) groups=44(video) /srv/deep/er /srv/app app app 1000 1000 0' app
says 'a variable that no shell could name is left out' '' both --entrypoint sh -- -c 'env | grep x.y; true'
says 'a user by number, a group by name' 'uid=77 gid=44(video)' number
says 'no configuration: root, in /workspace' 'uid=0(root) gid=0(root) /workspace' none -- sh -c 'id; pwd'
run "$PYRO" run nobody
is "a user that is not there: status" "$status" 125
like "… is told of" "$err" "there is no user 'nobody' in /etc/passwd"
run "$PYRO" run none
is "nothing to run: status" "$status" 2
like "… is said" "$err" "the command to run is missing, and the image has none"
run "$PYRO" run debian:12-base
is "the catalog has no commands: status" "$status" 2
like "… is said" "$err" "the command to run is missing"
run "$PYRO" run both --json
is "the result has the whole command" "$(json .command)" '["echo", "hello", "from", "it"]'

# What it is told to end by is the image's.
trapping='trap "echo USR1; exit 9" USR1; trap "echo TERM; exit 8" TERM; echo ready; while :; do sleep 1; done'
stopped() { # WHAT WANTED ARGUMENTS…
    : >"$TEST_DIR/stopped"
    "$PYRO" run "${@:3}" --timeout-seconds 0 -- sh -c "$trapping" >"$TEST_DIR/stopped" 2>/dev/null </dev/null &
    wait_for 60 grep -q ready "$TEST_DIR/stopped"
    kill -TERM $!
    wait $!
    is "$1" "$? $(tail -n 1 "$TEST_DIR/stopped")" "$2"
}
stopped "the image's stop signal" "9 USR1" stopper
stopped "without one it is TERM" "8 TERM" none

"$PYRO" workspace create both --name own --env B=4 --id-only >/dev/null
run "$PYRO" workspace exec own -- sh -c 'echo $A $B'
is "a workspace's own variables are above the image's" "$out" '1 4'
"$PYRO" workspace delete own >/dev/null
# A workspace has the variables, and neither user nor directory nor command.
"$PYRO" workspace create app --name w --secret TOKEN=of-the-test --secret OTHER=not-to-be-read >/dev/null
in_w() { run "$PYRO" workspace exec w "$@"; }
in_w -- sh -c 'id -u; pwd; echo $PATH'
is "a workspace: root, in /workspace, with its variables" "$out" $'0\n/workspace\n/bin'
in_w --user app -- sh -c 'id -u; echo $HOME; touch mine; stat -c "%U %G" mine /workspace'
is "exec --user" "$out" $'1000\n/srv/app\napp app\napp app'
mkdir -p "$TEST_DIR/pushed/deep" && echo x >"$TEST_DIR/pushed/deep/f" && ln -s f "$TEST_DIR/pushed/deep/l"
"$PYRO" workspace file write w new/made --text x >/dev/null
"$PYRO" workspace sync push w "$TEST_DIR/pushed" --dest to/pushed >/dev/null
in_w -- sh -c 'echo x >of-root'
in_w --user app -- stat -c '%n %U %G' new new/made to to/pushed to/pushed/deep to/pushed/deep/f to/pushed/deep/l of-root
is "and what comes into /workspace from outside is its owner's" "$out" \
    "$(printf '%s app app\n' new new/made to to/pushed to/pushed/deep to/pushed/deep/f to/pushed/deep/l)"$'\nof-root root root'
in_w --user app --secret-env TOKEN -- sh -c 'stat -c "%U %a" /run/pyro-secrets/TOKEN; read t </run/pyro-secrets/TOKEN; echo ${#t}; read o </run/pyro-secrets/OTHER || echo none'
is "exec --user: the secret's file is the user's, and no other" "$out" $'app 400\n11\nnone'
in_w -- sh -c 'read t </run/pyro-secrets/TOKEN; echo ${#t}'
is "… and root's still" "$out" 11
is "the image's ports are offered for --publish" "$("$PYRO" __complete -- workspace service start w s --publish '' | cut -f1 | tr '\n' ' ')" "8080 "
in_w --user nobody -- id
like "exec --user: one that is not there" "$status $err" "^125 .*there is no user 'nobody'"
in_w --user '' -- id
is "exec --user: none: status" "$status" 2
shell=$("$PYRO" workspace shell open w --user 1000:0 --id-only)
"$PYRO" workspace shell write w "$shell" --input 'id' >/dev/null
run "$PYRO" workspace shell read w "$shell" --plain --wait-for-prompt
like "shell open --user" "$out" $'uid=1000\\(app\\) gid=0\\(root\\)'
"$PYRO" workspace service start w s --user app --ready-file /tmp/up -- sh -c 'id -u >/tmp/id; : >/tmp/up; sleep 1000' >/dev/null
in_w -- sh -c 'read id </tmp/id; echo $id'
is "service start --user" "$out" 1000
"$PYRO" workspace stop w >/dev/null
"$PYRO" workspace start w >/dev/null
in_w -- sh -c 'echo $PATH'
is "its variables after a restart" "$out" /bin
"$PYRO" workspace delete w >/dev/null
finish
