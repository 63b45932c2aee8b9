"""The methods: may the people in scope use what the mapping registers, and for how long.

GRAPH sections 0b, 0c and 7c. An enabled method without a target is the classic trap: it
looks switched on and is for nobody.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from prepop.model import NO_POLICY, REPORT_NAMES, Method, MethodPolicy, MethodsPolicy, SmsSignIn
from prepop.options import Environment
from prepop.rules.decisions.permitted import BY
from prepop.rules.decisions.telephony import said, telephony
from prepop.rules.phrases import SMS_ENDS, SMS_RETIRES, counted, cut, share
from prepop.rules.readiness.facts import CloudFacts, ReadinessFacts
from prepop.rules.readiness.permission_table import GROUPS
from prepop.rules.readiness.words import Answer, Group, State, Unread

RETIRES = datetime.combine(SMS_ENDS, time(), UTC)
_G = Group.METHODS
_POLICIES = "Entra admin centre, Authentication methods, Policies"
_LEGACY = "Entra admin centre, Password reset, Authentication methods"
_MOBILES = (Method.MOBILE, Method.ALTERNATE_MOBILE)
#: What each method of the policy is for in a reset: GRAPH section 7c, "SSPR mapping".
_SERVES = {
    "sms": "text messages to the mobile",
    "voice": "calls to mobile and office phone",
    "email": "codes by email, for a reset only",
}


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """Nothing where the tenant could not be reached at all."""
    cloud = situation.cloud
    if isinstance(cloud, Unread):
        return
    mapped = {rule.method for rule in situation.mapping.rules}
    yield _migration(cloud)
    for name in ("sms", "voice", "email"):
        if name != "email" or cloud.email_methods:
            yield _method(situation, cloud, name, mapped)
    if not cloud.email_methods:
        yield _no_email(mapped)
    yield _sign_in(situation, cloud, mapped)
    if Method.OFFICE in mapped:
        yield _office(cloud)
    if Method.ALTERNATE_MOBILE in mapped:
        yield _alternate()
    yield _retirement(situation, cloud, mapped)
    yield _campaign(cloud)


def _migration(cloud: CloudFacts) -> Answer:
    question = "Does the authentication methods policy decide what a reset accepts?"
    if isinstance(cloud.policy, Unread):
        return Answer(
            "method-migration", _G, question, State.UNKNOWN, cloud.policy.why, cloud.policy.look or _POLICIES
        )
    match cloud.policy.migration.lower():
        case "premigration":
            return Answer(
                "method-migration",
                _G,
                question,
                State.NO,
                "The tenant has not migrated (preMigration): the old settings of password reset decide, "
                "and Graph does "
                "not show them. What this policy says of SMS, voice and email is about signing in only.",
                f"look in {_LEGACY}; to migrate: {_POLICIES}, Manage migration",
            )
        case "migrationinprogress":
            return Answer(
                "method-migration",
                _G,
                question,
                State.PARTLY,
                "The migration is under way: a method counts where this policy or the old settings allow "
                "it, and Graph "
                "does not show the old ones.",
                f"{_POLICIES}, Manage migration: Migration complete",
            )
        case "migrationcomplete" | "":
            return Answer("method-migration", _G, question, State.YES, "Yes, the migration is complete.")
        case other:
            return Answer(
                "method-migration", _G, question, State.UNKNOWN, f'Graph says "{other}".', _POLICIES
            )


def _migrated(policy: MethodsPolicy) -> bool:
    """True where this policy alone decides. Absent counts as complete (GRAPH section 7c)."""
    return policy.migration.lower() in ("migrationcomplete", "")


def _method(situation: ReadinessFacts, cloud: CloudFacts, name: str, mapped: set[Method]) -> Answer:
    title = {"sms": "SMS", "voice": "Voice", "email": "Email"}[name]
    question = f"May the people in scope use {title} ({_SERVES[name]})?"
    ident = f"method-{name}"
    if isinstance(cloud.policy, Unread):
        return Answer(ident, _G, question, State.UNKNOWN, cloud.policy.why, cloud.policy.look or _POLICIES)
    found = cloud.policy.methods.get(name)
    if found is None:
        why = cloud.policy.unresolved.get(name)
        look = f"grant the application {GROUPS.name}" if why else _POLICIES
        return Answer(ident, _G, question, State.UNKNOWN, why or f"The policy has no {title}.", look)
    if cloud.policy.migration.lower() == "premigration":
        return Answer(
            ident,
            _G,
            question,
            State.UNKNOWN,
            "Before the migration the old settings of password reset decide, which Graph does not show.",
            _LEGACY,
        )
    state, says = _coverage(situation, found, title)
    fix = "" if state is State.YES else f"{_POLICIES}, {title}: Enable, and include the people in scope"
    if state is State.NO and not _migrated(cloud.policy):
        return Answer(
            ident,
            _G,
            question,
            State.UNKNOWN,
            f"{says} The old settings may allow it while the migration is under way.",
            f"{_LEGACY}; {fix}",
        )
    return Answer(
        ident,
        _G,
        question,
        state,
        says,
        fix,
        blocks=state is State.NO and _stops(situation, cloud.policy, name, mapped),
    )


def _coverage(situation: ReadinessFacts, found: MethodPolicy, title: str) -> tuple[State, str]:
    if not found.enabled:
        return State.NO, f"{title} is disabled."
    gone = f" {counted(found.gone, 'target')} of it names a group that does not exist." if found.gone else ""
    if not found.targets:
        return State.NO, f"{title} is enabled, but for nobody: it has no target.{gone}"
    if isinstance(situation.population, Unread):
        whom = "everybody" if found.everyone else counted(len(found.accounts - found.excluded), "account")
        return State.YES, f"{title} is enabled for {whom}; who of them is in scope is not known.{gone}"
    people = situation.population.in_scope
    covered = sum(found.covers(account.id) for account in people)
    part = share(covered, len(people))
    says = f"{title} is enabled, and covers {covered:,} of {len(people):,} accounts in scope ({part}).{gone}"
    if not people:
        return State.UNKNOWN, says
    if not covered:
        return State.NO, says
    return (State.YES if covered == len(people) else State.PARTLY), says


def _stops(situation: ReadinessFacts, policy: MethodsPolicy, name: str, mapped: set[Method]) -> bool:
    """True where what the mapping registers could not be used at all."""
    if name == "email":
        return Method.EMAIL in mapped
    if name == "voice":
        return Method.OFFICE in mapped
    voice = policy.methods.get("voice")
    by_voice = voice is not None and _coverage(situation, voice, "")[0] is not State.NO
    return bool(mapped.intersection(_MOBILES)) and not by_voice


def _no_email(mapped: set[Method]) -> Answer:
    question = "Does this cloud have email methods?"
    says = "No: the cloud operated by 21Vianet (China) has phone methods only."
    fix = "take [email] out of the mapping" if Method.EMAIL in mapped else ""
    only = bool(mapped) and mapped == {Method.EMAIL}
    return Answer("method-email", _G, question, State.NO, says, fix, blocks=only)


def _sign_in(situation: ReadinessFacts, cloud: CloudFacts, mapped: set[Method]) -> Answer:
    question = "Will new mobiles stay mere methods, and not become names to sign in with?"
    if situation.now >= RETIRES:
        return Answer(
            "method-sms-sign-in", _G, question, State.YES, f"Yes: SMS sign-in ended on {SMS_RETIRES}."
        )
    sms = SmsSignIn(readable=False) if isinstance(cloud.policy, Unread) else cloud.policy.sms_sign_in
    if not sms.readable:
        why = cloud.policy.why if isinstance(cloud.policy, Unread) else "The policy names no SMS."
        return Answer(
            "method-sms-sign-in",
            _G,
            question,
            State.UNKNOWN,
            why,
            f"{_POLICIES}, SMS: 'Use for sign-in' of each target; Microsoft calls it enabled by default",
        )
    if isinstance(situation.population, Unread):
        hit, whole = (len(sms.accounts), 0) if not sms.everyone else (1, 0)
    else:
        ids = [account.id for account in situation.population.in_scope]
        whole = len(ids)
        hit = sum(i not in sms.excluded and (sms.everyone or i in sms.accounts) for i in ids)
    if not hit:
        return Answer("method-sms-sign-in", _G, question, State.YES, "Nobody in scope may sign in by SMS.")
    whom = f"{hit:,} of {whole:,} accounts in scope" if whole else "Accounts"
    return Answer(
        "method-sms-sign-in",
        _G,
        question,
        State.NO,
        f"{whom} may sign in by SMS, so each mobile that is written becomes a sign-in name by itself. Then "
        "(1) the phone "
        "alone signs in, without a password; (2) cross-tenant synchronisation skips these users; (3) a "
        "number that two "
        "people share answers 409 phoneNumberNotUnique, although the method is written.",
        f"{_POLICIES}, SMS: take 'Use for sign-in' off each target before the first apply",
        blocks=bool(mapped.intersection(_MOBILES)),
    )


def _office(cloud: CloudFacts) -> Answer:
    question = "Are calls to office phones allowed?"
    if isinstance(cloud.policy, Unread):
        return Answer(
            "method-office", _G, question, State.UNKNOWN, cloud.policy.why, cloud.policy.look or _POLICIES
        )
    note = "A number with an extension is of no use for a reset; trial tenants get no calls."
    if cloud.policy.office_allowed:
        return Answer("method-office", _G, question, State.YES, f"Yes. {note}")
    return Answer(
        "method-office",
        _G,
        question,
        State.NO,
        f"No: isOfficePhoneAllowed is false. {note}",
        f"{_POLICIES}, Voice call, Configure: Office",
        blocks=True,
    )


def _alternate() -> Answer:
    return Answer(
        "method-alternate",
        _G,
        "Does an alternate mobile help with a reset?",
        State.NO,
        "No: it takes calls for a second factor, needs a mobile beside it, and does not count toward a "
        "reset.",
        "map a second number to [alternateMobile] only where it is wanted for signing in",
    )


def _retirement(situation: ReadinessFacts, cloud: CloudFacts, mapped: set[Method]) -> Answer:
    question = f"Will what the mapping registers still work after {SMS_RETIRES}?"
    if not any(method.by_sms_or_voice for method in mapped):
        return Answer("method-retirement", _G, question, State.YES, "Yes, the mapping registers no phones.")
    if situation.options.environment is not Environment.GLOBAL:
        return Answer(
            "method-retirement",
            _G,
            question,
            State.UNKNOWN,
            "Microsoft's end of SMS and voice is announced for the public cloud only so far.",
            "Microsoft 365 message centre, MC1426371",
        )
    who = telephony(
        situation.options.telephony_provider, NO_POLICY if isinstance(cloud.policy, Unread) else cloud.policy
    )
    phones = [method for method in mapped if method.by_sms_or_voice]
    if all(any(who.carries(kind) for kind in BY[REPORT_NAMES[method]]) for method in phones):
        return Answer("method-retirement", _G, question, State.YES, f"Yes. {said(who)}")
    over = situation.now >= RETIRES
    rest = (
        "Email goes on." if Method.EMAIL in mapped else "The mapping registers no email, which would go on."
    )
    return Answer(
        "method-retirement",
        _G,
        question,
        State.NO if over else State.PARTLY,
        f"Microsoft {'ended' if over else 'ends'} the SMS and voice that it provides on {SMS_RETIRES}, "
        "password reset included (1 July 2027 for Global Administrators and external users, internal guests "
        "not among them). Since September 2026 people with SMS or voice are "
        f"asked to register a passkey, later they must. {said(who)} {rest}",
        f"{'' if Method.EMAIL in mapped else 'add [email] to the mapping; or '}contract a telephony provider "
        "(Microsoft Security Store) that carries everything; `cloud.telephony_provider = true` says so where "
        "Graph does not",
        blocks=over and Method.EMAIL not in mapped,
    )


def _campaign(cloud: CloudFacts) -> Answer:
    question = "Is a registration campaign asking people for something else?"
    if isinstance(cloud.policy, Unread):
        return Answer(
            "method-campaign", _G, question, State.UNKNOWN, cloud.policy.why, cloud.policy.look or _POLICIES
        )
    what = cut(cloud.policy.nudged, 3) or "a method that Graph does not name"
    where = "Entra admin centre, Authentication methods, Registration campaign"
    match cloud.policy.campaign.lower():
        case "disabled":
            return Answer("method-campaign", _G, question, State.YES, "No, it is disabled.")
        case "enabled":
            return Answer(
                "method-campaign",
                _G,
                question,
                State.PARTLY,
                f"It asks people for {what} when they sign in. That does no harm to what prepop registers; "
                "tell the help desk.",
                where,
            )
        case _:
            return Answer(
                "method-campaign",
                _G,
                question,
                State.UNKNOWN,
                f"Microsoft manages it (state default, {what}) and may ask people for passkeys. The "
                "campaign for password "
                "reset has no property in Graph.",
                where,
            )
