"""Transfer methods: MIKT (Wan et al., UAI 2020), and what it is compared with.

Begin with `student/student.py`, the student's equation. `mikt.py` and `schedule.py` are the course
of its run; `kickstart.py`, `surgery.py` and `pretrained.py` (MLPP) are the other methods.
"""
