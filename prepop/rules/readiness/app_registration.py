"""The commands that register the app with the least permissions, for an administrator to read and run.

Two apps, so that who plans cannot write: one that reads, one that writes besides. Ids of app roles:
GRAPH section 1. 00000003-0000-0000-c000-000000000000 is Microsoft Graph in every tenant.
"""

from prepop.model import Method
from prepop.options import Environment
from prepop.rules.readiness.permission_table import Permission, Use, wanted

GRAPH = "00000003-0000-0000-c000-000000000000"
_POWERSHELL = {
    Environment.GLOBAL: "",
    Environment.US_GOV: " -Environment USGov",
    Environment.US_GOV_DOD: " -Environment USGovDoD",
    Environment.CHINA: " -Environment China",
}
_AZ = {
    Environment.GLOBAL: "AzureCloud",
    Environment.US_GOV: "AzureUSGovernment",
    Environment.US_GOV_DOD: "AzureUSGovernment",
    Environment.CHINA: "AzureChinaCloud",
}


def permissions(mapped: set[Method], *, writing: bool) -> list[Permission]:
    """The permissions of an app that plans and checks, or of one that also applies.

    Reading is part of a permission to write, so the app that writes is not given both.
    """
    found = [*wanted(mapped, Use.PLAN), *wanted(mapped, Use.CHECK)]
    if not writing:
        return _without_included(found)
    return _without_included([*found, *wanted(mapped, Use.APPLY)])


def _without_included(found: list[Permission]) -> list[Permission]:
    names = {permission.name for permission in found}
    return [permission for permission in found if not names.intersection(permission.broader)]


def powershell(tenant: str, environment: Environment, mapped: set[Method], *, writing: bool) -> str:
    """Microsoft Graph PowerShell: app, service principal, permissions with consent."""
    roles = "\n".join(
        f'  "{permission.role}"  # {permission.name}' for permission in permissions(mapped, writing=writing)
    )
    return f"""\
Connect-MgGraph{_POWERSHELL[environment]} -TenantId "{tenant}" -Scopes Application.ReadWrite.All, AppRoleAssignment.ReadWrite.All
$graph = Get-MgServicePrincipal -Filter "appId eq '{GRAPH}'"
$roles = @(
{roles}
)
$access = @{{ ResourceAppId = $graph.AppId; ResourceAccess = @($roles | ForEach-Object {{ @{{ Id = $_; Type = "Role" }} }}) }}
$app = New-MgApplication -DisplayName "{_name(writing)}" -SignInAudience AzureADMyOrg -RequiredResourceAccess @($access)
$sp = New-MgServicePrincipal -AppId $app.AppId
$roles | ForEach-Object {{ New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $sp.Id -PrincipalId $sp.Id -ResourceId $graph.Id -AppRoleId $_ }}
$app.AppId  # cloud.client_id
"""  # noqa: E501 - commands stay on one line, so that they can be copied


def az(tenant: str, environment: Environment, mapped: set[Method], *, writing: bool) -> str:
    """Azure CLI: the same, and the certificate that the app signs in with."""
    roles = " ".join(f"{permission.role}=Role" for permission in permissions(mapped, writing=writing))
    names = ", ".join(permission.name for permission in permissions(mapped, writing=writing))
    return f"""\
az cloud set --name {_AZ[environment]}
az login --tenant "{tenant}" --allow-no-subscriptions
app=$(az ad app create --display-name "{_name(writing)}" --sign-in-audience AzureADMyOrg --query appId --output tsv)
az ad sp create --id "$app"
# {names}
az ad app permission add --id "$app" --api {GRAPH} --api-permissions {roles}
az ad app permission admin-consent --id "$app"
openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj "/CN={_name(writing)}" -keyout key.pem -out cert.pem
az ad app credential reset --id "$app" --cert @cert.pem --append
cat key.pem cert.pem > prepop.pem && chmod 600 prepop.pem && rm key.pem  # cloud.certificate_file
echo "$app"  # cloud.client_id
"""  # noqa: E501 - as above


def _name(writing: bool) -> str:
    return "prepop apply" if writing else "prepop plan"
