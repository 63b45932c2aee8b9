"""One person, explained: what the directory holds, what each rule made of it, what is registered, and why.

Pure. Everything that is shown is a value in `Explanation`; phones and addresses are masked unless asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from prepop.model import (
    Account,
    Candidate,
    Change,
    Family,
    Joined,
    Joining,
    Ledger,
    LeftAlone,
    Method,
    Person,
    Present,
    Unusable,
    Usable,
    Verdict,
    Wanted,
)
from prepop.rules.decisions.cells import place_of
from prepop.rules.phrases import visible
from prepop.rules.summary.rows import Hide
from prepop.rules.summary.words import why_change
from prepop.rules.values.keys import comparison_key
from prepop.rules.values.phones import considered


@dataclass(frozen=True, slots=True)
class Tried:
    """One value of one attribute, and what the rules made of it.

    normal: "" where nothing could be made of it; reason: the code then, and `why` its sentence.
    steps: what was repaired or assumed on the way. chosen: this is the value that is wanted.
    readings: of a phone, the ways in which its digits are a number: those found, then those against them.
    place: file, row and column of an extra file; "" for the directory.
    """

    attribute: str
    raw: str
    normal: str
    reason: str
    why: str
    steps: tuple[str, ...]
    chosen: bool
    readings: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedMethod:
    """One method of the mapping. present: "" for none, None where it was not read.

    verdict: an action, or `left-alone` with a reason; "" where the person as a whole was left alone.
    fix: what would put it right, "" for a change. wrote: when prepop wrote there, in which run; "": never.
    """

    method: str
    tried: tuple[Tried, ...]
    present: str | None
    verdict: str
    reason: str
    why: str
    detail: str
    fix: str
    wrote: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One person and what is decided about them. whole: why the person as a whole is left alone.

    country: which one their numbers without + belong to and what says so, or why none; "" where not asked.
    files: what each extra file says of them, a sentence each.
    """

    name: str
    dn: str
    anchor: str
    upn: str
    account_upn: str
    account_id: str
    disabled: bool
    account_enabled: bool
    masked: bool
    whole: tuple[ExplainedMethod, ...]
    methods: tuple[ExplainedMethod, ...]
    country: str = ""
    files: tuple[str, ...] = ()


def explain(
    person: Person,
    account: Account | None,
    wanted: Iterable[Wanted],
    present: Present | None,
    verdicts: Iterable[Verdict],
    unmask: bool = False,
    ledger: Ledger | None = None,
    home: tuple[str | None, str] | None = None,
) -> Explanation:
    """Put together what is known of one person.

    account: None where none was found. present: None where nothing was read. verdicts: those of this person.
    ledger: what prepop wrote, ever.
    home: their country (`mapping.region_of`), for the readings of their phones; None to show none of it.
    """
    hide = Hide(unmask)
    by_method: dict[Method | None, list[Verdict]] = {}
    for verdict in verdicts:
        by_method.setdefault(verdict.method, []).append(verdict)
    by_wanted: Mapping[Method, Wanted] = {want.method: want for want in wanted}
    methods = [method for method in Method if method in by_wanted or method in by_method]
    return Explanation(
        name=visible(person.name),
        dn=visible(person.dn),
        anchor=visible(person.anchor),
        upn=visible(person.upn),
        account_upn=visible(account.upn) if account else "",
        account_id=visible(account.id) if account else "",
        disabled=person.disabled,
        account_enabled=account.enabled if account else False,
        masked=not unmask,
        whole=tuple(_method("", None, None, verdict, hide) for verdict in by_method.get(None, ())),
        methods=tuple(
            replace(
                _placed(
                    _method(
                        method.value, by_wanted.get(method), _present(present, method), verdict, hide, home
                    ),
                    person,
                ),
                wrote=_wrote(account, method, _present(present, method), ledger or Ledger()),
            )
            for method in methods
            for verdict in by_method.get(method) or (None,)
        ),
        country=_country(home),
        files=tuple(visible(_said_by(joined)) for joined in person.extras.values()),
    )


def _placed(method: ExplainedMethod, person: Person) -> ExplainedMethod:
    tried = tuple(replace(value, place=visible(place_of(person, value.attribute))) for value in method.tried)
    return replace(method, tried=tried)


def _said_by(joined: Joined) -> str:
    match joined.how:
        case Joining.ROW:
            detail = f"row {joined.row}, by {joined.key} = {joined.attribute}"
        case Joining.SEVERAL:
            detail = joined.why
        case Joining.NO_ROW | Joining.NO_KEY:
            detail = f"by {joined.key} = {joined.attribute}"
        case _:
            assert_never(joined.how)
    return f"{joined.file} {joined.how} ({detail})"


def _country(home: tuple[str | None, str] | None) -> str:
    match home:
        case None:
            return ""
        case (None, why):
            return visible(why) or "not known: nothing says it"
        case (region, where):
            return visible(f"{region}, from {where}")


def _present(present: Present | None, method: Method) -> str | None:
    if present is None or not present.was_read(method):
        return None
    return present.value(method) or ""


def _wrote(account: Account | None, method: Method, present: str | None, ledger: Ledger) -> str:
    """What prepop wrote there, and what became of it since."""
    entry = ledger.written.get((account.id, method)) if account else None
    if entry is None:
        return ""
    said = f"in run {entry.run}, {entry.at:%Y-%m-%d %H:%M} UTC"
    if present is None:
        return said
    if not present:
        return f"{said}; it was taken away since"
    ours = ledger.is_ours(entry, comparison_key(method, present))
    return said if ours else f"{said}; it was changed since"


def _method(
    method: str,
    wanted: Wanted | None,
    present: str | None,
    verdict: Verdict | None,
    hide: Hide,
    home: tuple[str | None, str] | None = None,
) -> ExplainedMethod:
    tried = tuple(_tried(candidate, wanted.result, hide) for candidate in wanted.candidates) if wanted else ()
    if wanted and home and wanted.method.family is Family.PHONE:
        tried = tuple(
            replace(attempt, readings=tuple(map(hide.sentence, considered(candidate.raw, home[0]))))
            for attempt, candidate in zip(tried, wanted.candidates, strict=True)
        )
    if wanted and not tried:
        tried = (_tried(wanted.result, wanted.result, hide),)
    word, reason, why, detail, fix = "", "", "", "", ""
    match verdict:
        case Change():
            word = verdict.action.value
            why = why_change(verdict.action, verdict.policy.value)
            present = present if present is not None else verdict.before
        case LeftAlone():
            word, reason = "left-alone", verdict.reason.value
            why, detail, fix = verdict.reason.text, hide.sentence(verdict.detail), verdict.reason.fix
            present = present if present is not None else verdict.evidence.present or None
        case None:
            pass
    return ExplainedMethod(
        method=method,
        tried=tried,
        present=None if present is None else hide(present),
        verdict=word,
        reason=reason,
        why=why,
        detail=detail,
        fix=fix,
    )


def _tried(candidate: Candidate, result: Candidate, hide: Hide) -> Tried:
    steps = tuple(hide.sentence(note) for note in candidate.notes)
    chosen = candidate == result and isinstance(candidate, Usable)
    attribute = visible(candidate.attribute)
    match candidate:
        case Usable():
            return Tried(attribute, hide(candidate.raw), hide(candidate.value), "", "", steps, chosen)
        case Unusable():
            why = candidate.reason.text + (
                f" ({hide.sentence(candidate.detail)})" if candidate.detail else ""
            )
            return Tried(attribute, hide(candidate.raw), "", candidate.reason.value, why, steps, chosen)
