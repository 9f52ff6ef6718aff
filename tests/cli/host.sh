#!/bin/bash
# `pyro host`: agents are connected by their own `mcp add`, and nothing of their files is lost, whatever they do; what is printed
# for them is what their formats read; the doctor says what is wrong. Stand-ins for the agents (tests/host_agent.py).
cd "$(dirname "$0")/../.." && . tests/lib.sh
export ANY_TOKEN=canary-7361
unset XDG_CONFIG_HOME
agents=(claude-code codex gemini opencode)
declare -A file=([claude-code]=.claude.json [codex]=.codex/config.toml [gemini]=.gemini/settings.json [opencode]=.config/opencode/opencode.jsonc)
declare -A program=([claude-code]=claude [codex]=codex [gemini]=gemini [opencode]=opencode)
declare -A words=([claude-code]="--scope user pyro --" [codex]="pyro --" [gemini]="--scope user pyro" [opencode]="pyro --")
bin=$TEST_DIR/bin
mkdir "$bin"
for agent in "${agents[@]}"; do
    ln -s "$PWD/tests/host_agent.py" "$bin/${program[$agent]}"
done
pyro=$(realpath "$PYRO")
bare=$PATH
PATH=$bin:$PATH

# home NAME: a new one
home() {
    HOME=$TEST_DIR/home-$1
    mkdir "$HOME"
}

# entry AGENT: the command of its entry, as python reads the file: words, one a line
entry() {
    python3 - "$1" "$HOME/${file[$1]}" <<'END'
import json, re, sys, tomllib
name, text = sys.argv[1], open(sys.argv[2]).read()
if name == "codex":
    entry = tomllib.loads(text)["mcp_servers"]["pyro"]
else:
    entry = json.loads(re.sub("(?m)^ *//.*", "", text))["mcp" if name == "opencode" else "mcpServers"]["pyro"]
print("\n".join(entry["command"] if name == "opencode" else [entry["command"], *entry["args"]]))
END
}

# A file that has another entry, with a token.
begin() { # AGENT
    mkdir -p "$(dirname "$HOME/${file[$1]}")"
    case $1 in
    codex) printf '# mine\n[mcp_servers.other]\ncommand = "y"\nenv = { TOKEN = "token-8812" }\n' ;;
    opencode) printf '{\n  "mcp": {\n    "other": {\n      "command": ["y"],\n      "env": { "TOKEN": "token-8812" }\n    }\n  }\n}\n' ;;
    *) printf '{\n  "mcpServers": {\n    "other": {\n      "command": "y",\n      "env": { "TOKEN": "token-8812" }\n    }\n  }\n}\n' ;;
    esac >"$HOME/${file[$1]}"
}

connects() {
    local agent
    for agent in "${agents[@]}"; do
        home "connects-$agent"
        run "$PYRO" host connect "$agent" --json
        is "$agent: connect: status" "$status $err" "0 "
        is "$agent: nothing was there to copy" "$(json .changed) $(json .backup_path) $(json .config_path)" "true null $HOME/${file[$agent]}"
        is "$agent: its own mcp add" "$(grep -v list "$HOME/calls")" "${program[$agent]} mcp add ${words[$agent]} $pyro mcp serve"
        is "$agent: the entry" "$(entry "$agent" | paste -sd' ')" "$pyro mcp serve"
        is "$agent: no token gets to it, and it is not run in the user's directory" \
            "$(grep -c canary "$HOME/environment") $(grep -o '/$' "$HOME/environment")" "0 /"
        rm "$HOME/calls"
        run "$PYRO" host connect "$agent"
        is "$agent: again: there is nothing to do" "$status $out" "0 nothing to do: $agent starts $pyro mcp serve"
        is "$agent: and nothing is done" "$(grep -v list "$HOME/calls" 2>&1 | grep -v 'No such')" ""
        cp "$HOME/${file[$agent]}" "$HOME/before"
        chmod 640 "$HOME/${file[$agent]}"
        run "$PYRO" host connect "$agent" --profile vm-run --project-path "$TEST_DIR"
        is "$agent: another profile" "$(entry "$agent" | paste -sd' ')" "$pyro mcp serve --profile vm-run --project-path $TEST_DIR"
        like "$agent: the difference is shown" "$out" '\+.*vm-run'
        copy=$HOME/${file[$agent]}.before-pyro
        like "$agent: and where the copy is" "$out" "Backup: $copy"
        is "$agent: which is the file as it was" "$(cmp "$copy" "$HOME/before" 2>&1) $(stat -c %a "$copy")" " 640"
        run "$PYRO" host connect "$agent" --project-path /nonexistent
        like "$agent: no such project" "$status $err" "^1 pyro: --project-path: '/nonexistent'"
        run "$PYRO" host connect "$agent"
        check "$agent: every copy is kept" [ -s "$copy" -a -s "$copy.2" ]
    done
    like "claude refuses a second one: the first is removed" "$(sed -n 1p "$TEST_DIR/home-connects-claude-code/calls")" "mcp remove --scope user pyro"
}

