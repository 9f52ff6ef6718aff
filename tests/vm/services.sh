#!/bin/bash
# Services on a real machine: readiness of each kind, states and reasons, logs, a flood over a killed
# supervisor, services that leave, ignore TERM or take all memory, and the end of the workspace.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")

service() {
    local verb=$1
    shift
    run "${pyro[@]}" workspace service "$verb" w "$@"
}

id=$("${pyro[@]}" workspace create debian:12 --name w --mem-mib 256 --id-only 2>/dev/null)
directory=$XDG_DATA_HOME/pyro/workspaces/$id
service list
is "no services" "$out" "No services."
service start plain -- sh -c 'echo out; echo err >&2; exec sleep 1000'
is "start: status" "$status" 0
is "start: summary" "$err" "[workspace-service-start] workspace_id=$id service_name=plain state=running cwd=/workspace execution_mode=guest_vm"
service start plain -- true
like "a second start" "$err" "service 'plain' is already running"
service start file --ready-file up --json -- sh -c 'sleep 0.3; touch up; exec sleep 1000'
is "a file: ready" "$(json .state)$(json .readiness.type)$(json .readiness.path)" runningfileup
check "… at a time" [ "$(json .ready_at)" != null ]
server='use IO::Socket::INET; $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:".shift, Listen => 5, ReuseAddr => 1) or die;
while ($c = $s->accept) { $l = <$c>; print $c $l =~ m{ /good } ? "HTTP/1.1 302 F\r\n\r\n" : "HTTP/1.1 503 U\r\n\r\n" if defined $l; close $c }'
service start tcp --ready-tcp 127.0.0.1:8001 --json -- perl -e "$server" 8001
is "tcp: ready" "$(json .state)" running
service start http --ready-http http://localhost:8002/good --json -- perl -e "$server" 8002
is "http: ready" "$(json .state)$(json .readiness.url)" runninghttp://localhost:8002/good
service start command --ready-command 'test -e made' --json -- sh -c 'touch made; exec sleep 1000'
is "a command: ready" "$(json .state)" running
# How long it takes to listen is for the machine to say: so much time as it needs.
patience=3
tells_why() {
    service start bad --ready-http http://127.0.0.1:8003/bad --ready-timeout-seconds $((patience *= 2)) --json -- perl -e "$server" 8003
    [[ $(json .error.message) =~ "not ready within $patience s: HTTP status 503" ]]
}
wait_for 300 tells_why && pass "not ready in time: why"
is "not ready in time: code" "$(json .error.code)" service_failed
service start hangs --ready-command 'sleep 1000' --ready-timeout-seconds 2 --json -- sleep 1000
like "a command that does not end" "$(json .error.message)" 'not ready within 2 s: the command had not ended after [0-9.]+ s'
service status bad --json
is "… it is stopped" "$(json .state)" failed
# What was there before tells nothing of the service.
service start second --ready-tcp 127.0.0.1:8001 --ready-timeout-seconds 1000 --json -- sh -c 'sleep 1; echo taken >&2; exit 3'
is "another program's port: not ready" "$(json .error.code)" service_failed
like "… it is told of its end" "$(json .error.message)" 'exited with status 3 before it was ready; it last printed: taken'
service start third --ready-http http://127.0.0.1:8002/good --ready-timeout-seconds 2 --json -- sleep 1000
like "another program's answer" "$(json .error.message)" 'port 8002: its listener was there before the service was started'
service start again --ready-file up --ready-timeout-seconds 2 --json -- sleep 1000
like "an older file" "$(json .error.message)" '/up was there before the service was started, and has not been touched since'
service start again --ready-file up --json -- sh -c 'sleep 0.3; echo now >up; exec sleep 1000'
is "an older file that is written again" "$(json .state)" running
service stop again
service start dies --ready-file never --ready-timeout-seconds 1000 --json -- sh -c 'echo oops >&2; exit 3'
is "dies while starting: code" "$(json .error.code)" service_failed
like "dies while starting: why, and what it printed" "$(json .error.message)" 'exited with status 3 before it was ready; it last printed: oops'
service start forks --ready-file never --json -- sh -c 'setsid sleep 1234 & exit 0'
like "forks away" "$(json .error.message)" '1 process it had left running was killed: run it in the foreground'
service start nothing --json -- nothing-such
like "no such command" "$(json .error.message)" 'command not found'
service start x --ready-http http://10.0.0.1/ --json -- true
like "a URL that is not loopback" "$(json .error.message)" 'not the guest.s own loopback'
service start .x --json -- true
is "a bad name: status" "$status" 2
service start x --ready-file a --ready-tcp 127.0.0.1:1 --json -- true
is "two kinds of readiness: status" "$status" 2
service status nosuch --json
is "unknown" "$(json .error.code)" service_not_found
service list --json
is "list" "$(json .running_count)" 5
run "${pyro[@]}" workspace status w
like "counted in the workspace" "$out" 'Services: 13 \(5 running\)'
run "${pyro[@]}" __complete -- workspace service stop w pl
like "names are completed" "$out" '^plain'

