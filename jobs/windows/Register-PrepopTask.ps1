<#
.SYNOPSIS
Registers prepop as a nightly task that runs under a group managed service account (gMSA).

.DESCRIPTION
A gMSA has a password that nobody knows and that Windows changes by itself. With bind = "kerberos" and a
certificate whose key only this account can read, no secret stands anywhere.

Before, once, by a domain administrator:
    New-ADServiceAccount -Name prepop -DNSHostName prepop.corp.example `
        -PrincipalsAllowedToRetrieveManagedPassword 'PREPOP-HOST$'
and on this machine:
    Install-ADServiceAccount prepop; Test-ADServiceAccount prepop
The account needs the right "Log on as a batch job".

.EXAMPLE
.\Register-PrepopTask.ps1 -Account 'CORP\prepop$'
Registers the task, switched off. Start it by hand: Start-ScheduledTask -TaskName prepop

.EXAMPLE
.\Register-PrepopTask.ps1 -Account 'CORP\prepop$' -Enable
Registers it, or registers it again, and switches it on.
#>
#Requires -RunAsAdministrator
[CmdletBinding()]
param(
    # The gMSA, with its domain and the dollar sign
    [Parameter(Mandatory)]
    [ValidatePattern('^[^\\]+\\[^\\]+\$$')]
    [string] $Account,

    # Config, state, reports and log; only administrators and the account can read it afterwards
    [string] $Folder = "$env:ProgramData\prepop",

    [string] $TaskName = 'prepop',

    # Switch the nightly trigger on
    [switch] $Enable
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

if (-not (Test-Path -LiteralPath "$Folder\prepop.toml")) {
    throw "There is no $Folder\prepop.toml. Write the config first, and run: prepop plan -c $Folder\prepop.toml"
}

# Reports hold numbers and addresses: nobody inherits a right to them.
# Well-known SIDs, because names differ by language: S-1-5-18 SYSTEM, S-1-5-32-544 Administrators.
& icacls.exe $Folder /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' "${Account}:(OI)(CI)M" | Out-Null
if ($LASTEXITCODE -ne 0) { throw "icacls could not set the rights of $Folder (code $LASTEXITCODE)." }

# So that the Event Log knows whose events they are ([log] events = "windows"); only an administrator may say so
if (-not [System.Diagnostics.EventLog]::SourceExists('prepop')) {
    [System.Diagnostics.EventLog]::CreateEventSource('prepop', 'Application')
}

$xml = Get-Content -LiteralPath "$PSScriptRoot\prepop-task.xml" -Raw -Encoding UTF8
$xml = $xml.Replace('C:\ProgramData\prepop', [Security.SecurityElement]::Escape($Folder))
Register-ScheduledTask -TaskName $TaskName -Xml $xml -Force | Out-Null

# LogonType Password without a password: Windows fetches that of a gMSA itself.
$principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType Password -RunLevel Limited
Set-ScheduledTask -TaskName $TaskName -Principal $principal | Out-Null

if ($Enable) { Enable-ScheduledTask -TaskName $TaskName | Out-Null }

$runsAs = @{ Name = 'RunsAs'; Expression = { $_.Principal.UserId } }
Get-ScheduledTask -TaskName $TaskName | Select-Object -Property @('TaskName', 'State', $runsAs)
Write-Host "The last run's exit code: (Get-ScheduledTaskInfo -TaskName $TaskName).LastTaskResult; what it means: jobs\README.md"
