#!/bin/bash
# Trees of files into a workspace and out of it again: what is kept, what is refused before anything is
# written, what an export never does to the host.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
in=$TEST_DIR/in

# listing DIR: GNU tar's view of a tree: names, content, modes, times and links.
listing() {
    tar -C "$1" --sort=name --owner=0 --group=0 --numeric-owner --format=posix \
        --pax-option=delete=atime,delete=ctime -cf - . | sha256sum
}

mkdir -p "$in/a/b/c" "$in/none/nothing" "$in/links"
echo plain >"$in/plain"
: >"$in/empty"
head -c 1500000 /dev/urandom >"$in/big"
truncate -s 8M "$in/holes"
echo x >"$in/caf$(printf '\303\251')"
echo X >"$in/CAF$(printf '\303\211')"
echo no >"$in/no$(printf '\377')utf8"
echo long >"$in/$(printf 'n%.0s' {1..255})"
echo line >"$in/new"$'\n'"line"
ln "$in/plain" "$in/links/hard"
ln -s ../plain "$in/links/good"
ln -s /usr/bin/python3 "$in/links/out"
ln -s nowhere "$in/links/broken"
chmod 755 "$in/plain"
chmod 500 "$in/a/b/c"
(cd "$in" && find . -depth -execdir touch -h -d '2001-02-03 04:05:06.789012345 UTC' {} +)

"${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name w >/dev/null 2>&1
run "${pyro[@]}" workspace sync push w "$in"
is "sync push: status" "$status" 0
like "sync push: the answer" "$out" "^\[workspace-sync\] workspace_id=[0-9a-f]{12} mode=directory source_path=$in destination=/workspace entry_count=19 bytes_written=9888[0-9]* execution_mode=guest_vm$"
run "${pyro[@]}" workspace exec w -- stat -c '%u:%g %a %h' plain a/b/c
is "sync push: owned by root, modes and hard links kept" "$out" "0:0 755 2
0:0 500 2"
run "${pyro[@]}" workspace export w . --output "$TEST_DIR/back" --json
is "export: status" "$status" 0
is "export: artifact_type" "$(json .artifact_type)" directory
is "export: entry_count" "$(json .entry_count)" 19
touch -r "$in" "$TEST_DIR/back"
is "in and out again: the same to tar" "$(listing "$TEST_DIR/back")" "$(listing "$in")"
run "${pyro[@]}" workspace export w . --output "$TEST_DIR/back" --json
is "export over what is there: code" "$(json .error.code)" name_taken
run "${pyro[@]}" workspace export w links/out --output "$TEST_DIR/link" --json
is "export of a link: its type" "$(json .artifact_type)$(json .entry_count)" symlink1
is "export of a link: its target is kept" "$(readlink "$TEST_DIR/link")" /usr/bin/python3
run "${pyro[@]}" workspace export w links/good/x --output "$TEST_DIR/no" --json
is "export through a link: status" "$status" 1
run "${pyro[@]}" workspace export w ../etc/passwd --output "$TEST_DIR/no" --json
is "export from elsewhere: status" "$status" 1
run "${pyro[@]}" workspace export w nothing --output "$TEST_DIR/no" --json
is "export of nothing: code" "$(json .error.code)" file_not_found
run "${pyro[@]}" workspace export w plain --output "$TEST_DIR/no/such/place"
is "export to nowhere: status" "$status" 1
"${pyro[@]}" workspace exec w -- sh -c 'mkdir special && mkfifo special/pipe; cp plain s; chmod 6755 s' 2>/dev/null
run "${pyro[@]}" workspace export w special/pipe --output "$TEST_DIR/no" --json
like "export of a FIFO: it is named" "$(json .error.message)" "/workspace/special/pipe' is a FIFO"
"${pyro[@]}" workspace exec w -- sh -c 'echo result >special/result; mkdir -m 777 special/open special/shut; echo x >special/open/x; chmod 666 special/open/x; chmod 555 special/shut; chmod 1777 special
    perl -MIO::Socket::UNIX -e "IO::Socket::UNIX->new(Local => q(special/open/sock), Listen => 1)"' 2>/dev/null
