#!/usr/bin/env bash
# Choose the weights of the losses on CentipedeThree to Five, a pair that is in none of the paper's
# figures: train its teachers, then 5 seeds of each choice of weights. 5 runs of 2e6 steps and 60 of
# 1e6. Flags: scripts/study.sh.
# python -m baselines.results experiments/coefficients.yaml ranks the weights on the page of results.
exec "$(dirname -- "${BASH_SOURCE[0]}")/study.sh" coefficients_teachers coefficients "$@"
