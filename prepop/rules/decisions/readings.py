"""Guards of what was read: an older state, an empty scope, values and people that are missing."""

from collections.abc import Iterable, Sequence

from prepop.model import Change, Finding
from prepop.reasons import FindingCode
from prepop.rules.decisions.bounds import accept_text, allowed, exceeds
from prepop.rules.decisions.situation import Situation
from prepop.rules.phrases import counted, cut, visible


def older(changes: Sequence[Change], situation: Situation) -> Iterable[Finding]:
    """An older backup takes for prepop's own what people changed or brought back since."""
    measured = sum(change.before is not None for change in changes)
    if situation.lost_runs and measured:
        code, runs = FindingCode.STATE_OLDER, situation.lost_runs
        yield Finding(
            code,
            measured,
            0,
            len(changes),
            f"The state does not know {counted(len(runs), 'run')} whose reports are there, the newest "
            f"{runs[-1]}: it is older than they are. {counted(measured, 'value')} that would be replaced or "
            "removed may be people's own by now.",
            f"Restore the newest state, or look at each of them. {accept_text(code, measured)}",
        )


def nobody(situation: Situation) -> Iterable[Finding]:
    """A scope that holds nobody is no quiet night."""
    if situation.aside and situation.people:
        yield Finding(
            FindingCode.SOURCE_EMPTY,
            0,
            1,
            situation.people,
            f"Nobody is in scope. {situation.aside}",
            "Check scope.groups, scope.users and scope.exclude_groups, and who is in these groups.",
        )


def vanished(situation: Situation) -> Iterable[Finding]:
    """Values that were there in the last complete run, or that nobody has."""
    code = FindingCode.VALUES_VANISHED
    look = (
        "What the reading account may not see looks as if it were not there: check its rights on these "
        "attributes (`prepop check`), or the columns of the export."
    )
    if situation.bare and situation.people:
        people = counted(situation.people, "person has", "people have")
        text = f"None of {people} a value in any attribute of the mapping."
        then = f"{look} {accept_text(code, situation.people)}"
        yield Finding(code, situation.people, 0, situation.people, text, then)
    elif situation.vanished:
        most = max(situation.vanished, key=lambda attribute: attribute.lost)
        parts = "; ".join(
            f"{one.attribute}: {one.lost:,} of {one.had:,}"
            + (f" (all of {cut([visible(unit) for unit in one.units], 3)})" if one.units else "")
            for one in situation.vanished
        )
        yield Finding(
            code,
            most.lost,
            most.bound,
            most.had,
            f"People who had a value in the last complete run have none now. {parts}.",
            f"{look} {accept_text(code, most.lost)}",
        )


def missing(situation: Situation) -> Iterable[Finding]:
    """Accounts that nobody was read for: what is not read is not served, and does not show otherwise."""
    limits, missing, whole = situation.limits, situation.without_person, situation.synchronised
    if exceeds(limits.unread, missing, whole, limits.min_population):
        yield Finding(
            FindingCode.PEOPLE_MISSING,
            missing,
            allowed(limits.unread, whole, limits.min_population),
            whole,
            f"{missing:,} of the tenant's {counted(whole, 'enabled, synchronised account')} "
            f"{'has' if missing == 1 else 'have'} nobody among the people who were read.",
            "Check base and filter for a forgotten OU, and whether an export was cut off; raise "
            "limits.unread where only a part is meant.",
        )
