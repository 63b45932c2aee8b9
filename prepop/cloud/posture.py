"""What the tenant says of itself, for `prepop check`: each piece read once, or the reason why it cannot be.

A plain no to one read is a fact here and no failure (`Unread`); only a tenant that cannot be signed in to
or does not answer at all ends the reading. What can and cannot be known: GRAPH section 7. Nothing
is written, and nothing is asked for that a plan would not ask for too, but for licences and two policies.
"""

import base64
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import TypeVar

from prepop.cloud import parsing, urls
from prepop.cloud.policies import Policies
from prepop.cloud.privilege import NO_P2, NOT_UNDER_PIM
from prepop.cloud.reading import Reading, Refused
from prepop.cloud.tenant import NO_LICENCE, GraphTenant
from prepop.cloud.urls import Addresses
from prepop.cloud.wire.answers import Fields, as_fields, rows, text, texts
from prepop.cloud.wire.statuses import said
from prepop.errors import Incomplete, SignInError, UsageError
from prepop.model import Account, TenantFacts
from prepop.ports import Progress
from prepop.rules.readiness.facts import (
    NOT_ASKED,
    CloudFacts,
    Organisation,
    Probe,
    Reset,
    Sku,
    SyncFeatures,
    Token,
)
from prepop.rules.readiness.permission_table import (
    ELIGIBLE_GROUPS,
    EMAIL_READ,
    GROUPS,
    LICENCES,
    METHODS_POLICY,
    ORGANISATION,
    PHONE_READ,
    POLICIES,
    REPORT,
    ROLES,
    USERS,
    Permission,
)
from prepop.rules.readiness.words import Unread

T = TypeVar("T")
_ORGANISATION = (
    "/organization?$select=id,displayName,verifiedDomains,onPremisesSyncEnabled,onPremisesLastSyncDateTime"
)
_AUTHORIZATION = "/policies/authorizationPolicy"
_SYNC = "/directory/onPremisesSynchronization"
_SKUS = "/subscribedSkus"
_DELEGATED = (
    "only a signed-in administrator can read it: Connect-MgGraph -Scopes "
    "OnPremDirectorySynchronization.Read.All; "
    "(Get-MgDirectoryOnPremiseSynchronization).Features.PasswordWritebackEnabled"
)


_RESETS = (
    "loggedByService eq 'Self-service Password Management'",
    "activityDisplayName eq 'Reset password (self-service)'",
)


