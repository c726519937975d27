#!/usr/bin/env bash
# Whose transfer is the teacher's own? Each candidate beside itself with untrained teachers:
# figures/knowledge_knowledge.png shows the differences, figures/knowledge.md begins with them.
# 10 teachers of 2e6 steps, then 120 runs of 1e6.
# --quick takes minutes; see scripts/figure.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/figure.sh" knowledge "$@"
