"""`python -m tests.bench NAME [OPTION...]`: one of the measurements here, each with its own --help."""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(words: list[str]) -> int:
    """Run the one that is named. Without a name, or with one that is not here: which there are."""
    known = sorted(
        path.stem for path in HERE.glob("*.py") if "if __name__ ==" in path.read_text(encoding="utf-8")
    )
    known.remove("__main__")
    if not words or words[0] not in known:
        sys.stderr.write(f"python -m tests.bench NAME, one of: {', '.join(known)}\n")
        return 2
    sys.argv = [f"{__package__} {words[0]}", *words[1:]]
    runpy.run_module(f"tests.bench.{words[0]}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