class GraphPosture:
    """Reads one tenant's posture. `bearer`: gives the access token, None where requests carry none."""

    def __init__(
        self,
        reading: Reading,
        where: Addresses,
        reader: GraphTenant,
        bearer: Callable[[], Awaitable[str]] | None,
        *,
        email_methods: bool,
    ) -> None:
        self._reading = reading
        self._where = where
        self._reader = reader
        self._bearer = bearer
        self._email_methods = email_methods
        self._probes: list[Probe] = []

    async def look(
        self, groups: Collection[str], progress: Progress, resets_since: datetime | None = None
    ) -> CloudFacts:
        """Everything. groups: those that the scope names. resets_since: when the run to prove ended.

        Raises SignInError where the credential is refused, Incomplete where Graph does not answer at all.
        """
        organisation = await self._read(_ORGANISATION, "the tenant", ORGANISATION, list_=True)
        accounts = await self._accounts(progress)
        report = await self._reader.registrations(progress)
        self._probes.append(Probe(REPORT.name, "the registration report", *_told(report)))
        policy = await self._read(self._where.methods_policy(), "the methods policy", METHODS_POLICY)
        authorization = await self._read(_AUTHORIZATION, "the authorization policy", POLICIES)
        skus = await self._read(_SKUS, "licences", LICENCES, list_=True)
        privileged = await self._reader.privileged()
        self._probes.append(
            Probe(
                ROLES.name,
                "roles and their holders",
                not privileged.unread,
                privileged.unread,
            )
        )
        await self._eligible(await self._read(self._where.role_groups(), "groups", GROUPS, list_=True))
        members, unread = await self._members(groups)
        await self._methods(accounts if not isinstance(accounts, Unread) else ())
        return CloudFacts(
            tenant=_first(organisation, self._tenant),
            organisation=_first(organisation, _organisation),
            accounts=accounts,
            registrations=Unread(_sentence(report)) if isinstance(report, str) else report,
            privileged=privileged,
            members=members,
            skus=skus if isinstance(skus, Unread) else tuple(map(_sku, rows(skus, "value"))),
            features=await self._features(),
            policy=policy
            if isinstance(policy, Unread)
            else await Policies(self._reading, self._where).resolved(policy),
            admins_may_reset=_flag(authorization, "allowedToUseSSPR"),
            token=await self._token(),
            probes=tuple(self._probes),
            email_methods=self._email_methods,
            unread_groups=unread,
            resets=NOT_ASKED if resets_since is None else await self._resets(resets_since),
        )

    async def glance(self) -> tuple[TenantFacts | Unread, Token | Unread]:
        """The least that shows what a credential is good for, for `prepop init`: the tenant, and the token.

        Raises as `look`.
        """
        organisation = await self._read(_ORGANISATION, "the tenant", ORGANISATION, list_=True)
        return _first(organisation, self._tenant), await self._token()

    # ------------------------------------------------------------ one read at a time

    async def _accounts(self, progress: Progress) -> tuple[Account, ...] | Unread:
        url = f"{self._reading.base}{self._where.users()}"

        def show(count: int) -> None:
            progress("reading accounts", count, None)

        try:
            listed = await self._reading.gathered(url, "reading accounts", USERS, parsing.account, show)
        except Refused as refused:
            return self._refused(refused, "accounts", USERS)
        self._probes.append(Probe(USERS.name, "accounts", True))
        return tuple({account.id: account for account in listed}.values())

    def _refused(self, refused: Refused, what: str, permission: Permission) -> Unread:
        answer = refused.answer
        why = f"Graph answered {answer.status} {answer.code}".rstrip()
        if answer.status == 403:
            self._probes.append(Probe(permission.name, what, False, f"{why}."))
            return Unread(f"{why}: the app may not read {what}.", f"grant the application {permission.name}")
        self._probes.append(Probe(permission.name, what, None, f"{why}: {said(answer)}"))
        return Unread(f"{why}: {said(answer)}.")

    async def _read(
        self, relative: str, what: str, permission: Permission, *, list_: bool = False
    ) -> Fields | Unread:
        url, doing = f"{self._reading.base}{relative}", f"reading {what}"

        async def ask() -> Fields:
            if list_:
                return {"value": await self._reading.everything(url, doing, permission)}
            return await self._reading.get(url, doing, permission)

        try:
            found = await ask()
        except Refused as refused:
            return self._refused(refused, what, permission)
        self._probes.append(Probe(permission.name, what, True))
        return found

    async def _resets(self, since: datetime) -> tuple[Reset, ...] | Unread:
        """Asked by the name of the service and by that of the activity: each is documented, neither tried."""
        found: dict[str, Reset] = {}
        for condition in _RESETS:
            listed = await self._read(
                urls.resets(condition, since), "the audit log of password resets", REPORT, list_=True
            )
            if isinstance(listed, Unread):
                return listed
            found |= {text(row, "id"): reset for row in rows(listed, "value") if (reset := _reset(row))}
        return tuple(found.values())

    async def _methods(self, accounts: Collection[Account]) -> None:
        """Read one account's methods, as harmlessly as a plan does, to see whether that is allowed."""
        someone = next((account.id for account in accounts if account.enabled and not account.guest), "")
        tried = [(urls.phones(someone), "phone methods", PHONE_READ)]
        if self._email_methods:
            tried.append((urls.email(someone), "email methods", EMAIL_READ))
        for url, what, permission in tried:
            if not someone:
                self._probes.append(Probe(permission.name, what, None, "There is no account to try it on."))
                continue
            await self._read(url, what, permission, list_=True)

    async def _eligible(self, groups: Fields | Unread) -> None:
        """Read who is eligible for one role-assignable group, to see whether that is allowed."""
        what = "who is eligible for groups that hold a role"
        group = "" if isinstance(groups, Unread) else next((text(r, "id") for r in rows(groups, "value")), "")
        if not group:
            says = "There is no group that could hold one."
            self._probes.append(Probe(ELIGIBLE_GROUPS.name, what, None, says))
            return
        url = f"{self._reading.base}{urls.group_eligibilities(group)}"
        try:
            await self._reading.everything(url, f"reading {what}", ELIGIBLE_GROUPS)
        except Refused as refused:
            if refused.answer.code not in (NO_P2, NOT_UNDER_PIM):
                self._refused(refused, what, ELIGIBLE_GROUPS)
                return
        self._probes.append(Probe(ELIGIBLE_GROUPS.name, what, True))

    async def _members(self, groups: Collection[str]) -> tuple[Mapping[str, frozenset[str]], tuple[str, ...]]:
        """Members of the scope's groups, and why some could not be read: those count as empty here."""
        found: dict[str, frozenset[str]] = {}
        unread: list[str] = []
        for name in sorted(set(groups)):
            try:
                found[name] = await self._reader.members(name)
            except UsageError as error:
                unread.append(error.message)
                found[name] = frozenset()
            except Incomplete as error:
                if type(error) is not Incomplete:
                    raise
                unread.append(error.message)
                found[name] = frozenset()
        return found, tuple(unread)

    # ------------------------------------------------------------ single facts

    def _tenant(self, row: Fields) -> TenantFacts | Unread:
        try:
            expected = self._reader.expected
            return parsing.facts(row, email_methods=self._email_methods, expected=expected)
        except SignInError:  # another tenant than the config means: nothing of it is of use
            raise
        except Incomplete as error:
            return Unread(_sentence(error.message))

    async def _features(self) -> SyncFeatures | Unread:
        """Delegated only, as documented; some tenants let apps read it all the same (GRAPH section 7a)."""
        url, doing = f"{self._reading.base}{_SYNC}", "reading the synchronisation's features"
        try:
            page = await self._reading.get(url, doing, None)
        except Refused as refused:
            status = refused.answer.status
            return Unread(
                f"Graph answers {status} to apps here: this is open to signed-in people only.", _DELEGATED
            )
        found = rows(page, "value") or [page]
        features = as_fields(found[0].get("features"))
        return SyncFeatures(
            _bool(features, "passwordWritebackEnabled"),
            _bool(features, "passwordSyncEnabled"),
            _bool(features, "cloudPasswordPolicyForPasswordSyncedUsersEnabled"),
            _bool(features, "bypassDirSyncOverridesEnabled"),
        )

    async def _token(self) -> Token | Unread:
        if self._bearer is None:
            return Unread("Requests bear no token here (an emulated tenant).")
        return read_token(await self._bearer())


