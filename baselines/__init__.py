"""MIKT: transfer of control between robots of different shape, on top of PPO."""

import signal
import sys

__version__ = "0.1.0"

# While `python -m baselines.X` imports what it needs, Ctrl-C is to end it like any program, without
# a traceback; `run_command` takes over. The interpreter calls itself "-m" until X is found.
if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
