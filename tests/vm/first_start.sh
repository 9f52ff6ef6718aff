#!/bin/bash
# The first start of an environment does not wait for a template of it: the machine is a copy of the template of restarts,
# and the environment's own is built behind it, by one process at a time, which leaves nothing when it is killed.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
own_cache debian:12-base
rm -rf "$XDG_CACHE_HOME/pyro/templates" # they are counted
export PYRO_CHECK_TEMPLATES=soon # by all, and at ordinary priority: a host that runs tests is never idle
image=debian:12-base
templates=$XDG_CACHE_HOME/pyro/templates

# templates_of MIB: the kinds of template that there are for machines of that size, in a line.
templates_of() {
    python3 - "$templates" "$1" <<'PYTHON'
import glob, json, sys
made = [json.load(open(name))["identity"] for name in glob.glob(sys.argv[1] + "/[0-9a-f]*/template.json")]
print(*sorted(t["kind"] for t in made if t["mem_mib"] == int(sys.argv[2])))
PYTHON
}
templates_are() { [[ $(templates_of "$1") == "$2" ]]; }
# The kind of template that a workspace's machine is a copy of.
machine_is_of() {
    local key
    key=$(json .template "$(cat "$XDG_DATA_HOME/pyro/workspaces/$1/run/machine.json")")
    json .identity.kind "$(cat "$templates/$key/template.json")"
}
create() { # MIB [OPTION…]
    "$PYRO" workspace create $image --mem-mib "$@" --id-only 2>/dev/null
}
builders() { pgrep -f "__template .*$TEST_DIR"; }
no_builder() { [[ -z $(builders) ]]; }
# Sets $builder and $machine, in one look: it may end at any time.
one_builds() { builder=$(builders) && machine=$(pgrep -P "$builder" -f qemu-system); }
is_whole() { [[ $(stat -c %s "$templates/$key/state") -gt 100 ]]; }
# A program, and a library that it alone names.
is_warm() {
    "$PYRO" workspace exec "$id" -- fincore -b -n -o RES,SIZE /bin/bash /lib/x86_64-linux-gnu/libtinfo.so.6 2>/dev/null |
        awk '$1 < $2 { cold = 1 } END { exit cold || NR != 2 }'
}
# Runs a command in a machine of that size, until its template is being built: that may take as long as the command.
run_and_catch() {
    "$PYRO" run $image --mem-mib "$1" -- true >/dev/null 2>&1 &
    wait_for 300 one_builds
}
debris() { find "$templates" -mindepth 1 -maxdepth 1 -name '*-*'; }

# ---- the first, and the second
mkdir -p "$templates"
exec {held}>>"$templates/behind.lock"
flock "$held" # as of one who builds
id=$(create 1024)
check "a first start" [ -n "$id" ]
is "… is by the template of restarts" "$(machine_is_of "$id")" restart
wait_for 60 no_builder
is "… and while another process builds, none is built" "$(templates_of 1024)" restart
exec {held}>&-
run "$PYRO" workspace exec "$id" -- sh -c 'hostname; cat /etc/machine-id; ls -A /workspace; echo x >/workspace/a; echo x >/etc/new'
is "it is what any first start is: status" "$status" 0
is "… its host name" "$(head -n 1 <<<"$out")" "$id"
is "… an identity, and an empty /workspace" "$(tail -n +2 <<<"$out" | wc -lc | tr -s ' ')" " 1 33"
run "$PYRO" workspace diff "$id" --json
is "diff: what was written" "$(json .entries[0].path) $(json .summary.total)" "/workspace/a 1"
refute "what a command needs is not in its memory yet" is_warm
run "$PYRO" workspace reset "$id"
is "reset: it is again a first start" "$status" 0
run "$PYRO" workspace exec "$id" -- ls /workspace/a /etc/new
is "… of what create left" "$status" 2
wait_for 300 templates_are 1024 "fresh restart" && pass "its own is built behind that"
wait_for 60 no_builder && pass "the builder ends"
is "nothing but templates is left" "$(debris)" ""
id=$(create 1024)
is "the next start is by that" "$(machine_is_of "$id")" fresh
check "… and has programs and their libraries in its memory" is_warm
run "$PYRO" run $image -- sh -c 'touch /a && echo done'
is "run" "$status $out" "0 done"
before=$(ls "$templates")
id=$(create 1024)
wait_for 60 no_builder
is "and no other is built" "$(ls "$templates")" "$before"

