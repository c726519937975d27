#!/usr/bin/env bash
# Which part of MIKT's set-up brings its gain? 40 runs of 2e6 steps, of which 15 are those of sizes
# and not repeated; 5 to 12 minutes of a quiet core each.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" set_up "$@"
