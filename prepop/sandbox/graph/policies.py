"""The authentication methods policy on the wire (GRAPH sections 7c and 10)."""

from prepop.sandbox.graph.records import ALL_USERS, MethodConfig
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.wire import Ask, Json, Reply, not_found


def _config(kind: str, ident: str, config: MethodConfig, more: Json, *, sms: bool = False) -> Json:
    targets: list[Json] = []
    for target in config.include:
        row: Json = {"targetType": "group", "id": target.id, "isRegistrationRequired": False}
        targets.append(row | {"isUsableForSignIn": target.sign_in} if sms else row)
    whole: Json = {
        "@odata.type": f"#microsoft.graph.{kind}AuthenticationMethodConfiguration",
        "id": ident,
        "state": "enabled" if config.enabled else "disabled",
        "excludeTargets": [{"targetType": "group", "id": group} for group in config.exclude],
    }
    if config.provider is not None:
        more = more | {
            "telecomProviderSettings": {
                "url": "https://telecom.example/entra",
                "appId": "5a5a0000-0000-4000-8000-00000000c0de",
                "isEvaluationModeEnabled": config.provider.evaluation,
                "migrationPercentage": config.provider.percent,
            }
        }
    return whole | more | {"includeTargets": targets}


def _configs(tenant: SandboxTenant) -> list[Json]:
    policy = tenant.policy
    return [
        _config("sms", "Sms", policy.sms, {}, sms=True),
        _config("voice", "Voice", policy.voice, {"isOfficePhoneAllowed": policy.office_allowed}),
        _config("email", "Email", policy.email, {"allowExternalIdToUseEmailOtp": "default"}),
    ]


def methods_policy(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET policies/authenticationMethodsPolicy, its configurations expanded."""
    body: Json = {
        "@odata.context": f"{ask.root}/$metadata#authenticationMethodsPolicy",
        "id": "authenticationMethodsPolicy",
        "displayName": "Authentication Methods Policy",
        "lastModifiedDateTime": "2026-01-26T10:47:26.6044384Z",
        "policyVersion": "1.5",
    }
    if tenant.policy.migration is not None:
        body["policyMigrationState"] = tenant.policy.migration
    nudged: Json = {
        "id": ALL_USERS,
        "targetType": "group",
        "targetedAuthenticationMethod": "microsoftAuthenticator",
    }
    body["registrationEnforcement"] = {
        "authenticationMethodsRegistrationCampaign": {
            "snoozeDurationInDays": 1,
            "state": tenant.policy.campaign,
            "excludeTargets": [],
            "includeTargets": [nudged],
        }
    }
    body["authenticationMethodConfigurations"] = _configs(tenant)
    return Reply(200, body)


def method_configs(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET .../authenticationMethodConfigurations, or one of them by its id in any case."""
    if len(ask.segments) == 3:
        return Reply(200, {"value": _configs(tenant)})
    for config in _configs(tenant):
        if str(config["id"]).lower() == ask.segments[3].lower():
            return Reply(200, config)
    raise not_found(ask.segments[3])