# ---- whatever is killed
run_and_catch 512 && pass "run of another size: its template is built behind it"
kill_process "$builder"
wait_for 60 process_has_ended "$machine" && pass "the builder killed: its machine ends"
is "… and there is no template" "$(templates_of 512)" restart
id=$(create 512)
is "… the next start is by that of restarts" "$(machine_is_of "$id")" restart
wait_for 300 templates_are 512 "fresh restart" && pass "… and behind it the template is built"
wait_for 60 no_builder
is "… and what was left is gone" "$(debris)" ""

create 384 >"$TEST_DIR/id" &
wait_for 300 one_builds
wait $!
id=$(cat "$TEST_DIR/id")
kill_process "$(supervisor_of "$id")"
check "the supervisor killed: the workspace goes on" "$PYRO" workspace exec "$id" -- true
run "$PYRO" workspace delete "$id"
is "the workspace deleted while its template is built" "$status" 0
wait_for 300 templates_are 384 "fresh restart" && pass "… it is built all the same"
wait_for 60 no_builder

# ---- nobody waits for a builder that has no time
run_and_catch 640
kill -STOP "$builder" "$machine"
run env PYRO_CHECK_TEMPLATES=now "$PYRO" run $image --mem-mib 768 -- true
is "a start that builds what it needs does not wait for it" "$status" 0
is "… and had its own template built" "$(templates_of 768)" fresh
run env PYRO_CHECK_TEMPLATES=now "$PYRO" run $image --mem-mib 640 -- true
is "nor one of the same template" "$status $(templates_of 640)" "0 fresh restart"
kill -CONT "$machine" "$builder"
wait_for 300 no_builder
is "it leaves that one alone" "$(templates_of 640) $(debris)" "fresh restart "

# ---- at an idle priority
env -u PYRO_CHECK_TEMPLATES "$PYRO" run $image --mem-mib 896 -- true >/dev/null 2>&1 &
is_idle() { builder=$(builders) && [[ $(cut -d' ' -f41 "/proc/$builder/stat" 2>/dev/null) == 5 ]]; }
check "builder takes time that nobody else wants" wait_for 300 is_idle
kill_process "$builder"
wait $!
wait_for 60 no_builder

# ---- one that cannot be built, or is damaged
for record in "$templates"/*/template.json; do
    [[ $(json .identity.kind "$(cat "$record")") == fresh && $(json .identity.mem_mib "$(cat "$record")") == 512 ]] &&
        key=$(basename "$(dirname "$record")")
done
rm -r "${templates:?}/$key"
touch "$templates/failed-$key"
run "$PYRO" run $image --mem-mib 512 -- true
is "of one that could not be built: a start" "$status" 0
wait_for 60 no_builder
is "… it is not tried again" "$(templates_of 512)" restart
touch -d '25 hours ago' "$templates/failed-$key"
run "$PYRO" run $image --mem-mib 512 -- true
wait_for 300 templates_are 512 "fresh restart" && pass "… but a day later"
wait_for 60 no_builder
echo damaged >"$templates/$key/state"
id=$(create 512)
is "by one that is damaged none starts" "$(machine_is_of "$id")" restart
wait_for 300 is_whole && pass "… and it is built again"

# ---- those who wait
run "$PYRO" workspace commit "$id" other
is "an environment that is made" "$status" 0
is "… has a template of its own" "$(templates_of 1024)" "fresh fresh restart"
"$PYRO" workspace list --json | grep -o '"workspace_id": "[0-9a-f]*' | cut -d'"' -f4 | xargs -n 1 "$PYRO" workspace delete >/dev/null
finish