run "${pyro[@]}" workspace export w special --output "$TEST_DIR/special" --json
is "export of a directory with a FIFO and a socket" "$status$(json .skipped_count)$(cat "$TEST_DIR/special/result")" 02result
is "… they are named, and nothing else comes with them" "$(sort "$TEST_DIR/err")$(find "$TEST_DIR/special" -type p -o -type s)" \
    "pyro: '/workspace/special/open/sock' is a socket, FIFO or device, and was skipped
pyro: '/workspace/special/pipe' is a socket, FIFO or device, and was skipped"
modes() { (cd "$1" && stat -c '%a %n' . open open/x shut | tr '\n' ' '); }
is "export: modes by the umask, no sticky bit" "$(modes "$TEST_DIR/special")" "755 . 755 open 644 open/x 555 shut "
(umask 077 && "${pyro[@]}" workspace export w special --output "$TEST_DIR/special77" >/dev/null 2>&1)
is "… of 077" "$(modes "$TEST_DIR/special77")" "700 . 700 open 600 open/x 500 shut "
(umask 077 && "${pyro[@]}" workspace export w special/shut --output "$TEST_DIR/shut" >/dev/null 2>&1)
is "… a directory that cannot be written" "$(stat -c %a "$TEST_DIR/shut")" 500
for mask in 277 777; do
    (umask "$mask" && "${pyro[@]}" workspace export w special/open --output "$TEST_DIR/mask$mask" >/dev/null 2>&1)
    is "… of $mask" "$?$(stat -c %a "$TEST_DIR/mask$mask")" "0$(printf %o $((0777 & ~0$mask)))"
    chmod 700 "$TEST_DIR/mask$mask"
done
mkdir "$TEST_DIR/setgid" && chmod 2755 "$TEST_DIR/setgid"
run "${pyro[@]}" workspace export w plain --output "$TEST_DIR/setgid/plain"
is "export into a set-gid directory" "$status$(ls -A "$TEST_DIR/setgid")" 0plain
# Names that are not UTF-8, as they are and as they are listed.
"${pyro[@]}" workspace exec w -- perl -e 'mkdir "d\xe9"; open F, ">", "d\xe9/f\xff"; print F "odd"' 2>/dev/null
for text in $'d\xe9' '"d\351"' '"/workspace/d\351"'; do
    run "${pyro[@]}" workspace export w "$text" --output "$TEST_DIR/odd"$'\xe8' --json
    is "export of $(printf %q "$text")" "$status $(json .workspace_path) $(json .output_path)" \
        "0 \"/workspace/d\\351\" \"$TEST_DIR/odd\\350\""
    is "… its content" "$(cat "$TEST_DIR/odd"$'\xe8/f\xff')" odd
    rm -r "$TEST_DIR/odd"$'\xe8'
done
mkdir "$TEST_DIR/s"$'\xe9' && echo pushed >"$TEST_DIR/s"$'\xe9/g'
for text in $'p\xe9' '"p\351"'; do
    run "${pyro[@]}" workspace sync push w "$TEST_DIR/s"$'\xe9' --dest "$text" --json
    is "sync push to $(printf %q "$text")" "$status $(json .workspace_sync.destination) $(json .workspace_sync.source_path)" \
        "0 \"/workspace/p\\351\" \"$TEST_DIR/s\\351\""
    run "${pyro[@]}" workspace exec w -- sh -c 'cat "$(printf "p\351/g")"; rm -r "$(printf "p\351")"'
    is "… it is there" "$out" pushed
