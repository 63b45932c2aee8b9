"""What the report of a plan says of readiness: the last check that lies beside it, if it is of this tenant.

Old answers are shown with their date. Answers of another tenant, and a file that cannot be used, are told in
a sentence where the section would stand: left out without a word they would pass for a check without a no;
and an error would keep what a run did to the tenant from being reported.
"""

from dataclasses import replace
from datetime import timedelta

from prepop.model import Plan
from prepop.rules.phrases import counted, visible
from prepop.rules.readiness.telling import Told, tell
from prepop.rules.readiness.words import Readiness, Unread

OLD = timedelta(days=7)
_AGAIN = "`prepop check --out` into the plan's folder, then `prepop report` of that folder"


def readiness(plan: Plan, check: Readiness | Unread | None) -> Told | Unread | None:
    """The check as this plan's report tells it; why it cannot be shown; None where there is none."""
    match check:
        case None:
            return None
        case Unread():
            return _not_shown(check.why)
    if not check.tenant_id:
        return _not_shown("It did not reach the tenant.")
    if check.tenant_id != plan.tenant:
        name = f"{check.tenant} ({check.tenant_id})" if check.tenant else check.tenant_id
        return _not_shown(f"It is of another tenant, {name}.")
    return replace(tell(check), notes=tuple(_notes(plan, check)))


def _not_shown(why: str) -> Unread:
    return Unread(visible(f"The check beside this plan is not shown. {why}"), _AGAIN)


def _notes(plan: Plan, check: Readiness) -> list[str]:
    """What tells this check from one of the same hour with the same settings."""
    notes: list[str] = []
    age = plan.created - check.made
    if abs(age) >= timedelta(days=1):
        days = counted(abs(age) // timedelta(days=1), "day")
        notes.append(f"It was made {days} {'before' if age > timedelta(0) else 'after'} this plan.")
    if age > OLD:
        notes.append("Much may have changed since: check again before you sign.")
    changed = [
        name
        for name, before, now in (
            ("config", check.config_digest, plan.config_digest),
            ("mapping", check.mapping_digest, plan.mapping_digest),
        )
        if before != now
    ]
    if changed:
        notes.append(
            f"It was made with another {' and another '.join(changed)} than this plan: "
            "whom and what it counts may differ."
        )
    return notes
