# tests/guide.sh: runs the transcripts of a document. Sourced by scripts that have sourced lib.sh.
#
#   run_guide FILE COUNT   every command in the ```console blocks of FILE, at least COUNT of them,
#                          answers as it says there, in a directory of its own: standard output, then standard error, as on a
#                          terminal. The id that a `create` prints is the document's.
#   run_guide FILE COUNT PORT…   likewise; free ports of this host take the place of these

# guide_answer COMMAND WANTED
guide_answer() {
    local got pair command=$1
    for pair in "${guide_ports[@]}"; do
        command=${command//"${pair#*=}"/"${pair%%=*}"}
    done
    command=${command//wait-for-idle-ms 300/wait-for-idle-ms 3000} # a slow machine may be silent for 300 ms
    run bash -c "cd '$TEST_DIR/guide' && $command"
    got=$(cat "$TEST_DIR/out"; tail -c1 "$TEST_DIR/out" | grep -q . && echo; cat "$TEST_DIR/err")
    got=${got//wait_for_idle_ms=3000/wait_for_idle_ms=300}
    [[ $1 == *'workspace create '*--id-only* ]] && guide_ids+=("$out=${2%%$'\n'*}")
    for pair in "${guide_ids[@]}" "${guide_ports[@]}"; do
        got=${got//"${pair%%=*}"/"${pair#*=}"}
    done
    is "$1" "$got" "$2"
    guide_commands=$((guide_commands + 1))
}

run_guide() {
    local line command= wanted=
    guide_ids=() guide_ports=() guide_commands=0
    if [[ $# -gt 2 ]]; then
        free_ports $(($# - 2))
        while [[ ${#guide_ports[@]} -lt ${#ports[@]} ]]; do
            guide_ports+=("${ports[${#guide_ports[@]}]}=${*:${#guide_ports[@]} + 3:1}")
        done
    fi
    mkdir -p "$TEST_DIR/bin" "$TEST_DIR/guide"
    ln -sf "$PYRO" "$TEST_DIR/bin/pyro"
    export PATH=$TEST_DIR/bin:$PATH
    while IFS= read -r line; do
        if [[ $line == '$ '* || $line == '```' ]]; then
            [[ -n $command ]] && guide_answer "$command" "${wanted%$'\n'}"
            command=${line#'$ '} wanted=
            [[ $line == '```' ]] && command=
        elif [[ $line != '```console' ]]; then
            wanted+=$line$'\n'
        fi
    done < <(sed -n '/^```console$/,/^```$/p' "$1")
    check "there was a transcript in $1" [ "$guide_commands" -ge "$2" ]
}