def read_token(bearer: str) -> Token | Unread:
    """The permissions in an access token; the token itself goes no further.

    Microsoft calls its tokens opaque: where the middle part is not JSON, nothing is said about the token.
    """
    parts = bearer.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return Unread("The token does not show its permissions.")
    if not isinstance(claims, dict):
        return Unread("The token does not show its permissions.")
    scopes = text(claims, "scp")
    if scopes:
        return Token(app=False, roles=frozenset(scopes.split()))
    return Token(app=True, roles=frozenset(texts(claims, "roles")))


# ---------------------------------------------------------------- small things


def _first(listed: Fields | Unread, make: Callable[[Fields], T | Unread]) -> T | Unread:
    if isinstance(listed, Unread):
        return listed
    found = rows(listed, "value")
    return make(found[0]) if found else Unread("Graph listed no organisation.")


def _organisation(row: Fields) -> Organisation:
    moment = text(row, "onPremisesLastSyncDateTime")
    return Organisation(row.get("onPremisesSyncEnabled") is True, parsing.moment(moment))


def _sku(row: Fields) -> Sku:
    units = as_fields(row.get("prepaidUnits"))
    seats, used = units.get("enabled"), row.get("consumedUnits")
    return Sku(
        id=text(row, "skuId").lower(),
        part=text(row, "skuPartNumber"),
        status=text(row, "capabilityStatus"),
        seats=seats if isinstance(seats, int) else 0,
        used=used if isinstance(used, int) else 0,
        plans=frozenset(
            text(plan, "servicePlanId").lower()
            for plan in rows(row, "servicePlans")
            if text(plan, "provisioningStatus") == "Success"
        ),
    )


def _bool(fields: Fields, key: str) -> bool | None:
    value = fields.get(key)
    return value if isinstance(value, bool) else None


def _flag(fields: Fields | Unread, key: str) -> bool | Unread:
    if isinstance(fields, Unread):
        return fields
    value = _bool(fields, key)
    return Unread("Graph does not say.") if value is None else value


def _told(report: object) -> tuple[bool | None, str]:
    """Whether the report may be read; None where it fails for another reason than a permission or licence."""
    if not isinstance(report, str):
        return True, ""
    return (False if report == NO_LICENCE or REPORT.name in report else None), _sentence(report)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _reset(row: Fields) -> Reset | None:
    """A line of the audit log; None for one that names no account or no moment."""
    targets = [text(target, "id") for target in rows(row, "targetResources")]
    account = next((ident for ident in targets if ident), "")
    account = account or text(as_fields(as_fields(row.get("initiatedBy")).get("user")), "id")
    at = parsing.moment(text(row, "activityDateTime"))
    if not account or at is None:
        return None
    done = {"success": True, "failure": False, "timeout": False}.get(text(row, "result").lower())
    return Reset(account.lower(), at, text(row, "activityDisplayName"), done, text(row, "resultReason"))