done
run "${pyro[@]}" workspace export w '"d' --output "$TEST_DIR/no" --json
is "export of what is not a quoted name" "$status $(json .error.code)" "2 invalid_argument"
# A killed export: what it wrote is hidden from others, and the next one removes it.
"${pyro[@]}" workspace exec w -- sh -c 'mkdir many; cd many; seq 30000 | xargs touch' 2>/dev/null
mkdir "$TEST_DIR/killed"
(umask 0 && exec "$PYRO" workspace export w many --output "$TEST_DIR/killed/out") >/dev/null 2>&1 &
begun() { [[ -n $(find "$TEST_DIR/killed" -path '*/.pyro-export-*/out' 2>/dev/null) ]]; }
wait_for 60 begun && kill -STOP $!
is "export: its temporary tree is this user's alone" "$(stat -c %a "$TEST_DIR"/killed/.pyro-export-*)" 700
run "${pyro[@]}" workspace export w plain --output "$TEST_DIR/killed/beside"
is "… and no other export removes it meanwhile" "$(ls -d "$TEST_DIR"/killed/.pyro-export-* | wc -l)" 1
kill_process $! && wait $! 2>/dev/null
run "${pyro[@]}" workspace export w plain --output "$TEST_DIR/killed/other"
is "… swept after a kill" "$status$(ls -A "$TEST_DIR/killed" | tr '\n' ' ')" "0beside other "
run "${pyro[@]}" workspace export w s --output "$TEST_DIR/s"
is "export: no set-id bit comes out" "$(stat -c %a "$TEST_DIR/s")" 755
is "no export left anything" "$(find "$TEST_DIR" -maxdepth 1 -name 'no' -o -maxdepth 1 -name '.pyro*')" ""

# Archives, in every form.
for form in tar tar.gz tgz tar.zst tar.xz; do
    tar -C "$in" --format=posix -caf "$TEST_DIR/a.$form" .
    run "${pyro[@]}" workspace sync push w "$TEST_DIR/a.$form" --dest "$form" --json
    is "$form: status" "$status" 0
    is "$form: mode and count" "$(json .workspace_sync.mode)$(json .workspace_sync.entry_count)" tar_archive19
done
run "${pyro[@]}" workspace export w tar.xz --output "$TEST_DIR/unpacked"
touch -r "$in" "$TEST_DIR/unpacked"
is "an archive in and out again: the same to tar" "$(listing "$TEST_DIR/unpacked")" "$(listing "$in")"

# Archives by another hand than GNU tar's, and ours beside what that one unpacks.
for form in pax gnutar; do
    bsdtar -C "$in" --format "$form" -czf "$TEST_DIR/bsd.tgz" .
    run "${pyro[@]}" workspace sync push w "$TEST_DIR/bsd.tgz" --dest "bsd-$form" --json
    is "bsdtar's $form: status" "$status" 0
    "${pyro[@]}" workspace export w "bsd-$form" --output "$TEST_DIR/bsd-$form" >/dev/null 2>&1
    mkdir "$TEST_DIR/by-bsdtar-$form"
    bsdtar -C "$TEST_DIR/by-bsdtar-$form" -xpf "$TEST_DIR/bsd.tgz"
    touch -r "$in" "$TEST_DIR/bsd-$form" "$TEST_DIR/by-bsdtar-$form"
    is "bsdtar's $form: the tree that bsdtar makes of it" "$(listing "$TEST_DIR/bsd-$form")" \
        "$(listing "$TEST_DIR/by-bsdtar-$form")"
done

# Hostile archives: refused by name, and nothing is written.
python3 - "$TEST_DIR" <<'PYTHON'
import io, sys, tarfile
def make(name, *members):
    with tarfile.open(f"{sys.argv[1]}/{name}.tar", "w") as tar:
        for path, kind, target in (("good", tarfile.REGTYPE, ""),) + members:
            m = tarfile.TarInfo(path)
            m.type, m.linkname, m.size = kind, target, 0
            tar.addfile(m, io.BytesIO())
