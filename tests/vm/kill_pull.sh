#!/bin/bash
# `env pull` killed at random moments, two at once, and on a disk that is full: the next one repairs what
# there is to repair, and nothing is left behind but the cache.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
shared=$XDG_CACHE_HOME
export TEST_DIR
pyro=(timeout -k 5 580 "$PYRO")
kills=${KILLS:-6}
RANDOM=${SEED:-$$}
echo "SEED=${SEED:-$$}"

# With the apt state of the shared cache, so that only the pull is at work.
own_cache
environments=$XDG_CACHE_HOME/pyro/environments
mkdir -p "$environments"
cp -a "$shared/pyro/apt" "$XDG_CACHE_HOME/pyro/"

installed() {
    "$PYRO" env inspect debian:12-base --json 2>/dev/null | json .installed "$(cat)"
}

# No process, no mount; in the cache at most what the next pull clears away.
settled() {
    [[ -z $(leftovers) && -z $(ls -A "$TMPDIR") ]] && ! grep -q "$TEST_DIR" /proc/mounts
}

wrong=
for ((i = 0; i < kills; i++)); do
    run tests/vm/kill_during.py self $((RANDOM % 3000 + i * 700)) "$PYRO" env pull debian:12-base
    [[ $status -eq 137 || $status -eq 0 ]] || wrong+="pull $i: $status $err"$'\n'
    wait_for 20 settled || wrong+="after $i: $(leftovers)"$'\n'
    run timeout 300 "$PYRO" env list --json
    [[ $status -eq 0 ]] || wrong+="env list: $err"$'\n'
done
is "killed pulls leave nothing running or mounted" "$wrong" ""

if [[ $(installed) != true ]]; then
    # Two at once: one works, the other waits for it and finds it done.
    "${pyro[@]}" env pull debian:12-base --json >"$TEST_DIR/1" 2>"$TEST_DIR/1.err" &
    first=$!
    "${pyro[@]}" env pull debian:12-base --json >"$TEST_DIR/2" 2>"$TEST_DIR/2.err" &
    wait "$first"
    is "two pulls at once: one" "$?" 0
    wait $!
    is "two pulls at once: the other" "$?" 0
    is "two pulls at once: the same image" "$(json .install_dir "$(cat "$TEST_DIR/1")")" \
        "$(json .install_dir "$(cat "$TEST_DIR/2")")"
fi
is "it is installed" "$(installed)" true
is "one image, one record, one lock, and nothing else" "$(ls -A "$environments" | sed 's/-[0-9a-f]\{16\}$/-HEX/')" \
    "debian@12-base-HEX
debian@12-base.json
lock-debian@12-base"
check "the image is sound" e2fsck -fn "$environments"/debian@12-base-*/base.ext4 >/dev/null 2>&1
run "${pyro[@]}" run debian:12-base --mem-mib 256 -- echo works
is "it works" "$out" works
finish
