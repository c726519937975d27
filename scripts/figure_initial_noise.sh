#!/usr/bin/env bash
# What does the noise of the first policy bring, with teachers and without? 5 teachers of 2e6 steps,
# those of the coefficients of the losses, then 60 runs of 1e6, 3 to 6 minutes of a quiet core each
# (a teacher 5 to 12); those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" initial_noise "$@"