keeps_the_rest() {
    local agent
    for agent in "${agents[@]}"; do
        home "rest-$agent"
        begin "$agent"
        run "$PYRO" host connect "$agent"
        is "$agent: connected" "$status" 0
        check "$agent: the other entry is there" grep -q token-8812 "$HOME/${file[$agent]}"
        refute "$agent: its token is not shown" grep -q token-8812 "$TEST_DIR/out"
    done
}

goes_wrong() {
    local agent mode
    for agent in "${agents[@]}"; do
        home "wrong-$agent"
        for mode in die nothing fail lose; do
            [[ $mode$agent == losecodex ]] && continue # it adds to the text
            echo "$mode" >"$HOME/mode"
            rm -f "$HOME/${file[$agent]}"
            if [[ $mode != lose ]]; then
                run "$PYRO" host connect "$agent"
                is "$agent: $mode, with no file before" "$status $(ls "$HOME/${file[$agent]}" 2>/dev/null)" "1 "
            fi
            begin "$agent"
            chmod 600 "$HOME/${file[$agent]}"
            cp "$HOME/${file[$agent]}" "$HOME/before"
            run "$PYRO" host connect "$agent"
            like "$agent: $mode" "$status $err" "^1 pyro: '$HOME/${file[$agent]}' is as it was: .*print-config $agent"
            is "$agent: $mode: nothing is lost" "$(cmp "$HOME/before" "$HOME/${file[$agent]}" 2>&1) $(stat -c %a "$HOME/${file[$agent]}")" " 600"
            is "$agent: $mode: nor left" "$(ls "$(dirname "$HOME/${file[$agent]}")" | grep before-pyro)" ""
        done
        like "$agent: what the agent says is in the error" "$(echo fail >"$HOME/mode"; "$PYRO" host connect "$agent" 2>&1)" "no such luck"
        echo die-slowly >"$HOME/mode"
        # The list that codex prints before has the same limit, and must come within it.
        PYRO_CHECK_PATIENCE=$([[ $agent == codex ]] && echo 0.3 || echo 0.02) run "$PYRO" host connect "$agent"
        like "$agent: hangs" "$status $err" "^1 pyro: .* is as it was: ${program[$agent]} did not end in"
        is "$agent: hangs: nothing is lost" "$(cmp "$HOME/before" "$HOME/${file[$agent]}" 2>&1)" ""
    done
}

# Ctrl-C at the terminal reaches both.
interrupted() {
    home interrupted
    begin claude-code
    cp "$HOME/.claude.json" "$HOME/before"
    echo die-slowly >"$HOME/mode"
    setsid "$PYRO" host connect claude-code >"$HOME/said" 2>&1 &
    wait_for 60 test -e "$HOME/half"
    kill -INT -- "-$!" # setsid does not fork: it leads no group before
    wait $!
    is "interrupted: status" "$?" 1
    is "interrupted: nothing is lost" "$(cmp "$HOME/before" "$HOME/.claude.json" 2>&1)" ""

    for signal in TERM HUP; do
        rm -f "$HOME/half"
        "$PYRO" host connect claude-code >"$HOME/said" 2>&1 &
        wait_for 60 test -e "$HOME/half"
        kill -$signal $!
        wait $!
        like "$signal to pyro alone: the agent is stopped" "$? $(cat "$HOME/said")" '^1 pyro: .* is as it was: claude was stopped by a signal'
        is "… and nothing is lost" "$(cmp "$HOME/before" "$HOME/.claude.json" 2>&1)" ""
    done
}