T = tarfile
make("absolute", ("/tmp/x", T.REGTYPE, ""))
make("dots", ("a/../../x", T.REGTYPE, ""))
make("through", ("l", T.SYMTYPE, "/etc"), ("l/x", T.REGTYPE, ""))
make("under", ("good/x", T.REGTYPE, ""))
make("hard", ("h", T.LNKTYPE, "../../etc/passwd"))
make("hardabs", ("h", T.LNKTYPE, "/etc/passwd"))
make("hardless", ("h", T.LNKTYPE, "nothing"))
make("device", ("d", T.CHRTYPE, ""))
make("fifo", ("f", T.FIFOTYPE, ""))
PYTHON
while read -r name said; do
    run "${pyro[@]}" workspace sync push w "$TEST_DIR/$name.tar" --dest hostile --json
    is "hostile archive ($name): code" "$(json .error.code)" content_refused
    like "hostile archive ($name): the member" "$(json .error.message)" "$said"
done <<'CASES'
absolute member '/tmp/x' has an absolute name
dots member 'a/../../x' has '..'
through member 'l/x' would be written through the symbolic link 'l'
under member 'good/x' would be written into 'good'
hard member 'h' is a hard link that leads out
hardabs member 'h' is a hard link that leads out
hardless member 'h' is a hard link to 'nothing', which is not in the archive
device member 'd' is a device
fifo member 'f' is a FIFO
CASES
head -c 100000 /dev/urandom >"$TEST_DIR/not.tar.gz"
run "${pyro[@]}" workspace sync push w "$TEST_DIR/not.tar.gz" --dest hostile --json
is "no archive at all: status" "$status" 1
head -c 900000 "$TEST_DIR/a.tar.gz" >"$TEST_DIR/bomb.tar.gz"
run "${pyro[@]}" workspace sync push w "$TEST_DIR/bomb.tar.gz" --dest hostile --json
is "an archive cut short: status" "$status" 1
run "${pyro[@]}" workspace exec w -- ls -d hostile
is "nothing of any was written" "$status" 2

# Sources that are none; destinations in the way.
mkfifo "$in/pipe"
run "${pyro[@]}" workspace sync push w "$in" --dest passed --json
is "a FIFO in a directory is passed over" "$status$(json .workspace_sync.skipped_count)" 01
is "… and named" "$err" "pyro: '$in/pipe' is a socket, FIFO or device, and was skipped"
run "${pyro[@]}" workspace create debian:12-base --name fifo --seed-path "$in" --json
is "a seed with a FIFO, likewise" "$status$err" "0pyro: '$in/pipe' is a socket, FIFO or device, and was skipped"
run "${pyro[@]}" workspace delete fifo
rm "$in/pipe"
run "${pyro[@]}" workspace sync push w /nowhere --json
like "a source that is not there" "$(json .error.message)" "'/nowhere'"
run "${pyro[@]}" workspace sync push w "$in/plain" --json
is "a source that is a file" "$(json .error.code)" content_refused
run "${pyro[@]}" workspace sync push w "$in" --dest ../etc
is "a destination elsewhere: status" "$status" 1
run "${pyro[@]}" workspace sync push w "$in" --dest links/out/x --json
is "a destination through a link: status" "$status" 1
head -c 100M /dev/zero >"$TEST_DIR/much"
mkdir "$TEST_DIR/more" && mv "$TEST_DIR/much" "$TEST_DIR/more/"
tar -C "$TEST_DIR" -czf "$TEST_DIR/more.tgz" more
"${pyro[@]}" workspace exec w -- sh -c 'fallocate -l $(($(df --output=avail -B1 / | tail -1) - 50000000)) /var/filled' 2>/dev/null
for source in more more.tgz; do
    run "${pyro[@]}" workspace sync push w "$TEST_DIR/$source" --dest full --json
    is "more than the guest's disk has room for ($source): code" "$(json .error.code)" no_space
