"""Who can reset their password today and after the plan, as far as the registration report tells.

What counts for a reset (SSPR), from GRAPH sections 0, 1, 2 and 4 and Microsoft's page
"How it works: Microsoft Entra self-service password reset": mobile phone, office phone without an
extension, email at another mailbox, authenticator code, security questions; the authenticator's push
only where two methods are asked. An alternate mobile never counts. Nor does a method that the methods
policy does not let the account use; what is not known to be so counts.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from typing import assert_never

from prepop.model import (
    NO_POLICY,
    NO_PROVIDER,
    REPORT_NAMES,
    Account,
    AccountStanding,
    Action,
    Change,
    Method,
    MethodsPolicy,
    Present,
    Registration,
    Standing,
    Telephony,
)
from prepop.rules.decisions.difference import Pair, account_ref
from prepop.rules.decisions.mapping import at_own_mailbox
from prepop.rules.decisions.permitted import permitted
from prepop.rules.decisions.telephony import carried
from prepop.rules.values.keys import comparison_key


def _counts(method: Method) -> bool:
    """Whether a method counts toward a reset."""
    match method:
        case Method.MOBILE | Method.OFFICE | Method.EMAIL:
            return True
        case Method.ALTERNATE_MOBILE:
            return False
        case _:
            assert_never(method)


COUNT = frozenset(
    {
        *(REPORT_NAMES[method] for method in Method if _counts(method)),
        "softwareOneTimePasscode",
        "securityQuestion",
    }
)
"""Methods that count toward a reset, as the registration report calls them."""
_PUSH = "microsoftAuthenticatorPush"
_NO_SIGN_IN = frozenset({REPORT_NAMES[Method.EMAIL], "securityQuestion", "temporaryAccessPass"})
"""What only a reset takes, and what ends by itself in hours or days (GRAPH section 4)."""


def standings(
    pairs: Sequence[Pair],
    registrations: Mapping[str, Registration] | None,
    present: Mapping[str, Present | None],
    changes: Sequence[Change],
    gates: int,
    policy: MethodsPolicy = NO_POLICY,
    carriers: Telephony = NO_PROVIDER,
    without_person: Sequence[Account] = (),
) -> tuple[AccountStanding, ...]:
    """One row for every account in scope that is enabled for SSPR, or that the report does not list.

    without_person: accounts in scope that belong to nobody who was read; they stay as they are.
    () where the report is not readable: then nothing is known, and nothing is guessed.
    """
    if registrations is None:
        return ()
    by_account: dict[str, list[Change]] = {}
    for change in changes:
        by_account.setdefault(change.account.id, []).append(change)
    rows: list[AccountStanding] = []
    singled_out = frozenset[str]().union(
        *(config.accounts | config.excluded for config in policy.methods.values())
    )
    judged = _Judge(gates, policy, carriers)
    for pair in pairs:
        registration = registrations.get(pair.account.id)
        ref = account_ref(pair.account)
        if registration is None:
            unknown = Standing.UNKNOWN
            language = pair.account.language
            rows.append(AccountStanding(ref, pair.department, unknown, unknown, False, language=language))
            continue
        if not registration.sspr_enabled:
            continue
        live = present.get(pair.account.id)
        before = _registered(registration, live)
        useless = _useless(pair, live)
        after, useless_after = set(before), set(useless)
        for change in by_account.get(pair.account.id, ()):
            name = REPORT_NAMES[change.method]
            useless_after.discard(name)
            match change.action:
                case Action.ADD | Action.REPLACE:
                    after.add(name)
                    if change.method is Method.OFFICE and "x" in (change.after or ""):
                        useless_after.add(name)
                case Action.REMOVE:
                    after.discard(name)
        stands = judged(
            registration.account_id if registration.account_id in singled_out else "",
            registration.is_admin,
            (frozenset(before), frozenset(useless)),
            (frozenset(after), frozenset(useless_after)),
        )
        rows.append(
            AccountStanding(
                ref,
                pair.department,
                stands.today,
                stands.after,
                stands.only_sms_voice,
                prompted_today=stands.prompted_today,
                prompted_after=stands.prompted_after,
                language=pair.account.language,
            )
        )
    rows += _strangers(without_person, registrations, gates, policy, carriers)
    return tuple(sorted(rows, key=lambda row: (row.account.upn.casefold(), row.account.id)))


@dataclass(frozen=True, slots=True)
class _Stands:
    """How an account stands with these methods."""

    today: Standing
    after: Standing
    only_sms_voice: bool
    prompted_today: bool
    prompted_after: bool


_Has = tuple[frozenset[str], frozenset[str]]  # methods, and which of them do not help


class _Judge:
    """Judges each different case once: nearly everybody in a tenant has what many others have.

    account_id: "" for an account that no target of the policy names by itself.
    """

    def __init__(self, gates: int, policy: MethodsPolicy, carriers: Telephony) -> None:
        self._gates, self._policy, self._carriers = gates, policy, carriers
        self._known = cache(self._judged)

    def __call__(self, account_id: str, is_admin: bool, today: _Has, after: _Has) -> _Stands:
        return self._known(account_id, is_admin, today, after)

    def _judged(self, account_id: str, is_admin: bool, today: _Has, after: _Has) -> _Stands:
        gates, policy, carriers = self._gates, self._policy, self._carriers
        has, will = (_usable(methods, account_id, is_admin, policy) for methods, _ in (today, after))
        helps = will - after[1]
        return _Stands(
            _standing(has - today[1], gates),
            _standing(helps, gates),
            _falls_short(helps, account_id, gates, policy, carriers),
            _prompted(has, account_id, policy, carriers),
            _prompted(will, account_id, policy, carriers),
        )


def _strangers(
    accounts: Sequence[Account],
    registrations: Mapping[str, Registration],
    gates: int,
    policy: MethodsPolicy,
    carriers: Telephony,
) -> Iterator[AccountStanding]:
    for account in accounts:
        registration = registrations.get(account.id)
        if registration is not None and not registration.sspr_enabled:
            continue
        has = (
            _usable(registration.methods, account.id, registration.is_admin, policy)
            if registration
            else frozenset()
        )
        stands = _standing(has, gates) if registration else Standing.UNKNOWN
        only = _falls_short(has, account.id, gates, policy, carriers)
        asked = _prompted(has, account.id, policy, carriers)
        yield AccountStanding(
            account_ref(account),
            account.department,
            stands,
            stands,
            only,
            False,
            asked,
            asked,
            account.language,
        )


def _registered(registration: Registration, live: Present | None) -> set[str]:
    """Methods as the report lists them, put right by what was read live: the report is hours old."""
    methods = set(registration.methods)
    for method, name in REPORT_NAMES.items():
        if live is not None and live.was_read(method):
            methods.discard(name)
            if live.value(method) is not None:
                methods.add(name)
    return methods


def _usable(methods: Set[str], account_id: str, is_admin: bool, policy: MethodsPolicy) -> Set[str]:
    """What the policy lets the account use. It says nothing of administrators' resets (GRAPH section 7c)."""
    if is_admin:
        return methods
    return {name for name in methods if permitted(policy, account_id, name) is not False}


