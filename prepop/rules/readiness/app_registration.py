"""The commands that register the app with the least permissions, for an administrator to read and run.

Two apps, so that who plans cannot write: one that reads, one that writes besides. Ids of app roles:
GRAPH section 1. 00000003-0000-0000-c000-000000000000 is Microsoft Graph in every tenant.
"""

from prepop.model import Method
from prepop.options import Environment
from prepop.rules.readiness.permission_table import Permission, Use, wanted

USES = ("plan", "apply")
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


def powershell(tenant: str, environment: Environment, mapped: set[Method]) -> str:
    """`register-app.ps1`, for PowerShell 7.3 and newer: both apps, each with a certificate of its own."""
    calls = "\n".join(_call_powershell(use, permissions(mapped, writing=use == "apply")) for use in USES)
    return f"""\
# Registers the two apps of prepop with the least permissions, each with a certificate. Read it, then run it
# as somebody who may consent (Privileged Role Administrator) in an empty folder: pwsh ./register-app.ps1
# Run again it changes nothing that is there. Needs PowerShell 7.3 and the module Microsoft.Graph.Applications.
$ErrorActionPreference = "Stop"
Connect-MgGraph{_POWERSHELL[environment]} -TenantId "{tenant}" -Scopes "Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"
$graph = Get-MgServicePrincipal -Filter "appId eq '{GRAPH}'"

function New-PrepopApp([string] $Name, [string] $File, [string[]] $Roles) {{
  $there = @(Get-MgApplication -Filter "displayName eq '$Name'")
  if ($there.Count -gt 0) {{
    Write-Output "$Name is there already ($($there[0].AppId)): nothing is changed."
    return
  }}
  if (Test-Path $File) {{ throw "$File is there already: it may be the key of another app" }}
  $rsa = [System.Security.Cryptography.RSA]::Create(3072)
  $sha = [System.Security.Cryptography.HashAlgorithmName]::SHA256
  $padding = [System.Security.Cryptography.RSASignaturePadding]::Pkcs1
  $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $rsa, $sha, $padding)
  $cert = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddMinutes(-5), [DateTimeOffset]::UtcNow.AddDays(365))
  Set-Content -Path $File -Value ($rsa.ExportPkcs8PrivateKeyPem() + "`n" + $cert.ExportCertificatePem())
  if (-not $IsWindows) {{ chmod 600 $File }}
  $access = @{{ ResourceAppId = $graph.AppId; ResourceAccess = @($Roles | ForEach-Object {{ @{{ Id = $_; Type = "Role" }} }}) }}
  $key = @{{ Type = "AsymmetricX509Cert"; Usage = "Verify"; Key = $cert.RawData }}
  $app = New-MgApplication -DisplayName $Name -SignInAudience AzureADMyOrg -RequiredResourceAccess @($access) -KeyCredentials @($key)
  $sp = New-MgServicePrincipal -AppId $app.AppId
  foreach ($role in $Roles) {{
    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $sp.Id -PrincipalId $sp.Id -ResourceId $graph.Id -AppRoleId $role | Out-Null
  }}
  Write-Output "$Name`: cloud.client_id = $($app.AppId), cloud.certificate_file = $File"
}}

{calls}
"""  # noqa: E501 - commands stay on one line, so that they can be copied


def _call_powershell(use: str, roles: list[Permission]) -> str:
    listed = "\n".join(f'  "{role.role}"  # {role.name}' for role in roles)
    return f'New-PrepopApp "{_name(use)}" "{key_file(use)}" @(\n{listed}\n)'


def az(tenant: str, environment: Environment, mapped: set[Method]) -> str:
    """`register-app.sh`: Azure CLI and openssl; both apps, each with a certificate of its own."""
    calls = "\n".join(_call_az(use, permissions(mapped, writing=use == "apply")) for use in USES)
    return f"""\
#!/usr/bin/env bash
# Registers the two apps of prepop with the least permissions, each with a certificate. Read it, then run it
# as somebody who may consent (Privileged Role Administrator) in an empty folder: bash register-app.sh
# Run again it changes nothing that is there. Needs the Azure CLI and openssl.
set -euo pipefail
umask 077
az cloud set --name {_AZ[environment]}
az login --tenant "{tenant}" --allow-no-subscriptions --output none

register() {{
    local name=$1 file=$2 app
    shift 2
    app=$(az ad app list --display-name "$name" --query "[?displayName=='$name'].appId | [0]" --output tsv)
    if [[ -n $app ]]; then
        echo "$name is there already ($app): nothing is changed."
        return
    fi
    if [[ -e $file ]]; then
        echo "$file is there already: it may be the key of another app" >&2
        exit 1
    fi
    app=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --query appId --output tsv)
    az ad sp create --id "$app" --output none
    az ad app permission add --id "$app" --api {GRAPH} --api-permissions "$@"
    az ad app permission admin-consent --id "$app"
    openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj "/CN=$name" -keyout "$file.key" -out "$file.crt"
    az ad app credential reset --id "$app" --cert "@$file.crt" --append --output none
    cat "$file.key" "$file.crt" >"$file"
    rm "$file.key" "$file.crt"
    echo "$name: cloud.client_id = $app, cloud.certificate_file = $file"
}}

{calls}
"""


def _call_az(use: str, roles: list[Permission]) -> str:
    names = ", ".join(role.name for role in roles)
    given = " ".join(f"{role.role}=Role" for role in roles)
    return f'# {names}\nregister "{_name(use)}" "{key_file(use)}" {given}'


def key_file(use: str) -> str:
    """Where the key of the app that plans, or applies, is written: each has its own."""
    return f"prepop-{use}.pem"


def _name(use: str) -> str:
    return f"prepop {use}"
