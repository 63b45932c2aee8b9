"""A tenant in memory with rules of its own, and a bench to apply plans on it.

Its rules are Graph's: a method is added where there is none, changed where there is one, an alternate
mobile needs a mobile, a mobile does not go before its alternate (GRAPH section 1). What goes wrong
is scripted by change.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path

from prepop.errors import Incomplete, SignInError
from prepop.model import (
    Account,
    Action,
    Change,
    DirectoryReading,
    Families,
    Family,
    Mailbox,
    Method,
    MethodsPolicy,
    Outcome,
    Person,
    Plan,
    Present,
    Privileged,
    Registration,
    SmsSignIn,
    TenantFacts,
    Unreadable,
    WriteAnswer,
)
from prepop.options import Limits
from prepop.ports import Progress
from prepop.steps.apply import Applied, Means, Order, apply_plan
from prepop.steps.brake import Brake
from tests.rules.decisions.world import Registered, report
from tests.store.made import Clock, Kept, opened

SENTENCE = "The user is in a restricted management unit."
VISIBLE_AFTER = timedelta(seconds=3)


class Fault(Enum):
    """What goes wrong with one write."""

    LOST_BEFORE = auto()  # the connection broke, nothing happened
    LOST_AFTER = auto()  # the connection broke, it was done
    LOST_SLOW = auto()  # the connection broke, it was done and shows only seconds later
    NO_ANSWER = auto()  # the answer is missing in the batch, it was done
    UNAVAILABLE = auto()  # 503, nothing happened
    HALF = auto()  # 409 phoneNumberNotUnique, it was done
    HALF_SLOW = auto()  # the same, and it shows only seconds later
    CONFLICT = auto()  # 409, nothing happened
    FORBIDDEN = auto()  # 403
    SIGNED_OUT = auto()  # the token ran out before the batch left
    TAKEN = auto()  # the connection broke, and the user registered something meanwhile
    QUICKER = auto()  # the user registered an own value meanwhile, and the write is refused
    SAME_QUICKER = auto()  # the user registered the very value meanwhile, and the write is refused
    MALFORMED = auto()  # 400, nothing happened


@dataclass
class ModelTenant:
    """Reads and writes of one tenant. `script`: what goes wrong with a change, write after write."""

    clock: Clock
    users: tuple[Account, ...] = ()
    has: Registered = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    roles: dict[str, str] = field(default_factory=dict)
    script: dict[str, list[Fault]] = field(default_factory=dict)
    trouble: dict[str, Unreadable] = field(default_factory=dict)  # accounts that cannot be read
    created: dict[tuple[str, Method], datetime] = field(default_factory=dict)
    unreadable: set[int] = field(default_factory=set)  # which live reads fail, counted from 1
    reads: int = 0
    looked: set[tuple[str, Method]] = field(default_factory=set)  # what live reads showed
    batches: list[list[str]] = field(default_factory=list)
    before_write: Callable[[Sequence[Change]], None] = lambda changes: None
    _shows: dict[tuple[str, Method], tuple[datetime, str | None]] = field(default_factory=dict)

    # ------------------------------------------------------------ reading

    async def facts(self) -> TenantFacts:
        return TenantFacts("tenant", "Contoso", frozenset({"example.org"}))

    async def accounts(self, progress: Progress) -> tuple[Account, ...]:
        return tuple(one for one in self.users if one.id not in self.gone)

    async def registrations(self, progress: Progress) -> Mapping[str, Registration] | str:
        return report(self.users, self.has)

    async def managers(self, account_ids: Sequence[str]) -> Mapping[str, str]:
        return {}

    async def mailboxes(self, account_ids: Sequence[str]) -> Mapping[str, Mailbox]:
        return {one: Mailbox(f"{one}@example.org") for one in account_ids}

    async def reported_admins(self) -> frozenset[str] | str:
        return frozenset()

    async def privileged(self) -> Privileged:
        return Privileged(dict(self.roles))

    async def members(self, group: str) -> frozenset[str]:
        raise AssertionError(group)

    async def methods_policy(self) -> MethodsPolicy:
        return MethodsPolicy(sms_sign_in=SmsSignIn(readable=True))

    async def present(
        self, asked: Mapping[str, Families], progress: Progress
    ) -> Mapping[str, Present | Unreadable | None]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.reads in self.unreadable:
            raise Incomplete("reading methods: 503")
        answers: dict[str, Present | Unreadable | None] = {}
        for id_, families in asked.items():
            self.looked |= {(id_, m) for m in Method if m.family in families.each}
            has = {m: v for m in Method if (v := self.shown(id_, m)) is not None}
            answers[id_] = Present(
                {m: v for m, v in has.items() if m.family is Family.PHONE} if families.phones else None,
                has.get(Method.EMAIL, "") if families.email else None,
                {m: at for (whose, m), at in self.created.items() if whose == id_},
            )
            if id_ in self.gone:
                answers[id_] = None
            elif id_ in self.trouble:
                answers[id_] = self.trouble[id_]
        return answers

    def shown(self, id_: str, method: Method) -> str | None:
        """What a read tells now: a slow write shows later."""
        at, earlier = self._shows.get((id_, method), (self.clock.now(), None))
        return earlier if self.clock.now() < at else self.has.get(id_, {}).get(method)

    # ------------------------------------------------------------ writing

    async def write(self, changes: Sequence[Change], until: Mapping[str, float]) -> Mapping[str, WriteAnswer]:
        assert 0 < len(changes) <= 20
        assert len({one.account.id for one in changes}) == len(changes), "a batch keeps no order"
        self.before_write(changes)
        self.batches.append([one.id for one in changes])
        await asyncio.sleep(0)
        faults = {one.id: script.pop(0) for one in changes if (script := self.script.get(one.id))}
        if Fault.SIGNED_OUT in faults.values():
            raise SignInError("signing in: the secret ran out")
        answers = {one.id: _worded(one, self._one(one, faults.get(one.id))) for one in changes}
        return {id_: answer for id_, answer in reversed(answers.items()) if answer is not None}

    def _one(self, change: Change, fault: Fault | None) -> WriteAnswer | None:
        match fault:
            case Fault.LOST_BEFORE:
                return WriteAnswer(None, message="connection lost")
            case Fault.UNAVAILABLE:
                return WriteAnswer(None, 503, "serviceUnavailable", request_id="r503")
            case Fault.CONFLICT:
                return WriteAnswer(None, 409, "phoneNumberNotUnique", request_id="r409")
            case Fault.FORBIDDEN:
                return WriteAnswer(False, 403, "accessDenied", SENTENCE, request_id="r403")
            case Fault.TAKEN:
                self.has.setdefault(change.account.id, {})[change.method] = USERS_OWN
                return WriteAnswer(None, message="connection lost")
            case Fault.QUICKER | Fault.SAME_QUICKER:
                value = USERS_OWN if fault is Fault.QUICKER else change.after or ""
                self.has.setdefault(change.account.id, {})[change.method] = value
                return WriteAnswer(False, 400, "badRequest", request_id="r400")
            case Fault.MALFORMED:
                return WriteAnswer(False, 400, "badRequest", request_id="r400")
            case _:
                pass
        earlier = self.has.get(change.account.id, {}).get(change.method)
        refusal = self._act(change)
        if fault in (Fault.LOST_SLOW, Fault.HALF_SLOW) and refusal is None:
            self._shows[change.account.id, change.method] = (self.clock.now() + VISIBLE_AFTER, earlier)
        match fault:
            case Fault.NO_ANSWER:
                return None
            case Fault.LOST_AFTER | Fault.LOST_SLOW:
                return WriteAnswer(None, message="connection lost")
            case Fault.HALF | Fault.HALF_SLOW:
                return WriteAnswer(None, 409, "phoneNumberNotUnique", request_id="r409")
            case _:
                return refusal or WriteAnswer(True, 201, request_id="r201")

    def _act(self, change: Change) -> WriteAnswer | None:
        """Do it, or say why not."""
        id_, method = change.account.id, change.method
        has = self.has.setdefault(id_, {})
        if id_ in self.gone:
            return WriteAnswer(False, 404, "Request_ResourceNotFound")
        match change.action:
            case Action.ADD:
                if method in has or (method is Method.ALTERNATE_MOBILE and Method.MOBILE not in has):
                    return WriteAnswer(False, 400, "badRequest")
                has[method] = change.after or ""
            case Action.REPLACE:
                if method not in has:
                    return WriteAnswer(False, 404, "resourceNotFound")
                has[method] = change.after or ""
            case Action.REMOVE:
                if method not in has:
                    return WriteAnswer(None, 404, "resourceNotFound")
                if method is Method.MOBILE and Method.ALTERNATE_MOBILE in has:
                    return WriteAnswer(False, 400, "badRequest")
                del has[method]
        return None


def _worded(change: Change, answer: WriteAnswer | None) -> WriteAnswer | None:
    """What Graph's client says besides of a refused addition, a conflict, a removal of what is not there."""
    if answer is None:
        return None
    late = answer.status == 409 or (answer.status == 404 and change.action is Action.REMOVE)
    return replace(answer, taken=answer.status == 400 and change.action is Action.ADD, late=late)


