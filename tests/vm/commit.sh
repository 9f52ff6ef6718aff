#!/bin/bash
# tests/vm/commit.sh: a workspace's disk becomes an environment: what is in it and what is not, machines of
# it, and the workspace, which goes on.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
own_cache debian:12-base
environments=$XDG_CACHE_HOME/pyro/environments
pyro=(timeout -k 5 300 "$PYRO")
"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
ws() { "${pyro[@]}" workspace "$@"; }
guest() { run "${pyro[@]}" workspace exec "$1" --timeout-seconds 120 -- sh -c "$2"; }
member() { python3 -c 'import json, sys; print(json.dumps(eval("d" + sys.argv[1], {"d": json.load(sys.stdin)})))' "$1"; }
# Those in a timeline.
commits() { json .entries | python3 -c 'import json, sys; print([e["id"] for e in json.load(sys.stdin) if e["event"] == "commit"])'; }
# The digests of an environment's layers.
layers() { (cd "$environments" && sha256sum "$1"-*/[0-9]*.qcow2); }

id=$(ws create debian:12-base --name w --secret TOKEN=verysecretvalue --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id
guest w 'set -e
    printf "#!/bin/sh\necho the tool\n" >/usr/local/bin/tool; chmod 755 /usr/local/bin/tool
    u=/home; u=$u/u; mkdir -p /etc/ssh "$u" /var/lib/dbus; echo host-key-of-w >/etc/ssh/ssh_host_ed25519_key; echo conf >/etc/ssh/sshd_config
    echo typed-by-root >~/.bash_history; echo typed-by-u >"$u/.python_history"; echo mine >"$u/.profile"
    ln -s /etc/machine-id /var/lib/dbus/machine-id
    umount /run/pyro-secrets 2>/dev/null; echo removed-before-it >/opt/gone; sync; rm /opt/gone
    echo content >f; head -c 5000000 /dev/urandom >/opt/big; mkdir /opt/d; ln /opt/big /opt/d/again; echo here >/opt/open
    sha256sum </opt/big >/opt/big.sum'
machine_id=$(ws exec w -- cat /etc/machine-id 2>/dev/null)
# A file that is removed while it is open: the file system says so until its end.
guest w 'exec 3</opt/open; rm /opt/open; (sleep 1000 <&3 >/dev/null 2>&1 &) ; cat f'

run ws commit w tools --json
is "commit: status" "$status" 0
is "… what it is called, and of what it was" "$(json .environment) $(json .workspace_id)" "tools $id"
root=/root people=/home
is "… what was left out" "$(json .left_out)" \
    "[\"/etc/machine-id\", \"/etc/ssh/ssh_host_ed25519_key\", \"$root/.bash_history\", \"$people/u/.python_history\"]"
for figure in freeze_ms commit_ms digest_ms template_ms layers; do
    like "… $figure" "$(json ".$figure")" '^[0-9]+$'
done
sums=$(layers tools)
guest w 'cat f /etc/ssh/ssh_host_ed25519_key; echo later >/opt/later; echo more >>f'
is "the workspace goes on, and has what was left out" "$out" $'content\nhost-key-of-w'

run ws timeline w --json
is "the timeline has it" "$(commits)" "['tools']"
run "${pyro[@]}" env inspect tools
like "inspect" "$out" $'\nDescription: Made of workspace w\n.*\nSource: workspace\n'
run ws create tools --name a --json
is "create: status" "$status" 0
is "… its environment" "$(json .environment)" tools
run "${pyro[@]}" env list
like "list" "$out" $'\ntools \[installed\] Made of workspace w \([0-9]+ MiB, [0-9]+ min, used by 1\)'
run ws create tools --name b --mem-mib 256 --id-only
is "a second one, of another size" "$status" 0
for name in a b; do
    guest "$name" 'tool; cat f; sha256sum -c /opt/big.sum </opt/big 2>&1 | tail -1; ls /opt/d /home/u /etc/ssh /opt'
    like "$name has what was installed, and nothing later" "$out" $'^the tool\ncontent\n-: OK\n/etc/ssh:\nsshd_config\n\n/home/u:\n\n/opt:\nbig\nbig.sum\nd\n\n/opt/d:\nagain$'
    guest "$name" 'cat /etc/machine-id; ls -A /root /home/u'
    check "$name is a machine of its own" [ "$(head -1 <<<"$out")" != "$machine_id" ]
    check "$name has no history" [ "$(grep -c history <<<"$out")" -eq 0 ]
done
guest a 'cat /etc/machine-id' && first=$out
guest b 'cat /etc/machine-id'
check "the two are not one" [ "$out" != "$first" ]

# The baseline is what the environment has.
run ws diff a
is "diff: nothing" "$out" "No workspace changes."
guest a 'echo x >>f; rm /usr/local/bin/tool; echo y >g'
run ws diff a --json
is "diff: what was done since" "$(json .summary.added) $(json .summary.modified)" "1 1"
run ws export a f --output "$TEST_DIR/f"
is "export" "$(cat "$TEST_DIR/f")" $'content\nx'
run ws reset a --json
is "reset" "$status $(json .state)" "0 started"
guest a 'tool; cat f; ls'
is "… it is as it was made" "$out" $'the tool\ncontent\nf'

# Nothing of the workspace's own is anywhere on the disk.
ws stop a >/dev/null
run ws disk export a --output "$TEST_DIR/raw"
# Which of the texts a file has; its holes are not read.
found_in() {
    python3 - "$@" <<'END'
import os, sys
fd, texts, at, end = os.open(sys.argv[1], os.O_RDONLY), [t.encode() for t in sys.argv[2:]], 0, os.stat(sys.argv[1]).st_size
data = b""
while at < end:
    try:
        at = os.lseek(fd, at, os.SEEK_DATA)
    except OSError:
        break
    hole = os.lseek(fd, at, os.SEEK_HOLE)
    while at < hole:
        piece = os.pread(fd, min(hole - at, 1 << 24), at)
        data = data[-100:] + piece
        for text in [t for t in texts if t in data]:
            print(text.decode())
            texts.remove(text)
        at += len(piece)
END
}
is "what was left out is not on the disk, nor what was removed" "$(found_in "$TEST_DIR/raw" \
    "$machine_id" host-key-of-w typed-by-root typed-by-u removed-before-it verysecretvalue)" ""
is "… where other things are" "$(found_in "$TEST_DIR/raw" "the tool")" "the tool"
check "its file system is sound" env PATH="$PATH:/sbin:/usr/sbin" e2fsck -fn "$TEST_DIR/raw"
rm "$TEST_DIR/raw"
run "${pyro[@]}" run tools --mem-mib 256 -- tool
is "run" "$status $out" "0 the tool"

# The workspace's layers are joined and flattened, those that the environment has are not touched.
for ((i = 0; i < 4; i++)); do
    guest w "head -c 300000 /dev/urandom >/opt/r$i; sync"
    run ws diff w
done
one_is_left() { [[ $(find "$dir/layers" -name '*.qcow2' | wc -l) -le 1 ]]; }
check "layers above are joined" wait_for 60 one_is_left
is "the environment is what it was" "$(layers tools)" "$sums"

# Of one that is made of one, at rest, and of one whose machine was killed.
guest b 'echo of-b >/opt/b; echo typed-in-b >~/.bash_history'
ws stop b >/dev/null
run ws commit b tools.2 --json
is "commit of a stopped one: status" "$status" 0
is "… its layers" "$(json .layers) $(json .left_out)" "4 [\"/etc/machine-id\", \"$root/.bash_history\"]"
run ws timeline b --json
is "… its timeline has it" "$(commits)" "['tools.2']"
run ws start b
guest b 'cat /opt/b; echo after >/opt/after'
is "… which starts again" "$out" of-b
ws create tools.2 --name c --id-only >/dev/null 2>&1
guest c 'tool; cat /opt/b; ls /opt/after 2>&1 | head -c 3; echo of-c >/opt/c; sync'
is "a machine of that" "$out" $'the tool\nof-b\nls:'
guest c 'echo unsynced >/opt/late; sync; for i in $(seq 200); do echo $i >/opt/late.$i; done; sync'
kill_process "$(json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$(json .workspace_id "$(ws status c --json)")/workspace.json")")"
c_is_failed() { [[ $(json .state "$(ws status c --json)") == failed ]]; }
check "its machine is killed" wait_for 60 c_is_failed
run ws commit c tools.3 --json
is "commit of a killed one: status" "$status" 0
run "${pyro[@]}" run tools.3 -- sh -c 'tool; cat /opt/c /opt/late /opt/late.200; dmesg | grep -c "EXT4-fs error"'
is "… what had been synced is there" "$out" $'the tool\nof-c\nunsynced\n200\n0'

