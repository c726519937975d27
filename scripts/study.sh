#!/usr/bin/env bash
# Train the teachers that experiments/TEACHERS.yaml declares, for studies alone, then make a figure.
#
#   scripts/study.sh TEACHERS NAME         flags: scripts/figure.sh; --quick shortens the students only
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
teachers=$1
shift
scripts/setup.sh
.venv/bin/python -m baselines.sweep "experiments/$teachers.yaml" --out runs/teachers --results none
exec scripts/figure.sh "$@"
