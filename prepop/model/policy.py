"""The authentication methods policy: who may use which method (GRAPH section 7c)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    unresolved: of those that are missing, why the groups that they are for could not be read.
    nudged: what the campaign asks people for. unread: why nothing of it is known, "" where it was read.
    """

    methods: Mapping[str, MethodPolicy] = field(default_factory=dict)
    migration: str = ""
    office_allowed: bool = True
    campaign: str = ""
    nudged: tuple[str, ...] = ()
    sms_sign_in: SmsSignIn = SmsSignIn(readable=False)
    unresolved: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""


NO_POLICY = MethodsPolicy(unread="it was not looked at")
"""Where nobody asks what the policy says, as for a rollback."""
