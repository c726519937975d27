#!/usr/bin/env bash
# Does a brief imitation of the teacher help on longer bodies too? 48 runs of 1e6 steps.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" kickstart "$@"
