#!/bin/bash
# Secrets: given once, in the guest's memory and the asked-for environment, and nowhere else that pyro
# stores or prints anything.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
workspaces=$XDG_DATA_HOME/pyro/workspaces

# The values, and texts to look for that only they hold: another run's are others. They are in no environment, and in
# no file below the state directory but one.
token=tok-8c1f6e0d-Zürich-57-$$
literal='p4ss w0rd$'"'"'"\*'$$
key=$'-----BEGIN KEY-----\nMIIByzCCAXKgAwIBAgIUQ'$$$'\nqzL0s8v\n-----END KEY-----'
printf '%s\n' "$token" >"$TEST_DIR/token"
printf '%s\n' "$key" >"$TEST_DIR/key"
printf '%s\n' "$token" "$literal" MIIByzCCAXKgAwIBAgIUQ$$ >"$TEST_DIR/values"

# hunt WHAT FILE…: fails the test when any of the values is in one of the files; holes are passed over.
hunt() {
    local what=$1
    shift
    is "$what" "$(python3 - "$TEST_DIR/values" "$@" <<'PYTHON'
import os, re, sys
values = open(sys.argv[1], "rb").read().splitlines()
seen = end = 0
for name in sys.argv[2:]:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
        at, end = 0, os.fstat(fd).st_size
    except OSError:
        continue  # a process that has ended
    data = b""
    try:
        while True:
            try: at = os.lseek(fd, at, os.SEEK_DATA)
            except OSError: break
            os.lseek(fd, at, os.SEEK_SET)
            data = data[-200:] + os.read(fd, 1 << 20)
            for value in values:
                if value in data: print(name, "holds", values.index(value))
            seen += 1
            if at + (1 << 20) >= end: break
            at += 1 << 20
    finally:
        os.close(fd)
PYTHON
)" ""
}
state_files() {
    find "$workspaces" -type f ! -path '*/secrets/*' ! -name '*.sock'
}
# Of every process there is, what others may read.
hunt_processes() {
    is "$1" "$(grep -laF -f "$TEST_DIR/values" /proc/[0-9]*/{cmdline,environ} 2>/dev/null)" ""
}
shell() {
    local verb=$1
    shift
    run timeout 300 "$PYRO" workspace shell "$verb" w sh1 "$@"
}

### What is refused, and that no error shows what was given.
refused() { # WHAT STATUS PATTERN ARGUMENT…
    run "$PYRO" workspace create debian:12-base --name bad "${@:4}" --json
    is "$1: refused" "$status" "$2"
    like "… and says why" "$(json .error.message)" "$3"
    refute "… without the value" grep -q s3cr3t <<<"$out$err"
}
head -c 1048576 /dev/zero | tr '\0' s >"$TEST_DIR/large"
printf 's3cr3t\0' >"$TEST_DIR/nul"
printf 's3cr3t\xff' >"$TEST_DIR/latin"
printf '\n\n' >"$TEST_DIR/newlines"
: >"$TEST_DIR/empty"
refused "no '='" 2 "no '='" --secret s3cr3t
refused "a bad name" 2 "not a valid name for a secret" --secret 9A=s3cr3t
refused "a long name" 2 "not a valid name for a secret" --secret "$(printf 'A%.0s' {1..65})=s3cr3t"
refused "a name with a dash" 2 "not a valid name for a secret" --secret-file "A-B=$TEST_DIR/token"
refused "an empty one" 2 "'A' is empty" --secret A=
refused "an empty file" 2 "'A' is empty" --secret-file "A=$TEST_DIR/empty"
refused "nothing but newlines" 2 "'A' is empty" --secret-file "A=$TEST_DIR/newlines"
refused "a NUL" 2 "'A' is not UTF-8 text" --secret-file "A=$TEST_DIR/nul"
refused "not UTF-8" 2 "'A' is not UTF-8 text" --secret-file "A=$TEST_DIR/latin"
refused "not UTF-8 on the command line" 2 "'A' is not UTF-8 text" --secret $'A=s3cr3t\xff'
refused "a MiB" 2 "'A' is over 32 KiB" --secret-file "A=$TEST_DIR/large"
refused "a name twice" 2 "'A' is given twice" --secret A=s3cr3t --secret-file "A=$TEST_DIR/token"
refused "a file that is not there" 1 "'A': open .*/missing'" --secret-file "A=$TEST_DIR/missing"
refused "a directory" 1 "'A': read" --secret-file "A=$TEST_DIR"
run "$PYRO" workspace list --json
is "nothing was created" "$(json .count)" 0