odd_files() {
    local agent mode
    for agent in "${agents[@]}"; do
        home "odd-$agent"
        local at=$HOME/${file[$agent]}
        begin "$agent"
        mkdir "$HOME/dotfiles"
        mv "$at" "$HOME/dotfiles/real"
        ln -s "$HOME/dotfiles/real" "$at"
        run "$PYRO" host connect "$agent"
        is "$agent: a symbolic link stays one" "$status $(readlink "$at")" "0 $HOME/dotfiles/real"
        check "$agent: the copy is beside the file" [ -s "$HOME/dotfiles/real.before-pyro" ]
        cp "$HOME/dotfiles/real" "$HOME/before"
        echo die >"$HOME/mode"
        run "$PYRO" host connect "$agent" --profile vm-run
        is "$agent: and gets its file back" "$status $(readlink "$at") $(cmp "$HOME/before" "$HOME/dotfiles/real" 2>&1)" "1 $HOME/dotfiles/real "
        rm -f "$HOME/mode" "$HOME/calls"
        chmod a-w "$HOME/dotfiles/real"
        run "$PYRO" host connect "$agent" --profile vm-run
        is "$agent: read-only" "$status $err" "1 pyro: '$at' is read-only ('pyro host print-config $agent' prints what its configuration needs)"
        rm -f "$HOME/dotfiles/real"
        run "$PYRO" host connect "$agent"
        like "$agent: a link to nothing" "$status $err" "^1 pyro: '$at': No such file"
        rm "$at"
        mkdir "$at"
        run "$PYRO" host connect "$agent"
        like "$agent: a directory" "$status $err" "^1 pyro: '$at' is not a regular file"
        rmdir "$at"
        is "$agent: and is not started for any of these" "$(cat "$HOME/calls" 2>&1 | grep -v 'No such')" ""
        printf '{ "a": 1,,\n[x' >"$at"
        cp "$at" "$HOME/before"
        run "$PYRO" host connect "$agent"
        like "$agent: malformed" "$status $err" "^1 pyro: $at: "
        is "$agent: malformed: it stays as it is" "$(cmp "$at" "$HOME/before" 2>&1) $(grep -c add "$HOME/calls" 2>/dev/null)" " $([[ $agent == codex ]] && echo 0)"
        printf '{"%s": {"pyro": 7}}' "$([[ $agent == opencode ]] && echo mcp || echo mcpServers)" >"$at"
        [[ $agent == codex ]] && printf '[mcp_servers.pyro]\nurl = "x"\n' >"$at"
        run "$PYRO" host connect "$agent"
        is "$agent: an entry that starts no program is replaced" "$status $(entry "$agent" | paste -sd' ')" "0 $pyro mcp serve"
        printf '// all mine\n' >"$at"
        [[ $agent == gemini ]] && is "$agent: nothing but comments" "$("$PYRO" host doctor gemini | head -n 1)" "gemini: not connected"
    done
}

full_disk() {
    local small=(unshare --mount --propagation private) agent
    [[ $(id -u) -eq 0 ]] || small=(unshare --user --map-root-user --mount --propagation private)
    HOME=$TEST_DIR/home-full
    mkdir "$HOME"
    if ! "${small[@]}" mount -t tmpfs none "$HOME" 2>/dev/null; then
        skip "full disks: no tmpfs can be mounted here"
        return
    fi
    for agent in "${agents[@]}"; do
        export AGENT=$agent AT=$HOME/${file[$agent]} RESULT=$TEST_DIR/full-$agent
        mkdir "$RESULT"
        (
            HOME=$RESULT
            begin "$agent"
            mv "$HOME/${file[$agent]}" "$RESULT/before"
        )
        run "${small[@]}" bash -c 'mount -t tmpfs -o size=64k none "$HOME" && mkdir -p "$(dirname "$AT")" && cp "$RESULT/before" "$AT"
            cat /dev/zero >"$HOME/full" 2>/dev/null
            "$PYRO" host connect "$AGENT"; echo "status $?"
            cmp "$AT" "$RESULT/before" && ls -a "$(dirname "$AT")" | grep before-pyro'
        is "$agent: a full disk: nothing is begun, nothing lost" "$out" "status 1"
        like "$agent: and it says so" "$err" "^pyro: (copying '$AT' first|.*codex failed).*No space left"
        run "${small[@]}" bash -c 'mount -t tmpfs -o size=64k none "$HOME" && mkdir -p "$(dirname "$AT")" && cp "$RESULT/before" "$AT"
            echo die >"$HOME/mode"; >"$HOME/calls"; echo >"$HOME/environment"
            head -c $((64 * 1024 - 6 * 4096)) /dev/zero >"$HOME/full"
            "$PYRO" host connect "$AGENT"; echo "status $?"; cat /dev/zero >>"$HOME/full" 2>/dev/null
            cmp "$AT" "$RESULT/before" && ls -a "$(dirname "$AT")" | grep before-pyro'
        is "$agent: the agent dies on a disk that is nearly full" "$out" "status 1"
    done
}

