"""Tenants of each kind that administrators ask about, made of the sample tenant: for `check`, its tests
and demos.

    there = tenant(sample(60)); turn_into(there, Kind.BUSINESS_STANDARD)

Products and their service plans: GRAPH section 7d.
"""

from enum import StrEnum

from prepop.model import Method
from prepop.sandbox.graph.records import P1_PLAN, P2_PLAN, MethodConfig, Subscription, Target, Unverified
from prepop.sandbox.graph.tenant import SandboxTenant

EXCHANGE_PLAN = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"  # EXCHANGE_S_STANDARD, which holds no premium plan
ROOMS_PLAN = "ecc74eae-eeb7-4ad5-9c88-e8b2bfca75b8"  # MTRProManagement


class Kind(StrEnum):
    """A tenant in one situation; what is not named is as in the sample tenant: P2, migrated, all methods."""

    FREE = "free"
    BUSINESS_STANDARD = "business-standard"
    BUSINESS_PREMIUM = "business-premium"
    E3 = "e3"
    E3_P1 = "e3-p1"
    P2_PIM = "p2-pim"
    ROOMS_ONLY = "rooms-only"
    PRE_MIGRATION = "pre-migration"
    MIGRATING = "migrating"
    MIGRATED = "migrated"
    EMAIL_FOR_NOBODY = "email-for-nobody"
    EMAIL_FOR_A_GROUP = "email-for-a-group"
    SMS_SIGN_IN = "sms-sign-in"
    RESET_OFF = "reset-off"
    TWO_GATES = "two-gates"
    REPORT_DENIED = "report-denied"
    WRITEBACK_DENIED = "writeback-denied"
    WRITEBACK_READABLE = "writeback-readable"
    WRITEBACK_OFF = "writeback-off"
    NOT_SYNCED = "not-synced"
    CHINA = "china"


def turn_into(tenant: SandboxTenant, kind: Kind) -> SandboxTenant:
    """Make this tenant one of that kind, and let its report catch up."""
    match kind:
        case Kind.FREE:
            _licensed(tenant)
        case Kind.BUSINESS_STANDARD:
            _licensed(tenant, _sku("f245ecc8-75af-4f8e-b61f-27d8114de5f3", "O365_BUSINESS_PREMIUM"))
        case Kind.BUSINESS_PREMIUM:
            _licensed(tenant, _sku("cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "SPB", P1_PLAN))
        case Kind.E3:
            _licensed(tenant, _sku("6fd2c87f-b296-42f0-b197-1e91e994b900", "ENTERPRISEPACK"))
        case Kind.E3_P1:
            _licensed(
                tenant,
                _sku("6fd2c87f-b296-42f0-b197-1e91e994b900", "ENTERPRISEPACK"),
                _sku("078d2b04-f1bd-4111-bbd4-b4b1b354cef4", "AAD_PREMIUM", P1_PLAN),
            )
        case Kind.P2_PIM:
            someone = next(u for u in tenant.users.values() if u.synced and u.enabled)
            tenant.assign("Helpdesk Administrator", someone.id, eligible=True)
        case Kind.ROOMS_ONLY:
            _licensed(
                tenant,
                _sku(
                    "4cde982a-ede4-4409-9ae6-b003453c8ea6", "Microsoft_Teams_Rooms_Pro", P1_PLAN, ROOMS_PLAN
                ),
            )
        case Kind.PRE_MIGRATION:
            tenant.policy.migration = "preMigration"
        case Kind.MIGRATING:
            tenant.policy.migration = "migrationInProgress"
            tenant.policy.email.enabled = False
        case Kind.MIGRATED:
            pass
        case Kind.EMAIL_FOR_NOBODY:
            tenant.policy.email = MethodConfig(include=[])
        case Kind.EMAIL_FOR_A_GROUP:
            pilot = next(group for group in tenant.groups.values() if group.name == "SSPR pilot")
            tenant.policy.email = MethodConfig(include=[Target(pilot.id)])
        case Kind.SMS_SIGN_IN:
            tenant.policy.sms = MethodConfig(include=[Target(sign_in=True)])
        case Kind.RESET_OFF:
            tenant.sspr_scope = None
        case Kind.TWO_GATES:
            tenant.gates = 2
            _two_people(tenant)
        case Kind.REPORT_DENIED:
            tenant.permissions.discard("AuditLog.Read.All")
        case Kind.WRITEBACK_DENIED:
            tenant.unverified = Unverified(sync_app_only=False)
        case Kind.WRITEBACK_READABLE:
            tenant.unverified = Unverified(sync_app_only=True)
        case Kind.WRITEBACK_OFF:
            tenant.unverified = Unverified(sync_app_only=True)
            tenant.sync.password_writeback = False
        case Kind.NOT_SYNCED:
            tenant.synced = False
        case Kind.CHINA:
            tenant.cloud = "china"
    tenant.refresh_report()
    return tenant


def _two_people(tenant: SandboxTenant) -> None:
    """One person with a phone alone, one with a phone and an address."""
    admins = tenant.admins()
    plain = [u for u in tenant.users.values() if u.synced and u.enabled and u.id not in admins]
    for number, user in enumerate(plain[:2]):
        user.authenticator = False
        tenant.phones[user.id] = {Method.MOBILE: f"+44 740012345{number}"}
        tenant.emails.pop(user.id, None)
        if number:
            tenant.emails[user.id] = "someone@example.org"


def _sku(ident: str, part: str, *premium: str) -> Subscription:
    names = {P1_PLAN: "AAD_PREMIUM", P2_PLAN: "AAD_PREMIUM_P2", ROOMS_PLAN: "MTRProManagement"}
    return Subscription(
        ident,
        part,
        {EXCHANGE_PLAN: "EXCHANGE_S_STANDARD"} | {plan: names[plan] for plan in premium},
        enabled=300,
    )


def _licensed(tenant: SandboxTenant, *skus: Subscription) -> None:
    """The tenant holds these products alone, and every synchronised member has them all."""
    tenant.skus = list(skus)
    for user in tenant.users.values():
        user.plans = (
            {} if user.guest or not user.synced else {p: "Enabled" for sku in skus for p in sku.plans}
        )
