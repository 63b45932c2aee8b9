"""Forgetting: what prepop wrote on an account is no longer its own."""

from collections.abc import Sequence

from prepop.errors import UsageError
from prepop.model import Account
from prepop.ports import Progress, TenantReader
from prepop.rules.decisions.scope import ALIKE, named_accounts
from prepop.rules.values.names import near


async def find_account(user: str, reader: TenantReader, progress: Progress) -> Account:
    """The one account that a USER names, by what the tenant knows of it: no directory is read.

    Raises UsageError where there is none, or more than one.
    """
    accounts = await reader.accounts(progress)
    ids = named_accounts((user,), (), accounts)
    found = [account for account in accounts if account.id in ids]
    if len(found) > 1:
        raise UsageError(
            f'forgetting "{user}": it names {len(found)} accounts',
            hint="give the object id or the user principal name",
            plain=(user,),
        )
    if not found:
        likely = _near(user, accounts)
        meant = f' (did you mean "{likely}"?)' if likely else ""
        raise UsageError(
            f'forgetting "{user}"{meant}: not found in the tenant',
            hint="give a user principal name, object id, sAMAccountName, DN or anchor as it stands there",
            plain=(user, likely),
        )
    return found[0]


def _near(user: str, accounts: Sequence[Account]) -> str:
    names = (account.upn if "@" in user else account.sam for account in accounts)
    return near(user, (name for name in names if name), likeness=ALIKE)