absent() {
    local agent
    home absent
    PATH=$bare
    for agent in "${agents[@]}"; do
        type "${program[$agent]}" >/dev/null 2>&1 && continue
        run "$PYRO" host connect "$agent"
        is "$agent: is not installed" "$status $err" \
            "1 pyro: there is no '${program[$agent]}' in PATH ('pyro host print-config $agent' prints what its configuration needs)"
    done
    run "$PYRO" host connect nosuch
    like "no such agent" "$status $err" "^2 pyro: host connect: CLIENT: .*claude-code"
}

prints() {
    local agent odd=$TEST_DIR/$'odd "\\ é\x7f\ndir'
    home prints
    mkdir "$odd"
    for agent in "${agents[@]}"; do
        for path in "" "$odd"; do
            mkdir -p "$(dirname "$HOME/${file[$agent]}")"
            run "$PYRO" host print-config "$agent" ${path:+--profile workspace-full --project-path "$path"}
            is "$agent: print-config: status" "$status" 0
            cp "$TEST_DIR/out" "$HOME/${file[$agent]}"
            is "$agent: what it reads" "$(entry "$agent")" "$(printf '%s\n' "$pyro" mcp serve ${path:+--profile workspace-full --project-path "$path"})"
            like "$agent: where it goes" "$err" "^\[host-print-config\] client=$agent format=(json|jsonc|toml) config_path=$HOME/${file[$agent]}$"
            run "$PYRO" host connect "$agent" ${path:+--profile workspace-full --project-path "$path"}
            like "$agent: connect then has nothing to do" "$out" "^nothing to do"
            rm "$HOME/${file[$agent]}"
        done
    done
    ln -s "$pyro" "$bin/pyro"
    is "a pyro in PATH is named as it is there" "$("$bin/pyro" host print-config codex 2>/dev/null | sed -n 2p)" "command = \"$bin/pyro\""
    rm "$bin/pyro"
    is "moved by a variable" "$(CODEX_HOME=/c "$PYRO" host print-config codex --json | grep -o '/c/config.toml')" /c/config.toml
    mkdir -p "$HOME/.config/opencode"
    echo '{}' >"$HOME/.config/opencode/opencode.json"
    is "opencode: the file that is there" "$(json .config_path "$("$PYRO" host print-config opencode --json)")" "$HOME/.config/opencode/opencode.json"
}

# wrapper NAME TEXT: an executable script
wrapper() {
    printf '%s\n' "#!/bin/sh" "$2" >"$HOME/$1"
    chmod +x "$HOME/$1"
}

# doctor_of COMMAND: of gemini, with an entry of these words
doctor_of() {
    mkdir -p "$HOME/.gemini"
    printf '{"mcpServers": {"pyro": {"command": "%s", "args": ["mcp", "serve"], "env": {"MARK": "m-1"}}}} // mine\n' "$1" >"$HOME/.gemini/settings.json"
    run "$PYRO" host doctor gemini --json
}

