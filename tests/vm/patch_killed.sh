#!/bin/bash
# A change of many files whose machine dies in the middle: all files are as they were or as they were to be,
# whole, and the next start leaves nothing of what was being prepared.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
in_ws() { ws exec w --timeout-seconds 60 -- sh -c "$1" 2>/dev/null; }
files=2000

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id
vm_pid() { json .vm_pid "$(cat "$dir/workspace.json")"; }
failed_is_known() { grep -q '"failed"' "$dir/workspace.json"; }

# patch FROM TO: every file's line changes.
patch() {
    local i
    for ((i = 0; i < files; i++)); do
        printf -- '--- a/deep/er/%d\n+++ b/deep/er/%d\n@@ -1 +1 @@\n-%s\n+%s\n' "$i" "$i" "$1" "$2"
    done >"$TEST_DIR/patch"
}
in_ws "mkdir -p deep/er; i=0; while [ \$i -lt $files ]; do echo 0 >deep/er/\$i; i=\$((i + 1)); done; sync"
content() { in_ws 'cat deep/er/* | sort | uniq -c | tr -s " "'; }
stages() { in_ws 'find / -xdev -name ".pyro-*"'; }

patch 0 1
run ws patch apply w --patch-file "$TEST_DIR/patch" --json
is "a patch of $files files" "$status $(json .summary.modified)" "0 $files"
is "its content" "$(content)" " $files 1"
is "it leaves nothing" "$(stages)" ""

# Stops the process that opens the N-th staged file in the middle of that: fanotify(7) asks for leave, and none is given. What is
# there then is on the disk, and the serial console says so, which needs no part of the machine's PID 1.
cat >"$TEST_DIR/stop_at.pl" <<'SCRIPT'
my ($count, $seen) = (shift, 0);
open my $console, '>', '/dev/ttyS0' or die;
my $group = syscall 300, 5, 0; # FAN_CLASS_CONTENT, FAN_CLOEXEC
my $path = '/workspace';
syscall(301, $group, 0x11, 0x10000, -100, $path) == 0 or die "fanotify: $!"; # FAN_OPEN_PERM of the mount
open my $events, '+<&=', $group or die;
syswrite $console, "pyro-test: watching\n";
while (sysread $events, my $bytes, 4096) {
    while (length $bytes) {
        my ($length, $fd) = unpack 'L x12 l', $bytes;
        substr $bytes, 0, $length, '';
        my $name = readlink "/proc/self/fd/$fd";
        if ($name =~ m{/deep/er/\.pyro-[0-9a-f]{16}/\d+$} && ++$seen == $count) {
            syscall 162; # sync
            syswrite $console, "pyro-test: stopped at $name\n";
            sleep;
        }
        syswrite $events, pack 'lL', $fd, 1;
        syscall 3, $fd; # close
    }
}
SCRIPT
on_console() { grep -aq "pyro-test: $1" "$dir/console.log"; }

# The machine dies while the first file is being prepared, half of them are, and all are, but for the last one's way to the disk.
# Each file is opened twice: to be written, and for fsync.
round=0
for point in 1 $((files / 2)) $((files * 2)); do
    round=$((round + 1))
    : >"$dir/console.log"
    ws exec w --timeout-seconds 0 -- perl -e "$(<"$TEST_DIR/stop_at.pl")" "$point" >"$TEST_DIR/watcher" 2>&1 </dev/null &
    watching=$!
    wait_for 60 on_console watching
    patch 1 2
    ws patch apply w --patch-file "$TEST_DIR/patch" >"$TEST_DIR/applied" 2>&1 &
    patching=$!
    wait_for 120 on_console 'stopped at /workspace/deep/er/.pyro-'
    kill_process "$(vm_pid)"
    refute "cut short at open $point: it says so" wait "$patching"
    wait "$watching"
    wait_for 60 failed_is_known
    ws start w >/dev/null || fail "it starts again"
    is "cut short at open $point: all as it was" "$(content)" " $files 1"
    is "cut short at open $point: nothing is left" "$(stages)" ""
done

# Only what pyro made is removed, and only below /workspace.
in_ws 'mkdir -p /opt/.pyro-0123456789abcdef .pyro-0123456789abcdee .pyro-mine real; mkdir real/.pyro-0123456789abcdef
    ln -s /opt out; ln -s /../../opt /var/lib/pyro-stages/.pyro-0123456789abcdef
    ln -s /out /var/lib/pyro-stages/.pyro-0123456789abcde0; mkdir /opt/.pyro-0123456789abcde0
    ln -s / /var/lib/pyro-stages/.pyro-mine; ln -s /real /var/lib/pyro-stages/..pyro; ln -s /none /var/lib/pyro-stages/.pyro-0123456789abcde1'
ws stop w >/dev/null
ws start w >/dev/null || fail "it starts with a hostile list"
is "what the guest wrote there harms nothing" "$(in_ws 'ls -d /opt/.pyro-*; ls -dA .pyro-* real/.pyro-*')" \
    $'/opt/.pyro-0123456789abcde0\n/opt/.pyro-0123456789abcdef\n.pyro-0123456789abcdee\n.pyro-mine\nreal/.pyro-0123456789abcdef'
in_ws 'rm -rf /var/lib/pyro-stages; echo file >/var/lib/pyro-stages'
run ws file write w f --text still
is "where it cannot be written down, files are written all the same" "$status $(in_ws 'cat f')" "0 still"
ws delete w >/dev/null
finish
