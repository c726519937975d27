"""The method: mutual-information-based knowledge transfer, MIKT (Wan et al., UAI 2020)."""
