"""Many tenants at once: what became of each, and what that amounts to (CONTRACT section 2, `fleet`).

Nothing here holds a value of a person: counts, codes, names of tenants, paths.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prepop.errors import Exit

FORMAT = "prepop-fleet/1"
ONE_NIGHT = timedelta(hours=24)  # shards further apart are not of one night

GRAVEST_FIRST = (
    Exit.BUG,
    Exit.USAGE,
    Exit.INCOMPLETE,
    Exit.BLOCKED,
    Exit.LOCKED,
    Exit.SOME_FAILED,
    Exit.OUT_OF_TIME,
    Exit.INTERRUPTED,
    Exit.PENDING,
    Exit.DONE,
)


@dataclass(frozen=True, slots=True)
class FoundIn:
    """A finding of one tenant: its code, whether it blocks, and the number that was measured."""

    code: str
    blocks: bool
    measured: int


@dataclass(frozen=True, slots=True)
class FleetRow:
    """What became of one tenant.

    name: of its config, one of a kind in a fleet. exit_code: CONTRACT section 3. note: what it said of its
    trouble, or what became of its process; masked. tenant, run, headline: "" where it did not come so far.
    outcomes: changes by result. before, after: accounts able to reset, of `population`; None where it is not
    known. report, log: absolute paths; report "" where there is none.
    """

    name: str
    config: str
    exit_code: int
    seconds: int
    note: str = ""
    tenant: str = ""
    run: str = ""
    headline: str = ""
    outcomes: Mapping[str, int] = field(default_factory=dict)
    population: int | None = None
    before: int | None = None
    after: int | None = None
    findings: Sequence[FoundIn] = ()
    report: str = ""
    log: str = ""

    @property
    def means(self) -> str:
        """What its exit code means."""
        return Exit(self.exit_code).text.replace("`", "")

    @property
    def changes(self) -> str:
        """The outcomes in words."""
        return ", ".join(f"{count:,} {result}" for result, count in self.outcomes.items() if count)

    @property
    def able(self) -> str:
        """Able before and after, in words; "" where it is not known."""
        if self.before is None or self.after is None:
            return ""
        return f"{self.before:,} → {self.after:,} of {self.population or 0:,}"

    @property
    def found(self) -> str:
        """The findings in words."""
        return ", ".join(f"{each.code} ({each.measured:,})" for each in self.findings)


@dataclass(frozen=True, slots=True)
class Fleet:
    """One pass over many tenants, or one shard of it.

    shard: which of how many, counted from 0; None for a whole fleet. configs: how many the whole fleet has.
    missing: shards that have not reported, of a fleet that was joined.
    """

    run: str
    verb: str
    began: datetime
    ended: datetime
    configs: int
    rows: Sequence[FleetRow]
    exit_code: int
    shard: tuple[int, int] | None = None
    missing: Sequence[int] = ()
    format: str = FORMAT

    @property
    def headline(self) -> str:
        """The whole in one sentence."""
        well = sum(row.exit_code in (Exit.DONE, Exit.PENDING) for row in self.rows)
        which = f"shard {self.shard[0]} of {self.shard[1]}: " if self.shard else ""
        lost = f"; {len(self.missing)} of its shards did not report" if self.missing else ""
        return f"{which}{well:,} of {len(self.rows):,} tenants ended well{lost}"


def gravest(codes: Iterable[int]) -> Exit:
    """The code that says most of what is wrong: CONTRACT section 2 has the order."""
    there = {int(code) for code in codes}
    return next((code for code in GRAVEST_FIRST if code in there), Exit.DONE)


def by_gravity(rows: Iterable[FleetRow]) -> list[FleetRow]:
    """What needs somebody first, then by name."""
    return sorted(rows, key=lambda row: (GRAVEST_FIRST.index(Exit(row.exit_code)), row.name))


def joined(shards: Sequence[Fleet]) -> Fleet:
    """One fleet of its shards, one or more, of one verb, N and number of configs.

    Of a shard that stands there twice the newest counts. One that is more than a day older than the newest
    is of another night: it has not reported, and a fleet with a missing shard has not read everything (40).
    """
    newest = max(shards, key=lambda fleet: fleet.ended)
    count = newest.shard[1] if newest.shard else 1
    of_night: dict[int, Fleet] = {}
    for fleet in sorted(shards, key=lambda fleet: fleet.ended):
        if newest.ended - fleet.ended <= ONE_NIGHT:
            of_night[fleet.shard[0] if fleet.shard else 0] = fleet
    missing = tuple(number for number in range(count) if number not in of_night)
    rows = by_gravity(row for fleet in of_night.values() for row in fleet.rows)
    codes = [row.exit_code for row in rows] + [int(Exit.INCOMPLETE)] * bool(missing)
    return Fleet(
        run=newest.run,
        verb=newest.verb,
        began=min(fleet.began for fleet in of_night.values()),
        ended=newest.ended,
        configs=newest.configs,
        rows=rows,
        exit_code=int(gravest(codes)),
        missing=missing,
    )
