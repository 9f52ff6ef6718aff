#!/bin/bash
# /tmp in a machine: on its disk, with room for what fits there, empty at each start, and 1777 whatever the
# image or the last start left.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
check "the environment is there" "${pyro[@]}" env pull debian:12-base
in_guest() { run "${pyro[@]}" workspace exec w -- sh -c "$1"; }
again() { "${pyro[@]}" workspace stop w >/dev/null && "${pyro[@]}" workspace start w >/dev/null; }
removed() { in_guest 'ls -A / | grep pyro'; [[ -z $out ]]; }

"${pyro[@]}" workspace create debian:12-base --name w --mem-mib 256 >/dev/null
in_guest 'stat -c "%a %U" /tmp; ls -A /tmp; findmnt -n /tmp'
is "a new machine's /tmp: open to all, empty, no mount" "$out" "1777 root"
in_guest 'fallocate -l 2G /tmp/big && stat -c %s /tmp/big'
is "there is room for more than the memory" "$out" 2147483648
in_guest 'mkdir -p /tmp/a/b /var/tmp/kept; touch /tmp/.hidden /tmp/a/b/file /var/tmp/kept/file; chmod 0 /tmp/a/b; chmod 755 /tmp'
again
in_guest 'stat -c "%a %U" /tmp; ls -A /tmp; ls /var/tmp/kept'
is "after a restart: empty, open to all; /var/tmp is not" "$out" "1777 root
file"
wait_for 60 removed && pass "what was in it is gone from the disk"
in_guest 'rmdir /tmp'
again
in_guest 'stat -c "%a %U" /tmp'
is "a /tmp that was missing" "$out" "1777 root"
in_guest 'touch /tmp/before'
"${pyro[@]}" workspace snapshot create w s >/dev/null
in_guest 'touch /tmp/after'
"${pyro[@]}" workspace reset w --snapshot s >/dev/null 2>&1
in_guest 'ls -A /tmp'
is "after a reset: empty" "$out" ""
in_guest 'rmdir /tmp; mkdir /var/tmp/mine; touch /var/tmp/mine/file; ln -s var/tmp/mine /tmp'
again
in_guest 'ls -A /tmp/'
is "a link is left alone, and what it leads to" "$out" file
"${pyro[@]}" workspace delete w >/dev/null
finish
