"""Reads of one tenant through Graph: the port `TenantReader`.

Everything goes through `Reading`, so that it is complete or raises; `privileged`, `registrations` and
`methods_policy` have an answer for a refusal besides, because a run can go on, or block with a reason.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from prepop.cloud import parsing, urls
from prepop.cloud.live import LiveMethods
from prepop.cloud.policies import Policies
from prepop.cloud.privilege import Roles
from prepop.cloud.reading import Reading, Refused, Unanswered
from prepop.cloud.urls import Addresses
from prepop.cloud.wire.answers import Fields, GraphAnswer, text
from prepop.cloud.wire.batch import Item
from prepop.cloud.wire.statuses import is_gone, said
from prepop.errors import Incomplete, UsageError
from prepop.model import (
    Account,
    Families,
    Mailbox,
    MethodsPolicy,
    Present,
    Privileged,
    Registration,
    TenantFacts,
    Unreadable,
)
from prepop.ports import Progress
from prepop.rules.readiness.permission_table import (
    GROUPS,
    HIDDEN_MEMBERS,
    ORGANISATION,
    REPORT,
    USERS,
    Permission,
)
from prepop.rules.values.names import near

NO_PREMIUM = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
NO_LICENCE = "the registration report needs Entra ID P1 or P2, which this tenant does not have"
T = TypeVar("T")
log = logging.getLogger(__name__)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def _mailbox(fields: Fields | None) -> Mailbox:
    if fields is None:
        return Mailbox("")
    return Mailbox(text(fields, "mail"), text(fields, "displayName"), text(fields, "preferredLanguage"))


class GraphTenant:
    """One tenant. `email_methods` False where the cloud has none (China).

    expected: id or domain of the tenant that the config means; another one is not read at all.
    """

    def __init__(
        self, reading: Reading, where: Addresses, *, email_methods: bool, expected: str = ""
    ) -> None:
        self.expected = expected
        self._reading = reading
        self._where = where
        self._email_methods = email_methods
        self._live = LiveMethods(reading, email_methods=email_methods)
        self._facts: TenantFacts | None = None

    async def facts(self) -> TenantFacts:
        """Tenant id and verified domains, from /organization; read once."""
        if self._facts is None:
            self._facts = await self._read_facts()
        return self._facts

    async def _read_facts(self) -> TenantFacts:
        doing = "reading the tenant"
        try:
            found = await self._all(self._where.organization(), doing, ORGANISATION)
        except Refused as refused:
            raise refused.incomplete() from None
        if len(found) != 1:
            raise Incomplete(f"{doing}: Graph listed {len(found)} organisations instead of one")
        return parsing.facts(found[0], email_methods=self._email_methods, expected=self.expected)

    async def accounts(self, progress: Progress) -> tuple[Account, ...]:
        """All users, in pages of 999; one that slips from page to page is listed once."""
        try:
            listed = await self._gathered(
                self._where.users(), "reading accounts", USERS, parsing.account, progress
            )
        except Refused as refused:
            raise refused.incomplete() from None
        found = {account.id: account for account in listed}
        self._live.names = {account.id: account.upn for account in found.values()}
        return tuple(found.values())

    async def registrations(self, progress: Progress) -> Mapping[str, Registration] | str:
        """The report by account id, or why there is none: no P1 or P2, no consent, or a report that fails.

        It only saves reads: what it does not tell is read live. Raises Incomplete where nothing answers at
        all, and for a report that cannot be understood.
        """
        return await self._report(self._where.registrations(), "reading the registration report", progress)

    async def reported_admins(self) -> frozenset[str] | str:
        """See `ports.TenantReader`. It only adds to what the roles say."""
        doing = "reading administrators of the registration report"
        found = await self._report(self._where.reported_admins(), doing, lambda stage, done, total: None)
        return found if isinstance(found, str) else frozenset(i for i, row in found.items() if row.is_admin)

    async def managers(self, account_ids: Sequence[str]) -> Mapping[str, str]:
        """See `ports.TenantReader`. 404 is one who has none; a contact, who may be one too, has no UPN."""
        try:
            found = await self._of_each(account_ids, urls.manager, "reading managers")
        except Incomplete as error:
            log.warning("reading managers: %s", error.message)
            return {}
        named = {
            account_id: text(fields, "userPrincipalName") for account_id, fields in found.items() if fields
        }
        return {account_id: upn for account_id, upn in named.items() if upn}

    async def mailboxes(self, account_ids: Sequence[str]) -> Mapping[str, Mailbox]:
        """See `ports.TenantReader`."""
        found = await self._of_each(account_ids, urls.mailbox, "reading mailboxes")
        if account_ids and not found:
            raise Incomplete(
                "reading mailboxes: none could be read", hint="the log has what Graph said; look at `check`"
            )
        return {account_id: _mailbox(fields) for account_id, fields in found.items()}

    async def _of_each(
        self, account_ids: Sequence[str], address: Callable[[str], str], doing: str
    ) -> Mapping[str, Fields | None]:
        """One thing of each account, by its id; None where it is not there (404).

        What cannot be read is not in the answer, and counted in the log. Raises Incomplete.
        """
        fates = await self._reading.many([Item("GET", address(one)) for one in account_ids])
        found: dict[str, Fields | None] = {}
        for account_id, fate in zip(account_ids, fates, strict=True):
            if isinstance(fate, GraphAnswer) and fate.ok:
                found[account_id] = fate.fields
            elif is_gone(fate):
                found[account_id] = None
        if unread := len(account_ids) - len(found):
            log.warning("%s: of %s accounts it could not be read", doing, f"{unread:,}")
        return found

    async def _report(
        self, relative: str, doing: str, progress: Progress
    ) -> Mapping[str, Registration] | str:
        try:
            listed = await self._gathered(relative, doing, REPORT, parsing.registration, progress)
        except Refused as refused:
            if refused.answer.code == NO_PREMIUM:
                return NO_LICENCE
            error = refused.incomplete()
            return f"{error.message}; {error.hint}"
        except Unanswered as error:
            if not isinstance(error.last, GraphAnswer):
                raise
            return f"{error.message}: {said(error.last)}"
        return {row.account_id: row for row in listed}

    async def _gathered(
        self,
        relative: str,
        doing: str,
        permission: Permission,
        make: Callable[[Fields], T],
        progress: Progress,
    ) -> list[T]:
        return await self._reading.gathered(
            f"{self._reading.base}{relative}",
            doing,
            permission,
            make,
            lambda count: progress(doing, count, None),
        )

    async def privileged(self) -> Privileged:
        """See `privilege`."""
        return await Roles(self._reading, self._where).privileged()

    async def members(self, group: str) -> frozenset[str]:
        """Account ids in a group, nested members counted.

        A Microsoft 365 group may hide its members: without Member.Read.Hidden Graph lists none of them
        (microsoft-graph-docs#12552), which is not an empty group. Role-assignable groups are always private.
        """
        try:
            group_id, hidden = await self._group(group)
            doing = f"reading the members of group {group!r}"
            found = await self._all(self._where.members(group_id), doing, GROUPS)
        except Refused as refused:
            raise refused.incomplete() from None
        if hidden and not found:
            raise Incomplete(
                f"{doing}: the group hides its members, and Graph lists none",
                hint=f"grant the application {HIDDEN_MEMBERS.name}, or name another group",
            )
        return parsing.people(found)

    async def _group(self, group: str) -> tuple[str, bool]:
        """Its object id, and whether it hides its members."""
        doing = f"looking for group {group!r}"
        if _GUID.fullmatch(group):
            url = f"{self._reading.base}{self._where.group(group)}"
            try:
                named = await self._reading.get(url, doing, GROUPS)
                return text(named, "id") or group, _hides(named)
            except Refused as refused:
                if refused.answer.status != 404:
                    raise
                raise UsageError(
                    f"{doing}: the tenant has no group with this object id",
                    hint="copy the object id from the group's overview page in the Entra admin centre",
                ) from None
        found = await self._all(self._where.groups_named(group), doing, GROUPS)
        match [text(entry, "id") for entry in found]:
            case [only]:
                return only, _hides(found[0])
            case []:
                likely = near(group, await self._group_names())
                meant = f'. Did you mean "{likely}"?' if likely else ""
                raise UsageError(
                    f"{doing}: the tenant has no group with this display name{meant}",
                    hint="check the spelling, or give the group's object id",
                    plain=(group, likely),
                )
            case ids:
                raise UsageError(
                    f"{doing}: {len(ids)} groups have this display name: {', '.join(sorted(ids)[:5])}",
                    hint="give the object id of the one that is meant",
                )

    async def _group_names(self) -> list[str]:
        """The display names of all groups, to guess which one was meant; none where they cannot be read."""
        try:
            return [text(group, "displayName") for group in await self._all(self._where.groups(), "", GROUPS)]
        except (Refused, Incomplete):
            return []

    async def methods_policy(self) -> MethodsPolicy:
        """See `policies`."""
        return await Policies(self._reading, self._where).read()

    async def present(
        self, asked: Mapping[str, Families], progress: Progress
    ) -> Mapping[str, Present | Unreadable | None]:
        """See `live`."""
        return await self._live.read(asked, progress)

    async def _all(self, relative: str, doing: str, permission: Permission) -> list[Fields]:
        return await self._reading.everything(f"{self._reading.base}{relative}", doing, permission)


def _hides(group: Fields) -> bool:
    return text(group, "visibility").lower() == "hiddenmembership"
