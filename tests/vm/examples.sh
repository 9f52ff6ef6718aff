#!/bin/bash
# The example of every command, run as its help has it, in the environment that it names.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

mkdir -p "$TEST_DIR/bin" "$TEST_DIR/tree/src"
ln -s "$PYRO" "$TEST_DIR/bin/pyro"
cd "$TEST_DIR/tree" || exit 1
export PATH=$TEST_DIR/bin:$PATH
# What the examples speak of.
echo 'int main(void) { return 0; }' >src/main.c
echo done >src/result.txt
tar -czf rootfs.tar.gz src
printf -- '--- a/src/main.c\n+++ b/src/main.c\n@@ -1 +1 @@\n-int main(void) { return 0; }\n+int main(void) { return 1; }\n' >fix.patch
printf 'one\033[31mred\033[0m\n' >build.log

for name in ready tools; do
    pyro env remove "$name" >/dev/null 2>&1 # of a run that was cut short
done
commands=$(pyro commands --json)
paths=$(json .commands "$commands" | python3 -c 'import json, sys; [print(c["path"]) for c in json.load(sys.stdin)]')
example() {
    json .commands "$commands" | python3 -c 'import json, sys; [print(c["example"]) for c in json.load(sys.stdin) if c["path"] == sys.argv[1]]' "$1"
}

# In an order in which each finds what it needs.
order=$(tr '\n' ',' <<'EOF'
doctor
commands
completion
api
mcp serve
render
host print-config
env pull
env list
env inspect
env import
env export
env remove
env build
env prune
logout
run
demo
workspace create
workspace list
workspace status
workspace summary
workspace update
workspace exec
workspace command list
workspace command read
workspace command wait
workspace command kill
workspace wait
workspace stats
metrics
workspace sync push
workspace file list
workspace file read
workspace file write
workspace patch apply
workspace diff
workspace export
workspace snapshot create
workspace snapshot list
workspace reset
workspace snapshot delete
workspace shell open
workspace shell list
workspace shell write
workspace shell read
workspace shell resize
workspace shell signal
workspace shell record
workspace shell close
workspace service start
workspace service status
workspace service list
workspace service logs
workspace service stop
workspace logs
workspace timeline
workspace commit
workspace suspend
workspace stop
workspace disk list
workspace disk read
workspace disk export
workspace fork
workspace start
workspace delete
EOF
)
IFS=, read -ra order <<<"${order%,}"
for path in "${order[@]}"; do
    line=$(example "$path")
    run bash -c "${line:-false}"
    is "$line" "$status" 0
    [[ $status -eq 0 ]] || sed 's/^/    /' "$TEST_DIR/err"
done
pyro env remove ready >/dev/null # the cache is shared
pyro env remove tools >/dev/null
# These take a terminal over, go on until they are ended, or need a registry or an agent: tests/tui, attach.sh, replay.sh,
# hold.sh, watch.sh, login.sh, host.sh and oci/push.sh run them.
elsewhere=(tui login 'env push' 'workspace shell attach' 'workspace shell replay' 'workspace hold' watch 'host connect' 'host doctor')
is "no command was left out" "$(printf '%s\n' "${order[@]}" "${elsewhere[@]}" | sort)" "$(sort <<<"$paths")"

# A group's example is one of those, or a command that begins as they do.
while read -r group; do
    # shellcheck disable=SC2086
    line=$(pyro $group --help | tail -1 | sed 's/^ *//')
    like "the example of '$group' is about it" "$line" "^pyro ${group}"
done < <(sed 's/ [^ ]*$//' <<<"$paths" | grep ' \|^env$\|^workspace$' | sort -u)
finish