### One with secrets.
run "$PYRO" workspace create debian:12 --name w --secret LITERAL="$literal" \
    --secret-file TOKEN="$TEST_DIR/token" --secret-file KEY="$TEST_DIR/key" --json
is "created" "$status" 0
id=$(json .workspace_id)
is "its secrets, by name" "$(json .secrets)" '[{"name": "LITERAL", "source_kind": "literal"}, {"name": "TOKEN", "source_kind": "file"}, {"name": "KEY", "source_kind": "file"}]'
run "$PYRO" workspace update w --label "seen=$token" --json
is "a label is stored, too" "$(json .labels.seen)" "[REDACTED]"
run "$PYRO" workspace status w
like "… in its status" "$out" $'\nSecrets: LITERAL \\(literal\\), TOKEN \\(file\\), KEY \\(file\\)\n'
is "on the host: theirs alone" "$(cd "$workspaces/$id" && stat -c '%n %a' secrets secrets/* | tr '\n' ' ')" \
    "secrets 700 secrets/KEY 600 secrets/LITERAL 600 secrets/TOKEN 600 "

# in_guest SCRIPT [OPTION…]: its output, with sums in place of what must not be seen.
in_guest() {
    run "$PYRO" workspace exec w "${@:2}" -- sh -c "$1"
}
sums=$(sha256sum <"$TEST_DIR/key"; sha256sum <"$TEST_DIR/token")
handed_over() { # WHAT
    in_guest 'cd /run/pyro-secrets && stat -c "%n %a %u" . * && stat -f -c %T . && sha256sum <KEY && sha256sum <TOKEN'
    is "$1: files in memory, and whole" "$out" ". 700 0
KEY 400 0
LITERAL 400 0
TOKEN 400 0
tmpfs
$sums"
}
handed_over "created"
in_guest 'printf %s "$TOKEN" | sha256sum; printf %s "$PASS" | sha256sum; env | grep -c KEY' --secret-env TOKEN --secret-env LITERAL=PASS
is "variables, as asked for" "$out" "$(printf %s "$token" | sha256sum)
$(printf %s "$literal" | sha256sum)
0"
in_guest 'env'
refute "… and no others" grep -qE 'TOKEN|LITERAL|PASS|KEY' <<<"$out"
in_guest 'tr "\0" "\n" </proc/1/environ; cat /proc/1/cmdline; ls -A /proc/1/fd | wc -l >/dev/null' --secret-env TOKEN
refute "the guest's own process has none" grep -q REDACTED <<<"$out"

run "$PYRO" workspace exec w --secret-env NONE --json -- true
is "an unknown secret" "$status $(json .error.code)" "125 secret_not_found"
for bad in 9A A-B A=9B A=B=C =A ''; do
    run "$PYRO" workspace exec w --secret-env "$bad" -- true
    is "--secret-env '$bad'" "$status" 2
done
run "$PYRO" workspace exec w --secret-env TOKEN=A --secret-env KEY=A -- true
is "a variable twice" "$status" 2
run "$PYRO" workspace shell open w --secret-env NONE --json
is "an unknown one for a shell" "$status $(json .error.code)" "1 secret_not_found"
run "$PYRO" workspace service start w s --secret-env NONE --json -- true
is "… for a service" "$status $(json .error.code)" "1 secret_not_found"

