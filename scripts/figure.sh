#!/usr/bin/env bash
# Train what experiments/NAME.yaml declares and draw it: figures/NAME.png, .svg, .md and .csv.
#
#   scripts/figure.sh NAME                 goes on where an earlier call was stopped
#   scripts/figure.sh NAME --quick         one seed of 100,000 steps each, in minutes: a look at it
#   scripts/figure.sh NAME --results none  also trains the runs whose complete logs are in results/
#   scripts/figure.sh NAME --dry_run       only lists the runs and the expected time
#   scripts/figure.sh NAME --jobs 8        any flag of `python -m baselines.sweep`
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
case " $* " in
    *" -h "* | *" --help "*)
        sed -n '1d; /^set/q; s/^# \{0,1\}//p' scripts/figure.sh
        exit
        ;;
esac
case ${1:-} in
    "" | -*)
        echo "scripts/figure.sh: error: NAME: missing; name a file of experiments/, such as sizes" >&2
        exit 2
        ;;
esac
name=$1
shift
out=runs
if [ "${1:-}" = --quick ]; then
    shift
    out=runs/quick
    set -- --seeds 0 --set num_timesteps=1e5 "$@"
fi
scripts/setup.sh
python=.venv/bin/python
"$python" -m baselines.sweep "experiments/$name.yaml" --out "$out" "$@"
case " $* " in *" --dry_run "*) exit ;; esac
"$python" -m baselines.sweep "experiments/$name.yaml" --out "$out" --folders "$@" |
    tr '\n' '\0' | xargs -0 "$python" -m baselines.plot --out "figures/$name"
