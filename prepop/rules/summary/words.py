"""What a report says, as values: made once by `rules.summary`, rendered by every form and computed by none.

Phone numbers and addresses in here are masked already, unless the summary was asked for with `unmask`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from prepop.model import Action, Ending, Finding, Result, Telephony
from prepop.reasons import Reason, Severity
from prepop.rules.readiness.telling import Told
from prepop.rules.readiness.words import Unread
from prepop.rules.summary.endings import Accepted, AnswerLine, Mark
from prepop.rules.summary.names import PLAN_NAMES, RUN_NAMES, Names
from prepop.rules.summary.registrant import Registrant

NO_DEPARTMENT = "(none)"


class RowVerdict(StrEnum):
    """What a row says is done with its method: the column `verdict` of CONTRACT section 10."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"
    LEFT_ALONE = "left-alone"


class Stage(IntEnum):
    """How far a row's person came through the funnel; each stage holds all later ones."""

    READ = 0
    IN_SCOPE = 1
    MATCHED = 2
    USABLE = 3


_WHY_CHANGE: Mapping[Action, str] = {
    Action.ADD: "the method is absent, so the directory's value is added",
    Action.REPLACE: "another value is registered, and the policy {policy} replaces it",
    Action.REMOVE: "the directory has no value any more, and prepop wrote the one that is registered",
}
_WHY_UNDONE: Mapping[Action, str] = {
    Action.ADD: "run {run} took this value away; it comes back",
    Action.REPLACE: "run {run} replaced the value; the earlier one comes back",
    Action.REMOVE: "run {run} added the value; it is taken away again",
}


def why_change(action: Action, policy: str, undoes: str = "") -> str:
    """The sentence that says why a change is made. undoes: the run that a rollback undoes."""
    return (_WHY_UNDONE if undoes else _WHY_CHANGE)[action].format(policy=policy, run=undoes)


@dataclass(frozen=True, slots=True)
class Row:
    """One verdict: a change, or something left alone. Texts are "" where there is nothing to show.

    raw, normal, present: directory value as written, in normal form, and what is registered.
    outcome, answer: what became of the change and what Graph said; "" for a plan.
    new: not in the previous run, or with another verdict there; False where there is none to compare.
    undoes: the run that a rollback's change undoes.
    """

    upn: str
    account_id: str
    name: str
    dn: str
    method: str
    verdict: RowVerdict
    reason: Reason | None
    raw: str
    normal: str
    present: str
    source: str
    region: str
    department: str
    detail: str
    policy: str = ""
    outcome: str = ""
    answer: str = ""
    stage: Stage = Stage.USABLE
    new: bool = False
    undoes: str = ""

    @property
    def result(self) -> str:
        """What became of the change, with Graph's answer only where it did not come true; "" for a plan."""
        if not self.outcome or Result(self.outcome).came_true:
            return self.outcome
        return f"{self.outcome} {self.answer}".strip()

    @property
    def group(self) -> str:
        """The verdict as filters tell it apart: `already-registered` is no loss, unlike the others."""
        if self.reason is Reason.ALREADY_REGISTERED:
            return self.reason.value
        return self.verdict.value

    @property
    def why(self) -> str:
        """The sentence behind the verdict."""
        if self.reason is not None:
            return self.reason.text
        return why_change(Action(self.verdict.value), self.policy, self.undoes)


@dataclass(frozen=True, slots=True)
class Fact:
    """A named value about the run: tenant, digest, version."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class DepartmentAbility:
    """How many accounts of a department can reset, today and after."""

    department: str
    population: int
    today: int
    after: int

    @property
    def without(self) -> int:
        """How many stay without."""
        return self.population - self.after


@dataclass(frozen=True, slots=True)
class Ability:
    """Who can reset. The numbers are None where the registration report could not be read.

    population: SSPR-enabled accounts in scope that the report lists; unlisted: those it does not.
    unread: of the population, those that belong to nobody who was read.
    never: accounts that stay short of methods with the data there is today.
    """

    population: int
    today: int | None
    after: int | None
    never: int | None
    unlisted: int
    gates: int
    unknown: str
    departments: tuple[DepartmentAbility, ...]
    unread: int = 0

    @property
    def known(self) -> bool:
        """True where the three numbers are there."""
        return self.after is not None


@dataclass(frozen=True, slots=True)
class DepartmentSms:
    """One department on the day that SMS and voice end: only_sms_voice lose their reset, email keeps it.

    population: of those able. prompted: who signs in with nothing else and must register a passkey then.
    """

    department: str
    population: int
    only_sms_voice: int
    kept_by_email: int
    prompted: int


@dataclass(frozen=True, slots=True)
class SmsVoice:
    """The end of SMS and voice that Microsoft provides: GRAPH section 0b. telephony: who carries them on."""

    telephony: Telephony
    only_sms_voice: int | None
    kept_by_email: int | None
    prompted: int | None
    sentences: tuple[str, ...]
    departments: tuple[DepartmentSms, ...]


_UNITS: Mapping[str, tuple[str, str]] = {
    "people": ("person", "people"),
    "methods": ("method", "methods"),
    "verdicts": ("method or person", "methods or people"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel. count None: not known. unit: `people`, `methods` or `verdicts`.

    The rows behind it are those of at least `stage` and, where `groups` names some, of one of these groups.
    """

    key: str
    title: str
    count: int | None
    unit: str
    stage: Stage = Stage.READ
    groups: tuple[str, ...] = ()

    @property
    def of(self) -> str:
        """The unit in words that fit the count."""
        one, many = _UNITS[self.unit]
        return one if self.count == 1 else many

    def holds(self, row: Row) -> bool:
        """True where this row stands behind the step."""
        return row.stage >= self.stage and (not self.groups or row.group in self.groups)


