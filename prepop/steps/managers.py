"""Whom those report to who must register a method by themselves, for the list that a person works from."""

import logging
from dataclasses import replace

from prepop.model import Plan
from prepop.ports import TenantReader
from prepop.rules.summary.registering import registrants

log = logging.getLogger(__name__)

MOST = 2_000
"""So many accounts are asked for, a hundred requests; of more nobody would write to each manager."""


async def with_managers(plan: Plan, reader: TenantReader) -> Plan:
    """The plan with the managers of those who are left. What cannot be read stays empty, and is logged."""
    left = [one.account_id for one in registrants(plan, None)]
    if not left:
        return plan
    if len(left) > MOST:
        log.warning(
            "to-register.csv has %s accounts: whom they report to is read for %s at most, and left out",
            f"{len(left):,}",
            f"{MOST:,}",
        )
        return plan
    found = await reader.managers(left)
    standings = tuple(
        replace(standing, manager=found[standing.account.id]) if standing.account.id in found else standing
        for standing in plan.standings
    )
    return replace(plan, standings=standings)
