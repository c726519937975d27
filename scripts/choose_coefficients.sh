#!/usr/bin/env bash
# Choose the coefficients of the losses on CentipedeThree to Five, which is in none of the paper's
# figures: 5 teachers of 2e6 steps, then 5 seeds of each choice of coefficients, 60 runs of 1e6,
# 3 to 6 minutes of a quiet core each (a teacher 5 to 12); those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
# python -m baselines.results experiments/coefficients.yaml ranks them on the page of results.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" coefficients "$@"
