#!/usr/bin/env bash
# Teachers of two tasks at once against each alone, to CentipedeEight, 3 seeds.
# 12 runs of 2e6 steps, about half an hour of one core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" several_teachers "$@"
