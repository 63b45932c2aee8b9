"""Graph's JSON as prepop's own types. Pure: no requests, no clock.

What is absent or null is "" or empty; what must be there and is not raises Incomplete, since an account
without an id, or a method list that cannot be understood, is not a complete reading. Ids of accounts are
GUIDs, the same in capitals or not: they are made small here, so that a list of administrators in capitals
protects them too.
"""

import re
import sys
from datetime import datetime
from functools import lru_cache
from typing import assert_never

from prepop.cloud.wire.answers import Fields, as_fields, rows, text, texts
from prepop.errors import Incomplete, SignInError
from prepop.model import Account, Family, Method, Registration, TenantFacts


def method_id(method: Method) -> str:
    """A method's id, the same for every account: GRAPH sections 1 and 2."""
    match method:
        case Method.MOBILE:
            return "3179e48a-750b-4051-897c-87b9720928f7"
        case Method.ALTERNATE_MOBILE:
            return "b6332ec1-7057-4abe-9331-3d72feddfe41"
        case Method.OFFICE:
            return "e37fc753-ff3b-4958-9484-eaa9425c82bc"
        case Method.EMAIL:
            return "3ddfcfc8-9383-446f-83cc-3ab9be4be18f"
        case _:
            assert_never(method)


METHOD_IDS = {method: method_id(method) for method in Method}
_BY_ID = {method_id: method for method, method_id in METHOD_IDS.items()}
_PHONES = {method.value: method for method in Method if method.family is Family.PHONE}
_IN_USE = ("Enabled", "Warning")  # a plan in its grace period still works: GRAPH section 7d
_MASKED = re.compile(r"[*•]|[xX]{2}")


class NotUnderstood(Exception):
    """Internal: what one account has cannot be understood."""


def facts(organization: Fields, *, email_methods: bool, expected: str = "") -> TenantFacts:
    """The one object of /organization.

    expected: id or verified domain of the tenant that the config means. Raises SignInError where it is
    another one: a managed identity belongs to its own tenant, whatever the config says.
    """
    domains = {text(domain, "name").lower() for domain in rows(organization, "verifiedDomains")} - {""}
    tenant = text(organization, "id")
    if not tenant or not domains:
        raise Incomplete("reading the tenant: Graph named no tenant id or no verified domain")
    if expected and expected.strip().lower() not in {tenant.lower(), *domains}:
        raise SignInError(
            f"reading the tenant: the config means {expected}, but this sign-in leads to tenant {tenant}",
            hint="sign in as an application of that tenant, or correct cloud.tenant",
        )
    return TenantFacts(tenant, text(organization, "displayName"), frozenset(domains), email_methods)


@lru_cache(maxsize=4096)
def _one_object(words: frozenset[str]) -> frozenset[str]:
    """The same set for everybody who has these words: a large tenant has few different ones."""
    return words


def account(user: Fields) -> Account:
    """One row of /users."""
    account_id = _id(user)
    if not account_id:
        raise Incomplete("reading accounts: Graph listed one without an id")
    upn = text(user, "userPrincipalName")
    own = [upn, text(user, "mail")]
    for proxy in texts(user, "proxyAddresses"):
        kind, colon, address = proxy.rpartition(":")
        if not colon or kind.lower() == "smtp":  # not sip:, x500:, …
            own.append(address)
    return Account(
        id=account_id,
        upn=upn,
        name=text(user, "displayName"),
        enabled=user.get("accountEnabled") is not False,
        guest=text(user, "userType").lower() == "guest",
        immutable_id=text(user, "onPremisesImmutableId"),
        sid=text(user, "onPremisesSecurityIdentifier"),
        sam=text(user, "onPremisesSamAccountName"),
        dn=text(user, "onPremisesDistinguishedName"),
        synced=user.get("onPremisesSyncEnabled") is True,
        department=sys.intern(text(user, "department")),
        country=sys.intern(text(user, "country")),
        language=sys.intern(text(user, "preferredLanguage")),
        own_addresses=tuple(dict.fromkeys(address for address in own if address)),
        restricted=user.get("isManagementRestricted") is True,
        plans=_one_object(
            frozenset(
                text(plan, "servicePlanId").lower()
                for plan in rows(user, "assignedPlans")
                if text(plan, "capabilityStatus") in _IN_USE and text(plan, "servicePlanId")
            )
        ),
    )


