"""Reading: every directory and the tenant, at the same time, each to the end or not at all."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import TracebackType

from prepop.errors import Incomplete, PrepopError
from prepop.model import Change, DirectoryReading, Present, Privileged, Registration, TenantReading
from prepop.options import Screen
from prepop.ports import DirectorySource, Progress, TenantReader
from prepop.rules.outcomes import asked


class Together(asyncio.TaskGroup):
    """Tasks of which the first failure ends all; it comes out as itself, not wrapped in a group."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await super().__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            raise _first(group) from group


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        known = error.subgroup(PrepopError)
        error = (known or error).exceptions[0]
    return error


async def read(
    sources: Sequence[DirectorySource],
    reader: TenantReader,
    attributes: Collection[str],
    groups: Collection[str],
    *,
    privileged_needed: bool,
    progress: Progress,
) -> tuple[tuple[DirectoryReading, ...], TenantReading]:
    """Read all directories and the tenant.

    groups: every group that scope or command line names. privileged_needed: False where the config
    lets privileged accounts be changed, so that roles need not be readable.
    The first thing that cannot be read ends everything (Incomplete, SignInError, ConfigError, UsageError).
    """
    async with Together() as tasks:
        # a directory is read by blocking code, in a thread of its own each
        directories = [
            tasks.create_task(asyncio.to_thread(source.read, attributes, progress)) for source in sources
        ]
        tenant = tasks.create_task(_tenant(reader, groups, privileged_needed, progress))
    return tuple(task.result() for task in directories), tenant.result()


async def _tenant(
    reader: TenantReader, groups: Collection[str], privileged_needed: bool, progress: Progress
) -> TenantReading:
    facts = await reader.facts()  # first and alone: one sign-in before everything fans out
    names = sorted(set(groups))
    async with Together() as tasks:
        accounts = tasks.create_task(reader.accounts(progress))
        registrations = tasks.create_task(reader.registrations(progress))
        privileged = tasks.create_task(reader.privileged()) if privileged_needed else None
        members = [tasks.create_task(reader.members(name)) for name in names]
        sms = tasks.create_task(reader.sms_sign_in())
    report = registrations.result()
    unread = report if isinstance(report, str) else ""
    return TenantReading(
        facts=facts,
        accounts=accounts.result(),
        registrations=_by_id(report),
        registrations_unread=unread,
        privileged=privileged.result() if privileged else Privileged({}),
        members={name: task.result() for name, task in zip(names, members, strict=True)},
        sms_sign_in=sms.result(),
    )


def _by_id(report: Mapping[str, Registration] | str) -> Mapping[str, Registration] | None:
    return None if isinstance(report, str) else report


def screen_used(wanted: Screen, tenant: TenantReading) -> Screen:
    """How present methods were really looked at first: without the report only live reads are left."""
    return Screen.LIVE if tenant.registrations is None else wanted


async def read_live(
    reader: TenantReader, changes: Iterable[Change], progress: Progress
) -> Mapping[str, Present | None]:
    """The present methods that these changes are about. Raises Incomplete where one is not answered."""
    families = asked(changes)
    present = await reader.present(families, progress)
    if missing := families.keys() - present.keys():
        raise Incomplete(f"reading methods: {len(missing)} accounts were asked for and not answered")
    return present
