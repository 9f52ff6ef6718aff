#!/bin/bash
# Several at once: start, stop and delete are for the marked workspaces when there are any; one question names
# them all, and what goes wrong with one does not keep the others.
cd "$(dirname "$0")/../.." && . tests/tui.sh
export PYRO_QEMU=/nothing/such

for name in ann ben cid dan; do host_workspace $name >/dev/null; done
shell_of ann >/dev/null
shell_of ben >/dev/null
state() { json .state "$("$PYRO" workspace status "$1" --json)"; }
tui
sees '4 workspaces'
keys s
sees ' by name'
keys g Space
sees '^◆[^ ]+ ann'
sees '1 marked'
keys Esc
gone 'marked'
keys g Space Space j Space
sees '3 marked'
sees '^◆[^ ]+ dan'

# The question names them, and says what is lost; no is no.
keys x
sees 'stop 3 workspaces'
sees 'Stop these 3: ann, ben, dan\?'
sees '2 running shells will end'
keys n
gone 'stop 3 workspaces'
is "no is no" "$(state ann)" started
keys x
sees 'Stop these 3'
agree
sees '^◆[^ ]+ ann .*stopped'
sees '^◆[^ ]+ ben .*stopped'
sees '^◆[^ ]+ dan .*stopped'
sees '^ [^ ]+ cid .*started'
sees 'stop: 3 workspaces, done'

# Those that it makes sense for: of the marked only the stopped are started.
"$PYRO" workspace start dan >/dev/null 2>&1
sees '^◆[^ ]+ dan .*started'
keys t
sees '^◆[^ ]+ ann .*started'
sees '^◆[^ ]+ ben .*started'
gone 't start'

# One that cannot be started, since its record and the copy of it are damaged: the others are, and both is said.
keys x
sees 'Stop these 3'
agree
sees '^◆[^ ]+ ann .*stopped'
sees '^◆[^ ]+ ben .*stopped'
sees '^◆[^ ]+ dan .*stopped'
record=$(grep -rlE '"name": ?"ben"' "$XDG_DATA_HOME" --include=workspace.json)
cp "$record" "$TEST_DIR/kept.json"
for file in "$record.last" "$record"; do
    echo '{' >"$record.new" && mv "$record.new" "$file"
done
sees '^◆[^ ]+ [0-9a-f]+ .*failed'
keys t
sees '^◆[^ ]+ ann .*started'
sees '^◆[^ ]+ dan .*started'
sees 'start: 1 of 3 failed: '
keys L
sees 'start ann: done'
sees 'start dan: done'
sees 'start: 1 of 3 failed: '
keys Esc
sees '3 marked'
cp "$TEST_DIR/kept.json" "$record.last"
mv "$TEST_DIR/kept.json" "$record"
sees '^◆[^ ]+ ben .*stopped'

# A question that is longer than the screen scrolls; its answers stay in sight.
drive resize 40 10
sees '^   NAME▼ +STATE +RUNS +SH( +(CPU|MEM))*$'
keys d
sees 'Delete these 3'
gone 'good\.'
sees 'y yes'
keys PgDn PgDn Down j
sees 'good\.'
sees 'y yes'
keys PgUp Up k k
sees 'Delete these 3'
wheel down 5 5
wheel up 5 5
sees 'Delete these 3'
drive resize 80 24
sees 'good\.'
agree
gone 'ann'
sees '^ [^ ]+ cid .*started'
sees '1 workspace '
gone 'marked'
keys q
ends "exit 0"
tui_finish
