"""The student of MIKT: its equation, its mapping, its losses.

Where to begin: an update asks a student for `student.Student.learning_outputs`. From there on,

- `student` has the equation of its layers;
- `mapping` has φ and its decoder, `mixing` the shares p and the matrices U, and
  `teachers.teacher` the features z;
- `objectives` has the losses, `transfer.schedule` their weights over the run;
  `student_losses` is the table of them.

The other modules are not needed to understand an update: `student_parts` and `student_variables`
list the variables and describe a student for its checkpoint, `student_options` checks its options,
`acting` computes actions faster, `measures` and `student_metrics` are for the log.
`ppo2.ppo2.iterate` is the iteration around all this, `ppo2.update` its update.
"""
