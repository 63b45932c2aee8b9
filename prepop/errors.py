"""What can go wrong, each with the exit code of CONTRACT section 3.

PrepopError                     1   never raised itself
├── UsageError                  2   a wrong option, or somebody who is not found
├── ConfigError                 2   one or more mistakes in config or mapping
├── StateError                  2   the state folder or its database cannot be used
├── OutputError                 2   a report or plan file could not be written
├── Blocked                    30   a finding refuses applying
├── Incomplete                 40   directory or tenant could not be read to the end
│   └── SignInError            40   a credential or a bind was refused
└── Locked                     50   another run holds the lock

A message says what was being done, to whom or in which file and key, and what came back;
`hint` says what to try. Neither ever holds a whole number, address, password or token.
"""

from collections.abc import Sequence
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes: CONTRACT section 3. text: what each one means, as help and documents say it."""

    text: str

    def __new__(cls, code: int, text: str = "") -> "Exit":  # the default is for Exit(code), which looks up
        member = int.__new__(cls, code)
        member._value_ = code
        member.text = text
        return member

    DONE = (0, "done, or nothing to do")
    BUG = (1, "a bug: unexpected error; the log has the traceback")
    USAGE = (2, "wrong usage, or a mistake in config or mapping; a file that cannot be written")
    PENDING = (10, "`plan --exit-code`: changes pending")
    SOME_FAILED = (20, "finished; some changes failed")
    OUT_OF_TIME = (25, "time budget spent; `resume` goes on, or the next `sync` settles it")
    BLOCKED = (30, "blocked by a finding (unreadable roles too: `privileged-unknown`); nothing written")
    INCOMPLETE = (40, "could not read everything, or could not sign in; nothing written")
    LOCKED = (50, "another run holds the lock")
    INTERRUPTED = (130, "interrupted; `resume` goes on, or the next `sync` settles it")


class PrepopError(Exception):
    """Something that a person can put right; not a bug."""

    exit_code = Exit.BUG

    def __init__(self, message: str, *, hint: str = "", plain: tuple[str, ...] = ()) -> None:
        """Plain: names in message and hint that are shown as they are, since the engineer typed them."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.plain = plain


class UsageError(PrepopError):
    """A wrong option, or a user or group that is not found."""

    exit_code = Exit.USAGE


class ConfigError(PrepopError):
    """Mistakes in config or mapping. `mistakes` has all of them, each with file, place and near miss."""

    exit_code = Exit.USAGE

    def __init__(self, mistakes: Sequence[str], *, hint: str = "") -> None:
        super().__init__("\n".join(mistakes), hint=hint)
        self.mistakes = tuple(mistakes)


class Blocked(PrepopError):
    """A blocking finding refuses applying; nothing was written."""

    exit_code = Exit.BLOCKED


class Incomplete(PrepopError):
    """Directory or tenant could not be read to the end, so nothing may be concluded or written."""

    exit_code = Exit.INCOMPLETE


class SignInError(Incomplete):
    """The directory refused the bind, or Entra ID the credential."""


class StateError(PrepopError):
    """The state folder or its database cannot be used."""

    exit_code = Exit.USAGE


class OutputError(PrepopError):
    """A plan or report file could not be written; no half-written file stays."""

    exit_code = Exit.USAGE


class Stopped(PrepopError):
    """Somebody asked to stop, or the time budget is spent, before anything of this run was written."""

    def __init__(self, exit_code: Exit) -> None:
        why = "the time budget is spent" if exit_code is Exit.OUT_OF_TIME else "interrupted"
        super().__init__(f"{why} before anything of this run was written", hint="the next run begins afresh")
        self.exit_code = exit_code


class Locked(PrepopError):
    """Another run holds the lock."""

    exit_code = Exit.LOCKED
