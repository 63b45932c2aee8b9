"""Reading: every directory and the tenant, at the same time, each to the end or not at all."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from prepop.errors import Incomplete
from prepop.model import (
    DirectoryReading,
    Families,
    Present,
    Privileged,
    Registration,
    TenantReading,
    Unreadable,
)
from prepop.ports import DirectorySource, Progress, TenantReader
from prepop.together import Together


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
        policy = tasks.create_task(reader.methods_policy())
    report = registrations.result()
    holders = privileged.result() if privileged else Privileged({})
    return TenantReading(
        facts=facts,
        accounts=accounts.result(),
        registrations=None if isinstance(report, str) else report,
        registrations_unread=report if isinstance(report, str) else "",
        privileged=with_reported(holders, _admins(report)) if privileged else holders,
        members={name: task.result() for name, task in zip(names, members, strict=True)},
        policy=policy.result(),
    )


def _admins(report: Mapping[str, Registration] | str) -> frozenset[str] | str:
    if isinstance(report, str):
        return report
    return frozenset(row.account_id for row in report.values() if row.is_admin)


def with_reported(privileged: Privileged, admins: frozenset[str] | str) -> Privileged:
    """Whom the registration report calls an administrator is left alone too: a second line of defence.

    It is hours old and says less than the roles, so it only adds (GRAPH section 7e).
    """
    if isinstance(admins, str):
        return privileged
    said = dict.fromkeys(admins, "an administrator in the registration report")
    return replace(privileged, why={**said, **privileged.why})


@dataclass(frozen=True, slots=True)
class LiveReading:
    """The methods of accounts as they are now. present: None for an account that is gone.

    unreadable: the accounts that alone cannot be read, each with what Graph said; they are not in `present`.
    """

    present: Mapping[str, Present | None]
    unreadable: Mapping[str, str]


async def read_live(reader: TenantReader, asked: Mapping[str, Families], progress: Progress) -> LiveReading:
    """Read the methods of these accounts.

    Raises Incomplete where one is not answered, and where Graph has trouble with every one of several: that
    is no matter of single accounts.
    """
    found = await reader.present(asked, progress)
    if missing := asked.keys() - found.keys():
        raise Incomplete(f"reading methods: {len(missing)} accounts were asked for and not answered")
    trouble = {account: reading for account, reading in found.items() if isinstance(reading, Unreadable)}
    if len(trouble) == len(found) > 1 and all(reading.outage for reading in trouble.values()):
        account = min(trouble)
        raise Incomplete(
            f"reading methods: none of {len(found)} accounts could be read; account {account}: "
            f"{trouble[account].why}",
            hint="try again later; nothing was written",
        )
    return LiveReading(
        {account: reading for account, reading in found.items() if not isinstance(reading, Unreadable)},
        {account: reading.why for account, reading in trouble.items()},
    )
