"""The student of MIKT: its equation, its mapping, its losses.

Where to begin: an update asks a student for `student.Student.learning_outputs`. From there on,

- `student` has the equation of its layers;
- `mapping` has φ and its decoder, `mixing` the shares p and the matrices U, and
  `teachers.teacher` the features z;
- `student_losses` has the formulas of the losses, `loss_table` what they are called, and
  `transfer.schedule` their coefficients over the run.

The other modules are not needed to understand an update: `student_parts` and `student_variables`
list the variables and describe a student for its checkpoint, `student_options` checks its options,
`acting` computes actions faster, `metric_table` and `metric_values` are for the log.
`ppo2.ppo2.iterate` is the iteration around all this, `ppo2.update` its update.
"""
