#!/bin/bash
# The Debian package that `make deb` has just built: what is in it and what it asks for, lintian's opinion, and that anybody
# builds the same bytes.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/links.sh

version=$(tools/version.sh)
package=$PWD/build/deb/pyro_${version}_amd64.deb
check "make deb has built $package" [ -s "$package" ]
field() { dpkg-deb --field "$package" "$1"; }
is "its version is that of CHANGELOG.md" "$(field Version)" "$version"
for needed in qemu-system-x86 qemu-utils mmdebstrap uidmap passt libc6 libncursesw6 libvterm0 libjansson4 "libmicrohttpd12(t64)?" libxxhash0; do
    like "it depends on $needed" ", $(field Depends)," ", $needed[, ]"
done
like "it depends on the library that pyro-image loads" ", $(field Depends)," \
    ", libgit2-$(strings "$PWD/build/pyro-image" | sed -n 's/^libgit2\.so\.\([0-9.]*\)$/\1/p'),"
like "it names the source of the libc in the guest program" "$(field Built-Using)" '^glibc \(= [^)]+\)$'

root=$TEST_DIR/root
dpkg-deb --extract "$package" "$root"
is "lintian has nothing to say" "$(lintian --allow-root --fail-on none --tag-display-limit 0 "$package" 2>&1 | grep -v '^N:')" ""
for file in bin/pyro libexec/pyro/pyro-image libexec/pyro/pyro-http libexec/pyro/pyro-metrics libexec/pyro/pyro-fetch share/man/man1/pyro.1.gz share/bash-completion/completions/pyro \
    share/zsh/vendor-completions/_pyro share/fish/vendor_completions.d/pyro.fish share/doc/pyro/copyright \
    share/doc/pyro/README.md share/doc/pyro/CHANGELOG.md share/doc/pyro/changelog.gz share/pyro/SKILL.md; do
    check "it has /usr/$file" [ -s "$root/usr/$file" ]
done
is "every document is in it" "$(cd "$root/usr/share/doc/pyro" && find docs screenshots -type f | sort)" \
    "$(git ls-files 'docs/*.md' 'screenshots/*.png' screenshots/demo.svg | sort)"
mapfile -t pages < <(find "$root" -name '*.md')
is "no link of a document is dead" "$(dead_links "${pages[@]}")" ""
like "its copyright has the license" "$(sed 's/^ //; s/^\.$//' "$root/usr/share/doc/pyro/copyright")" \
    "$(sed -n '/^Permission/,/^$/p' LICENSE | sed 's/[()]/\\&/g; s/"/./g')"
is "it has nothing but /usr" "$(ls "$root")" usr
is "it runs nothing when it is installed" "$(dpkg-deb --control "$package" "$TEST_DIR/control" && cd "$TEST_DIR/control" && ls)" \
    "control
md5sums"
is "it runs from where it lies" "$("$root/usr/bin/pyro" --version)" "pyro $version"
hardened() {
    readelf -hW "$1" | grep -q 'Type: *DYN' && readelf -dW "$1" | grep -q 'BIND_NOW\|NOW' &&
        readelf -lW "$1" | grep -q GNU_RELRO && readelf -sW --dyn-syms "$1" | grep -q __stack_chk_fail
}
check "pyro is hardened" hardened "$root/usr/bin/pyro"
check "pyro-image is hardened" hardened "$root/usr/libexec/pyro/pyro-image"
check "pyro-http is hardened" hardened "$root/usr/libexec/pyro/pyro-http"
check "pyro-fetch is hardened" hardened "$root/usr/libexec/pyro/pyro-fetch"
check "pyro-metrics is hardened" hardened "$root/usr/libexec/pyro/pyro-metrics"

# Elsewhere, as an ordinary user where root may become one, with other settings, without a network.
uid=54321 other=$TEST_DIR/other/place
chmod 755 "$TEST_DIR"
mkdir -p "$other" "$TEST_DIR/elsewhere"
git ls-files -z | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$other"
git -C "$other" init -q && git -C "$other" add -A
files() { find "$other" \( -path "$other/.git" -o -path "$other/build" \) -prune -o -print | sort; }
before=$(files) epoch=$(git log -1 --format=%ct) as_other=(env)
if [[ $(id -u) -eq 0 ]]; then
    chown -R "$uid:$uid" "$TEST_DIR/other" "$TEST_DIR/elsewhere"
    as_other=(unshare --net setpriv --reuid "$uid" --regid "$uid" --clear-groups env)
fi
make_deb() {
    umask 077
    cd "$other" && "${as_other[@]}" -u MAKEFLAGS -u MFLAGS -u MAKELEVEL HOME="$TEST_DIR/elsewhere" \
        TMPDIR="$TEST_DIR/elsewhere" TZ=Asia/Tokyo LC_ALL=C CFLAGS=-O0 DEB_BUILD_OPTIONS=parallel=1 \
        SOURCE_DATE_EPOCH="$epoch" make deb
}
check "another user builds it, without a network" eval '(make_deb)'
check "… and it is the same to the last byte" cmp "$package" "$other/build/deb/${package##*/}"
is "nothing is written outside build/" "$(files; ls -A "$TEST_DIR/elsewhere")" "$before"
finish
