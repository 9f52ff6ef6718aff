#!/bin/bash
# tests/run.sh GROUP…: runs the tests of the groups source, unit, cli, tui, vm, deb, mcp, agents, slurm, metrics, oci and coverage, one
# group after the other, and ends with the line "N passed, N failed". A test has its line when it ends, and is shown when it fails;
# all that it printed is in a file below build/check. The limits of time are for what hangs: many times what a test
# takes on a slow machine under load.
#
#   PYRO        the program under test (build/pyro)
#   TEST_BUILD  where the test programs are (build/plain)
#   ONLY        a pattern: only tests whose name matches it; NAME:SCENE only that scene of a script (tests/lib.sh)
#   LIMIT_SECONDS  what a test of the group vm may take (1800)
#   JOBS        how many tests run at a time (three for two cores: many wait a part of their time)
#
# A test says in one of its first lines how it wants to be run (in a C file behind a " *"):
#   # run: first          it takes long, and starts before the others of its group
#   # run: beside, WHY    it waits and works little: it starts at once, and takes no other test's turn
#   # run: alone, WHY     it measures, or hits moments: it runs by itself, after the others of its group
set -uo pipefail
cd "$(dirname "$0")/.."

: "${PYRO:=$PWD/build/pyro}" "${TEST_BUILD:=build/plain}" "${ONLY:=*}" "${JOBS:=$((($(nproc) * 3 + 1) / 2))}"
export PYRO
LOGS=$PWD/build/check
mkdir -p "$LOGS"
export PYRO_CHECK_PATIENCE=20
# Each test notes in files of its own what it ran: tests run at the same time, and one by one.
export PYRO_CHECK_RESULTS=1 PYRO_CHECK_RAN=$LOGS/ran
export PYRO_TEST_CACHE=${PYRO_TEST_CACHE:-$PWD/build/test-cache}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=1}
SANITIZER_OPTIONS=$ASAN_OPTIONS
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
# What the user has set must not change what the tests see.
unset PYRO_HOME PYRO_REQUIRE_KVM PYRO_CHECK_SCENE NO_COLOR
[[ $ONLY == *:* ]] && export PYRO_CHECK_SCENE=${ONLY#*:}
ONLY=${ONLY%%:*}
export HOME=$LOGS/home
mkdir -p "$HOME"

passed=0 failed=0 skipped=0 matched=0
declare -A running=() began=() took=() # by pid: the test; by test: seconds
declare -a failures=()
trap 'kill "${!running[@]}" 2>/dev/null; wait; exit 130' INT TERM

log_of() {
    echo "$LOGS/${1//\//_}.log"
}

# Of a log what tells of failures: its beginning, each failed check with what it says, and its end.
excerpt() {
    awk '
    { line[NR] = $0 }
    /^FAILED |^\[  (ERROR|FAILED ) / { said = NR; keep[NR - 1] = 1 }
    said && (NR == said || /^    /) { keep[NR] = 1; next }
    { said = 0 }
    /^\[  ERROR   \]|error:|ERROR|exit status|ended early/ { keep[NR] = 1 }
    END {
        for (i = 1; i <= NR; i++) {
            if (i <= 10 || i > NR - 20 || keep[i]) {
                if (left) print "[" left " lines]"
                left = 0
                print (length(line[i]) > 2000 ? substr(line[i], 1, 2000) " […]" : line[i])
            } else
                left++
        }
    }' "$1" | sed 's/^/    | /'
}

# report NAME STATUS: what one test that has ended says in its log: cmocka's totals, or a last line "N passed, N failed".
report() {
    local name=$1 status=$2 log said p f s=0
    log=$(log_of "$name")
    took[$name]=$((SECONDS - began[$name]))
    if grep -q '^\[==========\].* run\.' "$log"; then
        p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\..*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
        f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s), listed below:.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    else
        read -r p f < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" | tail -1)
        s=$(grep -c '^SKIP ' "$log")
    fi
    : "${p:=0}" "${f:=0}"
    # A sanitizer's report of any process is a failure.
    for said in "$log.sanitizer".*; do
        [[ -e $said ]] || continue
        f=$((f + 1))
        { echo "FAILED a sanitizer has nothing to say"; head -60 "$said"; } >>"$log"
    done
    # A test that died, or that said nothing, has failed.
    if [[ $f -eq 0 ]] && { [[ $status -ne 0 ]] || [[ $((p + s)) -eq 0 ]]; }; then
        f=1
        echo "exit status $status" >>"$log"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [[ $f -ne 0 ]]; then
        failures+=("$name")
        printf '  FAIL  %s: %d of %d (%ds)\n' "$name" "$f" "$((p + f))" "${took[$name]}"
        excerpt "$log"
    else
        printf '  ok    %s: %d (%ds)\n' "$name" "$p" "${took[$name]}"
        sed -n 's/^SKIP /        skipped: /p' "$log"
    fi
}

# way_of NAME: how it wants to be run: first, beside, alone, or nothing.
way_of() {
    local source=$1
    [[ $source == *.sh ]] || source=${source#"$TEST_BUILD/"}.c
    sed -n '1,12s/^\(#\| \*\) run: \([a-z]*\).*/\2/p' "$source"
}

start() { # LIMIT NAME
    local limit=$1 name=$2 log ran=$PYRO_CHECK_RAN/$2
    log=$(log_of "$name")
    mkdir -p "${ran%/*}"
    rm -f "$ran".{commands,keys}
    # Into files: nobody reads what a supervisor writes to its standard error.
    [[ -z ${PYRO_SANITIZED:-} ]] || ASAN_OPTIONS=$SANITIZER_OPTIONS:log_path=$log.sanitizer
    rm -f "$log.sanitizer".*
    # Replaced by timeout, which passes a signal on.
    PYRO_CHECK_COVERAGE=$ran.commands PYRO_CHECK_KEYS=$ran.keys \
        exec_in_background timeout -k 10 "$limit" "$name" >"$log" 2>&1 </dev/null
    running[$!]=$name began[$name]=$SECONDS
}
exec_in_background() {
    exec "$@" &
}

# Of jobs that bash has forgotten, one: that a signal ended, while a command ran in the foreground.
forgotten() { # PID…
    local pid
    while :; do
        for pid; do
            [[ -e /proc/$pid ]] || { echo "$pid" && return; }
        done
        sleep 0.1
    done
}

# Waits until at most so many of the tests run, those beside them not counted.
wait_until() { # COUNT
    local pid status pids turns
    while :; do
        pids=("${!running[@]}") turns=0
        for pid in "${pids[@]}"; do
            [[ -n ${beside[${running[$pid]}]:-} ]] || turns=$((turns + 1))
        done
        [[ $turns -gt $1 ]] || return 0
        wait -n -p pid "${pids[@]}"
        status=$?
        [[ -n ${pid:-} ]] || pid=$(forgotten "${pids[@]}") status=128
        report "${running[$pid]}" "$status"
        unset "running[$pid]"
    done
}

# run_group LIMIT FILE…
run_group() {
    local limit=$1 file began_at=$SECONDS sum=0 all=() now=() first=() then=() alone=()
    local -A beside=()
    shift
    for file; do
        # shellcheck disable=SC2053
        [[ -e $file && ${file##*/} == $ONLY ]] || continue
        all+=("$file")
        case $(way_of "$file") in
        beside) now+=("$file") ;;
        first) first+=("$file") ;;
        alone) alone+=("$file") ;;
        *) then+=("$file") ;;
        esac
    done
    [[ ${#all[@]} -gt 0 ]] || return 0
    matched=$((matched + ${#all[@]}))
    for file in "${now[@]}" "${first[@]}" "${then[@]}"; do
        wait_until $((JOBS - 1))
        start "$limit" "$file"
        [[ $JOBS -gt 1 && " ${now[*]} " == *" $file "* ]] && beside[$file]=1
    done
    beside=()
    for file in "${alone[@]}"; do
        wait_until 0
        start "$limit" "$file"
    done
    wait_until 0
    for file in "${all[@]}"; do
        sum=$((sum + took[$file]))
    done
    echo "  $group: ${#all[@]} tests, $sum s of tests in $((SECONDS - began_at)) s"
}

# programs_of DIR: the built programs of its test_*.c
programs_of() {
    find "tests/$1" -name 'test_*.c' | LC_ALL=C sort | sed "s|^|$TEST_BUILD/|; s|\.c$||"
}

for group; do
    case $group in
    source) run_group 900 tests/check-*.sh ;;
    unit)
        mapfile -t programs < <(programs_of unit)
        run_group 1200 "${programs[@]}"
        ;;
    cli) run_group 600 tests/cli/*.sh ;;
    tui) run_group 1200 tests/tui/*.sh ;;
    vm)
        mapfile -t programs < <(programs_of vm)
        run_group "${LIMIT_SECONDS:-1800}" "${programs[@]}" tests/vm/*.sh
        ;;
    deb) run_group 3600 tests/deb/*.sh ;;
    mcp) run_group 1800 tests/mcp/*.sh ;;
    agents) run_group 3600 tests/agents/*.sh ;;
    oci) run_group 1800 tests/oci/*.sh ;;
    slurm) run_group 1800 tests/slurm/slurm.sh ;;
    metrics) run_group 900 tests/metrics/prometheus.sh ;;
    coverage) [[ $ONLY == '*' ]] && run_group 60 tests/coverage.sh ;;
    *)
        echo "tests/run.sh: unknown group '$group'" >&2
        exit 2
        ;;
    esac
done

if [[ $matched -eq 0 ]]; then
    echo "tests/run.sh: no test of $* matches ONLY='$ONLY'" >&2
    exit 1
fi
if [[ $matched -gt 20 ]]; then
    echo "The slowest, in seconds:"
    for name in "${!took[@]}"; do
        echo "  ${took[$name]} $name"
    done | sort -rn | head -n 10
fi
# Once more at the end, where it is looked for: which checks failed.
for name in "${failures[@]}"; do
    echo "failed: $name"
    grep -A 2 -e '^FAILED ' -e '^\[  FAILED  \] .*[^:]$' -e '^exit status' "$(log_of "$name")" | grep -v -e '^ok ' -e '^--$' | cut -c1-400 | sed 's/^/    /'
done
[[ $skipped -gt 0 ]] && echo "$skipped skipped"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
