#!/bin/sh
# Prints the version of program and package. It is said in one place: the first heading of CHANGELOG.md, '## VERSION (DATE)'.
cd "$(dirname "$0")/.." || exit
sed -n '/^## /{s/^## \([0-9.]*\) (.*)$/\1/p;q}' CHANGELOG.md
