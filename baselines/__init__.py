"""MIKT: transfer of control between robots of different shape, on top of PPO."""

import sys

__version__ = "0.1.0"

if sys.argv[:1] == ["-m"]:  # so it is while Python imports what `python -m` is to run
    from baselines.common.stopping import end_at_once

    end_at_once()
