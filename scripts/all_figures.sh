#!/usr/bin/env bash
# Every figure but those of the studies, one after the other; takes the flags of scripts/figure.sh,
# such as --quick.
set -euo pipefail
here=$(dirname -- "${BASH_SOURCE[0]}")
case " $* " in *" -h "* | *" --help "*) exec "$here/figure.sh" --help ;; esac
for name in sizes ablations disabilities ant several_teachers chain teachers_counted from_scratch; do
    "$here/figure_$name.sh" "$@"
done
