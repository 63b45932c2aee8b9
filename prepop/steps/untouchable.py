"""Whom a plan must not touch now, although it has changes of them."""

from collections.abc import Mapping, Sequence

from prepop.model import Change
from prepop.options import Scope
from prepop.ports import Progress, TenantReader
from prepop.rules.decisions.guards import roles_unread
from prepop.rules.decisions.scope import named_accounts
from prepop.steps.apply import refuse


async def privileged_now(reader: TenantReader, scope: Scope) -> Mapping[str, str]:
    """Who holds a role now, by id, with why: whoever came to one must not be touched by an older plan.

    Raises Blocked where roles cannot be read.
    """
    if scope.privileged:
        return {}
    privileged = await reader.privileged()
    refuse(roles_unread(privileged, allowed=False), {})
    return privileged.why


async def protected_now(
    reader: TenantReader, scope: Scope, changes: Sequence[Change], progress: Progress
) -> frozenset[str]:
    """The accounts that scope.protected names now, whatever their names were when the run was planned."""
    names = scope.protected
    return named_accounts(names, changes, await reader.accounts(progress)) if names else frozenset()
