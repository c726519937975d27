#!/usr/bin/env bash
# What the parts of the method bring, Four to Eight: without the mutual information, with an
# untrained teacher, with a frozen mapping, 3 seeds.
# 15 runs of 2e6 steps, about half an hour of one core each; those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" ablations "$@"
