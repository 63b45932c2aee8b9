"""Whom a plan must not touch now, although it has changes of them."""

import asyncio
from collections.abc import Mapping, Sequence

from prepop.model import Change
from prepop.options import Scope
from prepop.ports import DirectorySource, Progress, TenantReader
from prepop.rules.decisions.privilege import privilege_unknown
from prepop.rules.decisions.scope import named_accounts
from prepop.rules.values.names import other_case
from prepop.steps.apply import refuse
from prepop.steps.read import with_reported
from prepop.together import Together


async def privileged_now(
    reader: TenantReader,
    sources: Sequence[DirectorySource],
    scope: Scope,
    changes: Sequence[Change],
    progress: Progress,
) -> Mapping[str, str]:
    """Who is privileged now, by id, with why: whoever came to it must not be touched by an older plan.

    By every way that a plan knows: roles, groups, who is eligible, the registration report, and adminCount in
    the directories. Raises Blocked where it is not known, Incomplete where a directory cannot be read.
    """
    if scope.privileged:
        return {}
    async with Together() as tasks:
        roles = tasks.create_task(reader.privileged())
        report = tasks.create_task(reader.reported_admins())
        there = [tasks.create_task(asyncio.to_thread(each.administrators, progress)) for each in sources]
    readings = [task.result() for task in there]
    unseen = [reading.admins_unseen for reading in readings if reading.admins_unseen]
    privileged = with_reported(roles.result(), report.result())
    refuse(privilege_unknown(privileged, allowed=False, unseen=unseen), {})
    people = [person for reading in readings for person in reading.people]
    anchors = {person.anchor for person in people if person.anchor}
    names = {other_case(person.dn) for person in people if person.dn}
    admins = {
        change.account.id: "adminCount is set"
        for change in changes
        if change.person.anchor in anchors or other_case(change.person.dn) in names
    }
    return {**admins, **privileged.why}


async def protected_now(
    reader: TenantReader, scope: Scope, changes: Sequence[Change], progress: Progress
) -> frozenset[str]:
    """The accounts that scope.protected names now, whatever their names were when the run was planned."""
    names = scope.protected
    return named_accounts(names, changes, await reader.accounts(progress)) if names else frozenset()