### What a command prints.
in_guest 'echo "a $TOKEN b"; cat /run/pyro-secrets/LITERAL >&2; echo; echo; cat /run/pyro-secrets/KEY' --secret-env TOKEN
is "stdout" "$out" $'a [REDACTED] b\n\n\n[REDACTED]'
like "stderr" "$err" '^\[REDACTED\]'
in_guest 'i=1; while [ $i -le ${#TOKEN} ]; do printf "%s" "$TOKEN" | cut -c$i | tr -d "\n"; i=$((i+1)); done' --secret-env TOKEN
# A pause in it shows three bytes at most: on a slow machine there may be some.
like "in single bytes" "$out" '^(t|to|tok)?\[REDACTED\]$'
run timeout 300 "$PYRO" workspace exec w --json --secret-env TOKEN -- sh -c 'echo "$TOKEN '"$token"'"; exit 3'
is "JSON: output and status" "$(json .stdout) $status" "[REDACTED] [REDACTED] 3"
like "its command" "$(json .command[2])" '^echo "\$TOKEN \[REDACTED\]"'
run "$PYRO" workspace exec w --json -- "/bin/$token"
like "what cannot be run" "$(json .stderr)" '/bin/\[REDACTED\]: command not found'
run "$PYRO" workspace exec w --json --cwd "/$token" -- true
like "a directory that is not there" "$(json .error.message)" "'/\[REDACTED\]'"
# At once: the value in full comes when it is whole, what could be one does not keep others waiting.
in_guest 'printf "x%s" "${TOKEN%%1*}"; sleep 0.5; printf "\n"' --secret-env TOKEN
is "what only began like one is shown" "$out" "xtok-8c"
run "$PYRO" workspace logs w --json
is "logs" "$(json . | grep -cF -f "$TEST_DIR/values")" 0
like "… with the command" "$(json .)" 'echo ..a \$TOKEN b'

### A shell.
run "$PYRO" workspace shell open w --secret-env TOKEN --secret-env KEY --id-only
is "a shell with two" "$out" sh1
shell read --wait-for-prompt --plain
like "its prompt" "$out" 'root@w:/workspace# $'
shell write --input 'unset HISTFILE' # what is typed is in bash's history, which is on the guest's disk
shell read --wait-for-prompt
shell write --input "echo =\$TOKEN= =$token="
shell read --wait-for-prompt --plain
like "what it prints" "$out" $'\n=\\[REDACTED\\]= =\\[REDACTED\\]=\n'
like "… and the echo of what is typed" "$out" $'echo =\\$TOKEN= =\\[REDACTED\\]=\n'
shell write --input 'cat /run/pyro-secrets/KEY; echo "$KEY" | od -c | head -1'
shell read --wait-for-prompt --plain
like "of several lines, as a terminal has them" "$out" $'head -1\n\\[REDACTED\\]\n0000000   -'
shell write --input 'printf "%s\e[1m%s\e[m\n" "${TOKEN%f6e*}" "${TOKEN#*8c1}"'
shell read --wait-for-prompt --plain
like "put together by rendering only" "$out" $'\n\\[REDACTED\\]\n'
shell write --input 'printf "\e]0;at %s\a\e[2J\e[5;5Htop: %s" "$TOKEN" "$TOKEN"; exec -a "$TOKEN" sleep 1000'
foreground() { grep -o '"foreground":"[^"]*"' "$workspaces/$id/shells/sh1.json"; }
foreground_is() { [[ $(foreground) == *"$1"* ]]; }
drawn() { shell read --screen --json && [[ $(json .screen.rows) == *'top: '* && -n $(json .screen.title) ]]; }
check "a screen is drawn" wait_for 60 drawn
like "a screen" "$(json .screen.rows)" 'top: \[REDACTED\]"'
is "… and its title" "$(json .screen.title)" "at [REDACTED]"
run "$PYRO" workspace shell open w --secret-env TOKEN --id-only
run "$PYRO" workspace shell write w sh2 --input '(exec -a "$TOKEN" sleep 1000)'
second() { grep -q '"foreground":".*REDACTED.* 1000"' "$workspaces/$id/shells/sh2.json"; }
wait_for 60 second && pass "the name of the program in front"
run "$PYRO" workspace shell list w --json
is "the list" "$(json . | grep -cF -f "$TEST_DIR/values")" 0
# A prompt that only begins like a value: it is seen, and it is a prompt.
run "$PYRO" workspace shell open w --id-only
run "$PYRO" workspace shell write w sh3 --input "PS1='to'"
like_prompt() {
    run "$PYRO" workspace shell read w sh3 --wait-for-prompt --plain --json
    [[ $(json .at_prompt) == true && $(json .output) == *$'\nto' ]]
}
wait_for 60 like_prompt && pass "a prompt that begins like a value is shown"

