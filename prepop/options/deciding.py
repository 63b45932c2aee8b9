"""What decides a plan: scope, limits, trust, and the mapping."""

from dataclasses import dataclass
from enum import StrEnum

from prepop.model import Method, Policy


class MatchBy(StrEnum):
    """A way to find a person's account."""

    ANCHOR = "anchor"
    SID = "sid"
    UPN = "upn"


class Screen(StrEnum):
    """How present methods are looked at first."""

    REPORT = "report"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Scope:
    """Who may be changed at all."""

    groups: tuple[str, ...] = ()
    exclude_groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    match: tuple[MatchBy, ...] = (MatchBy.ANCHOR, MatchBy.SID)
    disabled: bool = False
    guests: bool = False
    privileged: bool = False
    protected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """A number, a share (0 to 1) of a population, or both: more than either blocks. None: not limited so.

    A share counts only from `min_population` on.
    """

    count: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one run may change before somebody has to look."""

    additions: Limit = Limit(500, 0.20)
    replacements: Limit = Limit(50, 0.05)
    removals: Limit = Limit(10, 0.01)
    unmatched: Limit = Limit(None, 0.20)
    unread: Limit = Limit(None, 0.10)
    source_shrink: Limit = Limit(None, 0.10)
    cloud_shrink: Limit = Limit(None, 0.10)
    min_population: int = 50
    failures: Limit = Limit(25, 0.10)
    refusals: Limit = Limit(None, 0.20)
    unreadable: Limit = Limit(10, 0.01)


@dataclass(frozen=True, slots=True)
class Trust:
    """Which values are believed."""

    shared_value_max: int = 1
    cool_down_days: int = 0
    countries: tuple[str, ...] = ()
    extra_domains: tuple[str, ...] = ()
    refused_days: int = 7


# ---------------------------------------------------------------- the mapping file: CONTRACT section 5


class Several(StrEnum):
    """What to do with several usable values in one attribute, which LDAP keeps in no order."""

    LEAVE_ALONE = "leave-alone"
    FIRST = "first"  # in sorted order of the normal form


class Extension(StrEnum):
    """What to do with an office number that ends in an extension."""

    LEAVE_ALONE = "leave-alone"
    KEEP = "keep"
    DROP = "drop"


class Remove(StrEnum):
    """Whether a method goes when the directory has no value any more."""

    NEVER = "never"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Region:
    """Which numbering plan a number without + belongs to.

    attributes: hold the person's own country (ISO code, or name), first usable one wins.
    ou: DN suffix to ISO region; the longest suffix wins. default: ISO region, or "" for none.
    """

    attributes: tuple[str, ...] = ()
    ou: tuple[tuple[str, str], ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class MethodRule:
    """Where one method's value comes from and what may happen to the method. `attributes` as written."""

    method: Method
    attributes: tuple[str, ...]
    policy: Policy = Policy.FILL
    remove: Remove = Remove.NEVER
    several: Several = Several.LEAVE_ALONE
    extension: Extension = Extension.LEAVE_ALONE


@dataclass(frozen=True, slots=True)
class MappingRules:
    """One mapping file. `rules` in the order of `Method`, at most one a method."""

    region: Region
    rules: tuple[MethodRule, ...]

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute to be read, each once (by lower case), in the order of the file."""
        names = [*self.region.attributes, *(name for rule in self.rules for name in rule.attributes)]
        return tuple({name.lower(): name for name in reversed(names)}.values())[::-1]

    @property
    def of_the_directory(self) -> tuple[str, ...]:
        """The attributes that a directory has; the others are columns of extra files."""
        return tuple(name for name in self.attributes if ":" not in name)

    def columns_of(self, file: str) -> tuple[str, ...]:
        """The columns of one extra file (by its name in the config) that are to be read, as written."""
        named = (name.partition(":") for name in self.attributes)
        return tuple(column for of, colon, column in named if colon and of.lower() == file.lower())
