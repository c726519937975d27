#!/usr/bin/env bash
# Which of MIKT's three options by names counts? 45 runs of 1e6 steps, of which 30 are those of kickstart
# and hand_over and not repeated; 3 to 6 minutes of a quiet core each.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" options "$@"
