"""Who can reset the password today and after the plan or run, and who is left when SMS and voice end.

Source of the date and of what ends: GRAPH section 0b (Microsoft-provided SMS and voice end on
that day, self-service reset included; a telephony provider under contract carries them on).
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from prepop.model import AccountStanding, Action, Change, Method, Outcome, Plan, Standing
from prepop.rules.decisions.telephony import said
from prepop.rules.phrases import SMS_RETIRES, counted, visible
from prepop.rules.summary.words import NO_DEPARTMENT, Ability, DepartmentAbility, DepartmentSms, SmsVoice


def ability(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> Ability:
    """The three numbers, whole and by department. In a run, after is who got every change."""
    gates, unread = plan.cloud.gates, plan.cloud.registrations
    if unread:
        return Ability(0, None, None, None, 0, gates, unread, ())
    failed = short_changed(plan, outcomes)
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
        after[department] += then(standing, failed) is Standing.ABLE
    nobodys = sum(
        1 for standing in plan.standings if not standing.person and standing.today is not Standing.UNKNOWN
    )
    departments = tuple(
        DepartmentAbility(name, count, today[name], after[name])
        for name, count in sorted(population.items(), key=lambda item: (after[item[0]] - item[1], item[0]))
    )
    total = population.total()
    never = total - sum(
        1 for s in plan.standings if Standing.UNKNOWN not in (s.today, s.after) and s.after is Standing.ABLE
    )
    return Ability(total, today.total(), after.total(), never, unlisted, gates, "", departments, nobodys)


def short_changed(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> frozenset[str]:
    """Accounts on which not every change came true."""
    return frozenset(change.account.id for change in plan.changes if not _came_true(change, outcomes))


def _came_true(change: Change, outcomes: Mapping[str, Outcome] | None) -> bool:
    """True in a plan, which promises it."""
    return outcomes is None or ((found := outcomes.get(change.id)) is not None and found.result.came_true)


def then(standing: AccountStanding, failed: frozenset[str]) -> Standing:
    """How an account stands afterwards: as the plan says only where it got every change."""
    return standing.today if standing.account.id in failed else standing.after


def sms_voice(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> SmsVoice:
    """What the end of SMS and voice means for the people of this plan, or of the run that applied it."""
    who = plan.cloud.telephony
    carried = said(who)
    if plan.cloud.registrations:
        unknown = (
            f"Who would have only SMS or voice after {SMS_RETIRES} is not known: "
            "the registration report could not be read."
        )
        return SmsVoice(who, None, None, None, (unknown, carried), ())
    emails = [change for change in plan.changes if change.method is Method.EMAIL]
    emailed = {change.account.id for change in emails if change.after and _came_true(change, outcomes)}
    # with an address that did not come or go as planned, what the plan says of the account does not hold
    astray = {
        change.account.id
        for change in emails
        if change.action is not Action.REPLACE and not _came_true(change, outcomes)
    }
    failed = short_changed(plan, outcomes)
    able = [standing for standing in plan.standings if then(standing, failed) is Standing.ABLE]
    known = [standing for standing in able if standing.account.id not in astray]
    only = [standing for standing in known if standing.only_sms_voice]
    kept = [standing for standing in known if not standing.only_sms_voice and standing.account.id in emailed]
    listed = [standing for standing in plan.standings if standing.today is not Standing.UNKNOWN]
    prompted = [standing for standing in listed if _prompted(standing, failed)]
    everybody, loses, keeps, asked = map(_by_department, (able, only, kept, prompted))
    departments = tuple(
        DepartmentSms(name, everybody[name], loses[name], keeps[name], asked[name])
        for name in sorted(everybody | asked, key=lambda name: (-loses[name], -asked[name], name))
        if loses[name] or keeps[name] or asked[name]
    )
    sentences = _sms_sentences(
        len(able), len(known), len(only), len(kept), plan.cloud.gates, run=outcomes is not None
    )
    return SmsVoice(
        who,
        len(only),
        len(kept),
        len(prompted),
        (*sentences, *_prompt_sentences(listed, prompted, run=outcomes is not None), carried),
        departments,
    )


def _sms_sentences(able: int, known: int, only: int, kept: int, gates: int, *, run: bool) -> tuple[str, ...]:
    this, registers = ("this run", "registered") if run else ("this plan", "registers")
    ends = f"The SMS and voice calls that Microsoft provides end on {SMS_RETIRES}, for password reset too."
    if not only:
        among = (
            "Nobody who can reset" if known == able else "Of those of whom it is known, nobody who can reset"
        )
        lost = f"{among} after {this} depends on them alone."
    else:
        of_all = "The one account" if able == 1 else f"{only:,} of the {able:,} accounts"
        lost = (
            f"{of_all} that can reset after {this} {'has' if only == 1 else 'have'} "
            f"{'nothing else' if gates == 1 else 'too little else'} and would lose the reset."
        )
    saved = (
        f"An email address that {this} {registers} keeps {counted(kept, 'account')} able to reset."
        if kept
        else ""
    )
    unsure = (
        f"Whether {counted(able - known, 'account')} more would lose it is not known: "
        "an email address did not come or go as planned."
        if able > known
        else ""
    )
    return tuple(sentence for sentence in (ends, lost, saved, unsure) if sentence)


def _prompted(standing: AccountStanding, failed: frozenset[str]) -> bool:
    """As the plan says only where the account got every change."""
    return standing.prompted_today if standing.account.id in failed else standing.prompted_after


def _prompt_sentences(
    listed: list[AccountStanding], prompted: list[AccountStanding], *, run: bool
) -> Iterator[str]:
    """Who meets the prompt for a passkey that cannot be skipped: GRAPH section 0b."""
    if not listed:
        return
    if not prompted:
        yield "Nobody of them signs in with SMS or voice alone."
        return
    yield (
        f"{len(prompted):,} of {counted(len(listed), 'account')} in scope will have no method to sign in "
        "with but SMS or voice that ends, and must register a passkey at a prompt that cannot be skipped; "
        "an email address is no way to sign in."
    )
    new = sum(not standing.prompted_today for standing in prompted)
    if new:
        yield f"{new:,} of them had no such method before {'this run' if run else 'this plan'}."


def _by_department(standings: list[AccountStanding]) -> Counter[str]:
    return Counter(visible(standing.department) or NO_DEPARTMENT for standing in standings)
