#!/usr/bin/env bash
# Whose transfer is the teacher's own? Each candidate beside itself with untrained teachers:
# figures/knowledge_knowledge.png shows the differences, figures/knowledge.md begins with them.
# The teachers are trained first: 10 runs of 2e6 steps; then 120 of 1e6. Flags: scripts/study.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/study.sh" knowledge_teachers knowledge "$@"
