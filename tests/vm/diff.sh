#!/bin/bash
# Diffs against the baseline: random trees, whose patch git applies to a copy of the baseline; what is
# no text; running and stopped.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace exec d --timeout-seconds 120 -- "$@" 2>/dev/null; }
diff_ws() { run "${pyro[@]}" workspace diff d "$@"; }
trees=$TEST_DIR/trees
on_terminal() { run python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$@"; }

run "${pyro[@]}" workspace create debian:12-base --name d --json
diff_ws
is "nothing has changed" "$out" 'No workspace changes.'
diff_ws --json
is "… as JSON" "$(json .changed)$(json .entries)$(json .patch)" 'false[]'
is "… counted" "$(json .summary)" '{"added": 0, "deleted": 0, "modified": 0, "non_text": 0, "text_patched": 0, "total": 0, "type_changed": 0}'

mkdir "$trees"
python3 tests/vm/diff_trees.py make "$trees" 7
tar -C "$trees/then" -c . | ws tar -x
check "the baseline" "${TEST_BUILD:-build/plain}/tests/vm/guest_seal" d
# Only what differs is touched, files in place: what stays the same keeps its inode.
python3 - "$trees" >"$TEST_DIR/changed" <<'EOF'
import json, os, sys
root = sys.argv[1]
for p in json.load(open(root + "/expected.json")):
    sys.stdout.buffer.write(os.fsencode(p) + b"\0")
EOF
(cd "$trees/now" && while IFS= read -r -d '' p; do [[ -f $p && ! -L $p && ! -d ../then/$p ]] || printf '%s\0' "$p"; done <"$TEST_DIR/changed") >"$TEST_DIR/gone"
(cd "$trees/now" && while IFS= read -r -d '' p; do [[ -f $p || -L $p ]] && printf '%s\0' "$p"; done <"$TEST_DIR/changed") >"$TEST_DIR/there"
"${pyro[@]}" workspace exec d -- xargs -0 -I{} rm -rf ./{} <"$TEST_DIR/gone" 2>/dev/null
ws sh -c 'rm -rf dir0; find . -type d -empty -delete'
# tar replaces what is of another kind, directories included.
tar -C "$trees/now" --null -T "$TEST_DIR/there" -c | ws tar -x --recursive-unlink --overwrite
ws find . -type d -empty -delete
mkdir "$TEST_DIR/back"
ws tar -c . | tar -C "$TEST_DIR/back" -x
check "the guest has the changed tree" python3 tests/vm/diff_trees.py same "$trees/now" "$TEST_DIR/back" '[]'

diff_ws --json
cp "$TEST_DIR/out" "$TEST_DIR/diff.json"
is "every change is told, and no other" "$(python3 - "$trees/expected.json" "$TEST_DIR/diff.json" <<'EOF'
import json, sys
wanted = json.load(open(sys.argv[1]))
got = json.load(open(sys.argv[2]))
told = {e["path"][11:]: e["status"] for e in got["entries"] if e["artifact_type"] != "directory"}
dirs = [e for e in got["entries"] if e["artifact_type"] == "directory"]
# A file that became a directory is told at its own path too.
for e in dirs:
    told[e["path"][11:]] = e["status"]
s = got["summary"]
for p in sorted(set(wanted) | set(told)):
    if wanted.get(p) != told.get(p):
        print(repr(p), wanted.get(p), told.get(p))
for status in ("added", "modified", "deleted", "type_changed"):
    if s[status] != sum(v == status for v in told.values()):
        print(status, s[status])
if s["total"] != len(got["entries"]) or s["text_patched"] + s["non_text"] != s["total"]:
    print(s)
if got["patch"] != "".join(e["text_patch"] or "" for e in got["entries"]):
    print("the patch is not all patches")
EOF
)" ''
python3 -c 'import json, sys; sys.stdout.write(json.load(open(sys.argv[1]))["patch"])' "$TEST_DIR/diff.json" >"$TEST_DIR/patch"
skip=$(python3 -c 'import json, sys; print(json.dumps([e["path"][11:] for e in json.load(open(sys.argv[1]))["entries"] if e["text_patch"] is None]))' "$TEST_DIR/diff.json")
cp -a "$trees/then" "$TEST_DIR/applied"
run git -C "$TEST_DIR/applied" apply --whitespace=nowarn "$TEST_DIR/patch"
is "git apply takes the patch" "$status$err" 0
check "… and makes the current tree of it" python3 tests/vm/diff_trees.py same "$TEST_DIR/applied" "$trees/now" "$skip"
run "${pyro[@]}" workspace diff d
like "for people" "$(head -1 "$TEST_DIR/out")" '^\[workspace-diff\] workspace_id=[0-9a-f]+ total=[0-9]+ added=[0-9]+ modified=[0-9]+ deleted=[0-9]+ type_changed=[0-9]+ text_patched=[0-9]+ non_text=[0-9]+$'
rm -rf "$TEST_DIR/applied" && cp -a "$trees/then" "$TEST_DIR/applied"
cp "$TEST_DIR/out" "$TEST_DIR/shown"
run git -C "$TEST_DIR/applied" apply --whitespace=nowarn "$TEST_DIR/shown"
is "… git apply takes that as well" "$status$err" 0

