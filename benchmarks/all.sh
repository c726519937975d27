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

# $1: the name of the result; the rest: flags.
measure() {
    local file=benchmarks/results/$1.json
    shift
    "$python" -m benchmarks.throughput --json "$@" >"$file.partial"
    mv -- "$file.partial" "$file"
    echo "$file"
}

mkdir -p benchmarks/results
for n in 1 8; do
    measure "ppo_centipede_four_$n" --env=CentipedeFour-v1 --num_env=$n --baseline=stable-baselines3
    measure "ppo_centipede_eight_$n" --env=CentipedeEight-v1 --num_env=$n --baseline=stable-baselines3
    measure "transfer_four_to_eight_$n" --env=CentipedeEight-v1 --num_env=$n \
        --teacher_paths teacher_models/centipede_four/0/00970
done
mkdir -p benchmarks/results/breakdown
for name in centipede_eight four_to_eight; do
    teachers=()
    if [ $name = four_to_eight ]; then
        teachers=(--teacher_paths teacher_models/centipede_four/0/00970)
    fi
    file=benchmarks/results/breakdown/$name.json
    "$python" -m benchmarks.breakdown --json "${teachers[@]}" >"$file.partial"
    mv -- "$file.partial" "$file"
done
"$python" -m benchmarks.curves
"$python" -m benchmarks.report
