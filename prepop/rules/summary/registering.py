"""Who must register something by themselves: what no directory attribute can give them.

Accounts in scope that cannot reset their password after the plan (or run), or that will not any more once the
SMS and calls that Microsoft delivers end (GRAPH section 0b). Nothing is sent to anybody: whoever runs a
registration campaign takes the lists from here.
"""

from collections.abc import Mapping
from enum import Enum

from prepop.model import AccountRef, Outcome, Plan, Standing
from prepop.reasons import Reason
from prepop.rules.phrases import SMS_RETIRES, visible
from prepop.rules.summary.registrant import Registrant
from prepop.rules.summary.sms import short_changed, then

SECURITY_INFO = "https://aka.ms/mysecurityinfo"
"""Where people register methods themselves: learn.microsoft.com, "Set up your Security info"."""


_NOTHING = "no method that counts for a reset, and nothing to fill one from"


class _Lacks(Enum):
    """What an account lacks, and what the person can do."""

    NOT_KNOWN = (
        "the registration report does not list the account: what it can do is not known",
        f"sign in once, then look at {SECURITY_INFO} whether a method is there",
    )
    METHODS = ("", f"register an authenticator app or a private email address at {SECURITY_INFO}")
    LASTING = (
        f"has nothing but SMS or calls, which end on {SMS_RETIRES}",
        f"register an authenticator app or a private email address at {SECURITY_INFO} before {SMS_RETIRES}",
    )


def registrants(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> tuple[Registrant, ...]:
    """In plan order. () for a rollback, which reads nothing of it, and where the report was not readable."""
    if plan.undoes is not None:
        return ()
    failed = short_changed(plan, outcomes)
    why = _reasons(plan)
    found: list[Registrant] = []
    for standing in plan.standings:
        after = then(standing, failed)
        if after is Standing.UNKNOWN:
            lacks = _Lacks.NOT_KNOWN
        elif after is Standing.SHORT:
            lacks = _Lacks.METHODS
        elif standing.only_sms_voice:
            lacks = _Lacks.LASTING
        else:
            continue
        said, can_do = lacks.value
        account: AccountRef = standing.account
        found.append(
            Registrant(
                visible(account.name),
                visible(account.upn),
                visible(account.id),
                visible(standing.manager),
                visible(standing.department),
                visible(standing.language),
                said or why.get(account.id, _NOTHING),
                can_do,
            )
        )
    return tuple(found)


def _reasons(plan: Plan) -> dict[str, str]:
    """By account, why nothing was written, as reasons say it: `mobile: the number is a placeholder`."""
    found: dict[str, list[str]] = {}
    for alone in plan.left_alone:
        if alone.account is None or alone.reason is Reason.ALREADY_REGISTERED:
            continue
        said = f"{alone.method}: {alone.reason.text}" if alone.method else alone.reason.text
        found.setdefault(alone.account.id, []).append(said)
    return {account: "; ".join(dict.fromkeys(said)) for account, said in found.items()}
