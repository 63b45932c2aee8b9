"""Accounts whose methods alone cannot be read: how many of them a night may leave alone.

One such account stops nobody else. Many of them are no accident of single accounts any more, and what is
said of the others would be said of a part.
"""

from collections.abc import Mapping

from prepop.errors import Incomplete
from prepop.options import Limits
from prepop.rules.decisions.bounds import allowed


def bound(limits: Limits, in_scope: int) -> int | None:
    """How many may be unreadable. A share that comes to less than one account is one, unless it is none."""
    share = limits.unreadable.share
    found = allowed(limits.unreadable, in_scope, limits.min_population)
    if found == 0 and share and limits.unreadable.count != 0:
        return 1
    return found


def refuse_too_many(unreadable: Mapping[str, str], limits: Limits, in_scope: int) -> None:
    """Raise Incomplete where more accounts cannot be read than may be left alone; it quotes one of them."""
    most = bound(limits, in_scope)
    if most is None or len(unreadable) <= most:
        return
    account = min(unreadable)
    raise Incomplete(
        f"reading methods: {len(unreadable)} of {in_scope} accounts in scope cannot be read, and "
        f"limits.unreadable allows {most}; account {account}: {unreadable[account]}",
        hint="see what Graph says of them; limits.unreadable says how many may be left alone",
    )
