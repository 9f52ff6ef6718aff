# tests/node.sh: what the tests with clients from npm share. Sourced after tests/lib.sh.

# use_node NAME: $node is the directory of a copy of tests/NAME/*.mjs beside what tests/NAME/package-lock.json has installed;
# node 22 and the programs of those packages are the first in PATH.
use_node() {
    local installed=$PWD/build/node/$1
    need "there are the packages of tests/$1 (make check-$1 fetches them)" [ -e "$installed/installed" ]
    node=$TEST_DIR/node
    mkdir "$node"
    ln -s "$installed/node_modules" "$node/node_modules"
    find "tests/$1" -name '*.mjs' -exec cp {} "$node" \;
    PATH=$installed/node_modules/.bin:$PATH
    export NO_UPDATE_NOTIFIER=1 NO_COLOR=1
}