### A service.
run "$PYRO" workspace service start w svc --secret-env TOKEN --ready-command "test -n '$token'" -- \
    sh -c 'printf "%s" "$TOKEN" | cut -c1-9 | tr -d "\n"; printf "%s\n" "$TOKEN" | cut -c10-; echo "$TOKEN '"$token"'" >&2; exec sleep 1000'
is "a service" "$status" 0
printed() { run "$PYRO" workspace service logs w svc --json; [[ $(json .stdout) == *']' && $(json .stderr) == *']'* ]]; }
wait_for 60 printed
like "its logs" "$(json .stdout) $(json .stderr)" '^(t|to|tok)?\[REDACTED\] \[REDACTED\] \[REDACTED\]$'
run "$PYRO" workspace service status w svc
like "its command" "$out" 'echo .*\[REDACTED\]'
run "$PYRO" workspace service start w no --secret-env TOKEN --ready-command 'echo $TOKEN >&2; false' --ready-timeout-seconds 10 -- \
    sh -c 'echo broken: $TOKEN >&2; exec sleep 1000'
is "one that does not get ready" "$status" 1
like "… says why" "$err" 'broken: \[REDACTED\]'

### What is nowhere, as long as nothing was written to the guest's disk.
in_guest 'echo "boot $TOKEN" >/dev/ttyS0; sync' --secret-env TOKEN
on_console() { grep -q 'boot \[REDACTED\]' "$workspaces/$id/console.log"; }
wait_for 60 on_console && pass "the console"
run "$PYRO" workspace snapshot create w snap
is "a snapshot" "$status" 0
hunt_processes "not in a command line or environment of the host"
# The VM's memory, and the supervisor's copy: marked to be left out of core dumps ("dd"), of which
# there are none.
left_out() { # PID NAME_OF_THE_MAPPING
    awk -v name="$2" '/^[0-9a-f]+-/ { in_it = name == "" ? NF == 5 : index($0, name) } in_it && /^VmFlags:.* dd( |$)/ { found = 1 } END { exit !found }' "/proc/$1/smaps"
}
supervisor=$(supervisor_of "$id")
check "the VM's memory is in no core dump" left_out "$(json .vm_pid "$(cat "$workspaces/$id/workspace.json")")" memfd:
check "the values are in none" left_out "$supervisor" ""
for pid in "$supervisor" "$(json .vm_pid "$(cat "$workspaces/$id/workspace.json")")"; do
    like "no core dumps of $(cat "/proc/$pid/comm")" "$(grep 'core file' "/proc/$pid/limits")" ' 0 +0 '
done
hunt "not in the state directory" $(state_files)
hunt "not beside it" $(find "$TMPDIR" "$HOME" -type f)

### Kept over a killed supervisor, stop and start, and reset.
kill_process "$(supervisor_of "$id")"
is_gone() { ! fuser "$workspaces/$id/lock" >/dev/null 2>&1; }
wait_for 30 is_gone
in_guest 'echo "$TOKEN"' --secret-env TOKEN
is "after a killed supervisor" "$out" "[REDACTED]"
run "$PYRO" workspace stop w
run "$PYRO" workspace disk export w --output "$TEST_DIR/disk.ext4"
is "an exported disk" "$status" 0
hunt "not on it" "$TEST_DIR/disk.ext4"
rm -f "$TEST_DIR/disk.ext4"
run "$PYRO" workspace disk list w /run --recursive --json
refute "no trace of their directory" grep -q pyro-secrets <<<"$out"
run "$PYRO" workspace start w
handed_over "started again"
run "$PYRO" workspace reset w
is "a reset" "$status" 0
handed_over "reset"
run "$PYRO" workspace reset w --snapshot snap
handed_over "reset to a snapshot"
in_guest 'echo "$TOKEN"' --secret-env TOKEN
is "and redacted" "$out" "[REDACTED]"

