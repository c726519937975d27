"""Teachers: what they compute, their files, and where on a student's body theirs is found again."""
