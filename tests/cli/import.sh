#!/bin/bash
# tests/cli/import.sh: archives that become no environment, each refused by name, with nothing left. Those
# that do are in tests/vm/import.sh: a machine is started for them.
cd "$(dirname "$0")/../.." && . tests/lib.sh

ENVIRONMENTS=$PYRO_HOME/cache/environments
image() { python3 tests/oci_image.py "$@"; }
# Locks stay; they are empty.
left() { find "$ENVIRONMENTS" -mindepth 1 ! -name 'lock-*' 2>/dev/null; }

# refuses WHAT FORM JSON PATTERN: such an image is refused with such words.
refuses() {
    image "$2" "$TEST_DIR/image.tar" <<<"$3"
    run "$PYRO" env import bad "$TEST_DIR/image.tar"
    is "$1: status" "$status" 1
    like "$1: says so" "$err" "pyro: import '$TEST_DIR/image.tar': .*$4"
    is "$1: nothing is left" "$(left)" ""
}

refuses 'a layer that leads out' layout '{"layers": [["../x"]]}' "layer 1: member '../x': its name has '..'"
refuses 'a hard link that leads out' layout '{"layers": [["x=../../etc/passwd"]]}' 'which is not there'
refuses 'a whiteout of nothing' layout '{"layers": [["d/.wh."]]}' 'a whiteout of nothing'
refuses 'a tar that is another' layout '{"layers": [["a"]], "break": "diff_id"}' 'layer 1: its tar has the digest'
refuses 'a blob that is another' layout '{"layers": [["a"]], "break": "blob"}' 'layer 1: '
refuses 'a digest that is a path' layout '{"layers": [["a"]], "break": "digest"}' 'the digest of layer 1 is .* neither sha256 nor sha512'
refuses 'a size that is another' layout '{"layers": [["a"]], "break": "size"}' 'has [0-9]+ bytes, and should have [0-9]+'
refuses 'a blob that is not there' layout '{"layers": [["a"]], "break": "missing"}' "layer 1: the archive has no 'blobs/sha256/"
refuses 'a manifest that is two' layout '{"layers": [["a"]], "break": "confused"}' 'two readers'
refuses 'no layers' layout '{"layers": []}' 'the image has no layers'
refuses 'more diff_ids than layers' layout '{"layers": [["a"]], "break": "diff_ids"}' '1 layers and its configuration 2'
refuses 'another platform' layout '{"layers": [["a"]], "break": "platform"}' 'is for linux/s390x, not for linux/amd64'
refuses 'a configuration that is none' layout '{"layers": [["a"]], "config": {"Env": [7]}}' 'Env is not a list'
refuses 'two images' docker '{"layers": [["a"]], "break": "two"}' 'holds 2 images, not one'
refuses 'docker: a tar that is another' docker '{"layers": [["a"]], "break": "diff_id"}' 'layer 1: its tar has the digest'
refuses 'a root whose /tmp is a link' layout '{"layers": [["tmp->/x"]]}' 'its /tmp is a symbolic link'
refuses 'a root whose /run is a file' layout '{"layers": [["run/"], ["run"]]}' 'its /run is not a directory'
refuses 'a root whose /etc/hosts is a directory' layout '{"layers": [["etc/hosts/"]]}' 'its /etc/hosts is a directory'
refuses 'names that would drive a terminal' layout '{"layers": [["\u001b[2Jx/../y"]]}' "member '.x1b\[2Jx/../y'"

refuses 'a bomb, by gzip' layout '{"layers": [{"zeros": 100000000}]}' 'layer 1: it unpacks to more than 200 times its size'
refuses 'a bomb, by zstd' layout '{"layers": [{"zeros": 100000000, "compress": "zstd"}]}' \
    'layer 1: it unpacks to more than 200 times its size'
refuses 'a file of a size that no image has' layout '{"layers": [{"hole": 100000000000000}]}' "member 'hole': its size is impossible"
refuses 'more layers than there may be' layout '{"layers": [{"members": ["a"], "times": 128}]}' 'more than 127'

# What a file is that is no image.
echo 'no archive' >"$TEST_DIR/text"
run "$PYRO" env import bad "$TEST_DIR/text"
is "a text file: status" "$status" 1
like "a text file: says so" "$err" "pyro: import '$TEST_DIR/text': it is not a tar archive"
run "$PYRO" env import bad - </dev/null
like "nothing: says so" "$err" "pyro: import '-': (the archive is empty|it is not a tar archive)"
run "$PYRO" env import bad "$TEST_DIR/none"
like "a file that is not there" "$err" "pyro: open '$TEST_DIR/none': No such file"
mkdir "$TEST_DIR/tree"
echo x >"$TEST_DIR/tree/tmp"
tar -C "$TEST_DIR/tree" -czf "$TEST_DIR/tree.tar.gz" .
run "$PYRO" env import bad "$TEST_DIR/tree.tar.gz"
like "a root file system whose /tmp is a file" "$err" 'its /tmp is not a directory'
head -c 150 "$TEST_DIR/tree.tar.gz" >"$TEST_DIR/cut.tar.gz"
run "$PYRO" env import bad "$TEST_DIR/cut.tar.gz"
is "a cut archive: status" "$status" 1
is "nothing is left of any of them" "$(left)" ""

# Names.
for name in debian:12 a/b .x '' "$(printf 'x%.0s' {1..65})"; do
    run "$PYRO" env import "$name" "$TEST_DIR/tree.tar.gz"
    like "the name '$name' is refused" "$err" "environment '$name' is not valid \(use 1 to 64 letters"
done
run "$PYRO" env remove none --json
is "remove: one that is not there: status" "$status" 1
is "remove: … code" "$(json .error.code)" environment_not_found
run "$PYRO" env inspect none
like "inspect: one that is not there" "$err" "pyro: no environment 'none'"
finish
