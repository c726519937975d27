#!/usr/bin/env bash
# A student on many cores under Slurm, from the root of the checkout:
#
#   sbatch --ntasks=16 examples/slurm.sh                 given again, it goes on where the last job ended
#   sbatch --ntasks=16 examples/slurm.sh --seed=1 --save_path=models/1 --log_path=logs/1
#
#SBATCH --job-name=mikt
#SBATCH --cpus-per-task=1
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
set -euo pipefail

source .venv/bin/activate
# exec: Slurm sends its signal to this process, and mpiexec passes it on to all ranks.
exec mpiexec -n "$SLURM_NTASKS" python -m baselines.run --num_ranks="$SLURM_NTASKS" --resume \
    --env=CentipedeEight-v1 --teacher_paths teacher_models/centipede_four/0/00970 \
    --num_timesteps=2e7 --save_path=models/slurm --log_path=logs/slurm "$@"
