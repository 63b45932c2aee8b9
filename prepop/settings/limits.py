"""The grammar of `[limits]`: `500`, `"50"`, `"20%"`, `"500, 20%"`."""

import re
from decimal import Decimal

from prepop.options import Limit

_COUNT = re.compile(r"[0-9]{1,9}")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%")
_FORM = 'a limit is a number, a share, or both, such as 500, "20%" or "500, 20%"'


def parse_limit(value: object) -> Limit:
    """Read one limit. 0 and "0%" mean none at all. Raises ValueError that says what is wrong."""
    if isinstance(value, Limit):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{_FORM}.")  # noqa: TRY004 - pydantic collects ValueErrors only
    count: int | None = None
    share: float | None = None
    for part in (word.strip() for word in str(value).split(",")):
        if _COUNT.fullmatch(part):
            if count is not None:
                raise ValueError(f"has two numbers; {_FORM}.")
            count = int(part)
        elif percent := _SHARE.fullmatch(part):
            if share is not None:
                raise ValueError(f"has two shares; {_FORM}.")
            if Decimal(percent[1]) > 100:
                raise ValueError("a share cannot be more than 100%.")
            share = float(Decimal(percent[1]) / 100)
        elif part.startswith("-"):
            raise ValueError("a limit cannot be negative; 0 means none at all.")
        else:
            raise ValueError(f"{_FORM}.")
    return Limit(count, share)
