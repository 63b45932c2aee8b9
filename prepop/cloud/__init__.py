"""The tenant, through Microsoft Graph. The only importer of msgraph-sdk and azure-identity.

`open_tenant` is the door. The heavy imports (0.5 s and more) happen when it is opened, so that nothing is
paid for them by `prepop --help`.
"""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prepop.clock import Clock, SystemClock
from prepop.cloud.signin.environments import place
from prepop.model import Traffic
from prepop.options import CloudOptions, Secrets
from prepop.ports import MethodWriter, TenantReader

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from prepop.cloud.posture import GraphPosture
    from prepop.cloud.signin.credentials import Say
    from prepop.cloud.wire.batch import Batches
    from prepop.cloud.wire.pacer import Chance


@dataclass(frozen=True, slots=True)
class OpenTenant:
    """A tenant that can be read. Planning is given `reader` alone and so never holds a writer.

    posture: what the tenant says of itself, for `prepop check`; it reads only.
    """

    reader: TenantReader
    posture: "GraphPosture"
    _batches: "Batches"

    def writer(self) -> MethodWriter:
        """The writer, made when it is asked for: `steps.apply` only."""
        from prepop.cloud.writer import GraphWriter

        return GraphWriter(self._batches)


@asynccontextmanager
async def open_tenant(
    options: CloudOptions,
    secrets: Secrets,
    *,
    authority: str | None = None,
    ca_file: Path | None = None,
    say: "Say | None" = None,
    clock: Clock | None = None,
    chance: "Chance" = random.random,
    stop: Callable[[], str] | None = None,
    traffic: Traffic | None = None,
) -> AsyncIterator[OpenTenant]:
    """Sign in, and hold the connections until the block ends.

    say: where device-code prints what a person must do. authority, ca_file: another sign-in service, for a
    rehearsal. clock, chance: for tests. stop, traffic: see `Pacer`. Raises ConfigError for a missing or
    unreadable piece of the credential, SignInError where it is refused.
    """
    from prepop.cloud.posture import GraphPosture
    from prepop.cloud.reading import Reading
    from prepop.cloud.signin.credentials import credential
    from prepop.cloud.signin.tokens import TokenSource
    from prepop.cloud.tenant import GraphTenant
    from prepop.cloud.urls import Addresses
    from prepop.cloud.wire.batch import Batches
    from prepop.cloud.wire.pacer import Pacer
    from prepop.cloud.wire.transport import Transport

    where = place(options)
    first = credential(options, secrets, authority=authority, ca_file=ca_file, say=say)
    tokens = None
    if first is not None:
        spare = [first]  # made already, to find mistakes; later ones are made where a token was refused

        def make() -> "AsyncTokenCredential":
            if spare:
                return spare.pop()
            another = credential(options, secrets, authority=authority, ca_file=ca_file, say=say)
            assert another is not None  # noqa: S101 - the same options as the first
            return another

        tokens = TokenSource(make, where.scope, secrets=(secrets.client_secret, secrets.certificate_password))
    clock = clock or SystemClock()
    pacer = Pacer(
        options.requests_in_flight,
        clock=clock.elapsed,
        sleep=clock.pause,
        chance=chance,
        stop=stop,
        traffic=traffic,
    )
    async with Transport(where, tokens, connections=pacer.requests) as transport:
        reading = Reading(transport, pacer, where.base)
        at = Addresses(transport.client)
        reader = GraphTenant(reading, at, email_methods=where.email_methods, expected=options.tenant)
        bearer = tokens.token if tokens else None
        posture = GraphPosture(reading, at, reader, bearer, email_methods=where.email_methods)
        yield OpenTenant(reader, posture, Batches(transport, pacer, where.base))
