"""Results to be committed: collected from runs, shown on a page, checked by training anew."""
