"""The command `command-center`; also `python -m command_center`."""

import sys

from command_center.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
