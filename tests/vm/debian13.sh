#!/bin/bash
# Debian 13 in a machine, built from the sources of whichever release of Debian this host is: commands, a
# shell, a service, snapshots, and package sources that are right inside.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
export LANG=C.UTF-8

run "$PYRO" env pull debian:13-base --json
is "env pull: status" "$status" 0
[[ $status -eq 0 ]] || echo "$err" | tail -5
is "env pull: what it is" "$(json .distribution)" "debian 13 (trixie)"
run "$PYRO" run debian:13-base -- sh -c '. /etc/os-release; echo "$VERSION_CODENAME"; dpkg --audit; id -un'
is "run: it is Debian 13" "$out" $'trixie\nroot'

id=$("$PYRO" workspace create debian:13-base --name w --id-only 2>/dev/null)
inside() { run "$PYRO" workspace exec w -- sh -c "$1"; }

# The image's own sources: those of its release alone, with keyrings that it has.
inside 'apt-get indextargets --no-release-info --format "\$(RELEASE)" | sort -u'
like "its sources are of its own release" "$out" '^trixie(
trixie-[a-z]+)*$'
inside 'cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    sed -n "s/^Signed-By: *//p; s/.*signed-by=\([^] ]*\).*/\1/p" | grep ^/ | xargs -r ls'
is "its keyrings are there" "$status" 0
inside 'cat /etc/apt/sources.list.d/*'
refute "no password is in them" grep -E '://[^/]*@' <<<"$out"

# A shell, a service, snapshots.
run "$PYRO" workspace shell open w --json
is "a shell at its prompt" "$(json .at_prompt)" true
"$PYRO" workspace shell write w sh1 --input 'echo a-$((6 * 7))' 2>/dev/null
run "$PYRO" workspace shell read w sh1 --plain --wait-for-prompt
like "a shell answers" "$out" $'\na-42\nroot@w:/workspace# $'
run "$PYRO" workspace service start w s --ready-file ready -- sh -c 'touch ready; exec sleep 600'
is "a service gets ready" "$status" 0
inside 'rm /usr/bin/tac; echo one >file'
run "$PYRO" workspace snapshot create w a
is "a snapshot" "$status" 0
inside 'echo two >file'
run "$PYRO" workspace reset w --snapshot a
is "reset" "$status" 0
inside 'cat file; ls /usr/bin/tac'
is "… to the snapshot, disk and all" "${out%%$'\n'*} $status" "one 2"
run "$PYRO" workspace reset w
inside 'ls /usr/bin/tac file 2>/dev/null'
is "… to the baseline" "$out" /usr/bin/tac
run "$PYRO" workspace stop w
run "$PYRO" workspace start w
inside 'sed -n "s/^13.*/13/p" /etc/debian_version'
is "stopped and started" "$out" 13
run "$PYRO" workspace delete w
is "delete" "$out" "Deleted workspace: $id"
finish
