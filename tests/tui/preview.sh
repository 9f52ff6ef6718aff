#!/bin/bash
# The details as a live preview with tabs, and the short ways back: bookmarks, and the last shell.
cd "$(dirname "$0")/../.." && . tests/tui.sh

for name in one two bare; do host_workspace $name >/dev/null; done
for name in one two; do shell_of $name >/dev/null; done
write() { "$PYRO" workspace shell write "$1" sh1 --input "$2" >/dev/null 2>&1; }
write one 'echo from-one-$((40 + 2))'
write two 'echo from-two-$((40 + 2))'
"$PYRO" workspace exec one -- sh -c 'echo hello >note; echo listed-$((40 + 2))' >/dev/null 2>&1

# The last shell is shown live; without one the facts are.
tui
sees '^ [^ ]+ one '
keys / '-two -bare' Enter
sees '│ from-one-42'
write one 'echo again-$((40 + 2))'
sees '│ again-42'
keys Esc
sees '^ pyro  3 workspaces'
keys / bare Enter
sees '│ state +started'
gone 'again-42'
keys Esc
sees '^ pyro  3 workspaces'
keys / two Enter
sees '│ from-two-42'

# Tabs; the details under the cursor are the facts.
keys Esc
sees '^ pyro  3 workspaces'
keys / one Enter
sees '│ again-42'
keys ']'
sees '│ state +started'
keys ']'
sees '│.*runs on the host: without a disk'
keys ']'
sees 'listed-42'
keys ']'
sees '│ +[0-9.]+[BKM] +note'
keys '[' '[' '['
sees '│ state +started'
keys '['
sees '│ again-42'
keys Tab
sees '│ state +started'
keys Tab
sees '│ again-42'
keys Esc
sees '^ [^ ]+ bare '

# Bookmarks.
keys s
sees 'by name'
keys Home
picked '^ [^ ]+ bare '
keys m
sees 'bookmark: 1 to 9, or a letter'
keys 7
sees "^ [^ ]+ bare '7"
keys End m x
sees "^ [^ ]+ two 'x"
keys 7
picked '^ [^ ]+ bare '
keys "'" x
picked '^ [^ ]+ two '
keys "'" 7
picked '^ [^ ]+ bare '
keys m x
sees "^ [^ ]+ bare 'x"
gone "two 'x"
keys 4
sees 'no bookmark 4'
keys "'" '%'
sees 'a bookmark is 1 to 9'
keys / two Enter
gone '^ [^ ]+ bare '
keys "'" x
picked '^ [^ ]+ bare '

# The last shell, and the one before it.
keys C-o
sees 'needs a shell that was looked at before'
keys / one Enter
gone '^ [^ ]+ two '
keys Enter
sees '^ WATCHING  one/sh1'
keys Esc
sees 'Esc show all'
keys Esc
sees '^ [^ ]+ two '
keys C-o
sees '^ WATCHING  one/sh1'
keys Esc
sees '^ [^ ]+ two '
keys / two Enter
gone '^ [^ ]+ one '
keys Enter
sees '^ WATCHING  two/sh1'
keys C-o
sees '^ WATCHING  one/sh1'
keys C-o
sees '^ WATCHING  two/sh1'
keys Esc
sees 'Esc show all'
keys q
ends "exit 0"

# Bookmarks are there the next time, and in every interface that runs. A file that cannot be used is told, and put aside.
kept=$XDG_STATE_HOME/pyro/tui.json
tui
sees "^ [^ ]+ bare 'x"
python3 - "$kept" "$("$PYRO" workspace list --json)" <<'END'
import json, sys
kept = json.load(open(sys.argv[1]))
kept["bookmarks"]["y"] = next(w["workspace_id"] for w in json.loads(sys.argv[2])["workspaces"] if w["name"] == "one")
json.dump(kept, open(sys.argv[1], "w"))
END
keys / two Enter
gone '^ [^ ]+ bare '
keys m z
sees "^ [^ ]+ two 'z"
keys Esc
sees "^ [^ ]+ one 'y"
sees "^ [^ ]+ bare 'x"
keys q
ends "exit 0"
echo '{"version": 1, "bookmarks": {"x": ' >"$kept"
tui 200x24
sees 'bookmarks, pins and groups are not as they were: '
gone "bare 'x"
keys / bare Enter
gone '^ [^ ]+ two '
keys m 5
sees "^ [^ ]+ bare '5"
check "it is put aside" test -s "$kept.bad"
keys q
ends "exit 0"
tui_finish
