#!/bin/bash
# The real Prometheus reads what `pyro metrics --listen` serves, as docs/scale.md sets it up, and its linter has nothing
# to say.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
bin=$PWD/build/unpacked/prometheus/usr/bin

run "$PYRO" workspace create debian:12-base --mem-mib 256 --name scraped --id-only
id=$out
run bash -c '"$PYRO" metrics | "$0" check metrics' "$bin/promtool"
is "promtool has nothing to say" "$status $out$err" "0 "
run bash -c '"$PYRO" metrics | grep -v "^# HELP" | "$0" check metrics' "$bin/promtool"
is "… of what has no HELP it has" "$status" 3

free_ports 2
sed -n '/^```yaml$/,/^```$/p' docs/scale.md | sed '1d; /^```$/,$d' >"$TEST_DIR/document"
like "the document's set-up" "$(cat "$TEST_DIR/document")" 'job_name: pyro'
{
    printf 'global: { scrape_interval: 1s }\n'
    sed "s/9750/${ports[0]}/" "$TEST_DIR/document"
} >"$TEST_DIR/prometheus.yml"
run "$bin/promtool" check config "$TEST_DIR/prometheus.yml"
is "its form is right" "$status" 0
"$PYRO" metrics --listen "127.0.0.1:${ports[0]}" 2>"$TEST_DIR/said" &
listener=$!
"$bin/prometheus" --config.file="$TEST_DIR/prometheus.yml" --storage.tsdb.path="$TEST_DIR/tsdb" \
    --web.listen-address="127.0.0.1:${ports[1]}" >"$TEST_DIR/prometheus.log" 2>&1 &
prometheus=$!

# The value of an expression; nothing while there is none.
query() {
    curl -s "http://127.0.0.1:${ports[1]}/api/v1/query" --data-urlencode "query=$1" |
        python3 -c 'import json, sys; print(*[r["value"][1] for r in json.load(sys.stdin)["data"]["result"]])' 2>/dev/null
}
answers() { [[ $(query "$1") == "$2" ]]; }
wait_for 120 answers 'up{job="pyro"}' 1 && pass "it is scraped"
wait_for 60 answers 'pyro_workspaces{state="started"}' 1 && pass "machines by state"
wait_for 60 answers "count(pyro_workspace_memory_bytes{workspace_id=\"$id\",name=\"scraped\"} > 1e6)" 1 && pass "memory of one"
wait_for 60 answers 'histogram_quantile(1, pyro_start_seconds_bucket) > bool 0' 1 && pass "start times are a histogram"
run "$PYRO" workspace stop scraped
wait_for 60 answers 'pyro_workspaces{state="stopped"}' 1 && pass "a change is seen"
kill $listener
wait_for 60 answers 'up{job="pyro"}' 0 && pass "and that it has ended"
kill $prometheus
wait $prometheus
run "$PYRO" workspace delete scraped
finish
