"""Your own networks, mappings, transfer methods and tasks; other programs that follow a run."""
