#!/usr/bin/env bash
# Transfer to centipedes with more legs (Four to Eight, Four to Six, Six to Eight): PPO, MLPP, MIKT and
# MIKT without the mutual information, 3 seeds.
# 33 runs of 2e6 steps, about half an hour of one core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" sizes "$@"
