#!/bin/bash
# A static function that is given away (a callback, a member of a table) carries the name of its file, or of its room
# and file: of `on_closed` there would be twenty, and no search would tell which one runs.
cd "$(dirname "$0")/.." && . tests/lib.sh

# given_away FILE: the static functions of FILE that are used as a value and have another name.
given_away() {
    local room=${1%/*} stem=${1##*/}
    stem=${stem%.c}
    awk -v stem="${stem%_keys}" -v room="${room##*/}_" '
        NR == FNR {
            if (match($0, /^(_Noreturn )?static [^;={}()]*[ *][a-z_0-9]+\(/)) {
                name = substr($0, 1, RLENGTH - 1)
                sub(/.*[ *]/, "", name)
                own = name
                sub("^" room, "", own)
                if (own != stem && index(own, stem "_") != 1 && index(name, stem "_") != 1)
                    names[name] = 1
            }
            next
        }
        /cleanup\(/ { next }
        {
            gsub(/"([^"\\]|\\.)*"/, "")
            for (name in names)
                if ($0 ~ "[,=({?:&] *" name " *([,);}:]|$)")
                    found[name] = 1
        }
        END { for (name in found) print FILENAME ": " name }' "$1" "$1"
}

mapfile -t sources < <(git ls-files 'guest/*.c' 'vmm/*.c' 'engine/*.c' 'tui/*.c')
check "there are sources" [ ${#sources[@]} -gt 10 ]
is "callbacks carry the name of their file" "$(for source in "${sources[@]}"; do given_away "$source"; done)" ""
printf '%s\n' 'static void on_closed(struct stream *s)' '{' '}' 'static const struct stream_ops ops = { .closed = on_closed };' \
    >"$TEST_DIR/example.c"
is "one that does not is found" "$(given_away "$TEST_DIR/example.c")" "$TEST_DIR/example.c: on_closed"
finish
