#!/usr/bin/env bash
# What does the noise of the first policy bring, with teachers and without? 5 teachers of 2e6 steps are
# trained first, those of the weights of the losses; then 60 runs of 1e6. Flags: scripts/figure.sh;
# --quick shortens the students only.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/setup.sh
.venv/bin/python -m baselines.sweep experiments/coefficients_teachers.yaml --out runs/teachers --results none
exec scripts/figure.sh initial_noise "$@"
