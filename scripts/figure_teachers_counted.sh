#!/usr/bin/env bash
# PPO for 4e6 timesteps against a student of 2e6 whose teacher had 2e6: Four to Six, Four to Eight;
# 3 seeds.
# 24 runs of 2e6 or 4e6 steps, 5 to 25 minutes of a quiet core each; those that another figure has made
# are not repeated. --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" teachers_counted "$@"
