"""`python -m bptui.tui` is `bptui`."""

import sys

from bptui.tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