# The patch goes back into a workspace with the same baseline.
run "${pyro[@]}" workspace reset d
diff_ws
is "after a reset" "$out" 'No workspace changes.'
run "${pyro[@]}" workspace patch apply d --patch-file "$TEST_DIR/patch"
is "patch apply takes it" "$status$err" 0
mkdir "$TEST_DIR/again" && ws tar -c . | tar -C "$TEST_DIR/again" -x
check "… and makes the current tree of it, too" python3 tests/vm/diff_trees.py same "$TEST_DIR/again" "$trees/now" "$skip"
run "${pyro[@]}" workspace reset d

# Colours on a terminal only, and nothing there that drives it.
ws sh -c 'printf "bad\033]0;x\007\n" >colour; echo new >>dir1/deep/plain'
on_terminal "${pyro[@]}" workspace diff d
check "colours on a terminal" grep -q $'^\033\[32m+' "$TEST_DIR/out"
check "… and escapes shown" grep -qF '+bad\x1b]0;x\x07' "$TEST_DIR/out"
on_terminal env NO_COLOR=1 "${pyro[@]}" workspace diff d
refute "none with NO_COLOR" grep -q $'\033' "$TEST_DIR/out"
diff_ws
is "the patch follows at once where it says all" "$(sed -n 2p "$TEST_DIR/out")" "diff --git a/colour b/colour"
run "${pyro[@]}" workspace diff d --stat
is "--stat: a line for each path before it" "$(sed -n 2,5p "$TEST_DIR/out")" " added        /workspace/colour  +1 -0
 added        /workspace/dir1/deep/plain  +1 -0

diff --git a/colour b/colour"
run "${pyro[@]}" workspace diff d --name-status
is "--name-status: those lines alone" "$(tail -n +2 "$TEST_DIR/out")" " added        /workspace/colour
 added        /workspace/dir1/deep/plain"
run "${pyro[@]}" workspace diff d --name-status --json
is "--name-status: no patch" "$(json .patch)$(json .entries[0].text_patch) $(json .entries[1].status) $(json .summary.text_patched) $(json .summary.non_text)" \
    "null added 0 0"
run "${pyro[@]}" workspace diff d --path dir1 --json
is "--path: what is below it" "$(json .summary.total) $(json .entries[0].path) $(json .truncated)" "1 /workspace/dir1/deep/plain false"
run "${pyro[@]}" workspace diff d --path di --path nothing
is "--path: of whole names" "$out" "No workspace changes."
run "${pyro[@]}" workspace diff d --json
patch=$(json .patch) joined= cursor=()
while run "${pyro[@]}" workspace diff d --max-chars 150 "${cursor[@]}" --json && [[ $(json .truncated) == true ]]; do
    joined+=$(json .patch)$'\n' cursor=(--cursor "$(json .next_cursor)")
done
is "in parts: joined they are the whole" "$joined$(json .patch)" "$patch"
ws touch more
run "${pyro[@]}" workspace diff d "${cursor[@]}" --json
is "in parts: not of what has changed since" "$(json .error.code)" workspace_state
ws rm more
diff_ws
check "… and elsewhere the bytes as they are" grep -qF $'+bad\033]0;x\007' "$TEST_DIR/out"
run "${pyro[@]}" workspace reset d
is "a reset" "$status $err" "0 "

