#!/usr/bin/env bash
# Does MIKT by names gain by a teacher in all of its places? 60 runs of 1e6 steps, of which 40 are those of
# kickstart and hand_over and not repeated; 3 to 6 minutes of a quiet core each.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" places "$@"
