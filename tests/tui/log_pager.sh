#!/bin/bash
# What a pager does with a log: followed, with times, wrapped, filtered, searched upwards; the oldest part of a long one is
# read when it is wanted.
cd "$(dirname "$0")/../.." && . tests/tui.sh
export TZ=UTC

host_workspace work >/dev/null
shell=$(shell_of work 80 24)
write() {
    "$PYRO" workspace shell write work "$shell" --input "$1" >/dev/null 2>&1
}
write "PS1=; stty -echo; clear; for i in \$(seq 1 300); do echo \"line \$i of many\"; done; echo; printf 'long %0150d end\\n' 7; echo all-\$((40 + 2))"
tui "work/$shell"
sees '^all-42'
keys PgUp
sees "^ log of $shell .*of [0-9]"

# Times: as the shell has them, in local time, beside the text; nothing of them is searched or copied.
keys t
sees '^[0-9][0-9]:[0-9][0-9]:[0-9][0-9] all-42'
keys / '20[0-9]' Enter
sees 'is not there'
keys / 'line 299' Enter
sees '^[0-9:]{8} line 299 of many'
keys v j y
sees '2 lines copied'
is "what was copied has no times" "$(drive clipboard)" $'line 299 of many\nline 300 of many'
keys t
sees '^line 299 of many'

# Since: to the first line of that time; what is none is told.
keys s '1d' Enter
sees '^line 1 of many'
keys s 'noon' Enter
sees ' since noon +no time: '
keys Esc
gone ' since noon'
keys G
sees '^all-42'
keys s '2099-01-01' Enter
sees 'nothing since 2099-01-01'

# Wrapped, and not.
keys G
sees '^long 0{74}…$'
keys w
sees '^0*7 end'
keys Up Up Down Down
sees '^0*7 end'
keys w
gone '^0*7 end'

# Upwards by a key of its own, from anywhere: n goes on upwards.
keys g
sees '^line 1 of many'
keys G
sees '^all-42'
keys PgUp
gone '^all-42'
keys '\' 'line 22' Enter
sees '^line 229 of many'
keys n
sees '^line 228 of many'
keys N
sees '^line 229 of many'

# Only the lines that hold a text; in them searches go on, and Esc shows all again.
keys '&' '7 of' Enter
sees '&7 of'
sees '^line 297 of many'
gone '^line 298 of many'
keys g
sees '^line 7 of many'
sees '^line 17 of many'
keys / 'line 1' Enter
sees '^ /line 1  &7 of'
keys n
gone '^line 17 of many'
sees '^line 107 of many'
keys v j y
sees '2 lines copied'
like "the selection is of what is shown" "$(drive clipboard)" $'7 of many\nline [0-9]*7 of many'
keys '&' 'nothing has this' Enter
sees 'No line holds that'
keys Esc
sees '^line 300 of many'
sees '^ /line 1'

# Followed: what comes is shown as it comes, until one scrolls up.
keys F
sees 'following'
sees '^all-42'
write 'for i in $(seq 1 40); do echo "more $i"; done; echo fresh-$((40 + 2))'
sees '^fresh-42'
write 'echo again-$((40 + 2))'
sees '^again-42'
sees 'following'
keys PgUp
gone 'following'
write 'echo unseen-$((40 + 2))'
sees '▼ more below'
keys F
sees '^unseen-42'
keys F
gone 'following'
keys q
sees '^ WATCHING '
keys Esc
sees '^ [^ ]+ work .*started'

# The log of a service is followed as well; it has no times.
"$PYRO" workspace service start work drip --ready-file up -- sh -c 'echo one; mkfifo wake; touch up; while cat wake; do :; done' >/dev/null 2>&1
keys S
sees '^ work +drip +running'
keys Enter
sees '^one'
keys F
sees 'following'
"$PYRO" workspace exec work -- sh -c 'echo two-$((40 + 2)) >wake' >/dev/null 2>&1
sees '^two-42'
keys F
gone 'following'
keys q
sees 'pyro  services'
keys Esc
sees '^ [^ ]+ work .*started'
keys q
ends "exit 0"

# A coloured log as long as it gets, with little memory: the newest part at once, what is older when it is wanted.
colored='awk "BEGIN { for (i = 1; i < 960000; i++) printf \"\\033[32mINFO\\033[m \\033[1;38;2;200;100;50mrequest %d\\033[m took \\033[33m%d ms\\033[m\\n\", i, i % 977 }"'
write "$colored; echo colored-\$((40 + 2))"
is_written() { [[ $("$PYRO" workspace shell read work "$shell" --screen 2>/dev/null) == *colored-42* ]]; }
wait_for 300 is_written
log=$(echo "$XDG_DATA_HOME"/pyro/workspaces/*/shells/"$shell".log)
check "the log is at its cap" [ "$(stat -c %s "$log")" -gt 67108864 ]
limit_memory() { [[ -n ${PYRO_SANITIZED:-} ]] || ulimit -v "$1"; } # KIB; a sanitizer reserves terabytes
read_all() (
    limit_memory 1000000
    "$PYRO" workspace shell read work "$shell" --plain --colors --max-chars 67108864 | wc -c
)
run read_all
like "all of it is rendered in a bounded memory" "$out" '^[0-9]{8,}$'
(
    limit_memory 1500000
    tui "work/$shell"
)
sees '^colored-42'
keys PgUp
sees "^ log of $shell .*▲ [0-9]+–[0-9]+ of [0-9]+"
sees '^colored-42'
sees '^INFO request 959999 took'
before=$(drive text | sed -n 1p | grep -o 'of [0-9]*' | tail -1)
keys / 'request 500001 ' Enter
sees '^INFO request 500001 took'
refute "more was read for the search" [ "$before" = "$(drive text | sed -n 1p | grep -o 'of [0-9]*' | tail -1)" ]
gone '▲'
keys q
sees '^ WATCHING '
keys PgUp
sees '▲'
keys g
sees "^ log of $shell .* 1–"
gone '▲'
keys q
sees '^ WATCHING '
tui_finish