USERS_OWN = "+1 2015550123"  # phonenumbers' example of the United States


@dataclass
class ModelDirectory:
    """A directory in memory."""

    people: list[Person]
    name: str = "corp"

    def read(self, attributes: Collection[str], progress: Progress) -> DirectoryReading:
        return DirectoryReading(self.name, tuple(self.people), {"kind": "model"})

    def administrators(self, progress: Progress) -> DirectoryReading:
        return DirectoryReading(self.name, tuple(one for one in self.people if one.admin_count))


def quiet(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The model tenant as the steps hold one."""

    reader: ModelTenant

    def writer(self) -> ModelTenant:
        """The same."""
        return self.reader


@dataclass
class Bench:
    """A tenant and a state, to apply plans on."""

    tenant: ModelTenant
    kept: Kept
    brake: Brake

    def means(self, limits: Limits | None = None, in_flight: int = 2) -> Means:
        """What the step works with."""
        opened = Opened(self.tenant)
        return Means(opened, self.kept.journal, limits or Limits(), in_flight, self.brake, quiet)

    def apply(
        self,
        made: Plan,
        *,
        limits: Limits | None = None,
        privileged: Mapping[str, str] | None = None,
        in_flight: int = 2,
    ) -> Applied:
        """Apply a plan; the journal must know of every write before it leaves, and of its outcome after."""

        def before_write(changes: Sequence[Change]) -> None:
            sent = {one.id for one in self.kept.journal.changes(made.run, "sent")}
            assert {one.id for one in changes} <= sent, "a change left that the journal does not know"
            assert self.brake.writing

        self.tenant.before_write = before_write
        applied = asyncio.run(
            apply_plan(
                made,
                Order(made.run, "d", Path("plan.json"), untouchable=privileged or {}),
                self.means(limits, in_flight),
            )
        )
        known: Mapping[str, Outcome] = self.kept.journal.outcomes(made.run)
        for id_, outcome in applied.outcomes.items():
            assert known.get(id_, outcome).result is outcome.result
        (record,) = [one for one in self.kept.journal.runs() if one.id == made.run]
        if record.finished:
            assert known.keys() == {one.id for one in made.changes}, "a closed run knows every outcome"
            assert record.exit_code == applied.exit_code
        return applied


@contextmanager
def bench(folder: Path, has: Registered | None = None, max_seconds: float | None = None) -> Iterator[Bench]:
    """A bench with what accounts have, on a clock that only pauses move."""
    with opened(folder) as kept:
        tenant = ModelTenant(kept.clock, has=has or {})
        yield Bench(tenant, kept, Brake(kept.clock, max_seconds))
