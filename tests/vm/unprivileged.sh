#!/bin/bash
# A whole life cycle as a user who is not root, from the pull on. Run by root, the user exists in a
# mount namespace alone, where /etc/passwd, /etc/subuid and /etc/subgid have a line more.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/network.sh

uid=54321
chmod 755 "$TEST_DIR"
mkdir -p "$TEST_DIR/bin" "$TEST_DIR/user" "$TEST_DIR/etc" "$TEST_DIR/tmp2"
cp "$PYRO" "$(dirname "$PYRO")/pyro-image" "$TEST_DIR/bin/"
chmod 755 "$TEST_DIR/bin" "$TEST_DIR/bin/"*

if [[ $(id -u) -ne 0 ]]; then
    as_user=(env)
else
    for file in passwd group subuid subgid; do
        cat "/etc/$file" >"$TEST_DIR/etc/$file" 2>/dev/null
    done
    echo "pyrotest:x:$uid:$uid::$TEST_DIR/user:/bin/sh" >>"$TEST_DIR/etc/passwd"
    echo "pyrotest:x:$uid:" >>"$TEST_DIR/etc/group"
    echo "pyrotest:700000000:65536" | tee -a "$TEST_DIR/etc/subuid" >>"$TEST_DIR/etc/subgid"
    chown "$uid:$uid" "$TEST_DIR/user" "$TEST_DIR/tmp2"
    cat >"$TEST_DIR/enter" <<'SCRIPT'
for file in passwd group subuid subgid; do
    [[ -e /etc/$file ]] || continue
    mount --bind "$1/etc/$file" "/etc/$file" || exit 99
done
uid=$2
shift 2
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
SCRIPT
    as_user=(unshare --mount --propagation private bash "$TEST_DIR/enter" "$TEST_DIR" "$uid" env)
    if ! "${as_user[@]}" true 2>/dev/null; then
        skip "the life cycle as another user: this host does not let root make a mount namespace"
        finish
    fi
fi
as_user+=(-u PYRO_HOME -u XDG_CACHE_HOME -u XDG_DATA_HOME HOME="$TEST_DIR/user" TMPDIR="$TEST_DIR/tmp2")
pyro=("${as_user[@]}" PYRO_CHECK_COVERAGE= "$TEST_DIR/bin/pyro")

run "${as_user[@]}" id -u
refute "the user is not root" [ "$out" = 0 ]
run "${pyro[@]}" env pull debian:12-base
is "env pull: status" "$status" 0
[[ $status -eq 0 ]] || echo "$err" | tail -5
run "${pyro[@]}" run debian:12-base -- sh -c 'id -u; stat -c %u:%g:%a /etc/shadow /usr/bin/passwd'
is "run: root in the guest, files owned as they should be" "$out" "0
0:42:640
0:0:4755"
run "${pyro[@]}" workspace create debian:12-base --name w
is "create: status" "$status" 0
run "${pyro[@]}" workspace exec w -- sh -c 'echo kept >/workspace/file'
is "exec: status" "$status" 0
run "${pyro[@]}" workspace stop w
is "stop: status" "$status" 0
run "${pyro[@]}" workspace start w
is "start: status" "$status" 0
run "${pyro[@]}" workspace exec w -- cat file
is "the file is there" "$out" kept
run "${pyro[@]}" workspace patch apply w --patch $'--- a/file\n+++ b/file\n@@ -1 +1 @@\n-kept\n+patched\n'
is "patch: status" "$status" 0
run "${pyro[@]}" workspace diff w
like "diff: the patched file" "$out" $'\n\\+patched$'
run "${pyro[@]}" workspace file write w file --text $'kept\n'
is "write: status" "$status" 0
run "${pyro[@]}" workspace snapshot create w a
is "snapshot: status" "$status" 0
run "${pyro[@]}" workspace exec w -- sh -c 'echo other >file'
run "${pyro[@]}" workspace reset w --snapshot a
is "reset: status" "$status" 0
# Joining layers: the lower one has no write bit any more, not even for its owner.
layers() { find "$TEST_DIR/user/.local/share/pyro/workspaces" -name '*.qcow2' | wc -l; }
before=$(layers)
"${pyro[@]}" workspace snapshot create w b >/dev/null
"${pyro[@]}" workspace exec w -- sh -c 'echo later >later; sync' 2>/dev/null
is "a snapshot is a layer more" "$(layers)" $((before + 1))
"${pyro[@]}" workspace snapshot delete w b >/dev/null
joined() { [[ $(layers) -eq $before ]]; }
wait_for 60 joined && pass "without its name it is joined"
run "${pyro[@]}" workspace exec w -- cat file later
is "… and all is there" "$out" $'kept\nlater'
run "${pyro[@]}" workspace stop w
run "${pyro[@]}" workspace disk read w file
is "disk read: the snapshot's file" "$out" kept
run "${pyro[@]}" workspace disk export w --output "$TEST_DIR/tmp2/disk"
is "disk export: status" "$status" 0
rm -f "$TEST_DIR/tmp2/disk"
# Trees: what this user may not read is named, a directory that may not be written to comes out as one.
mkdir -p "$TEST_DIR/tree/kept" && echo kept >"$TEST_DIR/tree/kept/file" && chmod 500 "$TEST_DIR/tree/kept"
[[ $(id -u) -ne 0 ]] || chown -R "$uid:$uid" "$TEST_DIR/tree"
"${pyro[@]}" workspace start w >/dev/null
# Ports below 1024 are not this user's, where the host says so.
run "${pyro[@]}" workspace create debian:12-base --name ports --network-policy egress+published-ports
run "${pyro[@]}" workspace service start ports p --publish 80 --json -- sleep 1000
is "a published port: status" "$status" 0
if [[ $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start) -gt 1023 ]]; then
    run "${pyro[@]}" workspace service start ports q --publish 1023:80 --json -- sleep 1000
    is "a privileged port: code" "$(json .error.code)" permission
    like "a privileged port: why" "$(json .error.message)" 'port 1023 is for privileged users only'
