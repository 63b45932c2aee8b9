"""`python -m tests.mutants [--seed N] [--count N] [FOLDER...]`: break lines one by one; which test notices?

A copy of the checkout is broken at places drawn by the seed (a comparison turned, an `and` for an `or`, a
`not` left out, a number one higher, a truth value turned) in `rules`, `steps` and `cloud/wire`; the tests
of the same folder and those that import the module run until one fails. What survives is listed; what is
known to make no difference stands in `mutants.txt` with its reason, as `PATH | LINE | CHANGE | REASON`.
Ends with 1 where more than 5 of 100 survive that are not listed there. Too slow for each run.
"""

import argparse
import ast
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
KNOWN = Path(__file__).parent / "mutants.txt"
FOLDERS = ("rules", "steps", "cloud/wire")
MOST = 0.05  # survivors, of all
# reached through the command line alone
_ELSEWHERE = {Path("prepop/steps/check.py"): Path("tests/rules/readiness")}
_ALONE = ("bench", "fuzz")  # measured and run by themselves
SECONDS = 300  # a test run that takes longer noticed too: something waits for ever

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One place of one file, and what is written there instead."""

    path: Path
    line: int
    start: int
    end: int
    instead: str

    @property
    def known_as(self) -> str:
        """What it is listed as: the line's text, not its number, so that it is found again after an edit."""
        text = (ROOT / self.path).read_text(encoding="utf-8").split("\n")[self.line - 1].strip()
        return f"{self.path} | {text} | {self.instead}"


def mutants(path: Path) -> Iterator[Mutant]:
    """Every place of a file that can be broken."""
    source = (ROOT / path).read_text(encoding="utf-8")
    lines = source.split("\n")
    tree = ast.parse(source)
    shapes = {id(part) for node in ast.walk(tree) for part in _of_decorators(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or node.lineno != node.end_lineno or id(node) in shapes:
            continue
        start = len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
        end = len(lines[node.lineno - 1].encode()[: node.end_col_offset].decode())
        if (instead := _instead(node)) is not None:
            yield Mutant(path, node.lineno, start, end, instead)


def _of_decorators(node: ast.AST) -> Iterator[ast.AST]:
    """`slots=True`, the size of a cache: what changes no answer."""
    for decorator in getattr(node, "decorator_list", ()):
        yield from ast.walk(decorator)


def _instead(node: ast.expr) -> str | None:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _TURNED:
            return ast.unparse(ast.Compare(node.left, [_TURNED[type(op)]()], node.comparators))
        case ast.BoolOp(op=ast.And(), values=values):
            return f"({ast.unparse(ast.BoolOp(ast.Or(), values))})"
        case ast.BoolOp(op=ast.Or(), values=values):
            return f"({ast.unparse(ast.BoolOp(ast.And(), values))})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"bool({ast.unparse(operand)})"
        case ast.Constant(value=bool(value)):
            return str(not value)
        case ast.Constant(value=int(value)):
            return str(value + 1)
        case _:
            return None


def nearby(path: Path) -> list[str]:
    """The tests of the same folder, as tests mirror the package, and those that import the module."""
    folder = Path("tests", *path.parts[1:-1])
    while not (ROOT / folder).is_dir():
        folder = folder.parent
    module = ".".join(path.with_suffix("").parts)
    package, _, name = module.rpartition(".")
    either = rf"from {re.escape(module)} import|from {re.escape(package)} import .*\b{name}\b"
    named = re.compile(rf"^\s*({either})", re.M)
    others = {_ELSEWHERE[path]} if path in _ELSEWHERE else set()
    for file in (ROOT / "tests").rglob("*.py"):
        test = file.relative_to(ROOT)
        if test.parts[1] in _ALONE or test.is_relative_to(folder):
            continue
        if named.search(file.read_text(encoding="utf-8")):  # what tests share stands for its whole folder
            others.add(test if test.name.startswith("test_") else test.parent)
    return [str(folder), *sorted(str(other) for other in others if other != Path("tests"))]


def survives(mutant: Mutant, copy: Path) -> bool:
    """Whether none of the nearby tests notices."""
    file = copy / mutant.path
    before = file.read_text(encoding="utf-8")
    lines = before.split("\n")
    line = lines[mutant.line - 1]
    lines[mutant.line - 1] = line[: mutant.start] + mutant.instead + line[mutant.end :]
    file.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *nearby(mutant.path)]
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_text(before, encoding="utf-8")
    return done.returncode == 0


def main(words: list[str]) -> int:
    """Break as many places as asked, and say which were not noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("folders", nargs="*", default=FOLDERS)
    asked = parser.parse_args(words)
    rows = KNOWN.read_text(encoding="utf-8").splitlines()
    known = {" | ".join(row.split(" | ")[:3]) for row in rows}
    files = [path for folder in asked.folders for path in sorted((ROOT / "prepop" / folder).rglob("*.py"))]
    every = [one for path in files for one in mutants(path.relative_to(ROOT))]
    drawn = random.Random(asked.seed).sample(every, min(asked.count, len(every)))
    left: list[Mutant] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "*cache*"))
        for number, mutant in enumerate(drawn, 1):
            if survives(mutant, copy) and mutant.known_as not in known:
                left.append(mutant)
                print(f"survived: line {mutant.line}: {mutant.known_as}", flush=True)
            if number % 10 == 0:
                print(f"{number} of {len(drawn)}, {len(left)} survived", flush=True)
    print(f"{len(drawn)} of {len(every)} places broken, seed {asked.seed}; {len(left)} survived unlisted")
    return 1 if len(left) > MOST * len(drawn) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
