#!/usr/bin/env bash
# Does a better teacher pass more on? 2 teachers of 2e6 steps, whose students were not trained, and 55
# runs of 1e6, most of them with the teachers that ship.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" better_teachers "$@"
