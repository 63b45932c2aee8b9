"""`python -m tests.fuzz [--nightly] [--seed N]`: spoil inputs, and say what was found."""

import os
import sys

from tests.fuzz.run import PROFILES, fuzz


def main(words: list[str]) -> int:
    """Run one profile; 1 where something was found."""
    profile = "nightly" if "--nightly" in words else os.environ.get("PREPOP_FUZZ", "ci")
    seed = int(words[words.index("--seed") + 1]) if "--seed" in words else 1
    count = int(words[words.index("--count") + 1]) if "--count" in words else PROFILES[profile]
    only = words[words.index("--only") + 1] if "--only" in words else ""
    done = fuzz(count, seed, only)
    for line in done.told():
        print(line, flush=True)
    return 1 if done.found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
