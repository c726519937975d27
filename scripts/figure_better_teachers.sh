#!/usr/bin/env bash
# Does a better teacher pass more on? 2 teachers of 2e6 steps, whose students were not trained, and 55
# runs of 1e6, most of them with the teachers that ship.
# 3 to 6 minutes of a quiet core each (a teacher 5 to 12); those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" better_teachers "$@"
