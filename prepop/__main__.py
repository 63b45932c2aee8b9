"""`python -m prepop` and the `prepop` command."""

import gc
import sys

from prepop.cli import main as run


def main() -> None:
    """Run one command and end with its exit code."""
    # what a run reads lives until its end: looking through it again and again costs a fifth of the time
    gc.set_threshold(50_000, 20, 100)
    sys.exit(run())


if __name__ == "__main__":
    main()
