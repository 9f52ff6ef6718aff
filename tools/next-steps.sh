#!/bin/sh
# What to try after `make demo`.
cat <<'TEXT'

What to try next:
  build/pyro run debian:12 -- cat /etc/os-release          one command in a VM of its own
  build/pyro workspace create debian:12 --name first       a VM that stays
  build/pyro workspace exec first -- sh -c 'echo hi >a'    work in it, as often as you like
  build/pyro workspace list                                what there is
  build/pyro workspace delete first                        and gone
  build/pyro doctor                                        what this machine can do
  build/pyro --help                                        everything
TEXT
