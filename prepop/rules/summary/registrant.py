"""One line of to-register.csv."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Registrant:
    """An account whose person must register something: why, and what they can do.

    manager: a UPN, "" where none was read. language: as the account has it ("de-DE"), or "".
    """

    name: str
    upn: str
    account_id: str
    manager: str
    department: str
    language: str
    why: str
    can_do: str
