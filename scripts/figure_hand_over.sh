#!/usr/bin/env bash
# Does distillation keep what MIKT by names learns of its teacher? 60 runs of 1e6 steps, of which 20 are
# those of kickstart and not repeated; 3 to 6 minutes of a quiet core each.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" hand_over "$@"
