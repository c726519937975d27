"""Teachers: their networks, their files, and the places of their bodies on a student's body."""