service logs plain --json
is "logs" "$(json .stdout) $(json .stderr)" 'out err'
service stop plain --json
is "stop" "$(json .state) $(json .exit_code) $(json .stop_reason)" "stopped 143 stopped"
service stop plain --json
is "stop again: as it was" "$(json .state)" stopped
service start plain --json -- sh -c 'trap "" TERM; echo second; while :; do sleep 1; done'
is "its name is free again" "$(json .state)" running
is "one older generation is kept" "$(cat "$directory/services/plain/previous/stdout.log")" out
service start ends --json -- sh -c 'exit 7'
has_ended() {
    service status ends --json
    [[ $(json .state) == exited ]]
}
wait_for 60 has_ended && is "ends by itself" "$(json .exit_code) $(json .stop_reason)" "7 it exited with status 7"

# A flood with its supervisor killed in the middle, followed all the time.
service start flood -- sh -c 'seq 1000000 1300000; echo done >&2'
log=$directory/services/flood/stdout.log
log_is_over() {
    [[ $(stat -c %s "$log" 2>/dev/null || echo 0) -gt $1 ]]
}
"${pyro[@]}" workspace service logs w flood --all --follow >"$TEST_DIR/followed" 2>/dev/null &
follower=$!
wait_for 60 log_is_over 300000
kill_process "$(supervisor_of "$id")"
flood_is_over() {
    service status flood --json
    [[ $(json .state) == exited ]]
}
wait_for 120 flood_is_over && pass "a service outlives its supervisor"
check "no byte is lost, none doubled" cmp <(seq 1000000 1300000) "$log"
wait "$follower"
check "following saw all of it" cmp "$log" "$TEST_DIR/followed"
service logs flood --tail-lines 2
is "the last lines" "$out" $'1299999\n1300000'
service status tcp --json
is "others live on" "$(json .state)" running

# Its supervisor killed while it starts: it goes on, and gets ready.
"${pyro[@]}" workspace service start w slow --ready-file go -- sh -c 'echo begun; exec sleep 1000' >/dev/null 2>"$TEST_DIR/slow" &
starter=$!
has_begun() {
    [[ -s $directory/services/slow/stdout.log ]]
}
wait_for 60 has_begun
kill_process "$(supervisor_of "$id")"
wait "$starter"
is "its supervisor killed while it starts: status" "$?" 1
like "… where to look" "$(cat "$TEST_DIR/slow")" 'it may be starting still'
service status slow --json
is "… it starts on" "$(json .state)" starting
run "${pyro[@]}" workspace exec w -- touch go
is_running() {
    service status slow --json
    [[ $(json .state) == running ]]
}
wait_for 60 is_running && pass "… and gets ready"

# Does not heed TERM: `plain` traps it. Meanwhile another takes all memory.
"${pyro[@]}" workspace service stop w plain --json >"$TEST_DIR/stopped" 2>/dev/null &
stopper=$!
service start hog --json -- perl -e '$| = 1; print "up\n"; push @a, "x" x 1e6 while 1'
hog_is_gone() {
    service status hog --json
    [[ $(json .state) == failed ]]
}
wait_for 170 hog_is_gone && is "out of memory" "$(json .stop_reason)" "out of memory"
run "${pyro[@]}" workspace exec w -- echo alive
is "the guest survives it" "$out" alive

wait "$stopper"
is "ignores TERM: killed" "$(json .state "$(cat "$TEST_DIR/stopped")") $(json .exit_code "$(cat "$TEST_DIR/stopped")")" "stopped 137"
like "… and it says so" "$(json .stop_reason "$(cat "$TEST_DIR/stopped")")" 'did not heed TERM'

run "${pyro[@]}" workspace stop w
service status tcp --json
is "stopped with its workspace" "$(json .state) $(json .stop_reason)" "stopped the workspace was stopped"
service list --json
is "none runs" "$(json .running_count)" 0
service logs flood --tail-lines 1
is "logs after the workspace was stopped" "$out" 1300000
service start later --json -- true
is "start in a stopped workspace" "$(json .error.code)" workspace_state
run "${pyro[@]}" workspace start w
service start late --json -- sleep 1000
is "start after the workspace was started again" "$(json .state)" running
kill_process "$(json .vm_pid "$(cat "$directory/workspace.json")")"
has_failed() {
    service status late --json
    [[ $(json .state) == failed ]]
}
wait_for 60 has_failed && is "its machine is lost" "$(json .stop_reason)" "its VM ended"

# A reset whose client is killed while it waits: the workspace is as its supervisor leaves it.
run "${pyro[@]}" workspace start w
service start last -- sleep 1000
supervisor=$(supervisor_of "$id")
kill -STOP "$supervisor"
"$PYRO" workspace reset w >/dev/null 2>&1 &
client=$!
waits_for_answer() {
    [[ $(cat "/proc/$client/syscall") =~ ^(232|281)\  ]] # epoll_wait, epoll_pwait
}
wait_for 60 waits_for_answer
kill_process "$client"
kill -CONT "$supervisor"
has_ended() {
    [[ ! -e /proc/$supervisor ]]
}
wait_for 60 has_ended && pass "a reset ends it, though nobody waits"
is "its services ended before they were forgotten" "$(json .running_service_count "$(cat "$directory/workspace.json")")" 0
service list
is "none is left" "$out" "No services."
run "${pyro[@]}" workspace delete w
is "delete" "$status" 0
finish
