#!/bin/bash
# Patches to the files of a running workspace: all or nothing, and what is refused.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")

all() {
    local ws=$1 mode=$2 before
    in_ws() { "${pyro[@]}" workspace exec "$ws" -- sh -c "$1" 2>/dev/null; }
    tree() { in_ws 'find . -printf "%y %m %P %l\n" | sort; find . -type f | sort | xargs sha256sum'; }
    patch() { "${pyro[@]}" workspace patch apply "$ws" "$@"; }

    in_ws 'umask 022; seq 30 >n; mkdir -p d/e; echo gone >d/e/gone; echo run >x; chmod 755 x; ln -s n link; printf "a\r\nb\r\n" >crlf
        printf "\0\1" >bin; ln -s d dlink'
    cat >"$TEST_DIR/good" <<'EOF'
diff --git a/d/e/gone b/d/e/gone
deleted file mode 100644
--- a/d/e/gone
+++ /dev/null
@@ -1 +0,0 @@
-gone
diff --git a/n b/n
--- a/n
+++ b/n
@@ -12,5 +12,5 @@ somewhere else
 10
 11
-12
+twelve
 13
 14
diff --git a/new/deep/file b/new/deep/file
new file mode 100755
--- /dev/null
+++ b/new/deep/file
@@ -0,0 +1,2 @@
+#!/bin/sh
+echo ran
diff --git a/x b/y z
old mode 100755
new mode 100644
similarity index 100%
rename from x
rename to y z
diff --git a/l2 b/l2
new file mode 120000
--- /dev/null
+++ b/l2
@@ -0,0 +1 @@
+/etc/passwd
\ No newline at end of file
EOF
    run patch --patch-file "$TEST_DIR/good"
    like "$mode: applied" "$out" "^\\[workspace-patch\\] workspace_id=[0-9a-f]+ total=6 added=3 modified=1 deleted=2 execution_mode=$mode"$'\n'
    is "$mode: its entries" "$(tail -n +2 "$TEST_DIR/out" | tr '\n' ' ')" \
        '/workspace/d/e/gone [deleted] /workspace/l2 [added] /workspace/n [modified] /workspace/new/deep/file [added] /workspace/x [deleted] /workspace/y z [added] '
    is "$mode: the files" "$(in_ws 'sed -n 12p n; ls -d d x 2>/dev/null; stat -c "%a %n" n "y z"; new/deep/file; readlink l2')" \
        $'twelve\n644 n\n644 y z\nran\n/etc/passwd'
    run patch --json --patch "$(printf -- '--- a/n\n+++ b/n\n@@ -1,2 +1,2 @@\n-1\n+one\n 2\n')"
    is "$mode: from the command line" "$(json .summary)$(json .changed)$(json .entries)" \
        '{"added": 0, "deleted": 0, "modified": 1, "total": 1}true[{"path": "/workspace/n", "status": "modified"}]'
    printf -- '--- a/n\n+++ b/n\n@@ -1,2 +1,2 @@\n-one\n+1\n 2\n' | patch --patch-file - >/dev/null
    is "$mode: from standard input" "$(in_ws 'head -1 n')" 1

    before=$(tree)
    # rejects WHAT CODE SAYS PATCH
    rejects() {
        printf -- "$4" >"$TEST_DIR/bad"
        run patch --patch-file "$TEST_DIR/bad" --json
        is "$mode: $1" "$(json .error.code)" "$2"
        like "$mode: $1: says" "$(json .error.message)" "$3"
    }
    good='--- a/n\n+++ b/n\n@@ -1,2 +1,2 @@\n-1\n+one\n 2\n'
    new='diff --git a/%s b/%s\nnew file mode 100644\n--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+x\n'
    rejects "a context that is not there" patch_rejected "'n': hunk 2 of 2 \\(line 7 of the patch\\)" \
        "$good"'@@ -20,3 +20,3 @@\n 20\n-twentyone\n+x\n 22\n'
    rejects "the second file" patch_rejected "'none' \\(line 7" "$good"'--- a/none\n+++ b/none\n@@ -1 +1 @@\n-a\n+b\n'
    rejects "a binary patch" patch_rejected "'bin' is changed as a binary file" \
        "$good"'diff --git a/bin b/bin\nGIT binary patch\nliteral 0\nHcmV?d00001\n\n'
    rejects "LF on CRLF" patch_rejected "'crlf': hunk 1" '--- a/crlf\n+++ b/crlf\n@@ -1,2 +1,2 @@\n-a\n+A\n b\n'
    rejects "through a link" path_refused "'/workspace/dlink' is a symbolic link" "$good$(printf "$new" dlink/f dlink/f dlink/f | sed 's/$/\\n/' | tr -d '\n')"
    rejects "onto a link" path_refused "'link' is a symbolic link" '--- a/link\n+++ b/link\n@@ -1,2 +1,2 @@\n-1\n+one\n 2\n'
    rejects "out of the workspace" path_refused 'line 7' "$good"'--- a/../../etc/passwd\n+++ b/../../etc/passwd\n@@ -1 +1 @@\n-a\n+b\n'
    rejects "no patch" patch_rejected 'no change' 'make it better\n'
    rejects "no text" content_refused 'not UTF-8' "$good"'\xff'
    # Only the guest can see this one, when it makes the directories: all else is taken back.
    rejects "below a file" wrong_file_type "'/workspace/crlf' is not a directory" "$good"'diff --git a/crlf/f b/crlf/f\nnew file mode 100644\n'
    is "$mode: nothing was changed" "$(tree)" "$before"
}

run "${pyro[@]}" workspace create debian:12-base --name p --json
all p guest_vm
"${pyro[@]}" workspace exec p -- sh -c 'seq 200000 >large' 2>/dev/null
seq 200000 >"$TEST_DIR/a"
sed 's/7$/seven/' "$TEST_DIR/a" >"$TEST_DIR/b"
diff -u --label a/large --label b/large "$TEST_DIR/a" "$TEST_DIR/b" >"$TEST_DIR/large"
run "${pyro[@]}" workspace patch apply p --patch-file "$TEST_DIR/large"
is "20,000 hunks" "$("${pyro[@]}" workspace exec p -- sha256sum large 2>/dev/null | cut -d' ' -f1)" "$(sha256sum "$TEST_DIR/b" | cut -d' ' -f1)"
run "${pyro[@]}" workspace stop p
run "${pyro[@]}" workspace patch apply p --patch-file "$TEST_DIR/good" --json
is "stopped" "$(json .error.code)" workspace_state
run "${pyro[@]}" workspace delete p
export PYRO_QEMU=/nothing/such
run "${pyro[@]}" workspace create debian:12-base --name h --allow-host-compat --json
all h host_compat
run "${pyro[@]}" workspace delete h
finish
