#!/bin/bash
# A QEMU that cannot boot: it hangs, crashes, is too old, or refuses what it is asked for. Each ends, within the
# limits of a start, with an error that says what, why and what to do; and doctor with what it knows. The limits
# are made a tenth here.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
E=debian:12-base
shared=$XDG_CACHE_HOME/pyro
"$PYRO" env pull $E >/dev/null 2>&1
"$PYRO" run $E -- true >/dev/null 2>&1 # the kernel and the initramfs
if [[ $EUID -ne 0 ]] || ! unshare -m true 2>/dev/null; then
    skip "QEMUs in QEMU's jail need a mount namespace, and root"
    finish
fi

# Templates and verdicts of these QEMUs are not for other tests.
export XDG_CACHE_HOME=$TEST_DIR/cache PYRO_ACCEL=tcg
mkdir -p "$XDG_CACHE_HOME/pyro" "$TEST_DIR/qemus"
ln -s "$shared/boot" "$shared/environments" "$XDG_CACHE_HOME/pyro/"
for kind in mute old arguments crash qmp idle loop crash-later; do
    cp build/tests/bad-qemu "$TEST_DIR/qemus/$kind"
done
printf '#!/usr/bin/sh\nexec /usr/bin/qemu-system-x86_64 "$@" -S\n' >"$TEST_DIR/qemus/stopped"
printf '#!/bin/sh\nexec sleep 100000\n' >"$TEST_DIR/pyro-image"
chmod +x "$TEST_DIR/qemus/stopped" "$TEST_DIR/pyro-image"

# In the jail there is nothing but /usr: with QEMU KIND PATIENCE COMMAND…; what hangs is ended, and found out.
with() {
    PYRO_QEMU=/usr/local/bin/$1 PYRO_CHECK_PATIENCE=$2 run unshare -m --propagation private \
        sh -c 'mount --bind "$0" /usr/local/bin && exec timeout -k 5 600 "$@"' "$TEST_DIR/qemus" "${@:3}"
}

# fails WHAT KIND CODE MESSAGE HINT [PATIENCE]: `run`, and with it every start.
fails() {
    with "$2" "${6:-0.1}" "$PYRO" run $E --json -- true
    is "$1: status" "$status" 125
    is "$1: code" "$(json .error.code)" "$3"
    like "$1: what and why" "$(json .error.message)" "$4"
    like "$1: what to do" "$(json .error.hint)" "$5"
}

console='the console ends with: second \| third \\x1b\[31m\\x07red \| fourth \| fifth \| clocksource: jiffies$'
fails "too old" old dependency_missing '/old is QEMU 6\.2, and pyro needs 7\.2 or newer$' 'install a newer'
fails "answers nothing" mute timeout 'asking QEMU for its version: /usr/local/bin/mute did not end in ' 'reinstall'
fails "refuses its arguments" arguments vm_failed \
    "starting QEMU: QEMU exited with status 1: TCG is \\\\x1b\[1mtired \| unsupported machine type 'microvm'$" \
    'check that /usr/local/bin/arguments works and is 7\.2 or newer; PYRO_QEMU'
fails "crashes at once" crash vm_failed 'starting QEMU: QEMU was killed by signal 11 \(Segmentation fault\)$' 'check that'
fails "no QMP" qmp timeout 'starting QEMU: QEMU did not answer on its QMP socket in time$' 'check that'
fails "crashes in the boot" crash-later vm_failed \
    "booting a machine: QEMU was killed by signal 11 \(Segmentation fault\): Assertion failed; $console" '.'
fails "silent, asleep" idle timeout "booting a machine: the guest (hangs|is not ready after).*QEMU ran for .*$console" 'pyro doctor'
fails "silent, busy" loop timeout "booting a machine: the guest (hangs|is not ready after).*QEMU ran for .*$console" 'pyro doctor'
fails "the real one, whose guest never runs" stopped timeout \
    'booting a machine: the guest (hangs|is not ready).*the console is empty$' 'pyro doctor' 0.3
is "nothing is left of the workspaces" "$(ls -A "$XDG_DATA_HOME/pyro/workspaces" | grep -v '^\.lock$')" ""
with idle 0.1 "$PYRO" workspace create $E --name w
is "create: status" "$status" 1
like "create: why" "$err" 'booting a machine: the guest'
with idle 0.1 "$PYRO" workspace create $E --allow-host-compat --name w --json
is "who allows the host gets it" "$(json .execution_mode)" host_compat
"$PYRO" workspace delete w >/dev/null 2>&1

# One that waits for another's template hears of it, and does not wait for ever.
mkdir -p "$XDG_CACHE_HOME/pyro/templates"
exec {held}>>"$XDG_CACHE_HOME/pyro/templates/build.lock"
flock "$held"
"$PYRO" env list >/dev/null
with qmp 0.05 "$PYRO" run $E --json -- true
is "a builder that hangs: code" "$(json .error.code)" workspace_busy
like "a builder that hangs: why" "$(json .error.message)" \
    "waited [0-9]+ s for another pyro that boots a template: 'build.lock' is held by (process|another)"
like "a builder that hangs: what to do" "$(json .error.hint)" 'try again'

# What doctor does not know after its minute is said to be unknown; what it started is gone.
doctor() {
    with "$2" "${4:-0.1}" "$PYRO" doctor
    is "doctor, $1: status" "$status" 1
    like "doctor, $1: verdict" "$out" 'Runtime: FAIL'
    like "doctor, $1" "$out" "$3"
    refute "doctor, $1: no full stop twice" grep -q '[^.]\.\.\( \|$\)' <<<"$out"
}
doctor "a builder that hangs" qmp 'Capabilities: vm_boot=unknown \(still booting\) .*Networking: unknown \(still booting\)
.*- not all could be tried in 22 s; the last step was: waiting for another pyro that boots a template\. ' 0.4
with qmp 0.1 "$PYRO" doctor --json
is "doctor --json, still booting: status" "$status" 1
is "doctor --json, still booting" \
    "$(json .runtime) $(json .capabilities.vm_boot) $(json .accelerator) $(json .networking)" \
    "FAIL null null unknown (still booting)"
exec {held}>&-
doctor "answers nothing" mute 'Capabilities: vm_boot=no .*- QEMU: asking QEMU for its version: ' 0.3
doctor "too old" old 'Capabilities: vm_boot=no .*- QEMU: /usr/local/bin/old is QEMU 6\.2, ' 1
doctor "crashes at once" crash 'vm_boot=no .*QEMU was killed by signal 11 ' 1
doctor "refuses its arguments" arguments "vm_boot=no .*unsupported machine type 'microvm'\. " 1
doctor "no QMP" qmp 'vm_boot=(no|unknown)'
doctor "silent, asleep" idle 'vm_boot=(no|unknown)'
doctor "silent, busy" loop 'vm_boot=(no|unknown)'
PYRO_LIBEXEC=$TEST_DIR with old 0.1 "$PYRO" doctor
like "doctor, pyro-image hangs" "$out" '- the jail around pyro-image: pyro-image did not end in time\. '
is "nothing is left of the machines" "$(ls -A "$XDG_DATA_HOME/pyro/workspaces" | grep -v '^\.lock$')" ""
finish
