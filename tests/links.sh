# tests/links.sh: the links of documents. Sourced by scripts.
#
#   dead_links PAGE…   those that lead to no file, "PAGE: TARGET" each; addresses and places in a page are not looked at

dead_links() {
    local page target
    for page; do
        grep -oE '\]\([^)]+\)' "$page" | sed -E 's/^\]\(//; s/\)$//; s/#.*//' | grep -vE '^$|^[a-z]+:' |
            while read -r target; do
                [[ -e $(dirname "$page")/$target ]] || echo "$page: $target"
            done
    done
}
