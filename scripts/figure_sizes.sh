#!/usr/bin/env bash
# Transfer to centipedes with more legs: Four to Six and Four to Eight with 5 seeds, Six to Eight with 3;
# PPO, PPO + KL, MLPP, an untrained teacher and MIKT.
# 59 runs of 2e6 steps, 5 to 12 minutes of a quiet core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" sizes "$@"
