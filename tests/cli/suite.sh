#!/bin/bash
# The suite's own words, on a suite made for it: two tests at a time, those that are alone or beside others, scenes,
# what is shown of a failure, and what each test has noted of what it ran.
unset ONLY # it names tests of the suite that this one is of
cd "$(dirname "$0")/../.." && . tests/lib.sh
suite=$TEST_DIR/suite
mkdir -p "$suite/tests/cli" "$suite/tests/tui" "$TEST_DIR/now"
cp tests/run.sh tests/lib.sh "$suite/tests/"
export NOW=$TEST_DIR/now # a file for each test that runs

# script GROUP/NAME < TEXT: what stands between the first lines of a script and its last
script() {
    {
        printf '%s\n' '#!/bin/bash' "# A test." "$(grep '^# run: ' <<<"${2:-}")" 'cd "$(dirname "$0")/../.." && . tests/lib.sh' \
            'touch "$NOW/$(basename "$0")"'
        cat
        printf '%s\n' 'rm "$NOW/$(basename "$0")"' finish
    } >"$suite/tests/$1.sh"
    chmod 755 "$suite/tests/$1.sh"
}
suite() { run env -u PYRO_CHECK_SCENE ${jobs:+JOBS=$jobs} ${only:+ONLY="$only"} "$suite/tests/run.sh" "$@"; }

script cli/one <<<'touch "$NOW/one"; wait_for 60 test -e "$NOW/two" && pass "two is there"; echo run >>"$PYRO_CHECK_COVERAGE"'
script cli/two <<<'touch "$NOW/two"; wait_for 60 test -e "$NOW/one" && pass "one is there"; echo list >>"$PYRO_CHECK_COVERAGE"'
script cli/waits '# run: beside, it waits' <<<'wait_for 60 test -e "$NOW/later" && pass "it takes no turn"'
script cli/alone '# run: alone, it measures' <<<'is "nobody else runs" "$(ls "$NOW"/*.sh | wc -l)" 1'
script cli/later <<<'touch "$NOW/later"; pass "it runs"'
script tui/keys <<<'pass "it runs"; echo "did x" >>"$PYRO_CHECK_KEYS"'
jobs=2 suite cli
is "two at a time: status" "$status" 0
is "two at a time: the last line" "$(tail -n 1 <<<"$out")" "5 passed, 0 failed"
is "one that is alone is the last" "$(grep '^  ok ' <<<"$out" | tail -n 1 | sed 's/ (.*//')" "  ok    tests/cli/alone.sh: 1"
like "the sum of seconds" "$out" $'\n  cli: 5 tests, [0-9]+ s of tests in [0-9]+ s\n'

# ---- what was run ----

noted() { (cd "$suite/build/check/ran/tests" && grep -r . | sort | tr '\n' ' '); }
suite tui
is "a group by itself takes nothing from what others have noted" "$(noted)" \
    "cli/one.sh.commands:run cli/two.sh.commands:list tui/keys.sh.keys:did x "
script cli/two <<<'pass "it runs"'
only=two.sh suite cli
is "a test that runs again notes again" "$(noted)" "cli/one.sh.commands:run tui/keys.sh.keys:did x "

# ---- failures, and scenes ----

rm "$suite"/tests/cli/*.sh
script cli/scenes <<'END'
broken() {
    for i in $(seq 30); do pass "before $i"; done
    need "what follows" false
    pass "never"
}
works() {
    is "its name" "$scene" works
    pass "$(mktemp -p "$TEST_DIR" | grep -c /works/)"
}
ends() { exit 0; }
scene broken &
scene works &
wait
scene ends
for i in $(seq 100); do pass "after $i"; done
is "something" "got it" "wanted this"
for i in $(seq 100); do pass "end $i"; done
END
suite cli
is "failures: status" "$status" 1
is "failures: the last line" "$(tail -n 1 <<<"$out")" "232 passed, 3 failed"
for line in 'FAILED what follows' 'FAILED the scene ends ended early' 'FAILED something' "    got:    got\\\\ it" "    wanted: wanted\\\\ this"; do
    is "failures: shown where they are, and at the end: $line" "$(grep -c -- "$line\$" <<<"$out")" 2
done
like "failures: what lies between is left out" "$out" $'\\[[0-9]+ lines\\]\n'
refute "failures: … of it" grep -q 'ok after 50' <<<"$out"
refute "what follows a need is not run" grep -q never <<<"$out"
only=scenes.sh:works suite cli
is "a scene by itself" "$(tail -n 1 <<<"$out")" "202 passed, 1 failed"
only=scenes.sh:none suite cli
like "a scene that is not there" "$out" "FAILED there is a scene 'none'"
script cli/leaves <<'END'
checks_of "a program" sh -c 'sleep 1000 & echo "$!" >"$0/left"; echo "ok one"; echo "E: why"; exit 3' "$TEST_DIR"
kill "$(cat "$TEST_DIR/left")"
END
only=leaves.sh suite cli
like "a program that fails is not waited for longer, whatever it leaves running" "$out" $'FAILED a program ended early\n *E: why'
is "… and it has failed once" "$(tail -n 1 <<<"$out")" "1 passed, 1 failed"
rm "$suite"/tests/cli/*.sh
for i in $(seq 12); do script "cli/dies$i" <<<'kill -SEGV $$'; done
jobs=6 suite cli
is "tests that a signal ends: each has failed" "$(tail -n 1 <<<"$out")" "0 passed, 12 failed"
only=none.sh suite cli
is "a test that is not there" "$status" 1
finish
