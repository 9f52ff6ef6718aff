#!/bin/bash
# Which room may include which: the table in docs/architecture.md, the libraries that only one room may see, and names
# that tell where they are.
cd "$(dirname "$0")/.." && . tests/lib.sh

# "ROOM TO" for each arrow of the table, and "ROOM ROOM" for each room.
table=$(sed -n '/^## Rooms/,/^## [^R]/s/^    //p' docs/architecture.md |
    awk '$1 == "→" { for (i = 2; i <= NF; i++) print room, $i; next } /^[a-z]/ { room = $1; print room, room }')

# allowed FROM TO
allowed() { [[ $'\n'$table$'\n' == *$'\n'"$1 $2"$'\n'* || $2 == vmm/base ]]; }

# library HEADER: the room that alone may include it.
library() {
    case $1 in
    vterm*.h) echo engine/term ;;
    archive.h | archive_entry.h | ext2fs/*) echo engine/image ;;
    microhttpd.h) echo engine/http ;;
    openssl/*) echo engine/hash ;;
    curl/*) echo engine/fetch ;;
    ncurses*.h | curses.h) echo tui ;;
    *) echo any ;;
    esac
}

mapfile -t files < <(git ls-files --cached --others --exclude-standard 'vmm/*.[ch]' 'guest/*.[ch]' 'engine/*.[ch]' 'tui/*.[ch]')
check "there are sources" [ ${#files[@]} -gt 10 ]
bad= rooms= modules=
while IFS=: read -r file include; do
    from=${file%/*}
    name=${include#*[<\"]}
    name=${name%[>\"]*}
    if [[ $include == *\"* ]]; then
        [[ -f $name ]] || bad+="$file: '$name' is not named by its full path"$'\n'
        allowed "$from" "${name%/*}" || bad+="$file includes $name"$'\n'
        [[ $from == "${name%/*}" ]] || rooms+="$from ${name%/*}"$'\n'
        modules+="${file%.[ch]} ${name%.h}"$'\n'
    else
        only=$(library "$name")
        [[ $only == any || $from == "$only"* ]] || bad+="$file includes <$name>, for $only alone"$'\n'
    fi
done < <(grep -H '^ *# *include' "${files[@]}")
is "every include follows the table" "$bad" ""
is "every room is in the table" "$(comm -23 <(printf '%s\n' "${files[@]%/*}" | sort -u) <(cut -d' ' -f1 <<<"$table" | sort -u))" ""
is "and there is no other" "$(comm -13 <(printf '%s\n' "${files[@]%/*}" | sort -u) <(cut -d' ' -f1 <<<"$table" | sort -u))" ""
is "no rooms include each other in a circle" "$(tsort <<<"$rooms" 2>&1 >/dev/null)" ""
# A header for the files of one module alone is a half of it.
is "nor do modules" "$(sed -E 's/_(private|parts)//g; s/([^ ]+) \1$//' <<<"$modules" | grep . | tsort 2>&1 >/dev/null)" ""
# A number may be somebody else's by the time it is used: proc.h has pidfds, and the exception.
is "kill(2) is called in vmm/base/proc.c and in the guest alone" \
    "$(grep -nE '(^|[^A-Za-z_.>])kill\(' "${files[@]}" | grep -v -e '^guest/' -e '^vmm/base/proc.c:')" ""
# A name that six files have is found by nobody.
is "callbacks of the supervisor are named after their file" \
    "$(grep -nE '^static .*[ *]on_[a-z_]+\(' "${files[@]}" | grep '^engine/supervisor/')" ""
finish
