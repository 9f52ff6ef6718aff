#!/bin/bash
# Which room may include which: the arrows of docs/architecture.md, and the libraries that only one
# room may see.
cd "$(dirname "$0")/.." && . tests/lib.sh

# room FILE: the room that a file stands in.
room() {
    case $1 in
    vmm/base/*) echo base ;;
    vmm/*) echo vmm ;;
    guest/*) echo guest ;;
    engine/term/*) echo term ;;
    engine/image/*) echo image ;;
    engine/*) echo engine ;;
    tui/*) echo tui ;;
    *) echo unknown ;;
    esac
}

# allowed FROM TO
allowed() {
    [[ $1 == "$2" || $2 == base ]] && return 0
    case "$1 $2" in
    'engine vmm' | 'engine term' | 'tui engine' | 'tui term') return 0 ;;
    esac
    return 1
}

# library HEADER: the room that alone may include it.
library() {
    case $1 in
    vterm*.h) echo term ;;
    archive.h | archive_entry.h | ext2fs/*) echo image ;;
    ncurses*.h | curses.h) echo tui ;;
    *) echo any ;;
    esac
}

mapfile -t files < <(git ls-files --cached --others --exclude-standard 'vmm/*.[ch]' 'guest/*.[ch]' 'engine/*.[ch]' 'tui/*.[ch]')
check "there are sources" [ ${#files[@]} -gt 10 ]
bad=
while IFS=: read -r file include; do
    from=$(room "$file")
    name=${include#*[<\"]}
    name=${name%[>\"]*}
    if [[ $include == *\"* ]]; then
        [[ -f $name ]] || bad+="$file: '$name' is not named by its full path"$'\n'
        allowed "$from" "$(room "$name")" || bad+="$file ($from) includes $name ($(room "$name"))"$'\n'
    else
        only=$(library "$name")
        [[ $only == any || $only == "$from" ]] || bad+="$file ($from) includes <$name>, for $only alone"$'\n'
    fi
done < <(grep -H '^ *# *include' "${files[@]}")
is "every include follows the arrows" "$bad" ""
# A number may be somebody else's by the time it is used: proc.h has pidfds, and the exception.
is "kill(2) is called in vmm/base/proc.c and in the guest alone" \
    "$(grep -nE '(^|[^A-Za-z_.>])kill\(' "${files[@]}" | grep -v -e '^guest/' -e '^vmm/base/proc.c:')" ""
finish