fi
run "${pyro[@]}" workspace delete ports
run "${pyro[@]}" workspace sync push w "$TEST_DIR/tree" --dest tree
is "sync push: status" "$status" 0
run "${pyro[@]}" workspace export w tree --output "$TEST_DIR/user/exported"
is "export: status" "$status" 0
is "export: modes" "$(stat -c %a "$TEST_DIR/user/exported/kept" "$TEST_DIR/user/exported/kept/file")" "500
644"
chmod 700 "$TEST_DIR/user/exported/kept"
"${as_user[@]}" mkdir -m 500 "$TEST_DIR/user/closed"
run "${pyro[@]}" workspace export w tree --output "$TEST_DIR/user/closed/no"
is "an export that fails leaves nothing" "$status$(find "$TEST_DIR/user/closed" -mindepth 1)" 1
touch "$TEST_DIR/tree/secret" && chmod 000 "$TEST_DIR/tree/secret"
run "${pyro[@]}" workspace sync push w "$TEST_DIR/tree" --dest again --json
is "a file that may not be read: code" "$(json .error.code)" permission
like "a file that may not be read: it is named" "$(json .error.message)" "/tree/secret'"
run "${pyro[@]}" workspace create debian:12-base --seed-path "$TEST_DIR/tree" --json
is "a seed that may not be read: code" "$(json .error.code)" permission
chmod 700 "$TEST_DIR/tree/kept"
run "${pyro[@]}" workspace delete w
is "delete: status" "$status" 0
# A spare, made and claimed in one place: each of these commands has a mount namespace of its own.
# shellcheck disable=SC2016
run "${as_user[@]}" PYRO_CHECK_COVERAGE= PYRO_CHECK_SPARES=3000 sh -c '
    PYRO_SPARES=1 "$1" __spare debian:12-base 1 1024 off 0
    "$1" workspace list --all --json | grep -c pss_bytes
    env -u PYRO_SPARES "$1" workspace create debian:12-base --name spared >/dev/null 2>&1
    "$1" workspace list --all --json | grep -c pss_bytes' sh "$TEST_DIR/bin/pyro"
is "a spare is made, and claimed" "$out" $'1\n0'
run "${pyro[@]}" workspace exec spared -- hostname
is "it has its name" "$out" spared
run "${pyro[@]}" workspace delete spared
# A machine that reaches out, through this user's own passt.
if network_make "the network of another user"; then
    run inside "${pyro[@]}" workspace create debian:12-base --name net --network-policy egress --json
    is "create with a network: status" "$status" 0
    id=$(json .workspace_id)
    reaches() {
        run inside "${pyro[@]}" workspace exec net -- \
            bash -c 'getent hosts example.org && cat </dev/tcp/example.org/7000'
        [[ $out == *example.org$'\noutside' ]]
    }
    check "it reaches the outside, and knows names" reaches
    is "it is not down" "$(inside "${pyro[@]}" workspace status net --json | grep network_error)" '  "network_error": null,'
    guard=$(pgrep -P "$(supervisor_of "$id")" -f __network)
    is "the guard is this user's" "$(awk '/^Uid/ { print $2 }' "/proc/$guard/status")" "$uid"
    [[ -n ${PYRO_SANITIZED:-} ]] || # a sanitizer needs calls that the filter refuses
        is "… and under its filter" "$(awk '/^Seccomp:/ { print $2 }' "/proc/$guard/status")" 2
    kill_process "$guard"
    wait_for 30 reaches && pass "it comes back"
    run inside "${pyro[@]}" workspace delete net
    is "delete: status" "$status" 0
    network_remove
fi
run "${pyro[@]}" doctor
like "doctor" "$out" 'Runtime: PASS'
like "doctor: what QEMU only reads is kept from it" "$out" 'Jail: [^;]*(read-only mounts|call filter)'
run "${pyro[@]}" env prune
is "prune: status" "$status" 0
is "nothing of the user's is anybody else's" "$(find "$TEST_DIR/user" ! -uid "$(stat -c %u "$TEST_DIR/user")" | head)" ""
finish
