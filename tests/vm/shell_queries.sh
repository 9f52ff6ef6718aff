#!/bin/bash
# What a program asks its terminal is answered once, whether or not anybody watches, and never typed into
# a shell that asked nothing.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

shell() {
    local verb=$1
    shift
    run "$PYRO" workspace shell "$verb" w "$@"
}

# type TEXT: types a line and reads what it gave up to the prompt.
type() {
    shell read sh1 --json
    local from
    from=$(json .next_cursor)
    "$PYRO" workspace shell write w sh1 --input "$1" >/dev/null 2>&1 || fail "write: $1"
    shell read sh1 --plain --wait-for-prompt --max-wait-ms 120000 --cursor "$from" --json
    output=$(json .output)
}

"$PYRO" workspace create debian:12 --name w >/dev/null 2>&1
"$PYRO" workspace exec w -- sh -c 'cat >/bin/asks' >/dev/null 2>&1 <<'END'
#!/bin/sh
# asks LAST QUESTIONS…: prints each, and then what comes up to the byte LAST, as text.
last=$1
shift
before=$(stty -g)
stty raw -echo
perl -e '$| = 1; $last = shift; print @ARGV; alarm $ENV{PATIENCE} // 200; $SIG{ALRM} = sub { print "nothing"; exit };
    while (sysread STDIN, $c, 1) { $all .= $c; last if $c eq $last } $all =~ s/([^ -~])/sprintf "<%02x>", ord $1/ge;
    print "$all\r\n"' "$last" "$@"
stty "$before"
END
"$PYRO" workspace exec w -- sh -c "chmod +x /bin/asks; printf 'x\033[c\033[6n' >/tmp/cat1; printf 'y\033[c\n' >/tmp/cat2" >/dev/null 2>&1
shell open
ask() { # WHAT ANSWER LAST QUESTION…: the answer is a pattern
    local what=$1 pattern=$2
    shift 2
    type "asks $(printf '%q ' "$@")"
    like "$what" "$output" "$pattern"
}
ask "device attributes" '<1b>\[\?1;2c' c $'\e[c'
ask "status" '<1b>\[0n' n $'\e[5n'
ask "the cursor" '<1b>\[[0-9]+;4R' R $'abc\e[6n'
ask "… where it was moved" '<1b>\[30;120R' R $'\e7\e[999;999H\e[6n'
ask "the background" '<1b>\]11;rgb:0000/0000/0000<07>' $'\a' $'\e]11;?\a'
ask "the foreground" '<1b>\]10;rgb:cccc/cccc/cccc<1b>\\' '\' $'\e]10;?\e\\'
ask "several in a row" '<1b>\]11;rgb:0000/0000/0000<1b>\\<1b>\[[0-9]+;1R<1b>\[\?1;2c' c $'\e]11;?\e\\\e[?2026$p\e[6n\e[c'
shell resize sh1 --cols 77 --rows 11
ask "the cursor, after a resize" '<1b>\[11;77R' R $'\e7\e[999;999H\e[6n'

for file in cat1 cat2 cat1; do
    type "cat /tmp/$file"
    type 'echo after-$((6 * 7))'
    like "nothing is typed after cat $file" "$output" $'^echo after-\\$\\(\\(6 \\* 7\\)\\)\nafter-42\n'
done
type $'printf \'\\e[c\'; sleep 1; printf \'\\e[6n\''
type 'echo builtin'
like "nor after what the shell itself printed" "$output" $'^echo builtin\nbuiltin\n'

# Nor after what a job prints at the prompt, where the terminal is raw as well.
job_has_asked() {
    shell read sh1 --json
    [[ $(json .output) == *"$1-asks"* ]]
}
for question in c='\e[c' 6n='\e[6n' osc='\e]11;?\a'; do
    job=${question%%=*}
    type "clear; PS1=; bind 'set enable-bracketed-paste off'"
    type "(until stty -a | grep -q -e -icanon; do :; done; printf '$job''-asks${question#*=}') &"
    wait_for 60 job_has_asked "$job"
    type 'echo next'
    like "nor after a job's question" "$output" $'(^|\n|-asks)echo next\nnext\n'
    type "PS1='$ '; wait; clear"
done

# A flood of questions ends, and so does the shell's answering.
type 'PATIENCE=10 asks c "$(for i in $(seq 2000); do printf "\033[6n."; done)" "$(printf "\033[c")"'
type 'echo still here'
like "a flood of questions" "$output" $'\nstill here\n'
"$PYRO" workspace delete w >/dev/null 2>&1
finish
