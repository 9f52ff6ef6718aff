#!/bin/bash
# make install and uninstall: what is installed works from where it stands, and all of it goes again.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/links.sh

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
for file in bin/pyro libexec/pyro/pyro-image libexec/pyro/pyro-http libexec/pyro/pyro-metrics libexec/pyro/pyro-fetch share/bash-completion/completions/pyro \
    share/zsh/site-functions/_pyro share/fish/vendor_completions.d/pyro.fish share/doc/pyro/LICENSE \
    share/doc/pyro/README.md share/pyro/SKILL.md share/doc/pyro/docs/commands.md share/man/man1/pyro.1; do
    check "installed: $file" [ -s "$root/opt/pyro/$file" ]
done
check "executable: pyro" [ -x "$root/opt/pyro/bin/pyro" ]
check "executable: pyro-image" [ -x "$root/opt/pyro/libexec/pyro/pyro-image" ]
check "executable: pyro-http" [ -x "$root/opt/pyro/libexec/pyro/pyro-http" ]
check "executable: pyro-fetch" [ -x "$root/opt/pyro/libexec/pyro/pyro-fetch" ]
check "executable: pyro-metrics" [ -x "$root/opt/pyro/libexec/pyro/pyro-metrics" ]
mapfile -t pages < <(find "$root/opt/pyro/share/doc" -name '*.md')
is "no link of a document is dead" "$(dead_links "${pages[@]}")" ""

# The manual page is without a fault for groff, and names every command and option.
page=$root/opt/pyro/share/man/man1/pyro.1
is "the manual page: groff has nothing to say" "$(groff -man -Tutf8 -Kutf8 -ww -z "$page" 2>&1)" ""
manual=$(man -l "$page" 2>/dev/null | col -b)
missing() {
    local path
    "$PYRO" commands | cut -c1-28 | while read -r path; do
        grep -qF "pyro $path" <<<"$manual" || echo "$path"
    done
    "$PYRO" commands --json | grep -oE '"flag": "--[a-z-]+"' | cut -d'"' -f4 | sort -u | while read -r path; do
        grep -qF -e "$path" <<<"$manual" || echo "$path"
    done
}
is "the manual page: nothing is missing" "$(missing)" ""
like "the manual page: examples are as they are typed" "$manual" "pyro workspace exec demo -- sh -lc 'uname -a'"
run "$root/opt/pyro/bin/pyro" --version
is "the installed pyro runs" "$status" 0
check "make uninstall" quietly uninstall DESTDIR="$root" PREFIX=/opt/pyro
is "nothing is left" "$(find "$root" -type f)" ""

# As docs/install.md has it: in the home directory, and away again.
mapfile -t lines < <(sed -n 's/^    \(make \(un\)\?install .*\)/\1/p' docs/install.md)
is "docs/install.md installs and uninstalls" "${#lines[@]}" 2
check "${lines[0]}" eval "quietly ${lines[0]#make }"
is "… and it runs" "$(~/.local/bin/pyro --version)" "pyro $(tools/version.sh)"
check "${lines[1]}" eval "quietly ${lines[1]#make }"
is "… and nothing is left" "$(find ~/.local -type f)" ""
finish
