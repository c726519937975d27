#!/usr/bin/env bash
# Which of MIKT's three options by names counts? 45 runs of 1e6 steps, of which 30 are those of kickstart
# and hand_over. --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" options "$@"
