"""Transfer methods: MIKT (Wan et al., UAI 2020), and what it is compared with.

Begin with `student/student.py`, the student's equation. `mikt.py` starts its run, or with
`unfinished.py` goes on from an unfinished student; `schedule.py` has its stages. `kickstart.py`,
`surgery.py` and `pretrained.py` (MLPP) are the other methods.
"""
