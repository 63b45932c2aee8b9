"""The whole client against the emulated tenant over HTTP: what is read is what is there, whatever goes wrong.

Client and tenant share one clock, which moves only when the client waits: quotas and Retry-After are real,
the waiting is not. Every request that leaves is judged by Microsoft's description where that is there.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import pytest

from prepop.cloud import OpenTenant, open_tenant
from prepop.model import Action, Change, Families, Method, Privileged, SmsSignIn, WriteAnswer
from prepop.options import CloudOptions, Credential, Secrets
from prepop.sandbox.graph.faults import Faults, reset_after
from prepop.sandbox.graph.records import Target, premium_p1
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from tests.cloud.opening import Time, change, quiet
from tests.openapi import Description, Witness

T = TypeVar("T")
BOTH = Families(phones=True, email=True)
NUMBER = "+44 7400123456"


@dataclass(slots=True)
class Rehearsal:
    """A tenant, the clock it shares with its client, and where it is."""

    tenant: SandboxTenant
    time: Time
    url: str

    def run(self, ask: Callable[[OpenTenant], Awaitable[T]]) -> T:
        """Open the tenant once and ask it."""

        async def main() -> T:
            options = CloudOptions(self.tenant.id, endpoint=self.url, credential=Credential.NONE)
            opened = open_tenant(options, Secrets(), clock=self.time)
            async with opened as tenant:
                return await ask(tenant)

        return asyncio.run(main())


@contextmanager
def rehearsal(
    description: Description | None,
    *,
    users: int = 130,
    faults: Faults | None = None,
    quotas: Quotas | None = None,
) -> Iterator[Rehearsal]:
    """A tenant of so many users, a third of them with methods; no request may be against the description."""
    time = Time()
    tenant = SandboxTenant(
        clock=time.elapsed, faults=faults or Faults.none(), quotas=quotas or Quotas.off(), report_lag=None
    )
    for number in range(users):
        user = tenant.new_user(f"user{number}@contoso.onmicrosoft.com", guest=number % 11 == 0)
        if number % 3 == 0:
            tenant.register(user.id, Method.MOBILE, NUMBER)
        if number % 6 == 0:
            tenant.register(user.id, Method.ALTERNATE_MOBILE, "+1 2065550100")
            tenant.register(user.id, Method.EMAIL, f"user{number}@example.org")
    tenant.refresh_report()
    problems: list[str] = []
    wrap = (lambda app: Witness(app, description, problems)) if description else None
    with SandboxServer(tenant, wrap=wrap) as server:
        yield Rehearsal(tenant, time, server.url)
    assert problems == []


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_everything_read_is_what_is_there(
    graph_description_if_any: Description | None, seed: int | None
) -> None:
    """Accounts, report, methods, groups and roles come out whole and right, in calm and under every fault."""
    faults = Faults.none() if seed is None else Faults.default(seed)
    with rehearsal(graph_description_if_any, faults=faults, quotas=Quotas()) as here:
        ids = list(here.tenant.users)
        inner = here.tenant.new_group("Inner", ids[10:13])
        outer = here.tenant.new_group("O'Neil & Söhne", [inner.id, *ids[20:22]])
        tier0 = here.tenant.new_group("Tier 0", ids[30:32], role_assignable=True)
        tier0.owners = [ids[33]]
        here.tenant.assign("Global Administrator", ids[1])
        here.tenant.assign("Helpdesk Administrator", ids[2], eligible=True)
        here.tenant.assign("User Administrator", tier0.id)
        here.tenant.policy.sms.include = [Target(outer.id, sign_in=True)]
        here.tenant.policy.sms.exclude = [inner.id]

        async def everything(tenant: OpenTenant) -> tuple[object, ...]:
            reader = tenant.reader
            found = await asyncio.gather(
                reader.facts(),
                reader.accounts(quiet),
                reader.registrations(quiet),
                reader.members("O'Neil & Söhne"),
                reader.members(inner.id),
                reader.privileged(),
                reader.methods_policy(),
                reader.present(dict.fromkeys(ids, BOTH), quiet),
            )
            return tuple(found)

        facts, accounts, report, named, by_id, privileged, policy, present = here.run(everything)
        assert facts.id == here.tenant.id  # type: ignore[attr-defined]
        assert {a.id for a in accounts} == set(ids)  # type: ignore[attr-defined]
        assert {a.id for a in accounts if a.guest} == {  # type: ignore[attr-defined]
            u.id for u in here.tenant.users.values() if u.guest
        }
        assert {r.account_id: r.methods for r in report.values()} == {  # type: ignore[attr-defined]
            row.user: frozenset(row.methods) for row in here.tenant.report.values()
        }
        assert (named, by_id) == ({*ids[10:13], *ids[20:22]}, set(ids[10:13]))
        assert isinstance(privileged, Privileged)
        assert (set(privileged.why), privileged.unread) == ({ids[1], ids[2], *ids[30:32], ids[33]}, "")
        assert policy.sms_sign_in == SmsSignIn(readable=True, accounts=frozenset(ids[20:22]))  # type: ignore[attr-defined]
        assert {one: (found.phones, found.email) for one, found in present.items()} == {  # type: ignore[attr-defined]
            one: (here.tenant.phones[one], here.tenant.emails.get(one, "")) for one in ids
        }


def wave(here: Rehearsal, action: Action, method: Method, value: str | None) -> list[Change]:
    """One change for each of forty users who have, or have not, this method yet."""
    wants = action is not Action.ADD
    having = [u for u in here.tenant.users if (method in here.tenant.phones[u]) is wants]
    return [change(n, action, method, value, account=user) for n, user in enumerate(having[:40])]


def writes_of(here: Rehearsal, changes: list[Change]) -> dict[str, WriteAnswer]:
    """Write them twenty at a time, two batches side by side."""

    async def main(tenant: OpenTenant) -> dict[str, WriteAnswer]:
        writer = tenant.writer()
        halves = [changes[:20], changes[20:]]
        answers: dict[str, WriteAnswer] = {}
        for found in await asyncio.gather(*(writer.write(half, {}) for half in halves)):
            answers |= found
        return answers

    return here.run(main)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_no_write_happens_twice_and_no_answer_lies(
    graph_description_if_any: Description | None, seed: int
) -> None:
    """Under every fault: what is said to be done is, what is said not to be is not, none happened twice."""
    doubts = 0
    with rehearsal(graph_description_if_any, faults=Faults.default(seed), quotas=Quotas(writes=30)) as here:
        for action, method, value in (
            (Action.ADD, Method.MOBILE, NUMBER),
            (Action.REPLACE, Method.MOBILE, "+44 7400123457"),
            (Action.REMOVE, Method.ALTERNATE_MOBILE, None),
        ):
            changes = wave(here, action, method, value)
            before = len(here.tenant.writes)
            answers = writes_of(here, changes)
            assert set(answers) == {one.id for one in changes}
            done = Counter(write.user for write in here.tenant.writes[before:])
            for one in changes:
                answer = answers[one.id]
                assert done[one.account.id] <= 1
                if answer.acted is None:
                    doubts += 1
                else:
                    assert (done[one.account.id] == 1) is answer.acted, answer
                    assert here.tenant.phones[one.account.id].get(method) == value or not answer.acted
    assert doubts < 60


def test_a_lost_answer_to_a_write_is_one_request(graph_description_if_any: Description | None) -> None:
    """The write took effect and the connection dropped: in doubt, sent once, there once."""
    with rehearsal(graph_description_if_any) as here:
        here.tenant.faults.next(r"\$batch", reset_after())
        user = next(u for u in here.tenant.users if not here.tenant.phones[u])
        answers = writes_of(here, [change(0, account=user, after=NUMBER)])
        (answer,) = answers.values()
        assert answer.acted is None
        assert here.tenant.requests.http["POST $batch"] == 1
        assert [write.user for write in here.tenant.writes] == [user]


def test_without_p2_and_without_p1(graph_description_if_any: Description | None) -> None:
    """P1 alone: nobody is eligible. No premium at all: no report either, with the reason."""
    with rehearsal(graph_description_if_any, users=5) as here:
        admin = next(iter(here.tenant.users))
        here.tenant.assign("Global Administrator", admin)
        here.tenant.skus = [premium_p1(5)]
        found = here.run(lambda tenant: tenant.reader.privileged())
        assert (set(found.why), found.unread) == ({admin}, "")
        assert not isinstance(here.run(lambda tenant: tenant.reader.registrations(quiet)), str)
        here.tenant.skus = []
        reason = here.run(lambda tenant: tenant.reader.registrations(quiet))
        assert isinstance(reason, str)
        assert "P1 or P2" in reason


@pytest.mark.parametrize("requests", [5.0, 60.0])
def test_narrow_quotas_are_kept_to_with_little_waste(
    graph_description_if_any: Description | None, requests: float
) -> None:
    """Where method reads count as reports (5 in 10 s): read to the end, in the least time, mostly let in."""
    quotas = Quotas(units=None, writes=None, reports=requests, methods_are_reports=True)
    with rehearsal(graph_description_if_any, quotas=quotas) as here:
        ids = list(here.tenant.users)
        began = here.time.at
        found = here.run(lambda tenant: tenant.reader.present(dict.fromkeys(ids, BOTH), quiet))
        took = here.time.at - began
        assert len(found) == len(ids)
        items = 2 * len(ids)
        least = (items - requests) / requests * 10
        assert took <= 2 * least + 30
        assert here.tenant.requests.answers[429] <= items
