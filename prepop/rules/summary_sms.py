"""Who can reset the password today and after the plan, and who is left when SMS and voice end.

Source of the date and of what ends: graph-api.md section 0, fact 2 (Microsoft-provided SMS and voice end on
1 February 2027, self-service reset included; a telephony provider under contract carries them on).
"""

from collections import Counter
from collections.abc import Mapping

from prepop.model import AccountStanding, Method, Outcome, Plan, Standing
from prepop.rules.guards import SMS_RETIRES
from prepop.rules.phrases import counted, visible
from prepop.rules.summary_words import NO_DEPARTMENT, Ability, DepartmentAbility, DepartmentSms, SmsVoice


def ability(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> Ability:
    """The three numbers, whole and by department. In a run, after is who got every change."""
    gates = int(plan.cloud.get("gates", 1))
    unread = str(plan.cloud.get("registrations", ""))
    if unread:
        return Ability(0, None, None, None, 0, gates, unread, ())
    short_changed = _short_changed(plan, outcomes)
    population: Counter[str] = Counter()
    today: Counter[str] = Counter()
    after: Counter[str] = Counter()
    unlisted = 0
    for standing in plan.standings:
        if Standing.UNKNOWN in (standing.today, standing.after):
            unlisted += 1
            continue
        department = visible(standing.department) or NO_DEPARTMENT
        population[department] += 1
        today[department] += standing.today is Standing.ABLE
        then = standing.today if standing.account.id in short_changed else standing.after
        after[department] += then is Standing.ABLE
    departments = tuple(
        DepartmentAbility(name, count, today[name], after[name])
        for name, count in sorted(population.items(), key=lambda item: (after[item[0]] - item[1], item[0]))
    )
    total = population.total()
    never = total - sum(
        1 for s in plan.standings if Standing.UNKNOWN not in (s.today, s.after) and s.after is Standing.ABLE
    )
    return Ability(total, today.total(), after.total(), never, unlisted, gates, "", departments)


def _short_changed(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> frozenset[str]:
    """Accounts on which not every change came true."""
    if outcomes is None:
        return frozenset()
    return frozenset(
        change.account.id
        for change in plan.changes
        if (found := outcomes.get(change.id)) is None or not found.result.came_true
    )


def sms_voice(plan: Plan) -> SmsVoice:
    """What the end of SMS and voice means for the people of this plan."""
    provider = bool(plan.cloud.get("telephony_provider", 0))
    carried = (
        "cloud.telephony_provider is true: SMS and voice go on through it, and nobody loses a method."
        if provider
        else "A telephony provider under contract changes this. Graph cannot tell whether the tenant has "
        "one; cloud.telephony_provider says it has none."
    )
    if plan.cloud.get("registrations"):
        unknown = (
            f"Who would have only SMS or voice after {SMS_RETIRES} is not known: "
            "the registration report could not be read."
        )
        return SmsVoice(provider, None, None, (unknown, carried), ())
    emailed = {change.account.id for change in plan.changes if change.method is Method.EMAIL and change.after}
    able = [standing for standing in plan.standings if standing.after is Standing.ABLE]
    only = [standing for standing in able if standing.only_sms_voice]
    kept = [standing for standing in able if not standing.only_sms_voice and standing.account.id in emailed]
    counts = {"all": _by_department(able), "only": _by_department(only), "kept": _by_department(kept)}
    departments = tuple(
        DepartmentSms(name, count, counts["only"][name], counts["kept"][name])
        for name, count in sorted(counts["all"].items(), key=lambda item: (-counts["only"][item[0]], item[0]))
        if counts["only"][name] or counts["kept"][name]
    )
    return SmsVoice(
        provider,
        len(only),
        len(kept),
        (*_sms_sentences(len(able), len(only), len(kept)), carried),
        departments,
    )


def _sms_sentences(able: int, only: int, kept: int) -> tuple[str, ...]:
    ends = f"The SMS and voice calls that Microsoft provides end on {SMS_RETIRES}, for password reset too."
    if not only:
        lost = "Nobody who can reset after this plan depends on them alone."
    else:
        of_all = "The one account" if able == 1 else f"{only:,} of the {able:,} accounts"
        lost = (
            f"{of_all} that can reset after this plan {'has' if only == 1 else 'have'} nothing else "
            "and would lose the reset."
        )
    saved = (
        f"An email address that this plan registers keeps {counted(kept, 'account')} able to reset."
        if kept
        else ""
    )
    return tuple(sentence for sentence in (ends, lost, saved) if sentence)


def _by_department(standings: list[AccountStanding]) -> Counter[str]:
    return Counter(visible(standing.department) or NO_DEPARTMENT for standing in standings)
