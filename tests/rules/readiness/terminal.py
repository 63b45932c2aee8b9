"""Somebody before the screen."""

import io

LAST = 4  # questions at the end that few tests are about: Enter


class Terminal(io.StringIO):
    """Standard input that is a terminal, with the answers that will be typed, and Enter for the last ones."""

    def __init__(self, answers: str) -> None:
        super().__init__(answers + "\n" * LAST)

    def isatty(self) -> bool:
        return True
