#!/usr/bin/env bash
# What does the noise of the first policy bring, with teachers and without? 5 teachers of 2e6 steps,
# those of the weights of the losses, then 60 runs of 1e6.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" initial_noise "$@"
