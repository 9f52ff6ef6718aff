#!/bin/bash
# Every command that takes a workspace, on one whose secret is wherever it can be: names and contents of files, links,
# labels, names, arguments, paths on the host. Nothing that any of them says has it: results, errors and summaries, for people and
# as JSON.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
v=tok-8c1f6e0d-57
here=$TEST_DIR/$v
mkdir -p "$here/seed/$v" && cd "$here" || exit 1
echo "one $v" >seed/$v/$v
ln -s "$v/$v" "seed/link-$v"
said=$TEST_DIR/said
tried=

# says PATH ARGUMENT…: what the command prints, both ways. Paths that it makes are another one each time.
says() {
    local path=$1 way
    shift
    tried+="$path"$'\n'
    for way in '' --json; do
        [[ $way && $path =~ ^'workspace shell '(attach|replay)$ ]] && continue
        run timeout 300 "$PYRO" $path "${@//%/$RANDOM$RANDOM}" $way
        [[ $status -ne 124 ]] || fail "$path: $way $*: ends"
        cat "$TEST_DIR/out" "$TEST_DIR/err" >"$said"
        refute "$path: $way $*" grep -qaF "$v" "$said"
    done
}

says 'workspace create' debian:12-base --name % --secret "S=$v" --seed-path "$here/none"
is "an error that names the seed" "$(json .error.code)" io
run "$PYRO" workspace create debian:12-base --name "$v" --label "$v=$v" --secret "S=$v" --seed-path seed --json
is "created" "$status" 0
refute "create says nothing of it" grep -qaF "$v" "$TEST_DIR/out" "$TEST_DIR/err"
ws=$(json .workspace_id)
"$PYRO" workspace exec "$ws" -- sh -c "cp -r $v new-$v; echo $v >>$v/$v; printf 'a\0%s' $v >bin-$v; mkfifo fifo-$v" 2>/dev/null

says 'workspace status' "$v"
says 'workspace update' "$ws" --label "x=$v" --label "$v.2=$v"
says 'workspace update' "$ws" --clear-label "none-$v"
says 'workspace exec' "$ws" -- sh -c "echo $v; echo $v >&2; cat $v/$v; exit 3"
says 'workspace exec' "$ws" --cwd "/$v" -- "$v"
says 'workspace exec' "$ws" --secret-env "$v" -- true
says 'workspace logs' "$ws"
says 'workspace file list' "$ws" --recursive
says 'workspace file list' "$ws" "none/$v"
says 'workspace file read' "$ws" "$v/$v"
says 'workspace file read' "$ws" "$v/$v" --content-only
says 'workspace file read' "$ws" "bin-$v" --output "$here/read-%"
refute "… nor what it wrote" grep -qraF "$v" "$here" --include='read-*'
says 'workspace file read' "$ws" "link-$v"
says 'workspace file read' "$ws" "$v"
says 'workspace file write' "$ws" "$v/$v" --text "two $v"
says 'workspace file write' "$ws" "$v/$v/below" --text "two $v"
says 'workspace file write' "$ws" "$v/x" --text-file "$here/none"
says 'workspace patch apply' "$ws" --patch "--- /dev/null
+++ b/$v/%
@@ -0,0 +1 @@
+$v"
says 'workspace patch apply' "$ws" --patch "--- a/$v/$v
+++ b/$v/$v
@@ -1,2 +1,2 @@
-$v
+$v $v
 $v"
says 'workspace patch apply' "$ws" --patch "--- a/none-$v
+++ b/none-$v
@@ -1 +1 @@
-x
+$v"
says 'workspace diff' "$ws"
says 'workspace diff' "$ws" --stat
says 'workspace sync push' "$ws" seed --dest "pushed-$v"
says 'workspace sync push' "$ws" "$here/none"
mkfifo "$here/seed/fifo-$v"
says 'workspace sync push' "$ws" seed
rm "$here/seed/fifo-$v"
says 'workspace export' "$ws" "$v" --output "$here/export-%"
says 'workspace export' "$ws" . --output "$here/all-%"
says 'workspace export' "$ws" "none-$v" --output "$here/none"
says 'workspace export' "$ws" "$v" --output "$here/seed"
says 'workspace snapshot create' "$ws" "$v-%"
says 'workspace snapshot create' "$ws" "/$v"
says 'workspace snapshot list' "$ws"
says 'workspace snapshot delete' "$ws" "none-$v"
says 'workspace shell open' "$ws" --cwd "$v"
says 'workspace shell open' "$ws" --cwd "/none-$v"
says 'workspace shell list' "$ws"
says 'workspace shell write' "$ws" sh1 --input "echo $v; printf '%s\\\\033[31m%s\\\\033[m\\\\n' ${v:0:5} ${v:5}"
says 'workspace shell read' "$ws" sh1 --plain --wait-for-idle-ms 1000
says 'workspace shell read' "$ws" sh1 --plain --colors
says 'workspace shell read' "$ws" sh1 --screen
says 'workspace shell read' "$ws" sh1
says 'workspace shell read' "$ws" "$v"
says 'workspace shell resize' "$ws" sh1 --cols 100 --rows 30
says 'workspace shell signal' "$ws" sh1
says 'workspace shell record' "$ws" sh1 --output "$here/cast-%"
refute "… nor what it wrote" grep -qraF "$v" "$here" --include='cast-*'
says 'workspace shell attach' "$ws" "$v"
says 'workspace shell replay' "$ws" "$v"
says 'workspace shell close' "$ws" sh1
says 'workspace service start' "$ws" "$v-%" --cwd "$v" --ready-file "/workspace/$v/$v" -- sh -c "echo $v; echo $v >&2; touch $v; exec sleep 1000"
says 'workspace service start' "$ws" "bad" --ready-timeout-seconds 5 -- "/none/$v"
service=$("$PYRO" workspace service list "$ws" --json | python3 -c 'import json, os, sys; print([s for s in os.listdir(sys.argv[1]) if s.startswith("tok")][0])' "$XDG_DATA_HOME/pyro/workspaces/$ws/services")
says 'workspace service list' "$ws"
says 'workspace service status' "$ws" "$service"
says 'workspace service logs' "$ws" "$service" --all
says 'workspace service logs' "$ws" "none-$v"
says 'workspace service stop' "$ws" "$service"
says 'workspace reset' "$ws" --snapshot "none-$v"
says 'workspace start' "$ws"
says 'workspace stop' "$ws"
says 'workspace disk list' "$ws" --recursive
says 'workspace disk list' "$ws" "/none-$v"
says 'workspace disk read' "$ws" "$v/$v"
says 'workspace disk read' "$ws" "$v/$v" --content-only
says 'workspace disk read' "$ws" "link-$v"
says 'workspace disk export' "$ws" --output "$here/disk-%"
says 'workspace disk export' "$ws" --output "$here/seed"
says 'workspace start' "$ws"
says 'workspace reset' "$ws"
says 'workspace delete' "$ws"
refute "it is gone" "$PYRO" workspace status "$ws"
rm -f "$here"/disk-*

is "every command of the table that takes a workspace was tried" "$("$PYRO" --help --json | TRIED=$tried python3 -c '
import json, os, sys
tried = os.environ["TRIED"].splitlines()
for c in json.load(sys.stdin)["commands"]:
    if any(a["name"] == "workspace" for a in c["arguments"]) and c["path"] not in tried:
        print(c["path"])')" ""
cd / && finish
