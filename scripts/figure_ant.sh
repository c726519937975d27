#!/usr/bin/env bash
# Transfer to the ant: PPO, PPO + KL, an untrained teacher and MIKT, 3 seeds.
# 12 runs of 2e6 steps, 5 to 12 minutes of a quiet core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" ant "$@"
