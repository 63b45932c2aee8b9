"""Somebody before the screen."""

import io


class Terminal(io.StringIO):
    """Standard input that is a terminal, with the answers that will be typed."""

    def isatty(self) -> bool:
        return True
