"""The authentication methods policy, read once, with the accounts that its targets come to.

GRAPH sections 0c and 7c. A refusal is an answer here: a plan goes on, and says what it does not know.
"""

from collections.abc import Iterable

from prepop.cloud import parsing
from prepop.cloud.reading import Reading, Refused
from prepop.cloud.urls import Addresses
from prepop.cloud.wire.answers import Fields, as_fields, rows, text
from prepop.model import Carriage, MethodPolicy, MethodsPolicy, SmsSignIn
from prepop.rules.readiness.permission_table import GROUPS, METHODS_POLICY

EVERYBODY = "all_users"
_KNOWN = ("sms", "voice", "email", "softwareoath", "microsoftauthenticator")


class Policies:
    """Reads the policy. Each group that several methods are for is read once."""

    def __init__(self, reading: Reading, where: Addresses) -> None:
        self._reading = reading
        self._where = where
        self._groups: dict[str, frozenset[str] | None] = {}

    async def read(self) -> MethodsPolicy:
        """The whole policy; `unread` says why where Graph refuses it. Raises Incomplete without an answer."""
        url = f"{self._reading.base}{self._where.methods_policy()}"
        try:
            policy = await self._reading.get(url, "reading the methods policy", METHODS_POLICY)
        except Refused as refused:
            why = f"Graph answered {refused.answer.status} {refused.answer.code}".rstrip()
            grant = f"; it needs {METHODS_POLICY.name}" if refused.answer.status == 403 else ""
            return MethodsPolicy(unread=f"{why}{grant}")
        return await self.resolved(policy)

    async def resolved(self, policy: Fields) -> MethodsPolicy:
        """What a policy says, as Graph wrote it, its groups looked up."""
        configs = {
            text(config, "id").lower(): config
            for config in rows(policy, "authenticationMethodConfigurations")
        }
        campaign = as_fields(
            as_fields(policy.get("registrationEnforcement")).get("authenticationMethodsRegistrationCampaign")
        )
        nudged = [text(target, "targetedAuthenticationMethod") for target in rows(campaign, "includeTargets")]
        methods: dict[str, MethodPolicy] = {}
        unresolved: dict[str, str] = {}
        for name in _KNOWN:
            if name not in configs:
                continue
            try:
                methods[name] = await self._method(configs[name])
            except Refused as refused:
                unresolved[name] = (
                    f"The groups that it is for could not be read: Graph answered {refused.answer.status}."
                )
        return MethodsPolicy(
            methods=methods,
            migration=text(policy, "policyMigrationState"),
            office_allowed=configs.get("voice", {}).get("isOfficePhoneAllowed") is not False,
            campaign=text(campaign, "state"),
            nudged=tuple(dict.fromkeys(kind for kind in nudged if kind)),
            sms_sign_in=await self._sms_sign_in(configs["sms"], methods.get("sms"))
            if "sms" in configs
            else SmsSignIn(readable=False),
            carriers={name: _carriage(configs[name]) for name in ("sms", "voice") if name in configs},
            unresolved=unresolved,
        )

    async def _method(self, config: Fields) -> MethodPolicy:
        include, exclude = rows(config, "includeTargets"), rows(config, "excludeTargets")
        if text(config, "state").lower() != "enabled":  # for nobody, whomever it names
            return MethodPolicy(enabled=False, targets=len(include))
        accounts, gone = await self._accounts(include)
        excluded, _ = await self._accounts(exclude)
        nobody = _has_everybody(exclude)
        return MethodPolicy(
            enabled=True,
            targets=len(include),
            everyone=_has_everybody(include) and not nobody,
            accounts=frozenset() if nobody else accounts,
            excluded=excluded,
            gone=gone,
        )

    async def _sms_sign_in(self, config: Fields, sms: MethodPolicy | None) -> SmsSignIn:
        """The targets that are usable for sign-in, without the excluded ones.

        A target that does not say whether it is usable counts as usable: Microsoft calls that the default.
        """
        if sms is None:
            return SmsSignIn(readable=False)
        if not sms.enabled:
            return SmsSignIn(readable=True)
        usable = [
            target
            for target in rows(config, "includeTargets")
            if target.get("isUsableForSignIn") is not False
        ]
        if _has_everybody(usable) and sms.everyone:
            return SmsSignIn(readable=True, everyone=True, excluded=sms.excluded)
        accounts, _ = await self._accounts(usable)  # groups that are known by now
        return SmsSignIn(readable=True, accounts=(accounts & sms.accounts) - sms.excluded)

    async def _accounts(self, targets: Iterable[Fields]) -> tuple[frozenset[str], int]:
        """Account ids that targets come to, nested members counted, and how many groups do not exist."""
        found: set[str] = set()
        gone = 0
        for target in targets:
            ident = text(target, "id")
            if ident == EVERYBODY:
                continue
            if text(target, "targetType") == "user":
                found.add(ident.lower())
                continue
            members = await self._group(ident)
            gone += members is None
            found |= members or set()
        return frozenset(found), gone

    async def _group(self, ident: str) -> frozenset[str] | None:
        """The people in a policy's group; None where it does not exist any more."""
        if ident not in self._groups:
            url = f"{self._reading.base}{self._where.members(ident)}"
            doing = f"reading the members of group {ident}"
            try:
                self._groups[ident] = parsing.people(await self._reading.everything(url, doing, GROUPS))
            except Refused as refused:
                if refused.answer.status != 404:
                    raise
                self._groups[ident] = None
        return self._groups[ident]


def _carriage(config: Fields) -> Carriage:
    """Who carries SMS or calls on: `telecomProviderSettings` (GRAPH section 0b).

    The typed SDK has no model for it, and whether Graph returns it with the whole policy is not proved: what
    is not there, or does not say that everything is carried, is not counted as going on.
    """
    provider = as_fields(config.get("telecomProviderSettings"))
    if not (text(provider, "url") or text(provider, "appId")):
        return Carriage.NOBODY
    if provider.get("isEvaluationModeEnabled") is not False:
        return Carriage.EVALUATION
    return Carriage.PROVIDER if provider.get("migrationPercentage") == 100 else Carriage.PARTLY


def _has_everybody(targets: Iterable[Fields]) -> bool:
    return any(text(target, "id") == EVERYBODY for target in targets)
