#!/usr/bin/env bash
# Does a brief imitation of the teacher help on longer bodies too? 48 runs of 1e6 steps,
# 3 to 6 minutes of a quiet core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" kickstart "$@"
