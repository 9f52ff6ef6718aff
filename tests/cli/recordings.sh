#!/bin/bash
# tests/cli/recordings.sh: a shell's recording as a picture and as a page; a workspace on this host is enough.
cd "$(dirname "$0")/../.." && . tests/tui.sh

WORKSPACE=$(host_workspace w)
shell_of w 60 10 >/dev/null
"$PYRO" workspace shell read w sh1 --wait-for-prompt >/dev/null 2>&1
cat >"$TEST_DIR/hostile" <<'EOF'
</script><script>alert(1)</script> ]]> <!-- &amp; " '
EOF
"$PYRO" workspace shell write w sh1 --input "cat $TEST_DIR/hostile; printf '\\001\\033[31mred\\n'; printf '日本 ┌─┐ ✓\\n'" 2>/dev/null
"$PYRO" workspace shell read w sh1 --wait-for-prompt >/dev/null 2>&1
at_times "$(echo "$XDG_DATA_HOME"/pyro/workspaces/"$WORKSPACE"/shells/sh1)" red 1.5

record() {
    run "$PYRO" workspace shell record w sh1 --format "$1" --output "$TEST_DIR/r.$1" --json
    is "$1 is written" "$status" 0
}

record svg
is "its frames are told" "$(python3 -c 'import json, sys; r = json.load(sys.stdin)
print(r["format"], r["event_count"] > 0, r["truncated"], r["workspace_id"] == sys.argv[1])' "$WORKSPACE" <<<"$out")" \
    "svg True False True"
is "the picture is XML, moves without a script, and has the text" "$(python3 - "$TEST_DIR/r.svg" <<'EOF'
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
names = {e.tag.split('}')[1] for e in root.iter()}
text = "".join(root.itertext())
print("script" in names, "foreignObject" in names, "step-end infinite" in text,
      '</script><script>alert(1)</script> ]]> <!-- &amp; " \'' in text, "red" in text)
EOF
)" "False False True True True"

record html
node tests/cli/player.mjs "$TEST_DIR/r.html" >"$TEST_DIR/played"
is "the page plays to the screen that the shell has" "$(head -n 10 "$TEST_DIR/played")" \
    "$("$PYRO" workspace shell read w sh1 --screen 2>/dev/null)"
like "and makes nothing but text of it" "$(grep '^played: ' "$TEST_DIR/played")" '^played: 0:[0-9]+ / 0:[0-9]+ Play div,span$'
is "its buttons and keys pause, seek and change the speed" "$(sed 's/:.*//' <(grep -E '^(ok|wrong): ' "$TEST_DIR/played") | sort | uniq -c | xargs)" \
    "6 ok"
is "it asks no network for anything" "$(grep -cE 'https?://|src=|@import|url\(' "$TEST_DIR/r.html")" 0

run "$PYRO" workspace shell record w sh1 --format gif --output "$TEST_DIR/r.gif"
is "another format is refused" "$status" 2
check "and no file is touched" test ! -e "$TEST_DIR/r.gif"
for file in "$TEST_DIR Is a directory" "$TEST_DIR/none/r.svg No such file or directory"; do
    run "$PYRO" workspace shell record w sh1 --format svg --output "${file%% *}"
    is "it says why a file cannot be written" "$status $err" "1 pyro: open '${file%% *}': ${file#* }"
done
tui_finish
