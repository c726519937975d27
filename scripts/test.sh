#!/usr/bin/env bash
# Run the tests, one worker for each usable core (at most 8: each loads TensorFlow, about 1 GB).
#
#   scripts/test.sh                      all but those marked slow
#   scripts/test.sh -m slow              those
#   scripts/test.sh -n 0 -k centipede    any flag of pytest; a later one wins
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/setup.sh

count='from baselines.common.machine import usable_cores; print(min(8, usable_cores()))'
workers=$(.venv/bin/python -c "$count")
exec .venv/bin/python -m pytest -n "$workers" "$@"
