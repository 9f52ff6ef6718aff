# tests/lib.sh: the words that test scripts are written in. Sourced from the project's root; the
# program under test is $PYRO. Gives the script a PYRO_HOME, HOME and TMPDIR of its own, removed at the
# end, when it also looks for processes left behind.
#
#   check WHAT COMMAND…      passes when the command succeeds
#   refute WHAT COMMAND…     passes when it fails
#   run COMMAND…             runs it: $status, $out, $err (standard output and error)
#   is WHAT GOT WANTED       passes when both are the same text
#   like WHAT TEXT PATTERN   passes when the text matches the extended regular expression
#   json PATH [TEXT]         a member of the JSON in $out, e.g. .error.code or .entries[0].path
#   wait_for SECONDS COMMAND…  until it succeeds; fails the test when it never does
#   awaits_events PID        whether a process that watches files has read all there is, and sleeps until something
#                            happens: what happens from now on is told
#   skip WHAT                says that something cannot be tested here
#   free_ports COUNT         $ports: so many ports of this host's loopback that nobody listens on and that no other
#                            script gets until this one ends, of five digits each
#   scene NAME               runs the function NAME: a part of the script that needs no other part, in a subshell with
#                            workspaces and a $TEST_DIR of its own. If it ends early, the others run all the same.
#                            Several at once with "scene NAME &"; ONLY=SCRIPT:NAME runs one
#   checks_of WHAT COMMAND…    runs a program whose lines "ok WHAT" and "FAILED WHAT" are checks of this script
#   need WHAT COMMAND…       a check that ends the scene (or the script) when it fails
#   node_fits                whether there is a node that sdk/typescript is for; Debian 12's own is older
#   supervisor_of ID  the pid of a workspace's supervisor
#   use_shared_cache         environments, kernels and templates from the cache that all scripts of one
#                            run share; workspaces stay the script's own
#   own_cache ENVIRONMENT…   after use_shared_cache: a cache of the script's own, with the kernel and the template of restarts
#                            of the shared one, and with these; no template is built for what comes into it
#   finish                   the last line of every script
set -u
: "${PYRO:=$PWD/build/pyro}"
export PYRO
# pyro's own default time-outs must not decide a test; "timeout N" in a test only ends what hangs.
export PYRO_CHECK_PATIENCE=${PYRO_CHECK_PATIENCE:-20}
export PYRO_CHECK_TEMPLATES=${PYRO_CHECK_TEMPLATES-now} # whichever script is the first of an environment sees the same
export PYRO_CHECK_QUIET=${PYRO_CHECK_QUIET-60} # nothing is done behind a test's back because a minute is over
export PYRO_SPARES=0 # of those that test them: as they say

TEST_DIR=$(mktemp -d "${TMPDIR:-/tmp}/pyro-test.XXXXXX")
export TMPDIR=$TEST_DIR/tmp PYRO_HOME=$TEST_DIR/home
# The user who runs the tests may have a .bashrc that takes long or waits for a lock, a configuration, and
# a history that is his own.
export HOME=$TEST_DIR/person XDG_CONFIG_HOME=$TEST_DIR/config XDG_STATE_HOME=$TEST_DIR/state
mkdir -p "$TMPDIR" "$PYRO_HOME" "$HOME" "$XDG_CONFIG_HOME/pyro"
# No test asks the internet for an image that has a short name.
echo 'registry.docker.io.blocked = on' >"$XDG_CONFIG_HOME/pyro/config"
passed=0 failed=0 finished= scene=
SCENES=$TEST_DIR/scenes # a file for each that has ended: "PASSED FAILED"
mkdir "$SCENES"

use_shared_cache() {
    unset PYRO_HOME
    export XDG_DATA_HOME=$TEST_DIR/data XDG_CACHE_HOME=${PYRO_TEST_CACHE:-$PWD/build/test-cache}
    mkdir -p "$XDG_DATA_HOME" "$XDG_CACHE_HOME"
}

# linked SOURCE… DIR: the same files there, without a copy where the file system is the same.
linked() { cp -al "$@" 2>/dev/null || cp -a --sparse=always "$@"; }