def _standing(methods: Set[str], gates: int) -> Standing:
    count = len(methods & COUNT) + (gates > 1 and _PUSH in methods)
    return Standing.ABLE if count >= gates else Standing.SHORT


def _falls_short(
    methods: Set[str], account_id: str, gates: int, policy: MethodsPolicy, carriers: Telephony
) -> bool:
    """True where the methods suffice for a reset, and do not without the SMS and calls that end."""
    left = {name for name in methods if carried(policy, carriers, account_id, name)}
    return _standing(methods, gates) is Standing.ABLE and _standing(left, gates) is not Standing.ABLE


def _prompted(methods: Set[str], account_id: str, policy: MethodsPolicy, carriers: Telephony) -> bool:
    """True where all that the account signs in with are SMS and calls that end (GRAPH section 0b)."""
    signs_in = methods - _NO_SIGN_IN
    return bool(signs_in) and not any(carried(policy, carriers, account_id, name) for name in signs_in)


def _useless(pair: Pair, present: Present | None) -> set[str]:
    """Registered methods that were read and are known not to help: an extension, the own mailbox."""
    useless: set[str] = set()
    if present is None:
        return useless
    if present.was_read(Method.OFFICE) and "x" in comparison_key(
        Method.OFFICE, present.value(Method.OFFICE) or ""
    ):
        useless.add(REPORT_NAMES[Method.OFFICE])
    address = present.value(Method.EMAIL) if present.was_read(Method.EMAIL) else None
    if address and at_own_mailbox(comparison_key(Method.EMAIL, address), pair.person, pair.account):
        useless.add(REPORT_NAMES[Method.EMAIL])
    return useless
