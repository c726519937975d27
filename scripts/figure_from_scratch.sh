#!/usr/bin/env bash
# PPO on the five tasks of the published logs (results/published/ppo_from_scratch.csv), 5 seeds each.
# 25 runs of 2e6 steps, 5 to 12 minutes of a quiet core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" from_scratch "$@"
