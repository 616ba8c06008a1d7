"""``python -m orderfsm``: the same as the command ``orderfsm``."""

import sys

from orderfsm.cli import main

if __name__ == "__main__":
    sys.exit(main())
