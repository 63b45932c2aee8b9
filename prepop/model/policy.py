"""The authentication methods policy: who may use which method (GRAPH section 7c)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class SmsSignIn:
    """Who the methods policy lets sign in by SMS. `readable` False: unknown.

    everyone: the target is all users but the ids in `excluded`; otherwise `accounts` are the ids that the
    targets resolve to, excluded ones taken off.
    """

    readable: bool
    everyone: bool = False
    accounts: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()


class Carriage(StrEnum):
    """Who delivers a text message, or makes a call, once Microsoft's own ends (GRAPH section 0b)."""

    UNKNOWN = "unknown"  # the policy, or what it says of this method, could not be read
    NOBODY = "nobody"  # it names no provider
    EVALUATION = "evaluation"  # a provider on trial
    PARTLY = "partly"  # a provider that carries less than everything
    PROVIDER = "provider"

    @property
    def goes_on(self) -> bool:
        """Only what is known to be carried whole goes on."""
        return self is Carriage.PROVIDER


@dataclass(frozen=True, slots=True)
class Telephony:
    """Who carries SMS and calls on. configured: the config says so; else the methods policy does."""

    sms: Carriage = Carriage.NOBODY
    voice: Carriage = Carriage.NOBODY
    configured: bool = False

    @property
    def whole(self) -> bool:
        """Both go on."""
        return self.sms.goes_on and self.voice.goes_on

    def carries(self, kind: str) -> bool:
        """Whether `sms` or `voice`, as the methods policy calls it, goes on."""
        return {"sms": self.sms, "voice": self.voice}.get(kind, Carriage.NOBODY).goes_on


NO_PROVIDER = Telephony()


@dataclass(frozen=True, slots=True)
class MethodPolicy:
    """One method of the authentication methods policy, its targets resolved (GRAPH section 7c).

    targets: how many include targets there are. everyone: one of them is all users; otherwise `accounts` are
    the ids that they come to. excluded: ids that are taken off. gone: targets whose group does not exist.
    """

    enabled: bool
    targets: int = 0
    everyone: bool = False
    accounts: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    gone: int = 0

    def covers(self, account_id: str) -> bool:
        """True where the policy lets this account use the method."""
        return (
            self.enabled
            and account_id not in self.excluded
            and (self.everyone or account_id in self.accounts)
        )


@dataclass(frozen=True, slots=True)
class MethodsPolicy:
    """The authentication methods policy. `migration`: policyMigrationState, "" where it is absent or null.

    methods: by Graph's id in lower case (`sms`, `voice`, `email`, ...); what is not here is not known.
    carriers: who carries `sms` and `voice` on, of those that could be read.
    unresolved: of those that are missing, why the groups that they are for could not be read.
    nudged: what the campaign asks people for. unread: why nothing of it is known, "" where it was read.
    """

    methods: Mapping[str, MethodPolicy] = field(default_factory=dict)
    migration: str = ""
    office_allowed: bool = True
    campaign: str = ""
    nudged: tuple[str, ...] = ()
    sms_sign_in: SmsSignIn = SmsSignIn(readable=False)
    carriers: Mapping[str, Carriage] = field(default_factory=dict)
    unresolved: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""


NO_POLICY = MethodsPolicy(unread="it was not looked at")
"""Where nobody asks what the policy says, as for a rollback."""
