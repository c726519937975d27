#!/usr/bin/env bash
# Transfer to crippled centipedes (Four to CpSix, Six to CpEight): PPO, MLPP and MIKT, 3 seeds.
# 18 runs of 2e6 steps, about half an hour of one core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" disabilities "$@"