def registration(row: Fields) -> Registration:
    """One row of the registration report."""
    account_id = _id(row)
    if not account_id:
        raise Incomplete("reading the registration report: Graph listed a row without an id")
    return Registration(
        account_id=account_id,
        sspr_enabled=row.get("isSsprEnabled") is True,
        sspr_registered=row.get("isSsprRegistered") is True,
        sspr_capable=row.get("isSsprCapable") is True,
        is_admin=row.get("isAdmin") is True,
        methods=_one_object(frozenset(texts(row, "methodsRegistered"))),
    )


def phones(listed: list[Fields], account_id: str) -> dict[Method, str]:
    """The phone methods of one account, by method.

    Raises NotUnderstood for a method of unknown kind or without a number (it may be in the way of what a
    plan wants to add), and Incomplete where numbers come masked, which is so of everybody.
    """
    found: dict[Method, str] = {}
    for phone in listed:
        method = _PHONES.get(text(phone, "phoneType")) or _BY_ID.get(text(phone, "id"))
        number = text(phone, "phoneNumber")
        if method is None or not number:
            raise NotUnderstood("Graph listed a phone of no known kind, or without a number")
        if _MASKED.search(number):
            # GRAPH section 1: an authentication administrator sees masked numbers only
            raise Incomplete(
                f"reading the phones of account {account_id}: Graph shows the numbers masked",
                hint="sign in as an application, or as Privileged Authentication Administrator",
            )
        found[method] = number
    return found


def created(listed: list[Fields], family: Family) -> dict[Method, datetime]:
    """When each of an account's methods was created, where Graph says so (GRAPH section 1: not proved)."""
    found: dict[Method, datetime] = {}
    for row in listed:
        method = _PHONES.get(text(row, "phoneType")) or _BY_ID.get(text(row, "id"))
        at = moment(text(row, "createdDateTime"))
        if method is not None and at is not None and method.family is family:
            found[method] = at
    return found


def moment(written: str) -> datetime | None:
    """`2026-11-01T02:00:00Z`; fractions have up to seven digits (GRAPH section 10)."""
    whole = written.partition(".")[0].removesuffix("Z")
    try:
        return datetime.fromisoformat(f"{whole}+00:00") if whole else None
    except ValueError:
        return None


def address(listed: list[Fields]) -> str:
    """The address of one account's email method, or "" where it has none. Raises NotUnderstood."""
    if not listed:
        return ""
    found = text(listed[0], "emailAddress")
    if not found or len(listed) > 1:
        raise NotUnderstood("Graph listed an email method of no known form")
    return found


def kind(directory_object: Fields) -> str:
    """What a directory object is: `user`, `group`, `servicePrincipal`, …; "" where Graph does not say."""
    said = text(directory_object, "@odata.type").rpartition(".")[2]
    return "" if said == "directoryObject" else said  # the base of them all says nothing


def people(directory_objects: list[Fields]) -> frozenset[str]:
    """Ids of the users in a list of members or owners. An object of unknown kind counts as a user."""
    return frozenset(_id(thing) for thing in directory_objects if kind(thing) in ("user", "") and _id(thing))


def groups(directory_objects: list[Fields]) -> frozenset[str]:
    """Ids of the groups in a list of members. An object of unknown kind may be a group too."""
    return frozenset(_id(thing) for thing in directory_objects if kind(thing) in ("group", "") and _id(thing))


def principal(assignment: Fields) -> tuple[str, str]:
    """Id and kind of the principal of a role assignment."""
    who = as_fields(assignment.get("principal"))
    return text(assignment, "principalId").lower() or _id(who), kind(who)


def _id(directory_object: Fields) -> str:
    return text(directory_object, "id").lower()
