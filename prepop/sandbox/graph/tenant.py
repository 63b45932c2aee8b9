"""The state of an emulated Entra ID tenant: plain Python that tests look at and edit directly.

The rules of the service are in `methods` (GRAPH sections 1 and 2), `listings` (GRAPH sections 4 and 7) and
`throttle` (GRAPH section 6); this module only holds what they act on.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar, assert_never

from prepop.model import REPORT_NAMES, Family, Method
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.records import (
    ALL_USERS,
    MICROSOFT_AUTHENTICATOR,
    P1_PLAN,
    P2_PLAN,
    PERMISSIONS,
    ROLES,
    Assignment,
    AuditRecord,
    ConnectFeatures,
    GroupEligibility,
    GroupRecord,
    PolicyRecord,
    ReportRow,
    Subscription,
    Unverified,
    User,
    Write,
    premium_p2,
)
from prepop.sandbox.graph.throttle import Quotas, Throttle
from prepop.sandbox.graph.wire import Json, stamp

SYNC_ROLE = "a5d3e6f0-6f5b-4f0e-9f43-5d2b7c1e8a10"  # the id of its role assignment
SYNC_APP = "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016"  # the principal of the synchronisation


K = TypeVar("K")


@dataclass(slots=True)
class Requests:
    """What reached the tenant, by kind (`GET users`, `POST users/{}/authentication/phoneMethods`).

    http: HTTP requests, a batch being one (`POST $batch`); items: requests inside batches;
    answers: statuses of both.
    """

    http: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)

    def clear(self) -> None:
        """Count from nought again."""
        self.http.clear()
        self.items.clear()
        self.answers.clear()


class SandboxTenant:
    """An emulated tenant.

    clock: monotonic seconds; scale: how many of the tenant's seconds pass in one of the clock's, so that
    quotas, Retry-After and the report's lag need no real waiting.
    report_lag: the registration report is taken afresh when it is asked for and is older than this many
    of the tenant's seconds; None: only by `refresh_report()`.
    cloud: "global", or "china", which has no email methods.
    """

    def __init__(
        self,
        *,
        name: str = "Contoso",
        tenant_id: str = "84841066-274d-4ec0-a5c1-276be684bdd3",
        domains: Iterable[str] = ("contoso.onmicrosoft.com",),
        cloud: str = "global",
        faults: Faults | None = None,
        quotas: Quotas | None = None,
        unverified: Unverified | None = None,
        report_lag: float | None = 4 * 3600,
        clock: Callable[[], float] = time.monotonic,
        scale: float = 1.0,
    ) -> None:
        self.name = name
        self.id = tenant_id
        self.domains = list(domains)
        self.cloud = cloud
        self.faults = faults if faults is not None else Faults.none()
        self.quotas = quotas if quotas is not None else Quotas()
        self.unverified = unverified if unverified is not None else Unverified()
        self.report_lag = report_lag
        self.scale = scale
        self._clock = clock
        self._started = clock()

        self.users: dict[str, User] = {}
        self.deleted: dict[str, User] = {}
        self.phones: dict[str, dict[Method, str]] = {}
        self.emails: dict[str, str] = {}
        self.created: dict[tuple[str, Method], datetime] = {}  # of methods, by the wall clock
        self.expiring_pages = 0  # so many requests for a next page find that their token has expired
        self.odd_phones: dict[
            str, list[Json]
        ] = {}  # listed besides, as they are: of new kinds, without number
        self.sms_states: dict[str, str] = {}  # smsSignInState of the mobile, by user
        self.sms_names: dict[str, str] = {}  # digits of a number that is a sign-in name, to its user
        self.groups: dict[str, GroupRecord] = {}
        self.roles: dict[str, str] = {template: role for role, template in ROLES.items()}
        # no tenant is without a role assignment; this one is an app's, and so no account's
        self.assignments: list[Assignment] = [
            Assignment(SYNC_ROLE, ROLES["Directory Synchronization Accounts"], SYNC_APP)
        ]
        self.eligible: list[Assignment] = []
        self.group_eligible: list[GroupEligibility] = []
        self.under_pim: set[str] | None = None  # groups that PIM knows; None: all of them
        self.policy = PolicyRecord()
        self.skus: list[Subscription] = [premium_p2(25)]
        self.synced = True
        self.last_sync: datetime | None = None  # None: twenty minutes ago, whenever that is asked
        self.sync = ConnectFeatures()
        self.admins_may_reset = True
        self.sspr_scope: str | None = ALL_USERS
        self.gates = 1
        self.permissions: set[str] = set(PERMISSIONS)
        self.require_token = False
        self.tokens: dict[str, float] = {}

        self.report: dict[str, ReportRow] = {}
        self.audits: list[AuditRecord] = []
        self.deltas: dict[str, dict[str, Json]] = {}  # what stood there when a delta link was given out
        self._report_at = self.seconds()
        self.writes: list[Write] = []
        self.requests = Requests()
        self._throttle: Throttle | None = None
        self._stale: dict[str, tuple[float, dict[Method, str], str | None]] = {}
        self._by_upn: dict[str, str] = {}

    # ------------------------------------------------------------ time

    def seconds(self) -> float:
        """Seconds of the tenant's own clock since it was made."""
        return (self._clock() - self._started) * self.scale

    def real(self, seconds: float) -> float:
        """What a client has to wait for this many of the tenant's seconds to pass."""
        return seconds / self.scale

    def throttle(self) -> Throttle:
        """The quotas' buckets, made on first use, when the tenant's size is known."""
        if self._throttle is None:
            self._throttle = Throttle(self.quotas, len(self.users), self.seconds)
        return self._throttle

    # ------------------------------------------------------------ making one

    def add_user(self, user: User) -> User:
        """Put this user into the tenant, without methods."""
        self.users[user.id] = user
        self.phones.setdefault(user.id, {})
        return user

    def new_user(
        self, upn: str, *, enabled: bool = True, guest: bool = False, immutable_id: str = ""
    ) -> User:
        """A user with this UPN and an id derived from it; everything else can be set on what is returned."""
        ident = str(uuid.uuid5(uuid.NAMESPACE_DNS, upn))
        name = upn.split("@", 1)[0]
        user = User(ident, upn, name=name, enabled=enabled, guest=guest, immutable_id=immutable_id, mail=upn)
        user.synced = bool(immutable_id)
        return self.add_user(user)

    def new_group(
        self, name: str, members: Iterable[str] = (), *, role_assignable: bool = False
    ) -> GroupRecord:
        """A group with an id derived from its name; `members` are object ids of users or groups."""
        ident = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        group = GroupRecord(ident, name, role_assignable=role_assignable, members=list(members))
        self.groups[ident] = group
        return group

    def assign(self, role: str, principal: str, *, eligible: bool = False) -> Assignment:
        """Give a role (its name) to a user or group, active or, by PIM, eligible."""
        where = self.eligible if eligible else self.assignments
        key = f"{role} {principal} {eligible}"
        found = Assignment(str(uuid.uuid5(uuid.NAMESPACE_URL, key)), ROLES[role], principal)
        where.append(found)
        return found

    def delete_user(self, user: str) -> None:
        """Soft-delete: gone from every list, but its SMS sign-in number stays reserved (GRAPH section 1)."""
        gone = self.user(user)
        self.deleted[gone.id] = self.users.pop(gone.id)

    # ------------------------------------------------------------ looking

    def user(self, key: str) -> User:
        """By object id, or by UPN in any case. Raises KeyError."""
        if key in self.users:
            return self.users[key]
        lowered = key.casefold()
        ident = self._by_upn.get(lowered)
        if ident is None or ident not in self.users or self.users[ident].upn.casefold() != lowered:
            self._by_upn = {u.upn.casefold(): u.id for u in self.users.values()}
            ident = self._by_upn[lowered]
        return self.users[ident]

    def nested(self, group: str) -> set[str]:
        """Object ids of everything in a group, at any depth, groups included."""
        seen: set[str] = set()
        todo = [group]
        while todo:
            found = self.groups.get(todo.pop())
            fresh = set(found.members) - seen if found else set()
            seen |= fresh
            todo.extend(fresh)
        return seen

    def targeted(self, target: str, user: str) -> bool:
        """True where a policy target (a group id, or ALL_USERS) covers this user."""
        return target == ALL_USERS or user in self.nested(target)

    def may_sign_in_by_sms(self, user: str) -> bool:
        """What the Sms method of the policy lets this user do (GRAPH section 0c)."""
        sms = self.policy.sms
        if not sms.enabled or any(self.targeted(t, user) for t in sms.exclude):
            return False
        return any(t.sign_in and self.targeted(t.id, user) for t in sms.include)

    def has_plan(self, plan: str) -> bool:
        """True where a usable subscription holds this service plan (GRAPH section 7d)."""
        return any(
            plan in sku.plans and sku.enabled > 0 and sku.status in ("Enabled", "Warning")
            for sku in self.skus
        )

    @property
    def has_p1(self) -> bool:
        """The tenant has Entra ID P1 or P2, which the registration report needs (GRAPH section 4)."""
        return self.has_plan(P1_PLAN) or self.has_plan(P2_PLAN)

    # ------------------------------------------------------------ what users do themselves

    def register(self, user: str, method: Method | str, value: str) -> None:
        """The user (id or UPN) registers a value, in whatever spelling; it is no write through the API."""
        ident, slot = self.user(user).id, Method(method)
        self.created[ident, slot] = datetime.now(UTC)
        match slot.family:
            case Family.EMAIL:
                self.emails[ident] = value
            case Family.PHONE:
                self.phones[ident][slot] = value
            case _:
                assert_never(slot.family)

    def unregister(self, user: str, method: Method | str) -> None:
        """The user (id or UPN) deletes a method, if it is there."""
        ident, slot = self.user(user).id, Method(method)
        match slot.family:
            case Family.EMAIL:
                self.emails.pop(ident, None)
            case Family.PHONE:
                self.phones[ident].pop(slot, None)
            case _:
                assert_never(slot.family)

    # ------------------------------------------------------------ what the API did

    def remember(self, user: str) -> None:
        """Before a write: keep what readers still see for `unverified.read_lag` seconds."""
        if self.unverified.read_lag:
            until = self.seconds() + self.unverified.read_lag
            self._stale[user] = (until, dict(self.phones[user]), self.emails.get(user))

    def visible(self, user: str) -> tuple[dict[Method, str], str | None]:
        """Phones and email of a user as a GET shows them now."""
        stale = self._stale.get(user)
        if stale and self.seconds() < stale[0]:
            return stale[1], stale[2]
        return self.phones[user], self.emails.get(user)

    def keep(self, place: dict[K, str], key: K, value: str) -> None:
        """Store what a write sent, or what `unverified.stores` says instead."""
        if self.unverified.stores != "nothing":
            place[key] = self.unverified.stores or value

    def birth(self, user: str, method: Method) -> Json:
        """`createdDateTime` of a method, where it is known and shown."""
        at = self.created.get((user, method)) if self.unverified.created_shown else None
        return {"createdDateTime": stamp(at)} if at is not None else {}

    def wrote(self, user: str, method: Method, verb: str, value: str) -> None:
        """A write took effect."""
        if verb == "POST":
            self.created[user, method] = datetime.now(UTC)
        self.writes.append(Write(self.seconds(), user, method, verb, value))

    # ------------------------------------------------------------ the registration report

    def methods_of(self, user: User) -> tuple[str, ...]:
        """The report's words for what a user has registered (GRAPH section 4)."""
        words = [REPORT_NAMES[m] for m in Method if m in self.phones[user.id]]
        if user.id in self.emails:
            words.append(REPORT_NAMES[Method.EMAIL])
        if user.authenticator:
            words.append(MICROSOFT_AUTHENTICATOR)
        return tuple(words)

    def admins(self) -> set[str]:
        """Object ids that hold an active role, directly or through a group."""
        held = {a.principal for a in self.assignments}
        return held.union(*(self.nested(p) for p in held if p in self.groups))

    def refresh_report(self) -> None:
        """Let the report catch up: disabled users are not in it (GRAPH section 4)."""
        admins, at = self.admins(), datetime.now(UTC)
        covered = None if self.sspr_scope in (None, ALL_USERS) else self.nested(str(self.sspr_scope))
        rows: dict[str, ReportRow] = {}
        for user in self.users.values():
            if not user.enabled:
                continue
            methods = self.methods_of(user)
            kinds = {"mobilePhone" if m == "alternateMobilePhone" else m for m in methods}
            # the app's push resets a password only beside a second method (how SSPR works: mobile app)
            counting = kinds if self.gates > 1 else kinds - {MICROSOFT_AUTHENTICATOR}
            phone = REPORT_NAMES[Method.MOBILE] in methods
            rows[user.id] = ReportRow(
                user=user.id,
                methods=methods,
                sspr_enabled=self.sspr_scope is not None and (covered is None or user.id in covered),
                sspr_registered=len(counting) >= self.gates,
                mfa_registered=bool(kinds - {"email"}),
                is_admin=user.id in admins,
                preferred="push" if user.authenticator else "sms" if phone else "",
                at=at,
            )
        self.report = rows
        self._report_at = self.seconds()

    def report_now(self) -> dict[str, ReportRow]:
        """The report as it stands, taken afresh first where it is older than its lag."""
        if self.report_lag is not None and self.seconds() - self._report_at >= self.report_lag:
            self.refresh_report()
        return self.report
