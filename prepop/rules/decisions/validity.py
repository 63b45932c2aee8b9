"""What speaks against a plan that is a file: it is old, of another config, or not what was made."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from prepop.model import Finding
from prepop.reasons import FindingCode

STALE = timedelta(hours=24)
PLAN_AGAIN = "Make the plan again with `prepop plan`."


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan rests on, or what holds now: the tenant, digests of config and mapping, a moment in UTC."""

    tenant: str
    config_digest: str
    mapping_digest: str
    at: datetime


def stale(then: Ground, now: Ground, remedy: str = PLAN_AGAIN) -> tuple[Finding, ...]:
    """`plan-stale` where what a plan rests on no longer holds, or is older than 24 hours.

    remedy: what the finding says to do.
    """
    why = [
        text
        for text, true in (
            ("made for another tenant", then.tenant != now.tenant),
            ("made with another config", then.config_digest != now.config_digest),
            ("made with another mapping", then.mapping_digest != now.mapping_digest),
            ("older than 24 hours", now.at - then.at > STALE),
            ("made in the future", then.at - now.at > STALE),
        )
        if true
    ]
    if not why:
        return ()
    text = f"The plan was {' and '.join(why)}."
    return (Finding(FindingCode.PLAN_STALE, None, None, None, text, remedy),)


def tampered(file: str, said: str, real: str, signed: str | None) -> tuple[Finding, ...]:
    """`plan-tampered` where a plan file is not what was made, or not what was signed off.

    said: the digest that the file bears; real: that of what stands in it; signed: of `--digest`, if any.
    """
    if said != real:
        what = "it was edited after it was made"
    elif signed not in (None, real):
        what = f"it is not the plan that was signed off: its digest is {real}, signed was {signed}"
    else:
        return ()
    return (
        Finding(
            FindingCode.PLAN_TAMPERED,
            None,
            None,
            None,
            f"{file}: {what}.",
            "Make the plan again with `prepop plan`, have it reviewed, and apply that file.",
        ),
    )
