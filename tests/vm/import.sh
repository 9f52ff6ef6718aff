#!/bin/bash
# tests/vm/import.sh: environments made of archives, and machines made of those: one static program, a
# busybox, an image of several layers in each form and compression; and what they are in lists.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
own_cache
environments=$XDG_CACHE_HOME/pyro/environments
image() { python3 tests/oci_image.py "$@"; }
member() { python3 -c 'import json, sys; print(json.dumps(eval("d" + sys.argv[1], {"d": json.load(sys.stdin)})))' "$1"; }

# A root file system of one program that needs nothing.
cat >"$TEST_DIR/say.c" <<'END'
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char at[100];
    printf("%d %s %s\n", argc, argc > 1 ? argv[1] : "", getcwd(at, sizeof(at)));
    return 7;
}
END
mkdir "$TEST_DIR/static"
gcc -static -o "$TEST_DIR/static/say" "$TEST_DIR/say.c"
tar -C "$TEST_DIR/static" -cf "$TEST_DIR/static.tar" .
for how in gzip xz zstd; do
    "$how" -q -k "$TEST_DIR/static.tar"
done
for file in static.tar static.tar.gz static.tar.xz static.tar.zst; do
    run "$PYRO" env import one "$TEST_DIR/$file"
    is "import $file: status" "$status" 0
    like "… says what it is" "$out" $'^Imported: one\n.*Description: Root file system from an archive\n'
    run "$PYRO" run one -- /say it
    is "… its program runs" "$status $out" "7 2 it /workspace"
    [[ $file == static.tar ]] || { run "$PYRO" env remove one && is "remove: status" "$status" 0; }
    [[ $file == static.tar ]] && { run "$PYRO" env import one "$TEST_DIR/$file" --json &&
        is "a name that is taken" "$status $(json .error.code)" "1 name_taken" && "$PYRO" env remove one >/dev/null; }
done
is "nothing is left of what was removed" "$(find "$environments" -mindepth 1 ! -name 'lock-*')" ""

# An image of layers over a busybox.
applets='"bin/busybox@/bin/busybox", "bin/sh->busybox", "bin/cat->busybox", "bin/ls->busybox", "bin/id->busybox"'
layers='[{"members": ['$applets', "d/x:1", "d/y:1", "gone:1", "etc->conf", "conf/"], "compress": "none"},
    {"members": ["d/.wh.x", ".wh.gone", "z=d/y", "d/v:2"], "compress": "zstd"},
    {"members": ["d/.wh..wh..opq", "d/w:3", "etc/passwd:root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"]}]'
config='{"Env": ["A=from the image"], "Cmd": ["cat", "/d/w"], "Labels": {"k": "\u001b[2J"}, "ExposedPorts": {"80/tcp": {}}}'
for form in layout docker; do
    image "$form" "$TEST_DIR/$form.tar" <<<"{\"layers\": $layers, \"config\": $config}"
    run "$PYRO" env import "$form" "$TEST_DIR/$form.tar" --json
    is "import $form: status" "$status" 0
    is "… what it is called" "$(json .reference) $(json .source)" "example:1 archive"
    is "… its layers" "$(member '["layers"].__len__()' <<<"$out")" 3
    is "… its configuration" "$(json .config.cmd) $(json .config.env)" '["cat", "/d/w"] ["A=from the image"]'
    run "$PYRO" run "$form" -- sh -c 'cat /z /d/w; ls /d; ls / | cat' </dev/null
    is "… its layers are one over the other" "$status ${out//$'\n'/ }" \
        "0 13w bin conf d dev etc lost+found proc run sys tmp workspace z"
done
run "$PYRO" env inspect layout
like "inspect shows the configuration" "$out" $'\nCommand: cat /d/w\nVariables: A=from the image\nPorts: 80/tcp\nLayers: 3, [0-9]+ bytes'
like "… and the digest" "$out" $'\nDigest: sha256:[0-9a-f]{64}\n'
run "$PYRO" workspace create layout --name w --id-only
is "a workspace of it: status" "$status" 0
in_w() { run "$PYRO" workspace exec w -- sh -c "$1"; }
shell=$("$PYRO" workspace shell open w --id-only)
"$PYRO" workspace shell write w "$shell" --input 'echo "<$SHELL>"' >/dev/null
run "$PYRO" workspace shell read w "$shell" --plain --wait-for-prompt
like "a shell where there is no bash: sh" "$out" '</bin/sh>'
run "$PYRO" env list
like "list: what is not in the catalog" "$out" \
    $'\ndocker \[installed\] Image example:1 \([0-9]+ MiB, [0-9]+ min\)\nlayout \[installed\] Image example:1 \(sha256:[0-9a-f]{12}, [0-9]+ MiB, [0-9]+ min, used by 1\)'
run "$PYRO" env list --json
is "list: used by" "$(member '["environments"][-1]["used_by"]' <<<"$out")" '["w"]'

