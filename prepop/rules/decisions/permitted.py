"""Whether the methods policy lets an account use a method for a reset.

GRAPH section 7c: a mobile serves where SMS or voice is on for the account, an office phone where voice is and
calls to office phones are allowed, an address where email is. Before the migration the old settings decide,
which Graph does not show; while it is under way they may allow what the policy does not. Administrators'
resets do not follow the policy at all. Security questions do not stand in it.
"""

from prepop.model import REPORT_NAMES, Change, Method, MethodsPolicy

BY: dict[str, tuple[str, ...]] = {
    REPORT_NAMES[Method.MOBILE]: ("sms", "voice"),
    REPORT_NAMES[Method.ALTERNATE_MOBILE]: ("voice",),
    REPORT_NAMES[Method.OFFICE]: ("voice",),
    REPORT_NAMES[Method.EMAIL]: ("email",),
    "softwareOneTimePasscode": ("softwareoath", "microsoftauthenticator"),
    "microsoftAuthenticatorPush": ("microsoftauthenticator",),
}
"""The methods of the policy, any of which lets a method of the registration report be used."""
_COMPLETE = ("migrationcomplete", "")  # absent: complete (GRAPH section 7c)
_BEFORE = "premigration"


def permitted(policy: MethodsPolicy, account_id: str, name: str) -> bool | None:
    """Whether the account may use the method that the registration report calls `name`; None: not known."""
    migration = policy.migration.lower()
    if policy.unread or migration == _BEFORE:
        return None
    if name not in BY:
        return True
    if name == REPORT_NAMES[Method.OFFICE] and not policy.office_allowed:
        return False if migration in _COMPLETE else None
    configs = [policy.methods.get(kind) for kind in BY[name]]
    if any(config is not None and config.covers(account_id) for config in configs):
        return True
    return None if None in configs or migration not in _COMPLETE else False


def is_barred(policy: MethodsPolicy, change: Change) -> bool:
    """True where what a change writes cannot be used, beyond doubt."""
    return (
        change.after is not None
        and permitted(policy, change.account.id, REPORT_NAMES[change.method]) is False
    )


def open_question(policy: MethodsPolicy) -> str:
    """Why it is not known of everybody what the policy allows, as half a sentence; "" where it is."""
    if policy.unread:
        return f"the methods policy could not be read: {policy.unread}"
    match policy.migration.lower():
        case state if state == _BEFORE:
            return (
                "before the migration to the methods policy the old settings decide, which Graph does not "
                "show"
            )
        case state if state not in _COMPLETE:
            return (
                "while the migration to the methods policy is under way the old settings, which Graph does "
                "not show, may allow more"
            )
        case _:
            pass
    missing = [name for name in ("sms", "voice", "email") if name not in policy.methods]
    return f"what the methods policy says of {', '.join(missing)} could not be read" if missing else ""
