# tests/api.sh: what the tests of `pyro api` share with tests/lib.sh. Sourced after it.
export TEST_DIR

# python_scene FILE NAME: runs a function of a Python file, and counts the lines that it prints.
python_scene() {
    local line
    while IFS= read -r line; do
        case $line in
        "ok "*) pass "${line#ok }" ;;
        "FAILED "*) fail "${line#FAILED }" ;;
        *) echo "$line" ;;
        esac
    done < <(python3 "$1" "$2" 2>&1 || echo "FAILED $2 ended early")
}