own_cache() {
    local shared=$XDG_CACHE_HOME name
    PYRO_CHECK_TEMPLATES=never # the template of restarts serves them all
    "$PYRO" env pull debian:12-base >/dev/null 2>&1 # with it comes the kernel
    export XDG_CACHE_HOME=$TEST_DIR/cache
    mkdir -p "$XDG_CACHE_HOME/pyro"
    cp -a "$shared/pyro/boot" "$shared"/pyro/*.json "$XDG_CACHE_HOME/pyro/"
    mkdir -p "$XDG_CACHE_HOME/pyro/templates"
    grep -l '"restart"' "$shared"/pyro/templates/*/template.json 2>/dev/null | while read -r name; do
        linked "${name%/*}" "$XDG_CACHE_HOME/pyro/templates/"
    done
    for name; do
        mkdir -p "$XDG_CACHE_HOME/pyro/environments"
        linked "$shared/pyro/environments/${name/:/@}"* "$XDG_CACHE_HOME/pyro/environments/"
    done
}

pass() {
    passed=$((passed + 1))
    echo "ok $1"
}

# A script that has failed waits less for what else is wrong: else one that hangs takes the others' time.
AFTER_FAILURE=20
fail() {
    local said
    failed=$((failed + 1)) SECONDS_MAX=$AFTER_FAILURE
    said=$([[ $# -gt 1 ]] && printf '%s\n' "${@:2}" | sed 's/^/    /')
    echo "FAILED $1${said:+$'\n'$said}" # in one write: scenes may run at once
}

skip() {
    echo "SKIP $1"
}

check() {
    local what=$1
    shift
    if "$@"; then pass "$what"; else fail "$what" "command: $*"; fi
}

refute() {
    local what=$1
    shift
    if "$@"; then fail "$what" "command: $*"; else pass "$what"; fi
}

run() {
    "$@" >"$TEST_DIR/out" 2>"$TEST_DIR/err" </dev/null
    status=$?
    out=$(tr -d '\0' <"$TEST_DIR/out")
    err=$(tr -d '\0' <"$TEST_DIR/err")
}

is() {
    if [[ $2 == "$3" ]]; then
        pass "$1"
    else
        fail "$1" "got:    $(printf %q "$2")" "wanted: $(printf %q "$3")"
    fi
}

like() {
    if [[ $2 =~ $3 ]]; then
        pass "$1"
    else
        fail "$1" "got:    $(printf %q "$2")" "wanted: $3"
    fi
}

# The value of one member, by a path such as .error.code or .entries[0].path, of the JSON in $out (or
# of a second argument). Strings come without quotes; nothing, with failure, when it is not there.
json() {
    python3 -c '
import json, re, sys
v = json.load(sys.stdin)
for name, index in re.findall(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]", sys.argv[1]):
    v = v[name] if name else v[int(index)]
print(v if isinstance(v, str) else json.dumps(v))' "$1" <<<"${2-$out}"
}

checks_of() {
    local what=$1 line said="" status=""
    shift
    # What it leaves running may hold the pipe: the end is a line, not the end of the file.
    while [[ -z $status ]] && IFS= read -r line; do
        case $line in
        "ok "*) pass "${line#ok }" ;;
        "FAILED "*) fail "${line#FAILED }" ;;
        "ended with "*) status=${line#ended with } ;;
        *) said=$line && echo "$line" ;;
        esac
    done < <("$@" 2>&1 </dev/null; printf 'ended with %d\n' "$?")
    [[ $status == 0 ]] || fail "$what ended early" "${said:0:400}" # as a rule the exception
}

wait_for() {
    local deadline=$((SECONDS + (failed ? AFTER_FAILURE : $1 < 300 ? 300 : $1))) # a machine may be slow
    shift
    until "$@"; do
        if [[ $SECONDS -ge $deadline ]]; then
            fail "waited in vain for: $*"
            return 1
        fi
        sleep 0.05 # a rest between two looks, not a wait for something to have happened
    done
}

