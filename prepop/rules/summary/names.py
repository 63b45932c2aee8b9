"""What the same numbers are called in a plan, and in a run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """What the same numbers are called in a plan, and in a run.

    before, after: in a chart; able_before, able_after: in a table; could, can: of the tiles.
    """

    before: str
    after: str
    able_before: str
    able_after: str
    could: str
    can: str
    of_the_able: str
    kept_by_email: str
    writes: str


PLAN_NAMES = Names(
    before="today",
    after="after this plan",
    able_before="Able today",
    able_after="Able after this plan",
    could="can reset today",
    can="can reset after this plan",
    of_the_able="By department, of those able after this plan",
    kept_by_email="kept by an email of this plan",
    writes="What will be written",
)
RUN_NAMES = Names(
    before="before",
    after="now",
    able_before="Able before",
    able_after="Able after this run",
    could="could reset before",
    can="can reset now",
    of_the_able="By department, of those able after this run",
    kept_by_email="kept by an email of this run",
    writes="What was to be written",
)
