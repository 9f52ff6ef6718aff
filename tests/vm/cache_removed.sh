#!/bin/bash
# The cache is removed, as one does with caches: every workspace works on, at rest, running, and of an
# older version; what is needed for a start is fetched and built again.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
shared=$XDG_CACHE_HOME
pyro=(timeout -k 5 280 "$PYRO")
"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1

# A cache of its own that may go.
export XDG_CACHE_HOME=$TEST_DIR/cache
cache=$XDG_CACHE_HOME/pyro bases=$XDG_DATA_HOME/pyro/bases records=$XDG_DATA_HOME/pyro/workspaces
fill_cache() {
    mkdir -p "$cache/environments"
    cp -a "$shared/pyro/boot" "$shared/pyro/apt" "$shared"/pyro/*.json "$cache/"
    fill_environments
}
# Of what all scripts share, the one that these workspaces have: others come and go.
fill_environments() { cp -a "$shared"/pyro/environments/debian@12-base* "$cache/environments/"; }
fill_cache
for name in resting running; do
    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name "$name" --json
    is "create $name: status" "$status" 0
    "${pyro[@]}" workspace exec "$name" -- sh -c 'echo precious >file'
done
resting=$("${pyro[@]}" workspace status resting --json | json .workspace_id "$(cat)")
"${pyro[@]}" workspace stop resting >/dev/null
is "one base for both" "$(ls "$bases" | wc -l)" 1
is "it is read-only" "$(stat -c %a "$bases"/*.ext4)" 444

# As an older version left it: the record names the image in the cache, and nothing is kept. The first
# command that looks at it keeps what it is based on.
"${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name older >/dev/null 2>&1
older=$("${pyro[@]}" workspace status older --json | json .workspace_id "$(cat)")
"${pyro[@]}" workspace exec older -- sh -c 'echo precious >file'
"${pyro[@]}" workspace stop older >/dev/null
kept=$(echo "$bases"/*.ext4)
image=$(ls -t "$cache"/environments/debian@12-base-*/base.ext4 | head -1) # an earlier one may not be pruned yet
rm "$kept"
sed -i "s|\"base_path\": .*|\"base_path\": \"$image\",|" "$records/$older/workspace.json"
"${pyro[@]}" workspace list >/dev/null
is "the base of an older version is kept on sight" "$(stat -c %i "$kept")" \
    "$(stat -c %i "$image")"

base=$(stat -c '%i %s %Y' "$kept")
rm -rf "$cache"
run "${pyro[@]}" workspace disk read resting file --content-only
is "without the cache: disk read" "$out" precious
run "${pyro[@]}" workspace exec running -- cat file
is "without the cache: exec" "$out" precious
run "${pyro[@]}" workspace diff running
is "without the cache: diff" "$status" 0
run "${pyro[@]}" workspace stop running
is "without the cache: stop" "$status" 0

# The kernel is fetched again.
run "${pyro[@]}" workspace start resting
is "without the cache: start: status" "$status" 0
[[ $status -eq 0 ]] || echo "$err"
check "the kernel was fetched again" compgen -G "$cache/boot/kernel-*/vmlinuz"
for name in running older; do
    run "${pyro[@]}" workspace start "$name"
    is "start $name: status" "$status" 0
done
for name in resting running older; do
    run "${pyro[@]}" workspace exec "$name" -- cat file
    is "start $name: nothing is lost" "$out" precious
done
like "the record of the older version names what is kept" "$(cat "$records/$older/workspace.json")" "\"base_path\": \"$kept\""
run "${pyro[@]}" workspace reset resting
is "reset to the base: status" "$status" 0
run "${pyro[@]}" workspace exec resting -- ls
is "reset to the base: nothing is there" "$out" ""
is "the base was not written" "$(stat -c '%i %s %Y' "$kept")" "$base"

# Prune goes by use: with nothing installed, and then with nothing used.
run "${pyro[@]}" env prune
check "env prune leaves what disks are based on" [ -e "$kept" ]
rm -rf "$cache/environments"/*
fill_environments
run "${pyro[@]}" env prune
check "env prune leaves the environment of a workspace" [ -e "$cache/environments/debian@12-base.json" ]
for name in resting running older; do
    "${pyro[@]}" workspace delete "$name" >/dev/null
done
# One file under two names is freed with the second.
ln -f "$kept" "$(echo "$cache"/environments/debian@12-base-*/base.ext4)"
run "${pyro[@]}" env prune --dry-run --json
would=$(json .freed_bytes) names=$out
run "${pyro[@]}" env prune --json
is "env prune frees what its dry run says" "$(json .freed_bytes)" "$would"
like "… by the environment's name" "$names" '"name": *"debian:12-base"'
is "env prune removes what nobody needs" "$(ls "$bases" "$cache/environments" | grep -v -e : -e '^lock-')" ""
finish
