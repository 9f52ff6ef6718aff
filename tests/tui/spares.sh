#!/bin/bash
# Machines kept ready: what there are, what they cost, and ending one.
cd "$(dirname "$0")/../.." && . tests/tui.sh
export PYRO_CHECK_SPARES=3000 # made at once, and gone after so many seconds
make_spare() { PYRO_SPARES=2 "$PYRO" __spare debian:12-base 1 "$1" off 0; }

host_workspace w
"$PYRO" env pull debian:12-base >/dev/null 2>&1
need "a spare is made" make_spare 256
need "another is made" make_spare 384
tui
sees '^ [^ ]+ w '
keys M
sees '^ spares ready for the next create or run'
sees '^  ?ENVIRONMENT +SIZE +MEM +SHARED +AGE +ID'
sees ' debian:12-base +1 vCPU 256 MiB +[0-9.]+M +[0-9.]+M +[0-9]+[smh] [0-9a-f]{12}'
sees ' debian:12-base +1 vCPU 384 MiB +[0-9.]+M '
ids=$("$PYRO" workspace list --all --json)
first=$(json .spares[0].workspace_id "$ids") second=$(json .spares[1].workspace_id "$ids")
moves " $first" " $second" " $second"

# One goes: asked first; what others end is seen too.
keys g d
sees 'End spare [0-9a-f]{12}\?'
keys n
gone 'End spare'
keys d
sees 'End spare [0-9a-f]{12}\?'
agree
one_is_left() { [[ $("$PYRO" workspace list --all --json | grep -c pss_bytes) == 1 ]]; }
check "one is ended" wait_for 60 one_is_left
"$PYRO" workspace delete "$(json .spares[0].workspace_id "$("$PYRO" workspace list --all --json)")" >/dev/null
sees '^ spares No spare'
keys Esc
sees '^ [^ ]+ w '
keys ':' spares Enter
sees '^ spares No spare'
keys q
sees '^ [^ ]+ w '
keys q
ends "exit 0"
tui_finish