# What an image has in /tmp is its own, through links of the root too; what came later goes at a start. A root
# of links, with no shell and no tables of users.
image layout "$TEST_DIR/odd.tar" <<<'{"layers": [["bin/busybox@/bin/busybox", "tmp/kept/x:1", "tmp/own:2", "tmp/link->own",
    "etc->private/etc", "private/etc/", "private/etc/hosts->/nowhere", "private/etc/passwd/", "private/etc/resolv.conf/"]]}'
run "$PYRO" env import odd "$TEST_DIR/odd.tar"
is "an odd root: status" "$status" 0
"$PYRO" workspace create odd --name odd >/dev/null
box() { run "$PYRO" workspace exec odd -- /bin/busybox "$@"; }
box mkdir /tmp/later
box touch /tmp/kept/later
run "$PYRO" workspace shell open odd --json
is "it has no shell" "$status $(json .error.code)" "1 no_shell"
"$PYRO" workspace stop odd >/dev/null
"$PYRO" workspace start odd >/dev/null
box find /tmp
is "what the image has in /tmp is there after a start" "$(sort <<<"$out" | tr '\n' ' ')" \
    "/tmp /tmp/kept /tmp/kept/later /tmp/kept/x /tmp/link /tmp/own "
box sh -c 'mount | grep -c " on /\(proc\|sys\|dev\|run\) "'
is "the system's mounts are in their places" "$out" 4
"$PYRO" workspace delete odd >/dev/null

# Another C library than Debian's, and programs that are linked to it.
printf '%s\n' '#include <pwd.h>' '#include <stdio.h>' 'int main(void) { struct passwd *p = getpwuid(1000); printf("%s of musl\n", p ? p->pw_name : "nobody"); return 3; }' >"$TEST_DIR/who.c"
musl-gcc -o "$TEST_DIR/who" "$TEST_DIR/who.c"
image layout "$TEST_DIR/musl.tar" <<<"{\"layers\": [[$applets, \"usr/bin/who@$TEST_DIR/who\", \"lib/ld-musl-x86_64.so.1@/usr/lib/x86_64-linux-musl/libc.so\",
    \"etc/passwd:app:x:1000:1000::/:/bin/sh\\n\"]], \"config\": {\"Entrypoint\": [\"who\"]}}"
run "$PYRO" env import musl "$TEST_DIR/musl.tar"
is "a root of musl: status" "$status" 0
run "$PYRO" run musl </dev/null
is "… its programs run" "$status $out" "3 app of musl"
"$PYRO" env remove musl >/dev/null

# As much as there may be: 127 layers, of which one takes away what another did; 500,000 files; names of all bytes.
image layout "$TEST_DIR/much.tar" <<<"{\"layers\": [[$applets, \"bin/find->busybox\", \"bin/wc->busybox\", \"bin/tr->busybox\", \"gone\", \"bin/same=bin/busybox\"],
    [\".wh.gone\"], [\".wh.gone\", \".wh.never\", \"again\"], [\".wh.again\"], [\"again:back\", \"linked=bin/same\"],
    {\"many\": 500000}, {\"bytes\": true}, {\"members\": [\"d/x\"], \"times\": 120}]}"
run "$PYRO" env import much "$TEST_DIR/much.tar"
is "much at once: status" "$status" 0
run "$PYRO" run much --timeout-seconds 0 -- sh -c 'cd /; ls many | wc -l; ls many/499 | wc -l; find bytes -type f -print0 | tr -dc "\0" | wc -c; cat again; [ linked -ef bin/busybox ] && echo linked; ls -d gone' \
    </dev/null
is "… and it is all there" "${out//[[:space:]]/ }" "500 1000 254 backlinked"
run "$PYRO" env export layout --output "$TEST_DIR/exported.tar"
is "env export: status" "$status" 0
like "… says what it wrote" "$out" "^.env-export. name=layout output_path=$TEST_DIR/exported.tar digest=sha256:[0-9a-f]{64} entry_count="
run "$PYRO" env import exported "$TEST_DIR/exported.tar"
run "$PYRO" run exported </dev/null
is "… an environment of that is the same" "$status $out" "0 3"

# What nothing else has is kept by a prune, and what is removed takes no workspace with it.
run "$PYRO" env prune
check "prune keeps what was imported" test -e "$environments/docker.json"
run "$PYRO" env remove layout
is "remove: status" "$status" 0
run "$PYRO" workspace exec w -- cat /d/w
is "a workspace of it goes on" "$out" 3
run "$PYRO" workspace stop w
run "$PYRO" workspace start w
is "… and starts again" "$status" 0
run "$PYRO" workspace exec w -- cat /d/w
is "… as it was" "$out" 3
run "$PYRO" run layout -- true
like "a removed one is unknown" "$err" "no environment 'layout'"
run "$PYRO" workspace delete w
finish
