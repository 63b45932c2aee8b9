"""What a night costs in requests, and what it cannot cost less than.

The lower bound (HOUSE section 7) knows nothing of how prepop works: pages of users and of the
report, the fixed reads of tenant, roles and policy, and then batches that are full to the last item: live
reads of what may change, the same again right before the write, one write a change.
"""

import json
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from prepop.cli.place import Place
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from prepop.sandbox.people.directory import SampleDirectory, sample
from prepop.sandbox.people.directory import tenant as tenant_of

PAGE = 999  # the most that one page of users gives: GRAPH section 4
BATCH = 20  # the most items in a $batch: GRAPH section 5
# the tenant itself, role names, active and eligible assignments, role-assignable groups, the methods policy
FIXED = 6


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A change as plan.json has it, as far as counting and the usual loop need it."""

    account: str
    method: str
    after: str

    @property
    def family(self) -> tuple[str, bool]:
        """What one live read shows: an account's phones, or its email."""
        return self.account, self.method == "email"


@dataclass(frozen=True, slots=True)
class Counts:
    """What reached the tenant: HTTP requests, a batch being one, and the items inside batches."""

    requests: int
    items: int
    kinds: Counter[str]

    def single(self) -> int:
        """Requests that are no batches."""
        return self.requests - self.kinds["POST $batch"]


def stage(
    folder: Path, people: int, seed: int, *, faults: bool
) -> tuple[Place, SampleDirectory, SandboxTenant]:
    """An export and a fresh copy of its tenant: the same seed makes the same tenant."""
    directory = sample(people, seed)
    if faults:
        tenant = tenant_of(directory, seed, faults=Faults.default(seed))
    else:  # no quotas either: how often a fast machine is told to wait is not the work's own count
        tenant = tenant_of(directory, seed, faults=Faults.none(), quotas=Quotas.off())
    return Place(folder, directory), directory, tenant


def take(tenant: SandboxTenant) -> Counts:
    """What was counted since the last time."""
    seen = tenant.requests
    counts = Counts(seen.http.total(), seen.items.total(), seen.http + seen.items)
    seen.clear()
    return counts


def planned(folder: Path) -> list[PlannedChange]:
    """The changes of the newest run under this folder."""
    newest = max((folder / "reports").glob("*/plan.json"), key=lambda path: path.stat().st_mtime_ns)
    document = json.loads(newest.read_text(encoding="utf-8"))
    return [PlannedChange(c["account"]["id"], c["method"], c["after"]) for c in document["changes"]]


def lower_bound(
    tenant: SandboxTenant, may_change: Collection[PlannedChange], writes: Collection[PlannedChange]
) -> Counts:
    """The least that a night can need. The tenant's report must stand as it did when the night read it.

    may_change: what the report does not show as registered, so that it has to be read live.
    writes: what is written; each is read once more right before.
    """
    held = {a.principal for a in (*tenant.assignments, *tenant.eligible)} & tenant.groups.keys()
    groups = held | {g.id for g in tenant.groups.values() if g.role_assignable}
    of_groups = 2 * len(groups)  # members and owners
    # who is eligible for a group that holds a role, or is inside one
    eligible = len(held.union(*(tenant.nested(group) & tenant.groups.keys() for group in held)))
    asked = len({change.family for change in may_change})
    again = len({change.family for change in writes})
    pages = math.ceil(len(tenant.users) / PAGE) + math.ceil(len(tenant.report) / PAGE)
    batches = sum(math.ceil(count / BATCH) for count in (of_groups, eligible, asked, again, len(writes)))
    return Counts(FIXED + pages + batches, of_groups + eligible + asked + again + len(writes), Counter())