@dataclass(frozen=True, slots=True)
class WriteLine:
    """Writes of one method, country or department."""

    name: str
    additions: int
    replacements: int
    removals: int

    @property
    def total(self) -> int:
        """All three together."""
        return self.additions + self.replacements + self.removals


@dataclass(frozen=True, slots=True)
class Writes:
    """What is written: requests (writes, and the reads right before them) and the least time it takes."""

    total: int
    accounts: int
    requests: int
    seconds: float
    sentence: str
    methods: tuple[WriteLine, ...]
    countries: tuple[WriteLine, ...]
    departments: tuple[WriteLine, ...]


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason for leaving alone: how often, what would put it right, and what was found by trying."""

    reason: Reason
    count: int
    new: int
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConcernEntry:
    """One line of a security list. holders: everybody with a shared value, else empty."""

    who: str
    method: str
    value: str
    detail: str
    holders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Concern:
    """One security list. reasons, region: how to find its rows; total counts entries."""

    key: str
    title: str
    text: str
    entries: tuple[ConcernEntry, ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def total(self) -> int:
        """How many entries."""
        return len(self.entries)


@dataclass(frozen=True, slots=True)
class Delta:
    """One count, in the run before and in this one."""

    name: str
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class Since:
    """What is different from the previous run. new: verdicts that were not there; gone: that are no more."""

    run: str
    created: datetime
    new: int
    gone: int
    deltas: tuple[Delta, ...]


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """How many changes ended so."""

    result: str
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that a report says.

    mark: the first line. ending: None for a plan, and for a run that has not ended. undoes: the run that a
    rollback undoes, "" for any other plan. notes: sentences right below the verdict. answers: what was said
    to changes that did not come true. accepted: the findings that were lifted for this run. operator: who
    started it.
    headline: the verdict on people in a sentence; stands: the one on the changes. next: what to do now.
    facts: run, tenant, digests, versions. rows: one a verdict, in plan order, changes first.
    registrants: who must register something by themselves.
    readiness: the check that lies beside the plan; Unread where it cannot be shown; None where there is none.
    """

    run: str
    created: datetime
    tenant: str
    applied: bool
    masked: bool
    digest: str
    headline: str
    stands: str
    explained: tuple[str, ...]
    ability: Ability
    sms: SmsVoice
    funnel: tuple[Step, ...]
    findings: tuple[Finding, ...]
    writes: Writes
    outcomes: tuple[OutcomeLine, ...]
    reasons: tuple[ReasonLine, ...]
    security: tuple[Concern, ...]
    since: Since | None
    next: tuple[str, ...]
    facts: tuple[Fact, ...]
    rows: tuple[Row, ...]
    readiness: Told | Unread | None
    mark: Mark
    ending: Ending | None
    undoes: str
    notes: tuple[str, ...]
    answers: tuple[AnswerLine, ...]
    accepted: tuple[Accepted, ...]
    operator: str
    registrants: tuple[Registrant, ...] = ()

    @property
    def about_people(self) -> bool:
        """True where the report says who can reset the password: a rollback reads nothing of that."""
        return not self.undoes

    def acceptance(self, finding: Finding) -> Accepted | None:
        """How this finding was lifted; None where it was not."""
        return next((acceptance for acceptance in self.accepted if acceptance.code is finding.code), None)

    @property
    def names(self) -> Names:
        """What the numbers are called here."""
        return RUN_NAMES if self.applied else PLAN_NAMES

    @property
    def sheet(self) -> str:
        """What each printed sheet bears beside its number."""
        kind = "run" if self.applied else "plan"
        digest = f" \u00b7 digest {self.digest}" if self.digest else ""
        return f"prepop {kind} {self.run}{digest}"

    @property
    def ready_line(self) -> str:
        """Readiness in one line; "" where no check lies beside the plan."""
        match self.readiness:
            case None:
                return ""
            case Unread(why=why):
                return why
            case told:
                return told.line

    @property
    def ready(self) -> bool:
        """True where a check lies beside the plan and nothing in it stands in the way of a rollout."""
        return isinstance(self.readiness, Told) and not self.readiness.blocking

    @property
    def blocked(self) -> bool:
        """True where a finding refuses applying; what was accepted does not."""
        return any(
            finding.level is Severity.BLOCK and self.acceptance(finding) is None for finding in self.findings
        )