awaits_events() {
    readlink /proc/"$1"/fd/* | grep -q inotify && [[ $(<"/proc/$1/wchan") == *@(epoll|ep_poll)* ]]
}

need() {
    local before=$failed
    check "$@"
    [[ $failed -eq $before ]] && return
    [[ -n $scene ]] && finished=1
    exit 1
}

scene() {
    # shellcheck disable=SC2053
    [[ $1 == ${PYRO_CHECK_SCENE:-*} ]] || return 0
    (
        scene=$1 passed=0 failed=0 finished=
        trap scene_at_exit EXIT
        TEST_DIR=$TEST_DIR/$scene TMPDIR=$TEST_DIR/$scene/tmp
        [[ -n ${PYRO_HOME:-} ]] && PYRO_HOME=$TEST_DIR/home
        [[ -n ${XDG_DATA_HOME:-} ]] && XDG_DATA_HOME=$TEST_DIR/data
        mkdir -p "$TMPDIR" "${PYRO_HOME:-$XDG_DATA_HOME}"
        "$scene"
        finished=1
    )
}

scene_at_exit() {
    [[ -n $finished ]] || fail "the scene $scene ended early"
    echo "$passed $failed" >"$SCENES/$scene"
}

# An abstract socket goes with each port: who has it has the port, and it ends with its holder. The kernel gives
# none of these ports to a program that asks for any free one: those begin at 32768.
free_ports() {
    coproc PORTS_HOLDER {
        exec python3 -c '
import random, socket, sys
count, found, held = int(sys.argv[1]), [], []
for port in random.sample(range(20000, 30000), 10000):
    name, probe = socket.socket(socket.AF_UNIX), socket.socket()
    try:
        name.bind("\0pyro-test-port-%d" % port)
        probe.bind(("127.0.0.1", port))
        held.append(name)
        found.append(port)
    except OSError:
        name.close()
    probe.close()
    if len(found) == count:
        break
print(*found, flush=True)
sys.stdin.read()' "$1"
    }
    read -ra ports <&"${PORTS_HOLDER[0]}"
}

# Processes that name this test's directory in their command line or environment, or have a file of it
# open: "pid command line" each.
leftovers() {
    local pid pids clean=(env -u TMPDIR -u PYRO_HOME -u XDG_DATA_HOME)
    # The directory comes from a file, and not in the environment: grep must not find itself.
    pids=$({
        "${clean[@]}" grep -lF -f <(echo "$TEST_DIR") /proc/[0-9]*/{cmdline,environ}
        "${clean[@]}" find /proc/[0-9]*/fd -lname "$TEST_DIR*"
    } 2>/dev/null | "${clean[@]}" cut -d/ -f3)
    for pid in $pids; do
        [[ $pid != "$$" && -e /proc/$pid ]] || continue
        grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null && continue
        echo "$pid $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | cut -c1-200)"
    done
}

# It leads a session; a child that it has forked and that has not become something else does not.
supervisor_of() {
    local file pid
    for file in $(grep -laF __supervise /proc/[0-9]*/cmdline 2>/dev/null); do
        pid=${file#/proc/} pid=${pid%/cmdline}
        [[ $(tr '\0' ' ' 2>/dev/null <"$file") == *" __supervise "*" $1 "* &&
            $(cut -d' ' -f6 "/proc/$pid/stat" 2>/dev/null) == "$pid" ]] && echo "$pid"
    done
}

# A zombie has ended when all of its threads have: the first one may be the first to go.
process_has_ended() {
    local tasks=("/proc/$1/task"/*)
    [[ ! -e /proc/$1 ]] || { grep -q '^State:.Z' "/proc/$1/status" && ((${#tasks[@]} == 1)); } 2>/dev/null
}

# SIGKILL, and its end is waited for: a command that is run at once could still reach one that is dying.
kill_process() {
    [[ -n $1 ]] || fail "there is a process to kill"
    kill -KILL "$1" 2>/dev/null && wait_for 60 process_has_ended "$1"
}

node_fits() {
    [[ $(node -p 'parseInt(process.versions.node)' 2>/dev/null) -ge 20 ]]
}

no_leftovers() {
    [[ -z $(leftovers) ]]
}

# Whether the command line of one of them has the text. Never "leftovers | grep TEXT": that grep has the text in its own
# command line, and the script's TMPDIR in its environment, so whether it finds itself depends on which starts first.
left_running() {
    [[ $(leftovers) == *"$1"* ]]
}

at_exit() {
    local pid rest
    leftovers | while read -r pid rest; do
        kill -9 "$pid" 2>/dev/null
    done
    rm -rf "$TEST_DIR"
    if [[ -z $finished ]]; then
        echo "the script ended early"
        echo "$passed passed, $((failed + 1)) failed"
        exit 1
    fi
}
trap at_exit EXIT
trap 'exit 1' INT TERM

finish() {
    local deadline=$((SECONDS + 60)) p f
    [[ -n ${PORTS_HOLDER_PID:-} ]] && kill "$PORTS_HOLDER_PID"
    [[ -z ${PYRO_CHECK_SCENE:-} || -n $(ls "$SCENES") ]] || fail "there is a scene '$PYRO_CHECK_SCENE'"
    while read -r p f; do
        passed=$((passed + p)) failed=$((failed + f))
    done < <(cat "$SCENES"/* 2>/dev/null)
    until no_leftovers || [[ $SECONDS -ge $deadline ]]; do
        sleep 0.05
    done
    no_leftovers || fail "no process is left behind" "$(leftovers)"
    finished=1
    echo "$passed passed, $failed failed"
    [[ $failed -eq 0 ]]
    exit $?
}
