"""The tenant itself: domains, licences, synchronisation, what administrators may do (GRAPH section 7)."""

from datetime import UTC, datetime, timedelta

from prepop.sandbox.graph.listings import shown_page
from prepop.sandbox.graph.records import Subscription
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.wire import Ask, GraphError, Json, Reply


def domains(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET domains."""
    rows: list[Json] = [
        {
            "id": name,
            "isVerified": True,
            "isDefault": place == 0,
            "isInitial": name.endswith(".onmicrosoft.com"),
            "authenticationType": "Managed",
        }
        for place, name in enumerate(tenant.domains)
    ]
    return shown_page(ask, {"@odata.context": f"{ask.root}/$metadata#domains"}, rows)


def organization(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET organization."""
    domains = [
        {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": n == 0,
            "isInitial": d.endswith(".onmicrosoft.com"),
            "name": d,
            "type": "Managed",
        }
        for n, d in enumerate(tenant.domains)
    ]
    row: Json = {
        "id": tenant.id,
        "displayName": tenant.name,
        "countryLetterCode": "GB",
        "tenantType": "AAD",
        "onPremisesSyncEnabled": tenant.synced or None,
        "onPremisesLastSyncDateTime": _last_sync(tenant),
        "verifiedDomains": domains,
        "assignedPlans": [],
    }
    return shown_page(ask, {"@odata.context": f"{ask.root}/$metadata#organization"}, [row])


def _last_sync(tenant: SandboxTenant) -> str | None:
    """When the directory was last synchronised, in whole seconds."""
    if not tenant.synced:
        return None
    at = tenant.last_sync or datetime.now(UTC) - timedelta(minutes=20)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _sku_row(tenant: SandboxTenant, sku: Subscription) -> Json:
    return {
        "capabilityStatus": sku.status,
        "consumedUnits": sku.consumed,
        "id": f"{tenant.id}_{sku.id}",
        "prepaidUnits": {"enabled": sku.enabled, "suspended": 0, "warning": 0, "lockedOut": 0},
        "servicePlans": [
            {
                "servicePlanId": plan,
                "servicePlanName": name,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            }
            for plan, name in sku.plans.items()
        ],
        "skuId": sku.id,
        "skuPartNumber": sku.part,
        "appliesTo": "User",
    }


def subscribed_skus(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET subscribedSkus."""
    head: Json = {"@odata.context": f"{ask.root}/$metadata#subscribedSkus"}
    return shown_page(ask, head, [_sku_row(tenant, sku) for sku in tenant.skus])


def authorization_policy(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET policies/authorizationPolicy: allowedToUseSSPR is about administrators (GRAPH section 7b)."""
    row: Json = {
        "@odata.context": f"{ask.root}/$metadata#policies/authorizationPolicy/$entity",
        "id": "authorizationPolicy",
        "allowedToUseSSPR": tenant.admins_may_reset,
        "allowInvitesFrom": "everyone",
    }
    return Reply(200, row)


def on_premises_sync(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET directory/onPremisesSynchronization: a collection; not for apps alone (GRAPH section 7a)."""
    if not tenant.unverified.sync_app_only:
        raise GraphError(
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        )
    row: Json = {
        "id": tenant.id,
        "configuration": {
            "accidentalDeletionPrevention": {
                "synchronizationPreventionType": "enabledForCount",
                "alertThreshold": 500,
            }
        },
        "features": {
            "passwordSyncEnabled": tenant.sync.password_sync,
            "passwordWritebackEnabled": tenant.sync.password_writeback,
            "bypassDirSyncOverridesEnabled": tenant.sync.directory_wins,
            "blockSoftMatchEnabled": False,
        },
    }
    if len(ask.segments) == 3:
        return Reply(200, row)
    context = f"{ask.root}/$metadata#directory/onPremisesSynchronization"
    return Reply(200, {"@odata.context": context, "value": [row]})
