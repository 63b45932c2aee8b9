"""Self-service password reset itself: who may, who can, how many methods it asks for, and the rules for
administrators.

Graph shows neither the scope setting nor the number of methods (GRAPH section 7b): the scope is seen
through the registration report's isSsprEnabled, the number only where registered people give it away.
"""

from collections.abc import Iterator

from prepop.model import Registration
from prepop.rules.decisions.standings import COUNT
from prepop.rules.phrases import counted, share
from prepop.rules.readiness.facts import CloudFacts, ReadinessFacts
from prepop.rules.readiness.words import Answer, Group, State, Unread

_G = Group.RESET
_PORTAL = "Entra admin centre, Password reset"


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """Nothing where the tenant could not be reached at all."""
    if isinstance(situation.cloud, Unread):
        return
    rows = _rows(situation, situation.cloud)
    yield _scope(rows)
    yield _today(rows)
    yield _gates(situation, situation.cloud)
    yield _admins(situation.cloud)


def _rows(situation: ReadinessFacts, cloud: CloudFacts) -> list[Registration] | Unread:
    """The report's rows of the accounts in scope."""
    if isinstance(cloud.registrations, Unread):
        return cloud.registrations
    if isinstance(situation.population, Unread):
        return situation.population
    listed = cloud.registrations
    return [listed[account.id] for account in situation.population.in_scope if account.id in listed]


def _scope(rows: list[Registration] | Unread) -> Answer:
    question = "Is self-service password reset switched on for the people in scope?"
    if isinstance(rows, Unread):
        return Answer(
            "reset-scope",
            _G,
            question,
            State.UNKNOWN,
            rows.why,
            f"{_PORTAL}, Properties: 'Self service password reset enabled' must be All, or Selected with a "
            "group "
            "that holds them",
        )
    if not rows:
        return Answer(
            "reset-scope",
            _G,
            question,
            State.UNKNOWN,
            "The registration report lists nobody who is in scope (it is hours old, and leaves out "
            "disabled users).",
            f"{_PORTAL}, Properties",
        )
    on = sum(row.sspr_enabled for row in rows)
    says = (
        f"For {on:,} of {len(rows):,} ({share(on, len(rows))}), as the registration report says (hours old)."
    )
    if on == len(rows):
        return Answer("reset-scope", _G, question, State.YES, says)
    fix = f"{_PORTAL}, Properties: set 'Self service password reset enabled' to All, or a group of them"
    if on:
        return Answer("reset-scope", _G, question, State.PARTLY, says, fix)
    return Answer(
        "reset-scope",
        _G,
        question,
        State.NO,
        f"{says} Whatever prepop registers, nobody could use it.",
        fix,
        blocks=True,
    )


def _today(rows: list[Registration] | Unread) -> Answer:
    question = "Can the people in scope reset their password today?"
    if isinstance(rows, Unread):
        return Answer(
            "reset-today",
            _G,
            question,
            State.UNKNOWN,
            rows.why,
            "Entra admin centre, Authentication methods, User registration details (needs P1 or P2)",
        )
    on = [row for row in rows if row.sspr_enabled]
    able = sum(row.sspr_capable for row in on)
    none = sum(not row.sspr_capable and not row.methods & COUNT for row in on)
    says = (
        f"{able:,} of {len(on):,} can ({share(able, len(on))}), {none:,} have no method that counts, "
        f"{len(on) - able - none:,} have too few. Numbers and addresses that the synchronisation writes on "
        "the user "
        "do not count any more (since autumn 2026): only registered methods do, which is what prepop writes."
    )
    if none:
        says += (
            " Who has none yet is open to whoever signs in first: a stolen password is enough to register a "
            "method of one's own."
        )
    if not on:
        return Answer("reset-today", _G, question, State.UNKNOWN, "Nobody in scope is enabled for it.")
    if able == len(on):
        return Answer("reset-today", _G, question, State.YES, says)
    return Answer(
        "reset-today",
        _G,
        question,
        State.PARTLY if able else State.NO,
        says,
        "`prepop plan` shows who could after it",
    )


def inferred_gates(cloud: CloudFacts) -> int | None:
    """How many methods a reset asks for, where ordinary users in the report give it away; else None.

    1: somebody with one single counting method is registered. 2: nobody is with one, and somebody with two.
    """
    if isinstance(cloud.registrations, Unread):
        return None
    with_one: list[bool] = []
    with_two: list[bool] = []
    for row in cloud.registrations.values():
        if row.is_admin or not row.methods or not row.methods <= COUNT:
            continue
        (with_one if len(row.methods) == 1 else with_two).append(row.sspr_registered)
    if any(with_one):
        return 1
    return 2 if with_one and any(with_two) else None


def _gates(situation: ReadinessFacts, cloud: CloudFacts) -> Answer:
    question = f"Does a reset ask for {counted(situation.options.gates, 'method')}, as cloud.gates says?"
    found = inferred_gates(cloud)
    where = f"{_PORTAL}, Authentication methods, 'Number of methods required to reset'"
    if found is None:
        return Answer(
            "reset-gates",
            _G,
            question,
            State.UNKNOWN,
            "Graph does not show the number, and no registered user gives it away.",
            where,
        )
    if found == situation.options.gates:
        return Answer(
            "reset-gates", _G, question, State.YES, "Users in the registration report are registered just so."
        )
    return Answer(
        "reset-gates",
        _G,
        question,
        State.NO,
        f"The registration report shows that {counted(found, 'method')} {'is' if found == 1 else 'are'} "
        "asked. With "
        "two, a single phone or address lets nobody reset, and who has one is not asked for the second.",
        f"set `cloud.gates = {found}`, or change it in: {where}",
    )


def _admins(cloud: CloudFacts) -> Answer:
    question = "Do administrators have rules of their own?"
    two = (
        "Administrators are under a fixed policy of two methods (two of email, authenticator, phone), "
        "whatever the "
        "methods policy says; prepop leaves them alone by default."
    )
    if isinstance(cloud.admins_may_reset, Unread):
        return Answer(
            "reset-admins",
            _G,
            question,
            State.UNKNOWN,
            f"{two} Whether they may reset at all could not be read: {cloud.admins_may_reset.why}",
            cloud.admins_may_reset.look
            or "`Get-MgPolicyAuthorizationPolicy | Select-Object AllowedToUseSspr`",
        )
    may = (
        "They may reset."
        if cloud.admins_may_reset
        else "They may not reset at all (allowedToUseSSPR is false)."
    )
    number = (
        f" {len(cloud.privileged.why):,} accounts count as privileged." if not cloud.privileged.unread else ""
    )
    return Answer("reset-admins", _G, question, State.YES, f"{two} {may}{number}")
