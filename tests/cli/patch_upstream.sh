#!/bin/bash
# patch apply on patches that others test theirs with: those of git's test suite, with what it says they
# make, and those that Debian's package of GNU patch has for its own source, beside GNU patch. Fetched from
# wherever this machine has its packages from; no VM.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
export PYRO_QEMU=/nothing/such

# sources PACKAGE…: their archives into $TEST_DIR/src. With an apt state of its own, and no rights.
sources() {
    local f at=$TEST_DIR/apt options
    mkdir -p "$at"/{sources,state/lists/partial,cache/archives/partial} "$TEST_DIR/src"
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        case $([[ -r $f ]] && echo "$f") in
        *.sources) sed -E 's/^Types:.*/Types: deb-src/' "$f" ;;
        *.list) sed -nE 's/^deb(-src)? /deb-src /p' "$f" | sort -u ;;
        esac >"$at/sources/${f##*/}"
    done
    options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$at/sources" -o Dir::State="$at/state"
        -o Dir::State::status=/dev/null -o Dir::Cache="$at/cache" -o APT::Sandbox::User=root)
    timeout 60 apt-get -q "${options[@]}" update >"$TEST_DIR/apt.log" 2>&1 || return 1
    for f; do
        (cd "$TEST_DIR/src" && timeout 60 apt-get -q "${options[@]}" source --download-only "$f" >>"$TEST_DIR/apt.log" 2>&1) || return 1
    done
}

if ! sources git patch; then
    skip "patches of git and GNU patch: their sources cannot be fetched here ($(grep -m 1 '^[EW]:' "$TEST_DIR/apt.log"))"
    finish
fi
mkdir "$TEST_DIR/git" "$TEST_DIR/patch"
tar -C "$TEST_DIR/git" --strip-components=2 --wildcards -xf "$TEST_DIR"/src/git_*.orig.tar.* '*/t/t4101' '*/t/t4109' '*/t/t4110'
tar -C "$TEST_DIR/patch" --strip-components=1 -xf "$TEST_DIR"/src/patch_*.orig.tar.*
mkdir "$TEST_DIR/debian" && tar -C "$TEST_DIR/debian" -xf "$TEST_DIR"/src/patch_*.debian.tar.*

id=$("$PYRO" workspace create debian:12-base --name p --allow-host-compat --id-only 2>/dev/null)
there=$(find "$PYRO_HOME" -type d -path "*/$id/workspace")
ours() { run "$PYRO" workspace patch apply p --patch-file "$1" --json; }
empty() { find "$there" -mindepth 1 -delete; }

# git's: patches one after the other, and what is to be there then.
makes() { # WHAT FILE EXPECTED PATCH…
    local patch
    empty
    for patch in "${@:4}"; do
        ours "$patch"
        [[ $status -eq 0 ]] || fail "$1: ${patch##*/}" "$out"
    done
    check "git: $1" cmp "$there/$2" "$3"
}
t=$TEST_DIR/git
makes "several fragments" main.c "$t/t4109/expect-1" "$t"/t4109/patch{1,2}.patch
makes "several fragments, and one more" main.c "$t/t4109/expect-2" "$t"/t4109/patch{1,2,3}.patch
makes "several fragments, others" main.c "$t/t4109/expect-3" "$t"/t4109/patch{1,4}.patch
makes "forwards and backwards" new.txt "$t/t4110/expect" "$t"/t4110/patch{1,2,3,4,5}.patch
empty
files=('a\nb\n' 'a\nb\nc\n' 'a\nb' 'a\nc\nb') right=0
for from in 0 1 2 3; do
    for to in 0 1 2 3; do
        [[ $from -ne $to ]] || continue
        printf "${files[from]}" >"$there/frotz"
        ours "$t/t4101/diff.$from-$to"
        cmp -s "$there/frotz" <(printf "${files[to]}") && right=$((right + 1))
    done
done
is "git: final newlines that come and go" "$right" 12

# Debian's of GNU patch, in their order, ours beside GNU patch without fuzz.
empty
cp -a "$TEST_DIR/patch/." "$there"
applied=0 differ=
while read -r name _; do
    [[ $name && $name != \#* ]] || continue
    file=$TEST_DIR/debian/debian/patches/$name
    ours "$file"
    if (cd "$TEST_DIR/patch" && patch -p1 -F0 -s -f --no-backup-if-mismatch <"$file") >"$TEST_DIR/theirs" 2>&1; then
        [[ $status -eq 0 ]] && applied=$((applied + 1)) && continue
        differ+="$name: $(json .error.message) "
    elif [[ $status -eq 0 ]]; then
        differ+="$name: taken by ours only "
    fi
    # One that needs fuzz is refused by both; on they go with what GNU patch makes of it.
    empty
    (cd "$TEST_DIR/patch" && find . \( -name '*.rej' -o -name '*.orig' \) -delete)
    cp -a "$TEST_DIR/patch/." "$there"
done <"$TEST_DIR/debian/debian/patches/series"
check "Debian's patches of GNU patch: they were there" [ "$applied" -gt 10 ]
is "Debian's patches of GNU patch: refused by both or by none" "$differ" ""
check "Debian's patches of GNU patch: the same tree" diff -r "$TEST_DIR/patch" "$there"
"$PYRO" workspace delete p >/dev/null
finish
