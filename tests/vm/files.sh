#!/bin/bash
# Files of a running workspace: list, read, write, and what is refused, in a VM and on the host.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
file=("${pyro[@]}" workspace file)

on_terminal() { run python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$@"; }

# fails WHAT CODE COMMAND…: the command fails with this error and without a result.
fails() {
    local what=$1 code=$2
    shift 2
    run "$@" --json
    is "$what" "$(json .error.code)" "$code"
}

paths() { json .entries | python3 -c 'import json, sys; print(*[e["path"][10:] for e in json.load(sys.stdin)])'; }

# all WS: what holds wherever the workspace runs.
all() {
    local ws=$1 mode=$2 text i
    in_ws() { "${pyro[@]}" workspace exec "$ws" -- sh -c "$1" 2>/dev/null; }

    run "${file[@]}" list "$ws"
    is "$mode: an empty workspace" "$out" $'Workspace path: /workspace (recursive=no)\nNo workspace entries found.'
    run "${file[@]}" write "$ws" src/deep/hello.txt --text $'gr\xc3\xbc\xc3\x9fe\n'
    like "$mode: write" "$out" "^\\[workspace-file-write\\] workspace_id=[0-9a-f]+ path=/workspace/src/deep/hello.txt bytes_written=8 execution_mode=$mode\$"
    is "$mode: it is there" "$(in_ws 'cat src/deep/hello.txt; stat -c %a src/deep/hello.txt src/deep')" $'grüße\n644\n755'
    run "${file[@]}" read "$ws" /workspace/src/./deep/../deep/hello.txt
    is "$mode: read" "$out" 'grüße'
    like "$mode: the summary" "$err" "^\\[workspace-file-read\\] workspace_id=[0-9a-f]+ path=/workspace/src/deep/hello.txt size_bytes=8 max_bytes=65536 truncated=False execution_mode=$mode\$"
    run "${file[@]}" read "$ws" src/deep/hello.txt --max-bytes 3
    is "$mode: cut between characters" "$out" gr
    run "${file[@]}" read "$ws" src/deep/hello.txt --max-bytes 3 --content-only
    is "$mode: bytes are cut anywhere, and that is said" "$(wc -c <"$TEST_DIR/out")$err" \
        "3pyro: '/workspace/src/deep/hello.txt' is truncated: it has 8 bytes"
    run "${file[@]}" read "$ws" src/deep/hello.txt --offset 2 --max-bytes 2 --json
    is "$mode: from an offset on" "$(json .content)$(json .offset)$(json .truncated)" 'ü2true'
    is "$mode: and where the next read begins" "$(json .next_offset) $(json .left_bytes)" '4 4'
    run "${file[@]}" read "$ws" src/deep/hello.txt --offset 2 --max-bytes 2
    like "$mode: which the summary says" "$err" 'truncated=True next_offset=4 left_bytes=4 '
    run "${file[@]}" read "$ws" src/deep/hello.txt --offset 4 --json
    is "$mode: to the end" "$(json .content)$(json .truncated) $(json .next_offset) $(json .left_bytes)" 'ßefalse null 0'
    run "${file[@]}" read "$ws" src/deep/hello.txt --offset 1 --max-bytes 4 --output "$TMPDIR/part-$mode" --json
    is "$mode: of bytes too" "$(json .next_offset) $(json .left_bytes)" '5 3'
    for offset in 100 9000000000000000000; do
        run "${file[@]}" read "$ws" src/deep/hello.txt --offset $offset --json
        is "$mode: behind the end" "$(json .content)$(json .truncated)" false
    done
    run "${file[@]}" read "$ws" src/deep/hello.txt --max-bytes 4 --json
    is "$mode: truncated" "$(json .truncated)$(json .size_bytes)$(json .max_bytes)$(json .content)" 'true84grü'
    run "${file[@]}" read "$ws" src/deep/hello.txt --max-bytes 8 --json
    is "$mode: not truncated" "$(json .truncated)" false

    # A long list in parts, while files come and go.
    in_ws 'mkdir parts; cd parts; touch a b "$(printf "c\351")" d' >/dev/null
    run "${file[@]}" list "$ws" parts --limit 2 --json
    is "$mode: a part of a list" "$(paths) $(json .truncated) $(json .next_cursor)" \
        '/parts/a /parts/b true /workspace/parts/b'
    run "${file[@]}" list "$ws" parts --limit 1
    like "$mode: … which people are told" "$out" $'size=0\n\\[more: --cursor /workspace/parts/a\\]$'
    in_ws 'cd parts; rm b; touch aa' >/dev/null
    run "${file[@]}" list "$ws" parts --limit 1 --cursor /workspace/parts/b --json
    is "$mode: the next, though the last is gone" "$(json .entries[0].path) $(json .next_cursor)" \
        '"/workspace/parts/c\351" "/workspace/parts/c\351"'
    run "${file[@]}" list "$ws" parts --limit 1 --cursor "$(json .next_cursor)" --json
    is "$mode: the last" "$(paths) $(json .truncated) $(json .next_cursor)" '/parts/d false null'
    fails "$mode: no cursor" invalid_argument "${file[@]}" list "$ws" --cursor '"parts'
    in_ws 'rm -r parts' >/dev/null

    # A name that is not UTF-8 is listed so that it can be given back.
    in_ws 'mkdir odd && echo there >"$(printf "odd/caf\351")" && ln -s "$(printf "caf\351")" odd/link' >/dev/null
    run "${file[@]}" list "$ws" odd --json
    is "$mode: a name that is not UTF-8" "$(json .entries[0].path) $(json .entries[1].link_target)" '"/workspace/odd/caf\351" "caf\351"'
    run "${file[@]}" read "$ws" "$(json .entries[0].path)" --json
    is "$mode: and back" "$(json .content)$(json .path)" 'there"/workspace/odd/caf\351"'
    run "${file[@]}" write "$ws" '"odd/n\377"' --text new --json
    is "$mode: written" "$(in_ws 'cat "$(printf "odd/n\377")"')" new
    fails "$mode: no quoted name" invalid_argument "${file[@]}" read "$ws" '"odd'
    run "${pyro[@]}" workspace exec "$ws" --cwd '"odd/d\351"' --json -- true
    is "$mode: no such directory to run in" "$status" 125
    in_ws 'mkdir "$(printf "odd/d\351")"' >/dev/null
    for text in '"odd/d\351"' $'odd/d\xe9' '"/workspace/odd/d\351"'; do
        run "${pyro[@]}" workspace exec "$ws" --cwd "$text" --json -- sh -c 'touch here'
        is "$mode: runs in $(printf %q "$text")" "$status $(json .cwd)" '0 "/workspace/odd/d\351"'
        is "$mode: … and is there" "$(in_ws 'rm "$(printf "odd/d\351/here")" && echo it was')" 'it was'
    done
    run "${pyro[@]}" workspace shell open "$ws" --cwd $'odd/d\xe9' --json
    is "$mode: a shell in it" "$status $(json .cwd)" '0 "/workspace/odd/d\351"'
    run "${pyro[@]}" workspace shell close "$ws" "$(json .shell_id)"
    run "${pyro[@]}" workspace service start "$ws" odd --cwd '"odd/d\351"' --ready-file '"r\377"' --json -- \
        sh -c 'touch "$(printf "r\377")"; sleep 1000'
    is "$mode: a service in it, and its file" "$status $(json .cwd) $(json .state)" '0 "/workspace/odd/d\351" running'
    run "${pyro[@]}" workspace service stop "$ws" odd
    fails "$mode: no quoted directory" invalid_argument "${pyro[@]}" workspace shell open "$ws" --cwd '"odd'
    in_ws 'rm -r odd' >/dev/null

    in_ws 'chown 1234:4321 src/deep/hello.txt; chmod 4751 src/deep/hello.txt' >/dev/null
    printf 'new' | "${file[@]}" write "$ws" src/deep/hello.txt --text-file - >/dev/null
    is "$mode: mode and owner are kept" "$(in_ws 'stat -c "%a %u %g" src/deep/hello.txt; cat src/deep/hello.txt')" \
        $'4751 1234 4321\nnew'
    "${file[@]}" write "$ws" empty --text '' >/dev/null
    run "${file[@]}" read "$ws" empty --json
    is "$mode: an empty file" "$(json .content)$(json .size_bytes)" 0
    head -c 8388608 /dev/zero | tr '\0' x >"$TEST_DIR/big"
    run "${file[@]}" write "$ws" big --text-file "$TEST_DIR/big" --json
    is "$mode: 8 MiB are written" "$(json .bytes_written)" 8388608
    head -c 70000000 /dev/urandom >"$TEST_DIR/huge"
    tar -C "$TEST_DIR" -cf "$TEST_DIR/huge.tar" huge && "$PYRO" workspace sync push "$ws" "$TEST_DIR/huge.tar" >/dev/null
    "${file[@]}" read "$ws" huge --content-only >"$TEST_DIR/got"
    check "$mode: all of a binary file of any size" cmp "$TEST_DIR/got" "$TEST_DIR/huge"
    run "${file[@]}" read "$ws" huge --output "$TEST_DIR/$mode-file" --json
    check "$mode: into a file" cmp "$TEST_DIR/$mode-file" "$TEST_DIR/huge"
    is "$mode: … and what is said" "$status$(json .truncated)$(json .content)$(json .output_path)" "0false$TEST_DIR/$mode-file"
    run "${file[@]}" read "$ws" huge --output "$TEST_DIR/$mode-file" --json
    is "$mode: no file is overwritten" "$(json .error.code)" name_taken
    run "${file[@]}" read "$ws" none --output "$TEST_DIR/$mode-none" --json
    is "$mode: nothing is left when there is none" "$(json .error.code)$(ls "$TEST_DIR/$mode-none" 2>&1 | grep -c 'No such')" file_not_found1
    # What fails on the host is the host's, however much of the file is still on its way.
    "${file[@]}" read "$ws" huge --content-only 2>"$TEST_DIR/err" >/dev/full
    is "$mode: nobody takes it" "$?$(cat "$TEST_DIR/err")" \
        '1pyro: standard output: write: No space left on device (free some space and try again)'
    "${file[@]}" read "$ws" src/deep/hello.txt --content-only 2>"$TEST_DIR/err" >/dev/full
    is "$mode: … of a small one either" "$?$(cat "$TEST_DIR/err")" \
        '1pyro: standard output: write: No space left on device (free some space and try again)'
    mkdir -p "$TEST_DIR/small"
    if mount -t tmpfs -o size=1m none "$TEST_DIR/small" 2>/dev/null; then
        fails "$mode: a full disk of the host" no_space "${file[@]}" read "$ws" huge --output "$TEST_DIR/small/x"
        umount "$TEST_DIR/small"
    else
        skip "$mode: a full disk of the host: mounting is not possible here"
    fi
    in_ws 'rm huge'
    run "${file[@]}" read "$ws" big --max-bytes 8388609 --json
    is "$mode: text is at most 8 MiB" "$(json .error.code)" invalid_argument
    "${file[@]}" read "$ws" big --max-bytes 8388608 --content-only | cmp -s - "$TEST_DIR/big"
    is "$mode: and read" "$?" 0
    printf x >>"$TEST_DIR/big"
    fails "$mode: no more than 8 MiB" content_refused "${file[@]}" write "$ws" big --text-file "$TEST_DIR/big"
    is "$mode: no temporary is left" "$(in_ws 'find . -name ".pyro*"')" ''

    in_ws 'ln -s src link; touch -h -d @1700000000.25 link; ln -s /etc/passwd out; mkfifo -m 600 pipe; printf "a\0b" >binary; printf "\377" >latin
        mkdir odd; touch "odd/a b" "odd/$(printf "new\nline\033[31m")" "odd/$(printf "latin\351")"' >/dev/null
    run "${file[@]}" list "$ws" --json
    is "$mode: sorted" "$(paths)" '/big /binary /empty /latin /link /odd /out /pipe /src'
    is "$mode: the entry of a link" "$(json .entries[4])" \
        '{"artifact_type": "symlink", "link_target": "src", "mode": "120777", "modified_at": 1700000000.25, "path": "/workspace/link", "size_bytes": 3}'
    is "$mode: the entry of a FIFO" "$(json .entries[7].artifact_type) $(json .entries[7].mode)" 'other 010600'
    run "${file[@]}" list "$ws" src --recursive
    is "$mode: recursive" "$out" "$(printf '%s\n' 'Workspace path: /workspace/src (recursive=yes)' \
        "/workspace/src/deep [directory] size=$(in_ws 'stat -c %s src/deep')" '/workspace/src/deep/hello.txt [file] size=3')"
    run "${file[@]}" list "$ws" out
    is "$mode: a link itself" "$out" $'Workspace path: /workspace/out (recursive=no)\n/workspace/out [symlink] size=11 -> /etc/passwd'
    run "${file[@]}" list "$ws" odd
    is "$mode: odd names drive no terminal" "$(grep -c $'\033' <<<"$out")$(wc -l <<<"$out")" 04

    in_ws 'printf "a\033[31mb\n\tc" >escape' >/dev/null
    on_terminal "${file[@]}" read "$ws" escape --content-only
    is "$mode: a terminal sees no escapes" "$out" $'a\\x1b[31mb\r\n\tc'
    run "${file[@]}" read "$ws" escape --content-only
    is "$mode: elsewhere the bytes are the file's" "$out" $'a\033[31mb\n\tc'
    in_ws 'rm escape' >/dev/null

    fails "$mode: read through a link" path_refused "${file[@]}" read "$ws" link/deep/hello.txt
    like "$mode: which says where" "$(json .error.message)" "'/workspace/link' is a symbolic link"
    fails "$mode: read a link" path_refused "${file[@]}" read "$ws" out
    fails "$mode: write through a link" path_refused "${file[@]}" write "$ws" link/x --text x
    fails "$mode: write onto a link" path_refused "${file[@]}" write "$ws" out --text x
    fails "$mode: list through a link" path_refused "${file[@]}" list "$ws" link/deep
    fails "$mode: out by .." path_refused "${file[@]}" read "$ws" src/../../etc/passwd
    fails "$mode: an absolute path" path_refused "${file[@]}" read "$ws" /etc/passwd
    fails "$mode: almost the workspace" path_refused "${file[@]}" read "$ws" /workspaces/x
    fails "$mode: no such file" file_not_found "${file[@]}" read "$ws" nothing/here
    fails "$mode: no such directory" file_not_found "${file[@]}" list "$ws" nothing
    fails "$mode: a directory is not a file" wrong_file_type "${file[@]}" read "$ws" src
    fails "$mode: the workspace is not a file" wrong_file_type "${file[@]}" read "$ws" .
    fails "$mode: a FIFO is not a file" wrong_file_type "${file[@]}" read "$ws" pipe
    fails "$mode: a file is not a directory" wrong_file_type "${file[@]}" list "$ws" big/x
    fails "$mode: NUL is not text" wrong_file_type "${file[@]}" read "$ws" binary
    fails "$mode: Latin-1 is not UTF-8" wrong_file_type "${file[@]}" read "$ws" latin
    fails "$mode: write onto a directory" wrong_file_type "${file[@]}" write "$ws" src --text x
    fails "$mode: write onto the workspace" wrong_file_type "${file[@]}" write "$ws" /workspace --text x
    fails "$mode: write below a file" wrong_file_type "${file[@]}" write "$ws" big/x/y --text x
    printf '\377' >"$TEST_DIR/latin"
    fails "$mode: write what is not text" content_refused "${file[@]}" write "$ws" x --text-file "$TEST_DIR/latin"
    fails "$mode: nothing to write" usage "${file[@]}" write "$ws" x
    fails "$mode: two things to write" usage "${file[@]}" write "$ws" x --text a --text-file -
    fails "$mode: no such text file" io "${file[@]}" write "$ws" x --text-file "$TEST_DIR/none"
    fails "$mode: a directory for a text file" io "${file[@]}" write "$ws" x --text-file "$TEST_DIR"
    is "$mode: nothing came of it" "$(in_ws 'ls -d x nothing 2>/dev/null; cat big | wc -c')" 8388608

    run "${file[@]}" write "$ws" "odd/$(printf 'latin\351')" --text y --json
    is "$mode: a name that is not UTF-8: its file is written" "$(in_ws 'cat odd/latin*')" y
    text=$("${file[@]}" read "$ws" "odd/$(printf 'new\nline\033[31m')" --json)
    is "$mode: a name with control characters" "$(json .size_bytes "$text")" 0
    # A reader sees one whole text or another while it is replaced.
    "${file[@]}" write "$ws" whole --text "$(head -c 100000 /dev/zero | tr '\0' 0)" >/dev/null
    for i in 1 2 3 4 5 6; do
        "${file[@]}" write "$ws" whole --text "$(head -c 100000 /dev/zero | tr '\0' $i)" >/dev/null
    done &
    in_ws 'i=0; while [ $i -lt 25 ]; do cat whole >one; tr -s 0-9 <one | wc -c; wc -c <one; i=$((i + 1)); done | sort -u' >"$TEST_DIR/seen"
    wait $!
    is "$mode: never a part" "$(tr -d ' ' <"$TEST_DIR/seen" | tr '\n' ' ')" '1 100000 '
}

in_a_vm() {
    local id
    run "${pyro[@]}" workspace create debian:12-base --name f --json
    id=$(json .workspace_id)
    need "created" [ -n "$id" ]
    all f guest_vm
    run "${pyro[@]}" workspace delete "$id"
}

on_the_host() {
    export PYRO_QEMU=/nothing/such
    run "${pyro[@]}" workspace create debian:12-base --name h --allow-host-compat --json
    need "created on the host" [ "$status" -eq 0 ]
    all h host_compat
    run "${pyro[@]}" workspace delete h
}

limits() {
    run "${pyro[@]}" workspace create debian:12-base --name f --json
    need "created for what is large" [ "$status" -eq 0 ]
    # A file of 10 GB: bounded, and quick.
    "${pyro[@]}" workspace exec f -- sh -c 'yes | head -c 70000 >huge; truncate -s 10G huge' 2>/dev/null
    run "${file[@]}" read f huge --json
    is "10 GB: the head of it" "$(json .size_bytes)$(json .truncated)$(json .content | wc -c)" 10737418240true65537
    # A directory of many.
    "${pyro[@]}" workspace exec f --timeout-seconds 120 -- sh -c 'mkdir many; cd many; seq -f "a-rather-long-name-for-a-file-%.0f" 30000 | xargs touch' 2>/dev/null
    run "${file[@]}" list f many
    is "30,000 entries" "$(wc -l <<<"$out")" 30001
    check "… sorted" sh -c "tail -n +2 '$TEST_DIR/out' | LC_ALL=C sort -c"
    # The guest's disk is full: an error, and the old text stays.
    "${pyro[@]}" workspace exec f --timeout-seconds 120 -- sh -c 'rm -rf many huge; mkdir -p tight; mount -t tmpfs -o size=64k tmpfs tight; echo old >tight/text' 2>/dev/null
    head -c 200000 /dev/zero | tr '\0' x >"$TEST_DIR/large"
    fails "a full disk" no_space "${file[@]}" write f tight/text --text-file "$TEST_DIR/large"
    run "${file[@]}" read f tight/text
    is "a full disk: the old text stays" "$out" old
    "${file[@]}" write f kept --text kept >/dev/null
    run "${pyro[@]}" workspace stop f
    fails "stopped: list" workspace_state "${file[@]}" list f
    fails "stopped: read" workspace_state "${file[@]}" read f kept
    fails "stopped: write" workspace_state "${file[@]}" write f kept --text x
    run "${pyro[@]}" workspace start f
    run "${file[@]}" read f kept
    is "after a restart" "$out" kept
    fails "no such workspace" workspace_not_found "${file[@]}" list nothing-such
    run "${pyro[@]}" workspace delete f
}

scene in_a_vm
scene limits
scene on_the_host
finish