doctor() {
    local agent
    home doctor
    run "$PYRO" host doctor
    is "doctor: nobody is connected" "$status $(grep -c 'not connected' <<<"$out")" "0 4"
    for agent in "${agents[@]}"; do
        "$PYRO" host connect "$agent" >/dev/null
    done
    run "$PYRO" host doctor --json
    is "doctor: all are" "$status $(grep -c '"state": "connected"' <<<"$out")" "0 4"
    is "it lists the tools" "$(json .clients[1].tools[0]) $(json .clients[1].version)" "vm_run $(tools/version.sh)"
    like "and says how long it took" "$(json .clients[1].elapsed_ms)" '^[0-9]+$'
    run "$PYRO" host doctor
    like "for a person" "$out" "codex: connected: $pyro mcp serve"$'\n'"    [0-9]+ tools in [0-9]+ ms: vm_run workspace_create "
    doctor_of "$HOME/moved/pyro"
    is "moved: status" "$status $(json .clients[0].state)" "1 failed"
    like "moved: what is wrong" "$(json .clients[0].problem)" "$HOME/moved/pyro.*program not found"
    is "moved: what to do" "$(json .clients[0].action)" "'pyro host connect gemini' writes the entry again"
    wrapper no-exec 'exit 0'
    chmod -x "$HOME/no-exec"
    doctor_of "$HOME/no-exec"
    like "not executable" "$status $(json .clients[0].problem)" "^1 .*no-exec.*Permission denied"
    wrapper ends 'echo first >&2; echo "no configuration" >&2; exit 3'
    doctor_of "$HOME/ends"
    like "one that ends" "$status $(json .clients[0].problem)" "^1 .*status 3: no configuration"
    wrapper silent 'exit 0'
    doctor_of "$HOME/silent"
    like "one that says nothing" "$status $(json .clients[0].problem)" "^1 it started, and did not answer"
    wrapper noise "echo hello; exec '$pyro' \"\$@\""
    doctor_of "$HOME/noise"
    is "one that says more" "$status" 0
    wrapper marked "[ \"\$MARK\" = m-1 ] && [ -z \"\$ANY_TOKEN\" ] && exec '$pyro' \"\$@\""
    doctor_of "$HOME/marked"
    is "the entry's variables" "$status" 0
    wrapper other "'$pyro' \"\$@\" | sed 's/\"version\":\"[^\"]*\"/\"version\":\"0.0.1\"/'"
    doctor_of "$HOME/other"
    is "another version" "$status $(json .clients[0].problem)" "1 it starts pyro 0.0.1, and this is $(tools/version.sh)"
    wrapper alien "'$pyro' \"\$@\" | sed 's/\"name\":\"pyro\"/\"name\":\"alien\"/'"
    doctor_of "$HOME/alien"
    is "another program" "$status $(json .clients[0].problem)" "1 what it starts is not pyro, but 'alien'"
    wrapper hangs 'sleep 4711 & wait'
    PYRO_CHECK_PATIENCE=0.02 doctor_of "$HOME/hangs"
    like "one that hangs" "$status $(json .clients[0].problem)" "^1 .*did not end in"
    refute "and nothing of it runs on" left_running "sleep 4711"
    wrapper floods 'cat /dev/zero'
    PYRO_CHECK_PATIENCE=0.02 doctor_of "$HOME/floods"
    is "one that floods" "$status" 1
    echo '{ "mcpServers": {"pyro": {"url": 7}}}' >"$HOME/.gemini/settings.json"
    run "$PYRO" host doctor gemini
    is "no program" "$status ${out#*$'\n'    }" "1 its entry 'pyro' starts no program
    'pyro host connect gemini' writes the entry again"
    echo '{' >"$HOME/.gemini/settings.json"
    run "$PYRO" host doctor gemini
    like "malformed" "$status $out" "^1 gemini: failed"$'\n'"    $HOME/.gemini/settings.json: .*print-config gemini"
    printf 'enabled = false\n' >>"$HOME/.codex/config.toml"
    run "$PYRO" host doctor codex --json
    is "switched off" "$status $(json .clients[0].state)" "0 off"
    PATH=$bare
    run "$PYRO" host doctor claude-code --json
    is "an agent that is not in PATH has its entry tried all the same" "$(json .clients[0].state)" connected
}

# Both columns of the table in docs/mcp.md.
documented() {
    local agent line
    home documented
    ln -s "$pyro" "$bin/pyro"
    while IFS= read -r line; do
        rm -rf "${HOME:?}"/.[a-z]*
        run bash -c "$line"
        is "docs/mcp.md: $line" "$status" 0
        agent=$(grep -lE '"command"|^command' "$HOME"/{.claude.json,.codex/config.toml,.gemini/settings.json,.config/opencode/opencode.jsonc} 2>/dev/null)
        check "… wrote an entry" [ -n "$agent" ]
        is "… which works" "$("$PYRO" host doctor --json | grep -c '"state": "connected"')" 1
    done < <(sed -n 's/^| [A-Z][^|]* | `\(pyro[^`]*\)` | `\([^`]*\)` |$/\1\n\2/p' docs/mcp.md)
    is "docs/mcp.md has four agents, with two commands each" "$passed" 24
    rm "$bin/pyro"
    like "README.md has the commands" "$(cat README.md)" 'host connect claude-code`.*`codex`, `gemini`, `opencode`.*host doctor`.*help agents`'
}

for name in connects keeps_the_rest goes_wrong interrupted odd_files full_disk absent prints doctor documented; do
    scene "$name"
done
finish
