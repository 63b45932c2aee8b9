"""Who can reset their password today and after the plan, as far as the registration report tells.

What counts for a reset (SSPR), from GRAPH sections 0, 1, 2 and 4 and Microsoft's page
"How it works: Microsoft Entra self-service password reset": mobile phone, office phone without an
extension, email at another mailbox, authenticator code, security questions; the authenticator's push
only where two methods are asked. An alternate mobile never counts. Nor does a method that the methods
policy does not let the account use; what is not known to be so counts.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    for pair in pairs:
        registration = registrations.get(pair.account.id)
        ref = account_ref(pair.account)
        if registration is None:
            rows.append(AccountStanding(ref, pair.department, Standing.UNKNOWN, Standing.UNKNOWN, False))
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
        before = _usable(before, registration, policy)
        after = _usable(after, registration, policy)
        rows.append(
            AccountStanding(
                ref,
                pair.department,
                _standing(before - useless, gates),
                _standing(after - useless_after, gates),
                _falls_short(after - useless_after, registration.account_id, gates, policy, carriers),
                prompted_today=_prompted(before, registration.account_id, policy, carriers),
                prompted_after=_prompted(after, registration.account_id, policy, carriers),
            )
        )
    rows += _strangers(without_person, registrations, gates, policy, carriers)
    return tuple(sorted(rows, key=lambda row: (row.account.upn.casefold(), row.account.id)))


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
        has = _usable(set(registration.methods), registration, policy) if registration else set()
        stands = _standing(has, gates) if registration else Standing.UNKNOWN
        only = _falls_short(has, account.id, gates, policy, carriers)
        asked = _prompted(has, account.id, policy, carriers)
        yield AccountStanding(
            account_ref(account), account.department, stands, stands, only, False, asked, asked
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


def _usable(methods: set[str], registration: Registration, policy: MethodsPolicy) -> set[str]:
    """What the policy lets the account use. It says nothing of administrators' resets (GRAPH section 7c)."""
    if registration.is_admin:
        return methods
    return {name for name in methods if permitted(policy, registration.account_id, name) is not False}


def _standing(methods: set[str], gates: int) -> Standing:
    count = len(methods & COUNT) + (gates > 1 and _PUSH in methods)
    return Standing.ABLE if count >= gates else Standing.SHORT


def _falls_short(
    methods: set[str], account_id: str, gates: int, policy: MethodsPolicy, carriers: Telephony
) -> bool:
    """True where the methods suffice for a reset, and do not without the SMS and calls that end."""
    left = {name for name in methods if carried(policy, carriers, account_id, name)}
    return _standing(methods, gates) is Standing.ABLE and _standing(left, gates) is not Standing.ABLE


def _prompted(methods: set[str], account_id: str, policy: MethodsPolicy, carriers: Telephony) -> bool:
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
