"""What speaks against a plan: small functions that return findings and neither raise nor print.

A limit is a number, a share of a population, or both; more than either blocks, and exactly at the
limit passes. Zero means none at all, never "no limit". Shares count from `min_population` on, so that
one of three people in a pilot is not "33 %".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from prepop.model import (
    REPORT_NAMES,
    Action,
    Change,
    Family,
    Finding,
    Method,
)
from prepop.options import Limit
from prepop.reasons import FindingCode, Severity
from prepop.rules.decisions.bounds import accept_text, allowed, exceeds
from prepop.rules.decisions.extra_sizes import extra_sizes
from prepop.rules.decisions.permitted import is_barred
from prepop.rules.decisions.privilege import privilege_unknown
from prepop.rules.decisions.readings import missing, nobody, older, vanished
from prepop.rules.decisions.situation import Situation
from prepop.rules.decisions.telephony import carried, said
from prepop.rules.phrases import SMS_ENDS, SMS_RETIRES, counted


def guard(changes: Sequence[Change], situation: Situation) -> tuple[Finding, ...]:
    """All findings of a plan, blocking ones first."""
    found = [
        *extra_sizes(_sizes(situation), situation),
        *older(changes, situation),
        *nobody(situation),
        *vanished(situation),
        *_unmatched(situation),
        *missing(situation),
        *_counts(changes, situation),
        *privilege_unknown(
            situation.privileged, allowed=situation.privileged_allowed, unseen=situation.admins_unseen
        ),
        *_countries(changes, situation),
        *_barred(changes, situation),
        *_sms(changes, situation),
        *_mapping(situation),
        *_unused(situation),
        *_self_writable(situation),
    ]
    return tuple(sorted(found, key=lambda finding: finding.level is not Severity.BLOCK))


def accept(findings: Iterable[Finding], accepted: Mapping[FindingCode, int]) -> tuple[Finding, ...]:
    """The blocking findings that stay when some are accepted, each at exactly its number."""
    return tuple(
        finding
        for finding in findings
        if finding.level is Severity.BLOCK
        and (finding.measured is None or accepted.get(finding.code) != finding.measured)
    )


def _sizes(situation: Situation) -> Iterable[Finding]:
    last, limits = situation.last, situation.limits
    yield from _size(
        "people in the directory",
        situation.people,
        last.people if last else 0,
        limits.source_shrink,
        limits.min_population,
        (FindingCode.SOURCE_EMPTY, FindingCode.SOURCE_SHRANK),
        "Check base, filter and the rights of the account that reads the directory.",
    )
    yield from _size(
        "accounts in the tenant",
        situation.accounts,
        last.accounts if last else 0,
        limits.cloud_shrink,
        limits.min_population,
        (FindingCode.CLOUD_EMPTY, FindingCode.CLOUD_SHRANK),
        "Check the tenant and the permissions of the app.",
    )


def _size(
    what: str,
    now: int,
    before: int,
    limit: Limit,
    min_population: int,
    codes: tuple[FindingCode, FindingCode],
    look: str,
) -> Iterable[Finding]:
    empty, shrank = codes
    gone = before - now
    if now == 0:
        yield Finding(empty, 0, 1, before or None, f"There are no {what}.", look)
    elif gone > 0 and exceeds(limit, gone, before, min_population):
        bound = allowed(limit, before, min_population)
        text = (
            f"There are {gone:,} fewer {what} than in the last complete run: {now:,} instead of {before:,}."
        )
        yield Finding(shrank, gone, bound, before, text, f"{look} {accept_text(shrank, gone)}")


def _unmatched(situation: Situation) -> Iterable[Finding]:
    limits, code = situation.limits, FindingCode.TOO_MANY_UNMATCHED
    bound = allowed(limits.unmatched, situation.people, limits.min_population)
    if bound is None:  # of a few people the share says little, but not where it is most of them
        bound = max(2 * situation.people // 3, allowed(limits.unmatched, situation.people, 0) or 0)
    if situation.unmatched > bound:
        yield Finding(
            code,
            situation.unmatched,
            bound,
            situation.people,
            f"{counted(situation.unmatched, 'person', 'people')} of {situation.people:,} found no account.",
            f"Check base and filter against the scope of the directory synchronisation, and scope.match. "
            f"{accept_text(code, situation.unmatched)}",
        )


_WOULD = {
    Action.ADD: "gain a method",
    Action.REPLACE: "have a value replaced",
    Action.REMOVE: "lose a method",
}


def _counts(changes: Sequence[Change], situation: Situation) -> Iterable[Finding]:
    limits = situation.limits
    by_action = {
        Action.ADD: (limits.additions, "additions", FindingCode.TOO_MANY_ADDITIONS),
        Action.REPLACE: (limits.replacements, "replacements", FindingCode.TOO_MANY_REPLACEMENTS),
        Action.REMOVE: (limits.removals, "removals", FindingCode.TOO_MANY_REMOVALS),
    }
    for action, (limit, key, code) in by_action.items():
        measured = len({change.account.id for change in changes if change.action is action})
        if exceeds(limit, measured, situation.in_scope, limits.min_population):
            bound = allowed(limit, situation.in_scope, limits.min_population)
            yield Finding(
                code,
                measured,
                bound,
                situation.in_scope,
                f"{counted(measured, 'account')} of {situation.in_scope:,} in scope would {_WOULD[action]}; "
                f"limits.{key} allows {bound:,}.",
                f"Look through them in the report. {accept_text(code, measured)}",
            )


_SURGE = 5  # fewer new numbers of one country than this say nothing
_SURGE_SHARE = 0.5
_SURGE_TIMES = 3


def _countries(changes: Sequence[Change], situation: Situation) -> Iterable[Finding]:
    """New numbers that mostly lie in a country that is rare otherwise: somebody may be planting them.

    It compares with the numbers that stay as they are, so it says nothing on a first night.
    """
    settled = sum(situation.settled_regions.values())
    fresh = Counter(
        change.evidence.region
        for change in changes
        if change.method.family is Family.PHONE and change.action is not Action.REMOVE
    )
    total = fresh.total()
    if settled < situation.limits.min_population:
        return
    for region, count in fresh.items():
        usual = situation.settled_regions.get(region, 0) / settled
        if count < _SURGE or count <= _SURGE_SHARE * total or count <= _SURGE_TIMES * usual * total:
            continue
        code = FindingCode.UNUSUAL_COUNTRY
        yield Finding(
            code,
            count,
            max(_SURGE - 1, int(_SURGE_SHARE * total), int(_SURGE_TIMES * usual * total)),
            total,
            f"{count:,} of {total:,} new numbers lie in {region or 'no country'}, "
            f"where {usual:.0%} of the others do.",
            f"Find out who wrote them into the directory, and why. {accept_text(code, count)}",
        )


_BARRED_SAID = {
    Method.MOBILE: "SMS and Voice",
    Method.ALTERNATE_MOBILE: "Voice",
    Method.OFFICE: "Voice, with calls to office phones",
    Method.EMAIL: "Email",
}


def _barred(changes: Sequence[Change], situation: Situation) -> Iterable[Finding]:
    """Methods that would be registered, and that nobody could reset a password with."""
    barred = Counter(change.method for change in changes if is_barred(situation.policy, change))
    if not barred:
        return
    code, measured = FindingCode.METHOD_DISABLED, barred.total()
    parts = ", ".join(f"{barred[method]:,} {method}" for method in Method if barred[method])
    off = "; ".join(_BARRED_SAID[method] for method in Method if barred[method])
    yield Finding(
        code,
        measured,
        0,
        sum(change.after is not None for change in changes),
        f"The methods policy does not let the account use what {counted(measured, 'change')} would register "
        f"({parts}): it is switched off, or not for the account's groups.",
        f"In the Entra admin centre, Authentication methods > Policies, enable {off} for them, or take the "
        f"method out of the mapping. {accept_text(code, measured)}",
    )


def _sms(changes: Sequence[Change], situation: Situation) -> Iterable[Finding]:
    policy = situation.policy.sms_sign_in
    if policy.readable and situation.today < SMS_ENDS:  # SMS sign-in ends that day too
        mobiles = {c.account.id for c in changes if c.method is Method.MOBILE and c.after is not None}
        hit = len(mobiles - policy.excluded if policy.everyone else mobiles & policy.accounts)
        if hit:
            code = FindingCode.SMS_SIGN_IN
            yield Finding(
                code,
                hit,
                0,
                len(mobiles),
                f"The methods policy lets {counted(hit, 'account')} sign in by SMS, without a password, "
                "with the mobile that would be written.",
                'In the Entra admin centre, Authentication methods > SMS, clear "Use for sign-in" for them. '
                + accept_text(code, hit),
            )
    phones = {
        c.account.id
        for c in changes
        if c.method.by_sms_or_voice
        and c.action is not Action.REMOVE
        and not carried(situation.policy, situation.telephony, c.account.id, REPORT_NAMES[c.method])
    }
    if phones:
        yield Finding(
            FindingCode.SMS_RETIRES,
            len(phones),
            None,
            situation.in_scope,
            f"From {SMS_RETIRES} Microsoft delivers neither SMS nor voice: the numbers that "
            f"{counted(len(phones), 'account')} would gain stop working then. {said(situation.telephony)}",
            "Register private addresses as well, or have a telephony provider carry everything; "
            "cloud.telephony_provider = true says that one does where Graph does not show it.",
        )


def _mapping(situation: Situation) -> Iterable[Finding]:
    if situation.last is not None and situation.last.mapping_digest != situation.mapping_digest:
        yield Finding(
            FindingCode.MAPPING_CHANGED,
            None,
            None,
            None,
            f"The mapping is not the one that run {situation.last.run} used.",
            "Look through the changes before applying, as for a first run.",
        )


def _unused(situation: Situation) -> Iterable[Finding]:
    if situation.unused:
        yield Finding(
            FindingCode.MAPPING_UNUSED,
            len(situation.unused),
            None,
            None,
            f"This fits nobody who was read: {'; '.join(situation.unused)}.",
            "Correct the spelling, export the attribute, or take it out of the mapping. An export that lost "
            "letters: make it again with Export-Csv -Encoding utf8, or csvde -u.",
        )


def _self_writable(situation: Situation) -> Iterable[Finding]:
    if situation.self_writable:
        yield Finding(
            FindingCode.SOURCE_SELF_WRITABLE,
            len(situation.self_writable),
            None,
            None,
            "People may write on themselves: " + ", ".join(situation.self_writable) + ". Whoever sits at an "
            "unlocked screen could plant a number there, and the next run would register it.",
            "Map attributes that only administrators write, take the right of SELF away, or set "
            "trust.cool_down_days so that a change can be noticed first.",
        )
