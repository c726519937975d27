#!/usr/bin/env bash
# Does a better teacher pass more on? 10 teachers of 2e6 steps, of which 5 have learned from a smaller
# noise, then 40 runs of 1e6.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" better_teachers "$@"
