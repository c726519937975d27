#!/usr/bin/env bash
# Measure everything in benchmarks/README.md anew, and write it. Let nothing else run meanwhile.
#
#   benchmarks/all.sh           with .venv, which is set up, and Stable-Baselines3 installed in it
#   benchmarks/all.sh PYTHON    with that interpreter (from PATH or by its absolute path)
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
if [ $# -gt 0 ]; then
    python=$1
else
    scripts/setup.sh
    python=.venv/bin/python
    "$python" -m pip install --quiet --disable-pip-version-check -e '.[benchmark]'
fi

# $1: the module; $2: the name of the result; the rest: flags.
measure() {
    local module=benchmarks.$1 file=benchmarks/results/$2.json
    shift 2
    "$python" -m "$module" --json "$@" >"$file.partial"
    mv -- "$file.partial" "$file"
    echo "$file"
}

mkdir -p benchmarks/results/breakdown
for n in 1 8; do
    measure throughput "ppo_centipede_four_$n" --env=CentipedeFour-v1 --num_env=$n \
        --baseline=stable-baselines3
    measure throughput "ppo_centipede_eight_$n" --env=CentipedeEight-v1 --num_env=$n \
        --baseline=stable-baselines3
    measure throughput "transfer_four_to_eight_$n" --env=CentipedeEight-v1 --num_env=$n \
        --teacher_paths teacher_models/centipede_four/0/00970
done
measure breakdown breakdown/centipede_eight
measure breakdown breakdown/four_to_eight --teacher_paths teacher_models/centipede_four/0/00970
"$python" -m benchmarks.curves
"$python" -m benchmarks.report
