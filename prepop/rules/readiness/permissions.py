"""What this app may do: its token against what prepop needs, each read tried once, and the quota.

GRAPH section 1 (permissions and their app role ids) and GRAPH section 6 (quota). Broader permissions
count where they include a needed one, and are named as needless.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from prepop.model import Method
from prepop.rules.phrases import counted, duration, under_quota
from prepop.rules.readiness.facts import TENANT_NOT_ASKED, CloudFacts, ReadinessFacts
from prepop.rules.readiness.permission_table import PERMISSIONS, Use, missing, wanted
from prepop.rules.readiness.words import Answer, Group, State, Unread

_G = Group.PERMISSIONS
_WARN_DAYS = 30


#: Needed by nothing, and dangerous: they reach beyond methods of ordinary users.
_DANGEROUS = {
    "UserAuthenticationMethod.ReadWrite.All": "writes every method of everybody, Temporary Access Passes too",
    "User.ReadWrite.All": "changes users",
    "Directory.ReadWrite.All": "changes nearly everything",
    "RoleManagement.ReadWrite.Directory": "makes administrators",
    "Policy.ReadWrite.AuthenticationMethod": "changes the methods policy",
    "Application.ReadWrite.All": "takes over other apps",
    "AppRoleAssignment.ReadWrite.All": "grants itself anything",
}


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """Whether the tenant answers, the token, each read, the quota."""
    yield _reachable(situation)
    if situation.credential_ends is not None:
        yield _credential(situation.credential_ends, situation.now)
    if isinstance(situation.cloud, Unread):
        return
    mapped = {rule.method for rule in situation.mapping.rules}
    yield from _token(situation.cloud, mapped)
    for probe in situation.cloud.probes:
        yield _probe(probe.permission, probe.what, probe.ok, probe.says)
    yield _quota(situation, situation.cloud)


def _reachable(situation: ReadinessFacts) -> Answer:
    question = "Does the tenant let prepop sign in, and does Graph answer?"
    cloud = situation.cloud
    if cloud is TENANT_NOT_ASKED:
        return Answer("tenant-reachable", _G, question, State.UNKNOWN, cloud.why, cloud.look)
    if isinstance(cloud, Unread):
        return Answer("tenant-reachable", _G, question, State.NO, cloud.why, cloud.look, blocks=True)
    if isinstance(cloud.tenant, Unread):
        return Answer("tenant-reachable", _G, question, State.PARTLY, cloud.tenant.why, cloud.tenant.look)
    return Answer("tenant-reachable", _G, question, State.YES, f"{cloud.tenant.name} ({cloud.tenant.id}).")


def _credential(ends: datetime, now: datetime) -> Answer:
    """A certificate that runs out stops every night from that day on."""
    question = f"Does the certificate of the sign-in last {_WARN_DAYS} days more?"
    says = f"It ends on {ends:%Y-%m-%d}."
    left = ends - now
    if left > timedelta(days=_WARN_DAYS):
        return Answer("credential-ends", _G, question, State.YES, says)
    return Answer(
        "credential-ends",
        _G,
        question,
        State.NO if left <= timedelta(0) else State.PARTLY,
        says,
        "make a new one, add it to the app registration beside the old, then change cloud.certificate_file",
        blocks=left <= timedelta(0),
    )


def _token(cloud: CloudFacts, mapped: set[Method]) -> Iterator[Answer]:
    question = "Does the app have the permissions that it needs?"
    if isinstance(cloud.token, Unread):
        yield Answer(
            "permission-token",
            _G,
            question,
            State.UNKNOWN,
            f"{cloud.token.why} What was read is listed below.",
            "Entra admin centre, App registrations, the app, API permissions",
        )
        return
    roles = cloud.token.roles
    if not cloud.token.app:
        yield Answer(
            "permission-token",
            _G,
            question,
            State.PARTLY,
            "This is a person's token, not an app's. A person needs Privileged Authentication "
            "Administrator, or sees "
            "numbers masked, and a second factor within the last ten minutes to change methods: no good "
            "for a nightly job.",
            'cloud.credential = "managed-identity", "workload-identity" or "certificate"',
        )
        return
    yield _reading(roles, mapped, question)
    yield _writing(roles, mapped)
    yield _needless(roles, mapped)


def _reading(roles: frozenset[str], mapped: set[Method], question: str) -> Answer:
    gone = missing(roles, wanted(mapped, Use.PLAN))
    if not gone:
        says = "Its token names every permission that planning needs."
        return Answer("permission-token", _G, question, State.YES, says)
    says = "Missing: " + ", ".join(f"{permission.name} ({permission.why})" for permission in gone) + "."
    fix = "App registrations, the app, API permissions: add as application permissions, grant admin consent"
    if any(permission.needed for permission in gone):
        return Answer("permission-token", _G, question, State.NO, says, fix, blocks=True)
    return Answer("permission-token", _G, question, State.PARTLY, says, fix)


def _writing(roles: frozenset[str], mapped: set[Method]) -> Answer:
    question = "May the app write what the mapping registers?"
    gone = missing(roles, wanted(mapped, Use.APPLY))
    if not gone:
        says = "Yes. Whether Entra ID lets it, only a write can prove: try a pilot of one with --user."
        return Answer("permission-write", _G, question, State.YES, says)
    return Answer(
        "permission-write",
        _G,
        question,
        State.PARTLY,
        f"No {' and no '.join(permission.name for permission in gone)}: it can plan, not apply.",
        "right for an app that only plans; give the app that applies these application permissions",
    )


def _needless(roles: frozenset[str], mapped: set[Method]) -> Answer:
    question = "Does the app have nothing beyond what it needs?"
    asked = {permission.name for use in Use for permission in wanted(mapped, use)}
    extra = sorted(roles - asked)
    if not extra:
        return Answer("permission-needless", _G, question, State.YES, "Nothing.")
    says = ", ".join(f"{name} ({_DANGEROUS[name]})" if name in _DANGEROUS else name for name in extra)
    return Answer(
        "permission-needless",
        _G,
        question,
        State.NO if set(extra) & set(_DANGEROUS) else State.PARTLY,
        f"Needless: {says}.",
        "App registrations, the app, API permissions: remove them",
    )


def _probe(permission: str, what: str, ok: bool | None, says: str) -> Answer:
    ident = f"permission-{permission.lower().replace('.', '-')}"
    question = f"Can {what} be read?"
    if ok:
        return Answer(ident, _G, question, State.YES, "Yes.")
    if ok is None:
        return Answer(ident, _G, question, State.UNKNOWN, says)
    known = next((row for row in PERMISSIONS if row.name == permission), None)
    if known is not None and known.use is Use.EXTRA:  # not worth granting for one answer
        return Answer(ident, _G, question, State.UNKNOWN, says, f"{permission} would tell; nothing needs it")
    blocks = known is not None and known.needed
    fix = known.remedy if known is not None else f"grant the application {permission}"
    return Answer(ident, _G, question, State.NO, says, fix, blocks=blocks)


def _quota(situation: ReadinessFacts, cloud: CloudFacts) -> Answer:
    question = "How long does writing everybody take under Graph's quota?"
    if isinstance(cloud.accounts, Unread):
        return Answer("permission-quota", _G, question, State.UNKNOWN, cloud.accounts.why)
    size = len(cloud.accounts)
    units, name = (3500, "S") if size < 50 else (5000, "M") if size <= 500 else (8000, "L")
    found = situation.population
    writes = 0 if isinstance(found, Unread) else sum(values.usable for values in found.values)
    return Answer(
        "permission-quota",
        _G,
        question,
        State.YES,
        f"The tenant is of size {name} ({counted(size, 'account')}): {units:,} units in 10 seconds for "
        "reading, 3,000 "
        f"writes in 150 seconds. {writes:,} writes, one for each usable value, would take at least "
        f"{duration(under_quota(writes))}. Microsoft's table may also be read as 5 requests in 10 seconds "
        "for methods: "
        "prepop adapts to what it is told.",
    )
