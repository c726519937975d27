"""The student of MIKT: its equation, its mapping, its losses."""