### What the guest's own files hold, and pyro prints.
run "$PYRO" workspace file write w conf --text "token = $token"$'\n'"$key"$'\n'
in_guest 'test "$(head -1 conf)" = "token = $TOKEN" && ln -s "$TOKEN" link && mkdir "$TOKEN.d" && echo in the file' --secret-env TOKEN
is "a file is what was written" "$out" "in the file"
run "$PYRO" workspace file read w conf
is "read" "$out" $'token = [REDACTED]\n[REDACTED]'
run "$PYRO" workspace file read w conf --max-bytes 17 --json
is "… cut inside of it" "$(json .content)|$(json .next_offset)" 'token = |8'
run "$PYRO" workspace file read w conf --offset 8 --json
is "… goes on with all of it" "$(json .content)" $'[REDACTED]\n[REDACTED]'
run "$PYRO" workspace file read w conf --offset 8 --max-bytes 5 --json
is "… that is cut itself" "$(json .content)" 'tok[REDACTED]'
run "$PYRO" workspace file list w --json
is "names and links" "$(json . | grep -o REDACTED | wc -l) $(json . | grep -cF -f "$TEST_DIR/values")" "2 0"
run "$PYRO" workspace diff w
like "a diff" "$out" $'\n\\+token = \\[REDACTED\\]\n'
refute "… of several lines, too" grep -qF -f "$TEST_DIR/values" <<<"$out"
run "$PYRO" workspace stop w
run "$PYRO" workspace disk read w conf
like "from the disk" "$out" $'^token = \\[REDACTED\\]\n'
run "$PYRO" workspace disk read w conf --content-only
is "… its content only" "$out" $'token = [REDACTED]\n[REDACTED]'
run "$PYRO" workspace disk list w --json
refute "… names" grep -qF -f "$TEST_DIR/values" <<<"$out"
run "$PYRO" workspace export w conf --output "$TEST_DIR/exported"
run "$PYRO" workspace start w
run "$PYRO" workspace export w conf --output "$TEST_DIR/exported"
is "an export is the file itself" "$(head -n 1 "$TEST_DIR/exported")" "token = $token"

### Gone.
rm -f "$workspaces/$id/secrets/TOKEN"
run "$PYRO" workspace stop w
run "$PYRO" workspace start w
is "one whose file is gone" "$status" 1
like "… is missed" "$err" "no secret 'TOKEN'"
run "$PYRO" workspace delete w
is "deleted" "$status $(find "$workspaces" -name 'secrets*')" "0 "

# Beside a seed, whose path is told.
mkdir -p "$TEST_DIR/seed-$token" && echo seeded >"$TEST_DIR/seed-$token/file"
run "$PYRO" workspace create debian:12 --name w --seed-path "$TEST_DIR/seed-$token" --secret-file TOKEN="$TEST_DIR/token" --json
like "seeded" "$(json .workspace_seed.seed_path)" 'seed-\[REDACTED\]$'
in_guest 'cat file; echo "$TOKEN"' --secret-env TOKEN
is "… and with a secret" "$out" $'seeded\n[REDACTED]'
hunt "not in its state" $(state_files)
run "$PYRO" workspace delete w

# A secret of one byte grows what is printed tenfold, before a client that reads late as well.
run "$PYRO" workspace create debian:12-base --name x --secret X=x
is "one byte" "$("$PYRO" workspace exec x -- sh -c 'yes x | head -c 3000000' 2>/dev/null | (sleep 1; md5sum))" \
    "$(yes '[REDACTED]' | head -n 1500000 | md5sum)"
run "$PYRO" workspace service start x flood -- sh -c 'yes x | head -c 200000; exec sleep 1000'
flooded() { [[ $(stat -c %s "$workspaces"/*/services/flood/stdout.log) -ge 1100000 ]]; }
wait_for 60 flooded
is "… in a log" "$("$PYRO" workspace service logs x flood --all 2>/dev/null | md5sum)" \
    "$(yes '[REDACTED]' | head -n 100000 | md5sum)"
run "$PYRO" workspace delete x
finish
