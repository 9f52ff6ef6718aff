# tests/api.sh: what the tests of `pyro api` share with tests/lib.sh. Sourced after it.
export TEST_DIR

# python_scene FILE NAME: runs a function of a Python file, and counts the lines that it prints.
python_scene() {
    checks_of "$2" python3 "$1" "$2"
}
