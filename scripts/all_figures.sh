#!/usr/bin/env bash
# Every figure but those of the studies, one after the other; takes the flags of scripts/figure.sh,
# such as --quick.
# 131 runs of 2e6 steps and 6 of 4e6, together 12 to 29 hours of a quiet core. Those whose complete logs
# are in results/ are not trained again; --dry_run lists the others.
set -euo pipefail
here=$(dirname -- "${BASH_SOURCE[0]}")
case " $* " in *" -h "* | *" --help "*) exec "$here/figure.sh" --help ;; esac
for name in sizes ablations disabilities ant several_teachers chain teachers_counted from_scratch; do
    "$here/figure_$name.sh" "$@"
done
