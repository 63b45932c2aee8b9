"""What the guards look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from prepop.model import LastRun, MethodsPolicy, Privileged, Telephony
from prepop.options import Limits
from prepop.rules.decisions.sight import Vanished


@dataclass(frozen=True, slots=True)
class Situation:
    """What the guards look at, beside the changes. Counts are of people and accounts. today: in UTC."""

    people: int
    accounts: int
    in_scope: int
    unmatched: int
    last: LastRun | None
    mapping_digest: str
    limits: Limits
    privileged: Privileged
    privileged_allowed: bool
    policy: MethodsPolicy
    telephony: Telephony
    today: date
    settled_regions: Mapping[str, int] = field(default_factory=dict)
    """How many usable numbers of people in scope no change touches, by region."""
    self_writable: tuple[str, ...] = ()
    """Attributes of the mapping that people may write on themselves, each with how many people."""
    synchronised: int = 0
    """The tenant's enabled, synchronised accounts."""
    without_person: int = 0
    """How many of them belong to nobody who was read."""
    vanished: tuple[Vanished, ...] = ()
    """Attributes that too many people lost since the last complete run."""
    lost_runs: tuple[str, ...] = ()
    """Runs whose reports are there and that the state does not know, oldest first."""
    bare: bool = False
    """Nobody who was read has a value in any attribute of the mapping."""
    aside: str = ""
    """Why nobody is in scope though people and accounts are there, as a sentence."""
    admins_unseen: tuple[str, ...] = ()
    """Of each directory whose administrators are not known, why."""
    extras: Mapping[str, int] = field(default_factory=dict)
    """How many rows each extra file has, by its name."""
    unused: tuple[str, ...] = ()
    """What of the mapping fits nobody, in words."""