done
run "${pyro[@]}" workspace exec w -- sh -c 'rm /var/filled; ls -d full'
is "… and nothing of it was written" "$status" 2
"${pyro[@]}" workspace exec w -- sh -c 'rm plain; mkdir plain' 2>/dev/null
run "${pyro[@]}" workspace sync push w "$in" --json
like "cut short: said so" "$(json .error.message)" "cut short.*'/workspace/plain' is a directory there"
like "cut short: reset is suggested" "$(json .error.hint)" 'workspace reset'
"${pyro[@]}" workspace stop w >/dev/null
run "${pyro[@]}" workspace sync push w "$in" --json
is "a stopped workspace: code" "$(json .error.code)" workspace_state
"${pyro[@]}" workspace delete w >/dev/null

# Seeds: what create is given is the baseline.
records=$XDG_DATA_HOME/pyro/workspaces
run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name s --seed-path "$in" --json
is "seed: status" "$status" 0
is "seed: mode" "$(json .workspace_seed.mode)" directory
is "seed: path" "$(json .workspace_seed.seed_path)" "$in"
is "seed: count" "$(json .workspace_seed.entry_count)" 19
is "seed: state" "$(json .state)" started
run "${pyro[@]}" workspace status s
like "seed: said in status" "$out" "Workspace seed: directory from $in"
run "${pyro[@]}" workspace export s . --output "$TEST_DIR/seeded"
touch -r "$in" "$TEST_DIR/seeded"
is "seed: the same to tar" "$(listing "$TEST_DIR/seeded")" "$(listing "$in")"
run "${pyro[@]}" workspace diff s
is "seed: no changes" "$out" "No workspace changes."
"${pyro[@]}" workspace exec s -- sh -c 'rm -rf a; echo more >>plain' 2>/dev/null
run "${pyro[@]}" workspace diff s --json
is "seed: changes against it" "$(json .changed)" true
"${pyro[@]}" workspace reset s >/dev/null
run "${pyro[@]}" workspace export s . --output "$TEST_DIR/reset"
touch -r "$in" "$TEST_DIR/reset"
is "seed: a reset brings it back" "$(listing "$TEST_DIR/reset")" "$(listing "$in")"
run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name s --seed-path "$in" --json
is "seed: a name that is taken" "$(json .error.code)" name_taken
"${pyro[@]}" workspace delete s >/dev/null
run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --seed-path "$TEST_DIR/a.tgz" --json
is "seed of an archive: mode and count" "$(json .workspace_seed.mode)$(json .workspace_seed.entry_count)" tar_archive19
"${pyro[@]}" workspace delete "$(json .workspace_id)" >/dev/null
run "${pyro[@]}" workspace create debian:12-base --seed-path "$TEST_DIR/through.tar" --json
is "seed of a hostile archive: code" "$(json .error.code)" content_refused
run "${pyro[@]}" workspace create debian:12-base --seed-path "$TEST_DIR/nothing" --json
is "seed of nothing: status" "$status" 1
is "a seed that failed leaves nothing" "$(ls -A "$records")" .lock

# Killed in the middle of it, create leaves nothing either.
mkdir "$TEST_DIR/large"
head -c 300M /dev/urandom >"$TEST_DIR/large/file"
timeout -s KILL 300 "$PYRO" workspace create debian:12-base --mem-mib 256 --seed-path "$TEST_DIR/large" >/dev/null 2>&1 &
creator=$!
is_seeding() { grep -qs '"state": "started"' "$records"/*/workspace.json; }
is_gone() { [[ $(ls -A "$records") == .lock ]]; }
wait_for 60 is_seeding
children=$(cat "/proc/$creator/task/$creator/children" 2>/dev/null)
for pid in $children; do
    kill_process "$pid"
done
wait "$creator" 2>/dev/null
wait_for 60 is_gone && pass "a create that is killed while it seeds leaves nothing"
chmod -R u+rwX "$TEST_DIR"
finish
