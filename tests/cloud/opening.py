"""What the tests of this room share: time that passes only in sleep, a tenant opened on loopback, changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prepop.clock import Clock
from prepop.cloud import OpenTenant, open_tenant
from prepop.model import AccountRef, Action, Change, Method, PersonRef, Policy
from prepop.options import CloudOptions, Credential, Secrets
from tests.cloud.wire import Handler, Wire, serve


@dataclass(slots=True)
class Time(Clock):
    """A clock that moves only when somebody waits."""

    at: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def elapsed(self) -> float:
        return self.at

    async def pause(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class World:
    """A tenant that is read over the wire, the wire, and the time that passed."""

    tenant: OpenTenant
    wire: Wire
    time: Time


@asynccontextmanager
async def world(handler: Handler, *, in_flight: int = 4) -> AsyncIterator[World]:
    """Open a tenant whose Graph is the handler."""
    time = Time()
    async with serve(handler) as wire:
        options = CloudOptions(
            tenant="contoso.onmicrosoft.com",
            endpoint=wire.url,
            credential=Credential.NONE,
            requests_in_flight=in_flight,
        )
        opened = open_tenant(options, Secrets(), clock=time, chance=lambda: 1.0)
        async with opened as tenant:
            yield World(tenant, wire, time)


def quiet(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody looks at."""


def change(
    number: int,
    action: Action = Action.ADD,
    method: Method = Method.MOBILE,
    after: str | None = "+1 2065550100",
    account: str | None = None,
) -> Change:
    """A change of account `account-N`."""
    who = account or f"account-{number}"
    return Change(
        id=f"{who}/{method}",
        action=action,
        method=method,
        account=AccountRef(who, f"{who}@example.org", who),
        person=PersonRef("", f"CN={who}"),
        before=None if action is Action.ADD else "+1 2065550199",
        after=None if action is Action.REMOVE else after,
        source="mobile",
        policy=Policy.FILL,
    )
