#!/bin/bash
# tests/run.sh GROUP…: runs the tests of the groups source, unit, cli, tui, vm, deb and coverage, and ends with
# the line "N passed, N failed". Each test's output goes to a file below build/check, and to the
# terminal when it fails. Unit programs run two at a time, the rest one after the other. The limits of time are
# for what hangs: many times what a test takes on a slow machine under load.
#
#   PYRO        the program under test (build/pyro)
#   TEST_BUILD  where the test programs are (build/plain)
#   ONLY        a pattern: only tests whose name matches it
set -uo pipefail
cd "$(dirname "$0")/.."

: "${PYRO:=$PWD/build/pyro}" "${TEST_BUILD:=build/plain}" "${ONLY:=*}"
export PYRO
LOGS=$PWD/build/check
mkdir -p "$LOGS"
export PYRO_CHECK_PATIENCE=20
export PYRO_CHECK_RESULTS=1 PYRO_CHECK_COVERAGE=$LOGS/coverage PYRO_CHECK_KEYS=$LOGS/keys
export PYRO_TEST_CACHE=${PYRO_TEST_CACHE:-$PWD/build/test-cache}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
# What the user has set must not change what the tests see.
unset PYRO_HOME PYRO_REQUIRE_KVM NO_COLOR
export HOME=$LOGS/home
mkdir -p "$HOME"

passed=0 failed=0 skipped=0 matched=0

# What one finished test says in its log: cmocka's totals, or a last line "N passed, N failed".
count() {
    local name=$1 log=$2 status=$3 seconds=$4 p f s=0
    if grep -q '^\[==========\].* run\.' "$log"; then
        p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\..*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
        f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s), listed below:.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    else
        read -r p f < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" | tail -1)
        s=$(grep -c '^SKIP ' "$log")
    fi
    : "${p:=0}" "${f:=0}"
    # A test that died, or that said nothing, has failed.
    if [[ $f -eq 0 ]] && { [[ $status -ne 0 ]] || [[ $((p + s)) -eq 0 ]]; }; then
        f=1
        echo "exit status $status" >>"$log"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [[ $f -ne 0 ]]; then
        printf '  FAIL  %s: %d of %d (%ds)\n' "$name" "$f" "$((p + f))" "$seconds"
        tail -n 60 "$log" | sed 's/^/    | /'
    else
        printf '  ok    %s: %d (%ds)\n' "$name" "$p" "$seconds"
        sed -n 's/^SKIP /        skipped: /p' "$log"
    fi
}

# run_one NAME SECONDS COMMAND…: in the background writes NAME's log, status and time.
run_one() {
    local name=$1 limit=$2 log=$LOGS/${1//\//_}.log start=$SECONDS
    shift 2
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
    echo "$? $((SECONDS - start))" >"$log.status"
}

# run_group LIMIT JOBS FILE…
run_group() {
    local limit=$1 jobs=$2 file names=()
    shift 2
    for file; do
        # shellcheck disable=SC2053
        [[ -e $file && ${file##*/} == $ONLY ]] || continue
        names+=("$file")
        matched=$((matched + 1))
        rm -f "$LOGS/${file//\//_}.log.status"
        while [[ $(jobs -rp | wc -l) -ge $jobs ]]; do
            wait -n
        done
        run_one "$file" "$limit" "$file" &
    done
    wait
    for file in "${names[@]}"; do
        local status seconds log=$LOGS/${file//\//_}.log
        read -r status seconds <"$log.status"
        count "$file" "$log" "$status" "$seconds"
    done
}

# programs_of DIR: the built programs of its test_*.c
programs_of() {
    local source
    for source in "tests/$1"/test_*.c; do
        [[ -e $source ]] && echo "$TEST_BUILD/${source%.c}"
    done
}

for group; do
    case $group in
    source) run_group 900 2 tests/check-*.sh ;;
    unit)
        mapfile -t programs < <(programs_of unit)
        run_group 1200 2 "${programs[@]}"
        ;;
    cli)
        rm -f "$PYRO_CHECK_COVERAGE"
        run_group 600 2 tests/cli/*.sh
        ;;
    tui)
        rm -f "$PYRO_CHECK_KEYS"
        run_group 1200 2 tests/tui/*.sh
        ;;
    vm)
        mapfile -t programs < <(programs_of vm)
        run_group 1800 1 "${programs[@]}" tests/vm/*.sh
        ;;
    deb) run_group 3600 1 tests/deb/*.sh ;;
    coverage) [[ $ONLY == '*' ]] && run_group 60 1 tests/coverage.sh ;;
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
[[ $skipped -gt 0 ]] && echo "$skipped skipped"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
