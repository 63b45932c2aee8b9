"""What a plan or a run amounts to: every number, list and sentence that any report shows.

`summarise` is pure and is the only maker of these words; terminal, HTML, XLSX, CSV and JSON render its
`Summary` and compute nothing of their own, so that no two of them can disagree.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from prepop import __version__
from prepop.model import Action, Change, Execution, Family, Finding, Method, Outcome, Plan, Result
from prepop.reasons import Reason, Severity
from prepop.rules.phrases import (
    QUOTA_SECONDS,
    QUOTA_WRITES,
    SMS_RETIRES,
    counted,
    duration,
    under_quota,
    visible,
)
from prepop.rules.readiness.words import Readiness, Unread
from prepop.rules.summary import commands
from prepop.rules.summary.endings import (
    accepted,
    answers,
    credential,
    headline_of_rollback,
    mark,
    notes,
    results,
    stands_of_run,
)
from prepop.rules.summary.readiness import readiness
from prepop.rules.summary.registering import registrants
from prepop.rules.summary.registrant import Registrant
from prepop.rules.summary.remedies import remedies
from prepop.rules.summary.rows import Hide, build_rows
from prepop.rules.summary.security import concerns, since
from prepop.rules.summary.sms import ability, sms_voice
from prepop.rules.summary.words import (
    NO_DEPARTMENT,
    Ability,
    Fact,
    OutcomeLine,
    ReasonLine,
    Row,
    RowVerdict,
    Stage,
    Step,
    Summary,
    WriteLine,
    Writes,
)

__all__ = ["Summary", "summarise"]

_CHANGES = (RowVerdict.ADD.value, RowVerdict.REPLACE.value, RowVerdict.REMOVE.value)
_REGISTERED = (Reason.ALREADY_REGISTERED.value,)
_ALONE = (RowVerdict.LEFT_ALONE.value,)


def summarise(
    plan: Plan,
    outcomes: Mapping[str, Outcome] | None = None,
    previous: Plan | None = None,
    unmask: bool = False,
    *,
    digest: str = "",
    plan_file: str = "PLAN.json",
    execution: Execution | None = None,
    check: Readiness | Unread | None = None,
    config: str = "",
    credential_ends: datetime | None = None,
) -> Summary:
    """Everything there is to say of a plan, or of a run where `outcomes` (by change id) are given.

    previous: the plan of the run before, to say what is different. digest: of the plan file, which a
    sign-off names. plan_file: as it should stand in the next command. execution: how the plan was carried
    out; a run without it is taken for one that has not ended. check: what `prepop check` left beside the
    plan, or why that cannot be read. config: as the next command names it, "" where it need not.
    credential_ends: when the certificate of the sign-in runs out, where that can be seen.
    """
    hide = Hide(unmask)
    rows = build_rows(plan, outcomes, previous, hide)
    able = ability(plan, outcomes)
    left = registrants(plan, outcomes)
    carried = execution or Execution(plan.run)
    ready = None if plan.undoes else readiness(plan, check)
    return Summary(
        run=visible(carried.run),
        created=plan.created,
        tenant=visible(plan.cloud.name or plan.tenant),
        applied=outcomes is not None,
        masked=not unmask,
        digest=digest,
        headline=_headline(plan, outcomes, able),
        stands=_stands(plan, outcomes),
        explained=() if plan.undoes else (*_explained(plan, able), *_left_to_register(left)),
        ability=able,
        sms=sms_voice(plan, outcomes),
        funnel=() if plan.undoes else _funnel(plan, outcomes is not None),
        findings=_findings(plan),
        writes=_writes(plan),
        outcomes=_outcomes(plan, outcomes),
        reasons=_reasons(plan, rows),
        security=concerns(plan, rows, hide),
        since=since(plan, previous),
        next=(
            commands.of_plan(plan, digest, plan_file)
            if outcomes is None
            else commands.of_run(plan, outcomes, carried, config)
        ),
        facts=_facts(plan, digest, unmask, carried),
        rows=rows,
        readiness=ready,
        mark=mark(plan, outcomes, carried, ready),
        ending=None if outcomes is None else carried.ending,
        undoes=visible(plan.undoes or ""),
        notes=(*notes(plan, outcomes, carried), *credential(plan.created, credential_ends)),
        answers=answers(plan, outcomes),
        accepted=accepted(carried),
        operator=visible(str(carried.operator)),
        registrants=left,
    )


# ---------------------------------------------------------------- the verdict


def _headline(plan: Plan, outcomes: Mapping[str, Outcome] | None, able: Ability) -> str:
    """The verdict on people: who can reset afterwards, or what is not known."""
    if plan.undoes is not None:
        return headline_of_rollback(plan, outcomes)
    if able.after is None or able.today is None:
        return "How many people can reset their password is not known."
    if not able.population:
        return "No account in scope is enabled for self-service password reset."
    of_all = f"{able.after:,} of {counted(able.population, 'account')} can reset the password"
    unsure = "" if not plan.cloud.policy else ", if the methods policy lets them, which is not known of all"
    if outcomes is not None:
        return f"{of_all} now; before the run it was {able.today:,}{unsure}."
    return f"{of_all} after this plan; today it is {able.today:,}{unsure}."


def _stands(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> str:
    """The verdict on the changes: what can be applied, what stands against it, or what became of it."""
    if outcomes is not None:
        return stands_of_run(plan.changes, outcomes)
    changes = counted(len(plan.changes), "change")
    if plan.blocking:
        findings = counted(len(plan.blocking), "finding")
        what = f"{changes} cannot be applied" if plan.changes else "Nothing can be applied"
        return f"{what}: {findings} must be cleared first."
    if not plan.changes:
        return "There is nothing to change."
    accounts = counted(len({change.account.id for change in plan.changes}), "account")
    return f"{changes} on {accounts} can be applied."


def _explained(plan: Plan, able: Ability) -> tuple[str, ...]:
    """What the three numbers count, and what they do not know."""
    if not able.known:
        return (
            f"The registration report could not be read: {able.unknown}.",
            "So nobody knows who is enabled for a reset, and who has enough methods today; "
            "the changes below rest on live reads of each account.",
        )
    if not able.population and not able.unlisted:
        return (
            "The registration report lists no account in scope with self-service password reset switched on.",
        )
    gates = "one usable method" if able.gates == 1 else f"{able.gates} usable methods"
    sentences = [
        "Counted are accounts in scope that are enabled for self-service password reset; able is who has "
        f"{gates} (cloud.gates; Graph cannot tell how many the tenant asks for). An alternate mobile, an "
        "office number with an extension and an address at the own mailbox do not count, nor does a "
        "method that the methods policy does not let the account use.",
    ]
    if plan.cloud.policy:
        sentences.append(f"What is not known to be forbidden counts: {visible(plan.cloud.policy)}.")
    if able.unread:
        single = able.unread == 1
        sentences.append(
            f"{able.unread:,} of them {'has' if single else 'have'} nobody among the people who were read: "
            f"the shares count {'it' if single else 'them'} too."
        )
    if able.unlisted:
        single = able.unlisted == 1
        sentences.append(
            f"{counted(able.unlisted, 'account')} {'is' if single else 'are'} not in the registration "
            f"report: what {'it' if single else 'they'} can do is not known, and the three numbers leave "
            f"{'it' if single else 'them'} out."
        )
    return tuple(sentences)


def _left_to_register(left: Sequence[Registrant]) -> tuple[str, ...]:
    """Where those stand whom no attribute can help."""
    if not left:
        return ()
    who = "The person of 1 account must" if len(left) == 1 else f"The people of {len(left):,} accounts must"
    return (
        f"{who} register a method by themselves, now or before {SMS_RETIRES}: "
        "to-register.csv says who, why and how (with the CSV report); groups.csv is for the portal's import "
        "into a group that a registration campaign targets.",
    )


# ---------------------------------------------------------------- the funnel


def _funnel(plan: Plan, applied: bool) -> tuple[Step, ...]:
    """People first, then what became of their methods; the last four add up to all verdicts.

    In a run nothing is blocked any more: its findings were accepted, or it would not be one.
    """
    registered = plan.totals.already_registered
    alone = plan.totals.left_alone - registered
    blocked = len(plan.changes) if plan.blocking and not applied else 0
    total = plan.totals
    return (
        Step("read", "People read", total.people, "people"),
        Step("in-scope", "In scope", total.in_scope, "people", Stage.IN_SCOPE),
        Step("matched", "Matched to an account", total.matched, "people", Stage.MATCHED),
        Step("usable", "With a usable value", total.with_usable_value, "people", Stage.USABLE),
        Step("planned", "To be written", len(plan.changes) - blocked, "methods", Stage.READ, _CHANGES),
        Step("registered", "Already registered", registered, "methods", Stage.READ, _REGISTERED),
        Step("left-alone", "Left alone", alone, "verdicts", Stage.READ, _ALONE),
        Step("blocked", "Blocked by a finding", blocked, "methods", Stage.READ, _CHANGES),
    )


def _findings(plan: Plan) -> tuple[Finding, ...]:
    """Those that block first."""
    ordered = sorted(plan.findings, key=lambda finding: finding.level is not Severity.BLOCK)
    return tuple(replace(found, text=visible(found.text), next=visible(found.next)) for found in ordered)


# ---------------------------------------------------------------- what is written


def _writes(plan: Plan) -> Writes:
    changes = plan.changes
    accounts = len({change.account.id for change in changes})
    seconds = under_quota(len(changes))
    requests = plan.totals.requests
    if changes:
        sentence = (
            f"{counted(len(changes), 'write')} on {counted(accounts, 'account')}, "
            f"{counted(requests, 'request')} with the checks right before. Graph documents {QUOTA_WRITES:,} "
            f"writes in {QUOTA_SECONDS} seconds for one app in one tenant: {duration(seconds)} at the least."
        )
    else:
        sentence = "Nothing is written."
    methods = {method.value: place for place, method in enumerate(Method)}
    by_method = _lines(changes, lambda change: change.method.value)
    return Writes(
        total=len(changes),
        accounts=accounts,
        requests=requests,
        seconds=seconds,
        sentence=sentence,
        methods=tuple(sorted(by_method, key=lambda line: methods[line.name])),
        countries=_lines(changes, _country),
        departments=_lines(changes, lambda change: visible(change.evidence.department) or NO_DEPARTMENT),
    )


def _country(change: Change) -> str:
    match change.method.family:
        case Family.PHONE:
            return visible(change.evidence.region) or "(unknown)"
        case Family.EMAIL:
            return "(email)"
        case _:
            assert_never(change.method.family)


def _lines(changes: Iterable[Change], name: Callable[[Change], str]) -> tuple[WriteLine, ...]:
    counts: dict[str, Counter[Action]] = defaultdict(Counter)
    for change in changes:
        counts[name(change)][change.action] += 1
    lines = (
        WriteLine(key, count[Action.ADD], count[Action.REPLACE], count[Action.REMOVE])
        for key, count in counts.items()
    )
    return tuple(sorted(lines, key=lambda line: (-line.total, line.name)))


def _outcomes(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> tuple[OutcomeLine, ...]:
    if outcomes is None:
        return ()
    counts = results(plan.changes, outcomes)
    return tuple(OutcomeLine(result.value, counts[result]) for result in Result if counts[result])


# ---------------------------------------------------------------- who is left alone


def _reasons(plan: Plan, rows: Sequence[Row]) -> tuple[ReasonLine, ...]:
    counts = Counter(alone.reason for alone in plan.left_alone)
    if plan.totals.already_registered:
        counts[Reason.ALREADY_REGISTERED] = plan.totals.already_registered  # most of them are not listed
    new = Counter(row.reason for row in rows if row.new and row.reason)
    regions = Counter(change.evidence.region for change in plan.changes if change.evidence.region)
    usual = [region for region, _ in sorted(regions.items(), key=lambda item: (-item[1], item[0]))]
    tried = remedies(plan.left_alone, usual)
    return tuple(
        ReasonLine(reason, count, new[reason], tried.get(reason, ()))
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0].value))
    )


# ---------------------------------------------------------------- what this rests on


def _facts(plan: Plan, digest: str, unmask: bool, execution: Execution) -> tuple[Fact, ...]:
    facts = [
        Fact("run", execution.run),
        Fact("run of the plan", plan.run if execution.run != plan.run else ""),
        Fact("started by", str(execution.operator)),
        Fact("made (UTC)", f"{plan.created:%Y-%m-%d %H:%M:%S}"),
        Fact("tenant", plan.cloud.name),
        Fact("tenant id", plan.tenant),
        Fact("plan digest", digest),
        Fact("config digest", plan.config_digest),
        Fact("mapping digest", plan.mapping_digest),
        Fact("present methods read", plan.cloud.screen),
        *_directories(plan),
        Fact("prepop", __version__),
        Fact("values", "whole" if unmask else "masked"),
    ]
    return tuple(Fact(fact.name, visible(fact.value)) for fact in facts if fact.value)


def _directories(plan: Plan) -> Iterator[Fact]:
    """What each directory said of itself; several are told apart by their names."""
    if plan.undoes is not None:
        yield Fact("undoes run", plan.undoes)
    for read in plan.directory:
        of = f"directory {read.name}.".replace(" .", " ")
        for word, text in read.said.items():
            yield Fact(of + word, text)
        yield Fact(f"{of}people", f"{read.people}")
    for extra in plan.extras:
        for word, text in extra.said.items():
            yield Fact(f"extra {extra.name}.{word}", text)
