"""Checking: look at every directory and at the tenant, count the people, judge. It holds no writer and no
state.

What can be told is told: a directory that cannot be reached does not keep the tenant from being judged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from prepop.errors import ConfigError, Exit, Incomplete, PrepopError, UsageError
from prepop.model import ExtraReading, Person, Privileged
from prepop.options import Scope, Settings
from prepop.ports import ExtraSource, Progress
from prepop.rules.extras.joining import join
from prepop.rules.readiness import judge
from prepop.rules.readiness.facts import (
    TENANT_NOT_ASKED,
    CloudFacts,
    DirectoryFacts,
    ExtraFacts,
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
    extras: Sequence[ExtraSource] = (),
    credential_ends: datetime | None = None,
) -> Checked:
    """Look at everything at the same time, then judge. cloud: None where the tenant is not to be asked."""
    attributes = settings.asked
    async with Together() as tasks:
        there = tasks.create_task(_cloud(cloud, settings.names))
        here = [
            tasks.create_task(asyncio.to_thread(directory.look, attributes, progress))
            for directory in directories
        ]
        files = tasks.create_task(asyncio.to_thread(_files, extras, settings, now))
    seen, found = there.result(), [task.result() for task in here]
    known = None if isinstance(seen, Unread) or isinstance(seen.tenant, Unread) else seen.tenant
    looked, whole = files.result()
    found, beside, beheld = await asyncio.to_thread(_joined, found, looked)
    counted = await asyncio.to_thread(_population, settings, found, seen, beside)
    situation = ReadinessFacts(
        now,
        settings.mapping,
        settings.scope,
        settings.cloud,
        tuple(found),
        seen,
        counted,
        proof,
        beheld,
        credential_ends,
    )
    reached = (cloud is None or not isinstance(seen, Unread)) and all(facts.reached for facts in found)
    reached = reached and whole
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


def _files(
    sources: Sequence[ExtraSource], settings: Settings, now: datetime
) -> tuple[tuple[ExtraFacts, ...], bool]:
    """Every extra file, and whether all could be read to the end; a column that is not there is a mistake."""
    found, whole = [], True
    for source in sources:
        reading: ExtraReading | Unread
        try:
            reading = source.read(settings.mapping.columns_of(source.name), now)
        except (Incomplete, ConfigError) as error:
            reading = _unread(error, settings.names)
            whole = whole and not isinstance(error, Incomplete)
        found.append(ExtraFacts(source.name, reading))
    return tuple(found), whole


def _joined(
    directories: Sequence[DirectoryFacts], extras: tuple[ExtraFacts, ...]
) -> tuple[list[DirectoryFacts], tuple[Person, ...], tuple[ExtraFacts, ...]]:
    """The people with what the files hold of them, the rows that are nobody's, and how each file fits."""
    files = [extra.reading for extra in extras if isinstance(extra.reading, ExtraReading)]
    groups = [facts.people for facts in directories if not isinstance(facts.people, Unread)]
    everybody = [person for group in groups for person in group]
    if not files or not everybody:
        return list(directories), (), extras
    joined = join(everybody, files)
    people = iter(joined.people)
    with_values = [
        facts
        if isinstance(facts.people, Unread)
        else replace(facts, people=tuple(next(people) for _ in facts.people))
        for facts in directories
    ]
    fits = {fit.name: fit for fit in joined.fits}
    return with_values, joined.beside, tuple(replace(extra, fit=fits.get(extra.name)) for extra in extras)


def _population(
    settings: Settings,
    directories: Sequence[DirectoryFacts],
    cloud: CloudFacts | Unread,
    beside: Sequence[Person],
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
            people, (), settings.mapping, alone, settings.trust, frozenset(), Privileged({}), {}, beside
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
            beside,
        )
    except UsageError as error:
        return _unread(error, settings.names)
