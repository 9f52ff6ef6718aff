#!/bin/bash
# What programs started by pyro have of the user who started it: no variable, no descriptor, no
# directory, no ignored signal, unless it is named.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/network.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
export API_KEY=canary-1234 AWS_SECRET_ACCESS_KEY=canary-1234 SSH_AUTH_SOCK=/canary-1234 http_proxy=http://canary-1234

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
mkdir "$TEST_DIR/standing"
create=("${pyro[@]}") policy=off
if network_make "what the network's programs have"; then
    create=("${inside[@]}" "${pyro[@]}") policy=egress
fi
# Started with all that could be passed on by accident.
(
    cd "$TEST_DIR/standing" && umask 000 && exec 9</etc/passwd 8>../progress && trap '' HUP TERM
    export PYRO_PROGRESS_FD=8
    "${create[@]}" workspace create debian:12-base --name w --network-policy "$policy" --id-only
) >"$TEST_DIR/id" 2>"$TEST_DIR/errors" || fail "create" "$(cat "$TEST_DIR/errors")"
id=$(cat "$TEST_DIR/id")

supervisor=$(supervisor_of "$id")
child_named() { pgrep -P "$supervisor" -f "$1" | head -1; }
names_of() { tr '\0' '\n' <"/proc/$1/environ" | sed 's/=.*//' | grep . | sort -u | tr '\n' ' '; }
canaries() { tr '\0' '\n' <"/proc/$1/environ" | grep -c canary-1234; }
look() { # PID WHAT: what holds for each of them
    is "$2: no token" "$(canaries "$1")" 0
    is "$2: no descriptor of the caller's" "$(find "/proc/$1/fd" -lname /etc/passwd)" ""
    is "$2: nor the one for progress" "$(find "/proc/$1/fd" -lname "$TEST_DIR/progress")$(names_of "$1" | grep -o PYRO_PROGRESS_FD)" ""
    refute "$2: not in the caller's directory" [ "$(readlink "/proc/$1/cwd")" = "$TEST_DIR/standing" ]
}
look "$supervisor" supervisor
is "supervisor: what it has is in the table" \
    "$(names_of "$supervisor" | tr ' ' '\n' | grep -vE '^(PATH|HOME|TMPDIR|USER|LOGNAME|SHELL|TZ|LANG|LANGUAGE|LC_.*|PYRO_.*|XDG_(CACHE|CONFIG|DATA)_HOME|LD_LIBRARY_PATH|.*SAN_OPTIONS|GCOV_PREFIX.*)?$')" ""
qemu=$(child_named '^[^ ]*qemu-system')
look "$qemu" QEMU
is "QEMU: no variable but pyro's own" "$(tr '\0' '\n' <"/proc/$qemu/environ")" LD_PRELOAD=/proc/self/fd/10
is "QEMU: ignores no hang-up" "$((0x$(awk '/^SigIgn/ { print $2 }' "/proc/$qemu/status") & 1))" 0
if [[ $policy = egress ]]; then
    up() { [[ -n $(child_named '^passt') && -n $(child_named __network) ]]; }
    wait_for 30 up
    for part in '^passt' __network; do
        pid=$(child_named "$part")
        look "$pid" "$part"
        is "$part: no variable at all" "$(names_of "$pid")" ""
    done
fi

# pyro-image ends too soon to be looked at: one before it writes down what it was given.
mkdir "$TEST_DIR/libexec" "$TEST_DIR/seed"
cat >"$TEST_DIR/libexec/pyro-image" <<SCRIPT
#!/bin/sh
cat /proc/\$\$/environ >$TEST_DIR/image.environ
readlink /proc/\$\$/cwd /proc/\$\$/fd/9 >$TEST_DIR/image.links
exec $(dirname "$PYRO")/pyro-image "\$@"
SCRIPT
chmod +x "$TEST_DIR/libexec/pyro-image"
tar -C "$TEST_DIR/seed" -cf "$TEST_DIR/seed.tar" .
(cd "$TEST_DIR/standing" && PYRO_LIBEXEC=../libexec "${pyro[@]}" workspace sync push w ../seed.tar 9</etc/passwd) >/dev/null 2>&1 ||
    fail "a relative PYRO_LIBEXEC"
is "pyro-image: no variable at all" "$(cat "$TEST_DIR/image.environ")" ""
is "pyro-image: neither directory nor descriptor of the caller's" "$(cat "$TEST_DIR/image.links")" /
"${pyro[@]}" workspace delete w >/dev/null

# The user's own programs have what a login gives, and the user's umask.
export PYRO_QEMU=/nothing/such
(umask 027 && "${pyro[@]}" workspace create debian:12-base --name h --allow-host-compat >/dev/null 2>&1)
run "${pyro[@]}" workspace exec h -- sh -c 'echo "$HOME ${API_KEY-none}"; umask'
is "host compatibility: a login's variables, the user's umask" "$out" "$HOME none
0027"
"${pyro[@]}" workspace delete h >/dev/null
[[ $policy = off ]] || network_remove
finish
