#!/usr/bin/env bash
# What the parts of the method bring, Four to Eight: without the mutual information, with an
# untrained teacher, with a frozen mapping, with the other coefficients; 3 seeds.
# 21 runs of 2e6 steps, 5 to 12 minutes of a quiet core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" ablations "$@"
