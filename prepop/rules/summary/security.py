"""The security lists of a report, and what is different from the run before."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import assert_never

from prepop.model import Family, LeftAlone, Plan
from prepop.reasons import Reason
from prepop.rules.phrases import counted, share, visible
from prepop.rules.summary.rows import NOT_LISTED, Hide, Key, key_of, verdicts, word_of
from prepop.rules.summary.words import Concern, ConcernEntry, Delta, Row, Since
from prepop.rules.values.names import ascii_case

# A country is usual that bears at least this share of the numbers; below so many numbers none is unusual.
USUAL_SHARE = 0.01
UNUSUAL_FROM = 20

_DIFFERS = (Reason.REGISTERED_DIFFERENTLY, Reason.CHANGED_SINCE)
_PRIVILEGED = (Reason.PRIVILEGED_ROLE, Reason.PRIVILEGED_DIRECTORY)


def concerns(plan: Plan, rows: Sequence[Row], hide: Hide) -> tuple[Concern, ...]:
    """All five lists, empty ones too: that nothing was found is an answer. Of a rollback, which reads no
    people and asks none of it, only what is there.
    """
    lists = _lists(plan, rows, hide)
    return lists if plan.undoes is None else tuple(concern for concern in lists if concern.total)


def _lists(plan: Plan, rows: Sequence[Row], hide: Hide) -> tuple[Concern, ...]:
    return (
        _shared(plan.left_alone, hide),
        Concern(
            "privileged",
            "Privileged people left alone",
            "Administrators register their methods themselves; prepop does not touch them.",
            _entries(rows, _PRIVILEGED),
            _PRIVILEGED,
        ),
        Concern(
            "recent",
            "Values that changed recently",
            "Changed in the directory within the cool-down time; they wait, because whoever takes over an "
            "account changes the number first.",
            _entries(rows, (Reason.VALUE_RECENT,)),
            (Reason.VALUE_RECENT,),
        ),
        _foreign(rows),
        Concern(
            "differs",
            "Registered value differs from the directory",
            "The person, or an administrator, registered another value. prepop keeps it.",
            tuple(
                ConcernEntry(_who(row), row.method, row.normal or row.raw, f"registered is {row.present}")
                for row in rows
                if row.reason in _DIFFERS
            ),
            _DIFFERS,
        ),
    )


def _who(row: Row) -> str:
    return row.upn or row.dn


def _entries(rows: Sequence[Row], reasons: tuple[Reason, ...]) -> tuple[ConcernEntry, ...]:
    return tuple(
        ConcernEntry(_who(row), row.method, row.normal or row.raw, row.detail or row.why)
        for row in rows
        if row.reason in reasons
    )


def _shared(left_alone: Sequence[LeftAlone], hide: Hide) -> Concern:
    """One entry a value, most holders first; phones are compared together, addresses together."""
    holders: dict[tuple[Family, str], dict[str, str]] = defaultdict(dict)
    for alone in left_alone:
        if alone.reason is not Reason.VALUE_SHARED:
            continue
        family = alone.method.family if alone.method else Family.PHONE
        value = alone.evidence.normal or alone.evidence.raw
        who = visible(alone.account.upn if alone.account else alone.person.dn if alone.person else "")
        holders[family, _same(family, value)].setdefault(who, visible(alone.evidence.source))
    ordered = sorted(holders.items(), key=lambda item: (-len(item[1]), item[0]))
    entries = tuple(
        ConcernEntry(
            counted(len(who), "account"),
            str(family),
            hide(value),
            "from " + ", ".join(sorted({source for source in who.values() if source})),
            tuple(sorted(who)),
        )
        for (family, value), who in ordered
    )
    return Concern(
        "shared",
        "Values that several people share",
        "Whoever answers a shared number can reset the password of everybody who has it. "
        "All of them are left alone.",
        entries,
        (Reason.VALUE_SHARED,),
    )


def _same(family: Family, value: str) -> str:
    """Under what equal values stand together."""
    match family:
        case Family.PHONE:
            return value
        case Family.EMAIL:
            return ascii_case(value)
        case _:
            assert_never(family)


def _foreign(rows: Sequence[Row]) -> Concern:
    numbers = [row for row in rows if row.region and (row.reason is None or row.normal)]
    regions = Counter(row.region for row in numbers)
    total = regions.total()
    odd = {
        region
        for region, count in regions.items()
        if total >= UNUSUAL_FROM and count < max(2, USUAL_SHARE * total)
    }
    entries = tuple(
        ConcernEntry(
            _who(row),
            row.method,
            row.normal or row.raw,
            f"{row.region}: {regions[row.region]:,} of {counted(total, 'number')} "
            f"({share(regions[row.region], total)})",
        )
        for row in numbers
        if row.region in odd
    )
    return Concern(
        "foreign",
        "Numbers outside the usual countries",
        "Countries with fewer than 1% of the numbers, or a single one. trust.countries can leave them alone.",
        entries,
    )


def since(plan: Plan, previous: Plan | None) -> Since | None:
    """What is different from the previous run: counts by verdict and reason, and how many rows are new."""
    if previous is None:
        return None
    now = {key_of(verdict): word_of(verdict) for verdict in verdicts(plan)}
    then = {key_of(verdict): word_of(verdict) for verdict in verdicts(previous)}
    counts_now, counts_then = _counted(now, plan), _counted(then, previous)
    still_there = {standing.account.id for standing in plan.standings}  # who needs nothing is not listed
    names = sorted(set(counts_now) | set(counts_then))
    deltas = [
        Delta(name, then_count, now_count)
        for name, then_count, now_count in (
            ("people", previous.totals.people, plan.totals.people),
            ("accounts", previous.totals.accounts, plan.totals.accounts),
        )
    ]
    deltas += [Delta(name, counts_then[name], counts_now[name]) for name in names]
    return Since(
        run=previous.run,
        created=previous.created,
        new=sum(1 for key, word in now.items() if then.get(key, NOT_LISTED) != word),
        gone=sum(1 for key in then if key not in now and key[0] not in still_there),
        deltas=tuple(delta for delta in deltas if delta.before != delta.now),
    )


def _counted(words: Mapping[Key, str], plan: Plan) -> Counter[str]:
    """How often each word; what is registered already with those that no row shows."""
    counts = Counter(words.values())
    if plan.totals.already_registered:
        counts[NOT_LISTED] = plan.totals.already_registered
    return counts
