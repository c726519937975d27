#!/usr/bin/env bash
# Let CentipedeEight be learned with the help of a CentipedeFour teacher: the paper's transfer run.
#
#   scripts/transfer.sh                          2e6 steps, as in the paper
#   scripts/transfer.sh --num_timesteps=100000   any flag of `python -m baselines.run`; a later one wins
#
# Paths among the flags are relative to the project's folder.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/setup.sh

exec .venv/bin/python -m baselines.run --env=CentipedeEight-v1 --source_env=CentipedeFour-v1 \
    --alg=ppo2 --num_timesteps=2e6 --pi_scope=student0 --vf_scope=vf_student0 --network=mlp \
    --teacher_network=mlp --save_path=models --save_interval=10 --log_path=logs \
    --teacher_paths teacher_models/centipede_four/0/00970 --mapping=learned "$@"
