"""Checking: look at every directory and at the tenant, count the people, judge. It holds no writer and no
state.

What can be told is told: a directory that cannot be reached does not keep the tenant from being judged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from prepop.errors import Exit, Incomplete, PrepopError, UsageError
from prepop.model import Person, Privileged
from prepop.options import Scope, Settings
from prepop.ports import Progress
from prepop.rules.readiness import judge
from prepop.rules.readiness.facts import (
    TENANT_NOT_ASKED,
    CloudFacts,
    DirectoryFacts,
    ProofFacts,
    ReadinessFacts,
)
from prepop.rules.readiness.population import Population, population
from prepop.rules.readiness.words import Readiness, Unread
from prepop.rules.values.masking import mask_within
from prepop.together import Together


class DirectoryPosture(Protocol):
    """Looks at one directory."""

    def look(self, attributes: Collection[str], progress: Progress) -> DirectoryFacts:
        """Everything that can be read; raises ConfigError for settings that cannot work."""


#: Looks at the tenant; raises Incomplete or SignInError where it cannot be reached.
LookAtCloud = Callable[[], Awaitable[CloudFacts]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. reached: every directory and the tenant could be."""

    readiness: Readiness
    reached: bool

    @property
    def exit_code(self) -> Exit:
        """40 where something cannot be reached, 30 where a no blocks a rollout, else 0."""
        if not self.reached:
            return Exit.INCOMPLETE
        return Exit.BLOCKED if any(answer.blocks for answer in self.readiness.answers) else Exit.DONE


async def check(
    settings: Settings,
    directories: Sequence[DirectoryPosture],
    cloud: LookAtCloud | None,
    proof: ProofFacts | Unread | None,
    now: datetime,
    progress: Progress,
) -> Checked:
    """Look at everything at the same time, then judge. cloud: None where the tenant is not to be asked."""
    attributes = settings.mapping.attributes
    async with Together() as tasks:
        there = tasks.create_task(_cloud(cloud, settings.names))
        here = [
            tasks.create_task(asyncio.to_thread(directory.look, attributes, progress))
            for directory in directories
        ]
    seen, found = there.result(), [task.result() for task in here]
    known = None if isinstance(seen, Unread) or isinstance(seen.tenant, Unread) else seen.tenant
    counted = await asyncio.to_thread(_population, settings, found, seen)
    situation = ReadinessFacts(
        now, settings.mapping, settings.scope, settings.cloud, tuple(found), seen, counted, proof
    )
    reached = (cloud is None or not isinstance(seen, Unread)) and all(facts.reached for facts in found)
    readiness = Readiness(
        now,
        known.id if known else "",
        known.name if known else "",
        settings.config_digest,
        settings.mapping_digest,
        judge(situation),
    )
    return Checked(readiness, reached)


async def _cloud(look: LookAtCloud | None, names: Collection[str]) -> CloudFacts | Unread:
    if look is None:
        return TENANT_NOT_ASKED
    try:
        return await look()
    except Incomplete as error:
        return _unread(error, names)


def _unread(error: PrepopError, names: Collection[str]) -> Unread:
    """What an error says, masked as on a screen: it may quote what stands in the config."""
    return Unread(mask_within(error.message, names).rstrip(".") + ".", mask_within(error.hint, names))


def _population(
    settings: Settings, directories: Sequence[DirectoryFacts], cloud: CloudFacts | Unread
) -> Population | Unread:
    people: list[Person] = []
    for directory in directories:
        if isinstance(directory.people, Unread):
            where = f'Of directory "{directory.name}" no people were read.'
            return Unread(where, directory.people.look)
        people += directory.people
    if cloud is TENANT_NOT_ASKED:  # what the directory holds can be counted all the same
        alone = Scope(match=settings.scope.match)
        return population(
            people, (), settings.mapping, alone, settings.trust, frozenset(), Privileged({}), {}
        )
    if isinstance(cloud, Unread):
        return Unread("Without the tenant nobody's account is known.")
    if isinstance(cloud.accounts, Unread):
        return cloud.accounts
    domains = frozenset[str]() if isinstance(cloud.tenant, Unread) else cloud.tenant.domains
    try:
        return population(
            people,
            cloud.accounts,
            settings.mapping,
            settings.scope,
            settings.trust,
            domains,
            cloud.privileged,
            cloud.members,
        )
    except UsageError as error:
        return _unread(error, settings.names)
