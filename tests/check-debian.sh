#!/bin/bash
# Program, package and CHANGELOG.md are of one version, and debian/control names what tools/setup.sh names.
cd "$(dirname "$0")/.." && . tests/lib.sh

headings=$(sed -n 's/^## //p' CHANGELOG.md)
heading=${headings%%$'\n'*}
version=${heading%% *}
refute "no heading of CHANGELOG.md is malformed" \
    grep -vE '^[0-9]+\.[0-9]+\.[0-9]+ \((unreleased|[0-9]{4}-[0-9]{2}-[0-9]{2})\)$' <<<"$headings"
is "the newest is the first" "$headings" "$(sort -rV <<<"$headings")"
is "the program's version is that of CHANGELOG.md" "$("$PYRO" --version)" "pyro $version"
run tools/deb.sh changelog
is "the package's version is too" "${out%%;*}" "pyro ($version) unstable"
is "debian/changelog is made, not kept" "$(git ls-files debian/changelog)" ""

# field NAME: the packages that a field of debian/control names, without versions, alternatives and substitutions.
field() {
    awk -v name="$1:" '$1 == name { on = 1; $1 = "" } !/^ / { on = $1 == "" && on } on' debian/control |
        tr ',' '\n' | sed 's/[(|].*//; s/ //g' | grep -vE '^$|^\$|^debhelper' | sort
}
# group NAME: what tools/setup.sh installs; gcc and make are on every machine that builds packages.
group() {
    sed -n "s/^$1 \([^ ]*\) .*/\1/p" tools/setup.sh | grep -vxE 'gcc|make|git' | sort
}
is "Build-Depends are the group 'build' of tools/setup.sh" "$(field Build-Depends)" "$(group build)"
is "Depends are its group 'run'" "$(field Depends)" "$(group run)"
finish
