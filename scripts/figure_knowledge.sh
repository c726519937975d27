#!/usr/bin/env bash
# Which methods pass on a teacher's knowledge? Each of them with trained and with untrained teachers:
# figures/knowledge_knowledge.png shows the differences, figures/knowledge.md begins with them.
# 10 teachers of 2e6 steps, then 120 runs of 1e6, 3 to 6 minutes of a quiet core each (a teacher 5 to 12);
# those that another figure has made are not repeated.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" knowledge "$@"
