#!/usr/bin/env bash
# Teachers of two tasks at once against each alone and against untrained ones, to CentipedeEight, 3 seeds.
# 24 runs of 2e6 steps, 5 to 12 minutes of a quiet core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" several_teachers "$@"
