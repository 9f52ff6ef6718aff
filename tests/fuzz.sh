#!/bin/bash
# tests/fuzz.sh SECONDS: runs each fuzz target that long; ends with the first that finds something.
# A finding is left in build/fuzz/crashes and becomes a seed once it is understood.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
mkdir -p build/fuzz/crashes

for source in tests/fuzz/fuzz_*.c; do
    [[ -e $source ]] || { echo "there are no fuzz targets" && exit 1; }
    name=$(basename "$source" .c)
    name=${name#fuzz_}
    corpus=build/fuzz/corpus/$name
    seeds=tests/fuzz/seeds/$name
    mkdir -p "$corpus"
    options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1
        -artifact_prefix="build/fuzz/crashes/$name-")
    [[ -e tests/fuzz/$name.dict ]] && options+=(-dict="tests/fuzz/$name.dict")
    echo "== $name: $seconds seconds"
    "build/fuzz/tests/fuzz/fuzz_$name" "${options[@]}" "$corpus" $([[ -d $seeds ]] && echo "$seeds") \
        >"build/fuzz/$name.log" 2>&1 || {
        tail -n 40 "build/fuzz/$name.log"
        echo "$name: found something, see build/fuzz/crashes"
        exit 1
    }
    sed -n 's/^stat::number_of_executed_units: */   inputs: /p' "build/fuzz/$name.log"
done
echo "nothing found"