# The names of a second section are not counted as lines.
run "${pyro[@]}" workspace exec d --timeout-seconds 120 -- sh -c \
    'first=$(find . -type f ! -path "./.git/*" ! -path "*[!a-zA-Z0-9._/-]*" -size +0 -exec grep -lI . {} + | sort | head -n 1)
    grep -c "" "$first" >/tmp/lines; rm "$first"; ln -s elsewhere "$first"'
is "a file becomes a link" "$status" 0
run "${pyro[@]}" workspace diff d --stat
like "--stat of a changed type" "$(sed -n 2p "$TEST_DIR/out")" "^ type_changed .*  \+1 -$(ws cat /tmp/lines)( |$)"
run "${pyro[@]}" workspace reset d

# What a patch cannot say is told all the same.
ws sh -c 'mkdir hollow; printf "\377\n" >latin; head -c 9000000 /dev/zero | tr "\0" x >long; mkfifo pipe
    chmod 600 empty; touch -d 2001-01-01 empty; mkdir kept; echo x >kept/x; printf "a\0" >nul; truncate -s 5G sparse'
diff_ws --json
entry() { json .entries | python3 -c 'import json, sys
for e in json.load(sys.stdin):
    if e["path"] == "/workspace/" + sys.argv[1]: print(e["status"], e["artifact_type"], e["text_patch"] is not None, e["old_mode"], e["new_mode"])' "$1"; }
is "an empty directory" "$(entry hollow)" 'added directory False None 040755'
is "not UTF-8" "$(entry latin)" 'added file False None 100644'
is "over 8 MiB" "$(entry long)" 'added file False None 100644'
is "a FIFO" "$(entry pipe)" 'added other False None 010644'
is "permissions that git does not know" "$(entry empty)" 'modified file False 100644 100600'
is "a directory with something in it goes without saying" "$(entry kept)$(entry kept/x)" 'added file True None 100644'
is "NUL" "$(entry nul)" 'added file False None 100644'
is "5 GB of nothing" "$(entry sparse)" 'added file False None 100644'
is "counted" "$(json .summary)" '{"added": 7, "deleted": 0, "modified": 1, "non_text": 7, "text_patched": 1, "total": 8, "type_changed": 0}'
before=$(json .entries)

# The same of the stopped workspace; and while something writes, what is told is one moment.
run "${pyro[@]}" workspace stop d
diff_ws --json
is "stopped: the same" "$(json .entries)" "$before"
run "${pyro[@]}" workspace start d
ws rm -rf long sparse
"${pyro[@]}" workspace shell open d >/dev/null 2>&1
"${pyro[@]}" workspace shell write d sh1 --input 'i=0; while :; do i=$((i + 1)); echo $i >t; mv t busy; echo $i >t; mv t busy2; done' 2>/dev/null
busy() { "${pyro[@]}" workspace file read d busy2 --content-only >/dev/null 2>&1; }
wait_for 60 busy
# Writes come in meanwhile: each waits for the moment that the file system is held still.
for i in $(seq 30); do
    "${pyro[@]}" workspace file write d "written/$i" --text "$i" || break
done >"$TEST_DIR/writes" 2>&1 &
for i in 1 2 3; do
    diff_ws --json
    is "while it works ($i)" "$status" 0
    one=$(json .patch | sed -n '/b\/busy$/,/^diff/s/^+\([0-9]*\)$/\1/p')
    two=$(json .patch | sed -n '/b\/busy2$/,/^diff/s/^+\([0-9]*\)$/\1/p')
    check "… one moment" [ "$((${one:-0} - ${two:-0}))" -ge 0 -a "$((${one:-0} - ${two:-0}))" -le 1 ]
done
wait $!
is "… and all is written" "$(grep -c bytes_written "$TEST_DIR/writes")" 30
# /workspace itself is gone.
ws sh -c 'cd /; rm -rf /workspace/* /workspace/.[a-z]*; mv /workspace /elsewhere'
diff_ws --json
is "without /workspace all is deleted" "$(json .summary.added)$(json .summary.modified)" 00
run "${pyro[@]}" workspace delete d

# A repository: what a commit and a branch change in .git is told, and is in no patch.
git init -q "$TEST_DIR/repo" && git -C "$TEST_DIR/repo" config user.name n && git -C "$TEST_DIR/repo" config user.email a@b
(cd "$TEST_DIR/repo" && echo one >f && git add f && git commit -qm 1)
run "${pyro[@]}" workspace create debian:12 --name d --seed-path "$TEST_DIR/repo" --json
ws sh -c 'git config --global --add safe.directory "*"; git checkout -qb feat; echo two >>f; git commit -qam 2; mkdir sub; echo "gitdir: ../x" >sub/.git
    mkdir -p .GIT; echo x >.GIT/config; ln -s x .gitmodules; echo x >wanted'
diff_ws --json
is "a commit: entries name what changed in .git" "$(entry .git/HEAD)|$(entry sub/.git)|$(entry .GIT/config)|$(entry f)" \
    'modified file False 100644 100644|added file False None 100644|added file False None 100644|modified file True 100644 100644'
is "… a link named .gitmodules" "$(entry .gitmodules)" 'added symlink False None 120777'
json .patch >"$TEST_DIR/patch"
is "… and the patch has none of it" "$(grep -c '^diff' "$TEST_DIR/patch")$(grep -ci '\.git' "$TEST_DIR/patch")" 20
run git -C "$TEST_DIR/repo" apply "$TEST_DIR/patch"
is "git apply takes the patch" "$status$err$(cat "$TEST_DIR/repo/f" "$TEST_DIR/repo/wanted" | tr '\n' ' ')" '0one two x '
is "… and the repository is whole" "$(git -C "$TEST_DIR/repo" log --format=%s)" 1
for name in .git/hooks/pre-commit .GiT/config sub/.git 'git~1/config'; do
    run "${pyro[@]}" workspace patch apply d --json --patch "--- /dev/null
+++ b/$name
@@ -0,0 +1 @@
+x"
    is "patch apply refuses $name" "$(json .error.code)" path_refused
done

# Paths that nobody can open, and what lies too deep, are left out by name.
ws perl -e 'for (1..45) { mkdir "d" x 100; chdir "d" x 100 } open F, ">", "f"; chdir "/workspace"; for (1..600) { mkdir "e"; chdir "e" }'
diff_ws --json
is "too deep: the rest is told" "$status$(entry wanted)" '0added file True None 100644'
is "… and what is left out is named" "$(json .left_out_count) $(json .left_out | python3 -c 'import json, sys; print(*sorted((len(p), p[:14]) for p in json.load(sys.stdin)))')" \
    "2 (1036, '/workspace/e/e') (4151, '/workspace/ddd')"
diff_ws
like "… on standard error for people" "$status$err" '^0pyro: not compared, too long or too deep: /workspace/ddd'
run "${pyro[@]}" workspace delete d

# /workspace itself is something else than a directory.
run "${pyro[@]}" workspace create debian:12-base --name d --json
run "${pyro[@]}" workspace exec d --cwd / -- sh -c 'mkdir /other && umount /workspace 2>/dev/null; rmdir /workspace && ln -s /other /workspace'
is "/workspace becomes a link" "$status" 0
diff_ws --json
is "a link for /workspace" "$status $(json .error.code) $(json .error.message)" \
    "1 wrong_file_type '/workspace' in the guest is a symbolic link, not a directory"
like "… and what to do" "$(json .error.hint)" "pyro workspace reset"
run "${pyro[@]}" workspace exec d --cwd / -- sh -c 'rm /workspace && echo x >/workspace'
diff_ws --json
is "a file for /workspace" "$(json .error.code) $(json .error.message)" \
    "wrong_file_type '/workspace' in the guest is a file, not a directory"
run "${pyro[@]}" workspace delete d
export PYRO_QEMU=/nothing/such
run "${pyro[@]}" workspace create debian:12-base --name h --allow-host-compat --json
run "${pyro[@]}" workspace diff h --json
is "on the host there is no baseline" "$(json .error.code)" workspace_state
run "${pyro[@]}" workspace delete h
finish
