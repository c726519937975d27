#!/usr/bin/env bash
# A chain: Four teaches Six, and that student teaches Eight; against Four to Eight at once, against
# untrained teachers, PPO and PPO + KL; 3 seeds.
# 30 runs of 2e6 steps, 5 to 12 minutes of a quiet core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" chain "$@"
