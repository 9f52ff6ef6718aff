#!/bin/bash
# make install and uninstall: what is installed works from where it stands, and all of it goes again.
cd "$(dirname "$0")/../.." && . tests/lib.sh

if [[ ${PYRO_SANITIZED:-} == 1 ]]; then
    skip "installation: sanitized builds are not installed"
    finish
fi
quietly() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory "$@" >"$TEST_DIR/make.log" 2>&1 ||
        { tail -n 20 "$TEST_DIR/make.log" && return 1; }
}
root=$TEST_DIR/root
check "make install" quietly install DESTDIR="$root" PREFIX=/opt/pyro
for file in bin/pyro libexec/pyro/pyro-image share/bash-completion/completions/pyro \
    share/zsh/site-functions/_pyro share/fish/vendor_completions.d/pyro.fish share/doc/pyro/LICENSE \
    share/doc/pyro/README.md; do
    check "installed: $file" [ -s "$root/opt/pyro/$file" ]
done
check "executable: pyro" [ -x "$root/opt/pyro/bin/pyro" ]
check "executable: pyro-image" [ -x "$root/opt/pyro/libexec/pyro/pyro-image" ]
run "$root/opt/pyro/bin/pyro" --version
is "the installed pyro runs" "$status" 0
check "make uninstall" quietly uninstall DESTDIR="$root" PREFIX=/opt/pyro
is "nothing is left" "$(find "$root" -type f)" ""
finish
