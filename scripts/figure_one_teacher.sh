#!/usr/bin/env bash
# Does the teacher that kickstarts well help MIKT too, and does another one help? 50 runs of 1e6 steps,
# of which 21 are those of kickstart and not repeated; 3 to 6 minutes of a quiet core each.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" one_teacher "$@"
