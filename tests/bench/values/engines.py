"""Who reads the texts: this program, an older state of it, or the phone library alone.

A program reads in a process of its own (`python -m tests.bench.values.engines`), so that two states of it
can be held against each other in one run, each with its own modules. Texts and answers go through pipes,
one JSON line for some thousands of them; what is timed is the reading, in the processor's time.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

# A text and the region of its person.
Written = tuple[str, str]


@dataclass(slots=True)
class Program:
    """The program as it stands in a checkout. `read` gives for each text the number's key, or a reason."""

    checkout: Path
    seconds: float = 0.0
    _child: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, Path(__file__).resolve(), self.checkout],
            cwd=self.checkout,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self, texts: Sequence[Written]) -> list[str]:
        """Read some texts and add up the time."""
        into, out = self._child.stdin, self._child.stdout
        assert into is not None
        assert out is not None
        into.write(json.dumps(texts) + "\n")
        into.flush()
        seconds, answers = json.loads(out.readline())
        self.seconds += seconds
        return [str(answer) for answer in answers]

    def close(self) -> None:
        """End the process."""
        with self._child:  # waits, once its input is closed
            pass


def library_alone(texts: Sequence[Written]) -> list[str]:
    """What the phone library makes of the texts with the same default region, and nothing else."""
    return [_library(text, region) for text, region in texts]


def _library(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return "no number"
    if not phonenumbers.is_valid_number(number):
        return "not valid"
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _serve(checkout: str, lines: IO[str]) -> None:
    sys.path.insert(0, checkout)
    from prepop.rules.values.keys import PhoneNumber, phone

    for line in lines:
        texts = json.loads(line)
        begun = time.process_time()
        found = [phone(text, region) for text, region in texts]
        seconds = time.process_time() - begun
        answers = [each.key if isinstance(each, PhoneNumber) else each.reason.value for each in found]
        sys.stdout.write(json.dumps((seconds, answers)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve(sys.argv[1], sys.stdin)
