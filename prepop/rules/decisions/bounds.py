"""What a limit of the config allows: a number, and a share from `limits.min_population` on."""

from prepop.options import Limit
from prepop.reasons import FindingCode


def allowed(limit: Limit, population: int, min_population: int) -> int | None:
    """The largest count that passes, None where nothing limits it."""
    bounds: list[int] = []
    if limit.count is not None:
        bounds.append(limit.count)
    if limit.share is not None and (population >= min_population or limit.share == 0):
        # the epsilon keeps 20 % of 50 at 10 whatever the float makes of 0.2
        bounds.append(int(limit.share * population + 1e-9))
    return min(bounds) if bounds else None


def exceeds(limit: Limit, measured: int, population: int, min_population: int) -> bool:
    """True where `measured` is more than the limit allows."""
    bound = allowed(limit, population, min_population)
    return bound is not None and measured > bound


def accept_text(code: FindingCode, measured: int) -> str:
    """How a finding is accepted at its number, as a sentence."""
    return f"If this is meant, apply with --accept {code}={measured}."