# Many layers become one.
for ((i = 0; i < 16; i++)); do
    run ws snapshot create w "s$i"
done
guest w 'echo end >/opt/end; tail -n 1 f'
run ws commit w flat --json
is "commit of many layers" "$status $(json .layers)" "0 1"
run "${pyro[@]}" run flat -- sh -c 'tool; cat f /opt/later /opt/end; ls /opt /etc/ssh | tr "\n" " "'
is "… all of it is there" "$out" \
    $'the tool\ncontent\nmore\nlater\nend\n/etc/ssh: sshd_config  /opt: big big.sum d end later r0 r1 r2 r3 '
run ws reset w --snapshot s3
is "the workspace's snapshots are what they were" "$status" 0

# What is refused.
while IFS='|' read -r what wanted; do
    # shellcheck disable=SC2086
    run ws commit $what --json
    is "commit $what" "$status $(json .error.code)" "$wanted"
done <<'END'
w tools|1 name_taken
w debian:12|2 invalid_argument
nothing other|1 workspace_not_found
END
run "${pyro[@]}" env prune
for name in tools tools.2 flat; do
    check "prune keeps $name" test -e "$environments/$name.json"
done

# What is removed takes no machine with it.
run "${pyro[@]}" env remove tools
is "remove: status" "$status" 0
run ws start a
guest a 'tool'
is "a machine of it goes on" "$out" "the tool"
run ws reset a
guest a 'tool; cat f'
is "… and comes back" "$out" $'the tool\ncontent'
run ws create tools --name z --json
is "no more are made" "$status" 1
for name in w a b c; do
    ws delete "$name" >/dev/null
done
finish
