"""What speaks against a plan: each limit on both sides of its boundary."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop.model import (
    Action,
    Carriage,
    Change,
    Evidence,
    Family,
    Finding,
    LastRun,
    Method,
    MethodsPolicy,
    Policy,
    Privileged,
    SmsSignIn,
    Telephony,
)
from prepop.options import Limit, Limits
from prepop.reasons import FindingCode, Severity
from prepop.rules.decisions.bounds import allowed, exceeds
from prepop.rules.decisions.difference import account_ref, person_ref
from prepop.rules.decisions.guards import accept, guard
from prepop.rules.decisions.privilege import privilege_unknown
from prepop.rules.decisions.situation import Situation
from prepop.rules.decisions.validity import Ground, stale, tampered
from tests.rules.decisions.world import CALM, NOW, account, mobiles, person

QUIET = Situation(
    people=1000,
    accounts=1000,
    in_scope=1000,
    unmatched=0,
    last=LastRun("earlier", 1000, 1000, "m"),
    mapping_digest="m",
    limits=Limits(),
    privileged=Privileged({}),
    privileged_allowed=False,
    policy=MethodsPolicy(sms_sign_in=SmsSignIn(readable=True)),
    telephony=Telephony(Carriage.PROVIDER, Carriage.PROVIDER),
    today=date(2026, 11, 2),
)


def changes(action: Action, count: int, method: Method = Method.EMAIL, first: int = 0) -> list[Change]:
    """One change on each of so many accounts."""
    value = mobiles()[0] if method.family is Family.PHONE else "jane@example.net"
    return [
        Change(
            id=f"{account(n).id}/{method}",
            action=action,
            method=method,
            account=account_ref(account(n)),
            person=person_ref(person(n)),
            before=None if action is Action.ADD else value,
            after=None if action is Action.REMOVE else value,
            source="x",
            policy=Policy.FILL,
        )
        for n in range(first, first + count)
    ]


def codes(findings: tuple[Finding, ...]) -> list[str]:
    """What was found, in order."""
    return [str(one.code) for one in findings]


def test_a_quiet_night_has_no_findings() -> None:
    """Nothing to change and nothing odd: no finding."""
    assert guard([], QUIET) == ()


@pytest.mark.parametrize(
    ("limit", "population", "passes"),
    [
        (Limit(5, None), 10, 5),
        (Limit(5, 0.1), 1000, 5),
        (Limit(500, 0.1), 1000, 100),
        (Limit(None, 0.2), 50, 10),
        (Limit(None, 0.2), 49, None),  # shares count from min_population on
        (Limit(5, 0.2), 49, 5),
        (Limit(0, None), 1000, 0),
        (Limit(None, 0.0), 3, 0),  # none at all, however few there are
        (Limit(500, 0.0), 1000, 0),
        (Limit(0, 0.5), 1000, 0),
        (Limit(None, None), 1000, None),
        (Limit(None, 0.29), 100, 29),  # 0.29 * 100 is 28.999999999999996
        (Limit(None, 0.07), 300, 21),
        (Limit(None, 0.1), 99, 9),
        (Limit(None, 1.0), 60, 60),
        (Limit(None, 0.05), 0, None),
    ],
)
def test_a_limit_passes_at_its_number_and_blocks_one_more(
    limit: Limit, population: int, passes: int | None
) -> None:
    """Exactly at the limit passes, one more blocks; zero means none at all."""
    assert allowed(limit, population, 50) == passes
    if passes is None:
        assert not exceeds(limit, 10**9, population, 50)
    else:
        assert not exceeds(limit, passes, population, 50)
        assert exceeds(limit, passes + 1, population, 50)


@CALM
@given(st.integers(0, 100), st.integers(50, 600_000))
def test_shares_are_exact(percent: int, population: int) -> None:
    """A share of whole percent allows what integer arithmetic says, at any size."""
    assert allowed(Limit(None, percent / 100), population, 50) == percent * population // 100


KINDS = [
    (Action.ADD, "additions", "too-many-additions"),
    (Action.REPLACE, "replacements", "too-many-replacements"),
    (Action.REMOVE, "removals", "too-many-removals"),
]


@pytest.mark.parametrize(("action", "key", "code"), KINDS)
def test_changes_are_counted_by_account(action: Action, key: str, code: str) -> None:
    """Each kind has its own limit of accounts; two changes on one account count once."""
    three_at_most = {
        "additions": replace(Limits(), additions=Limit(3)),
        "replacements": replace(Limits(), replacements=Limit(3)),
        "removals": replace(Limits(), removals=Limit(3)),
    }
    situation = replace(QUIET, limits=three_at_most[key])
    three = [*changes(action, 3), *changes(action, 3, Method.OFFICE)]
    assert codes(guard(three, situation)) == []
    (finding,) = guard(changes(action, 4), situation)
    assert (str(finding.code), finding.measured, finding.limit, finding.population) == (code, 4, 3, 1000)
    assert f"--accept {code}=4" in finding.next
    for other, _, _ in KINDS:
        if other is not action:
            assert codes(guard(changes(other, 4), situation)) == []


def test_zero_allows_none() -> None:
    """`removals = 0` blocks the first removal."""
    situation = replace(QUIET, limits=replace(Limits(), removals=Limit(0, None)))
    assert codes(guard([], situation)) == []
    assert codes(guard(changes(Action.REMOVE, 1), situation)) == ["too-many-removals"]


def test_shares_of_a_pilot() -> None:
    """Two of three accounts of a pilot are no flood, but fifty are many enough for a share."""
    pilot = replace(QUIET, in_scope=3)
    assert codes(guard(changes(Action.ADD, 3), pilot)) == []
    fifty = replace(QUIET, in_scope=50)
    assert codes(guard(changes(Action.ADD, 10), fifty)) == []
    assert codes(guard(changes(Action.ADD, 11), fifty)) == ["too-many-additions"]


@pytest.mark.parametrize(
    ("people", "accounts", "last", "found"),
    [
        (0, 1000, QUIET.last, ["source-empty"]),
        (1000, 0, QUIET.last, ["cloud-empty"]),
        (0, 0, None, ["source-empty", "cloud-empty"]),
        (900, 900, QUIET.last, []),
        (899, 900, QUIET.last, ["source-shrank"]),
        (900, 899, QUIET.last, ["cloud-shrank"]),
        (5000, 5000, QUIET.last, []),
        (5, 5, None, []),
        (20, 20, LastRun("earlier", 49, 49, "m"), []),
        (20, 20, LastRun("earlier", 50, 49, "m"), ["source-shrank"]),
    ],
)
def test_shrinking(people: int, accounts: int, last: LastRun | None, found: list[str]) -> None:
    """A reading that is empty, or much smaller than the last, blocks."""
    findings = guard([], replace(QUIET, people=people, accounts=accounts, last=last, in_scope=people))
    assert codes(findings) == found
    assert all(one.level is Severity.BLOCK for one in findings)


def test_nothing_there_on_a_first_night() -> None:
    """An empty reading is measured against the last run's, and against nothing where there was none."""
    (first,) = guard([], replace(QUIET, people=0, last=None))
    (later,) = guard([], replace(QUIET, people=0))
    assert (first.measured, first.population) == (0, None)
    assert (later.measured, later.population) == (0, 1000)


def test_unmatched() -> None:
    """More than a fifth of the people without an account blocks, a fifth does not."""
    assert codes(guard([], replace(QUIET, unmatched=200))) == []
    (finding,) = guard([], replace(QUIET, unmatched=201))
    assert (finding.code, finding.measured, finding.limit) == (FindingCode.TOO_MANY_UNMATCHED, 201, 200)


def test_unreadable_roles() -> None:
    """If roles could not be read the plan is blocked for good, unless privileged accounts may be changed."""
    blind = replace(QUIET, privileged=Privileged({}, "403 on role assignments"))
    (finding,) = guard([], blind)
    assert finding.code is FindingCode.PRIVILEGED_UNKNOWN
    assert accept([finding], {finding.code: 0}) == (finding,)
    assert guard([], replace(blind, privileged_allowed=True)) == ()


@pytest.mark.parametrize(
    ("policy", "hit"),
    [
        (SmsSignIn(readable=False), 0),
        (SmsSignIn(readable=True), 0),
        (SmsSignIn(readable=True, everyone=True), 6),
        (SmsSignIn(readable=True, accounts=frozenset({account(1).id, account(8).id})), 1),
        (SmsSignIn(readable=True, accounts=frozenset({account(1).id, account(11).id})), 2),
        (SmsSignIn(readable=True, everyone=True, excluded=frozenset({account(1).id})), 5),
    ],
)
def test_numbers_that_would_become_sign_in_names(policy: SmsSignIn, hit: int) -> None:
    """Mobiles that are added or replaced, for people whom the policy lets sign in by SMS, block."""
    plan = [
        *changes(Action.ADD, 3, Method.MOBILE),
        *changes(Action.REPLACE, 3, Method.MOBILE, first=10),
        *changes(Action.ADD, 3, Method.OFFICE, first=20),
        *changes(Action.REMOVE, 3, Method.MOBILE, first=30),
    ]
    findings = guard(plan, replace(QUIET, policy=MethodsPolicy(sms_sign_in=policy)))
    assert [one.measured for one in findings] == ([hit] if hit else [])
    assert codes(findings) == (["sms-sign-in"] if hit else [])


@pytest.mark.parametrize(("today", "found"), [(date(2027, 1, 31), ["sms-sign-in"]), (date(2027, 2, 1), [])])
def test_sms_sign_in_ends(today: date, found: list[str]) -> None:
    """From 1 February 2027 no number is a name to sign in with, and nothing blocks for it."""
    everyone = MethodsPolicy(sms_sign_in=SmsSignIn(readable=True, everyone=True))
    situation = replace(QUIET, policy=everyone, today=today)
    assert codes(guard(changes(Action.ADD, 1, Method.MOBILE), situation)) == found


def test_retirement_is_a_warning() -> None:
    """Numbers that stop working are told, not blocked, and removals are none; a provider silences it."""
    situation = replace(QUIET, telephony=Telephony())
    (finding,) = guard(changes(Action.ADD, 2, Method.OFFICE), situation)
    assert (finding.code, finding.measured, finding.level) == (FindingCode.SMS_RETIRES, 2, Severity.WARN)
    assert guard(changes(Action.ADD, 2, Method.EMAIL), situation) == ()
    assert guard(changes(Action.REMOVE, 2, Method.OFFICE), situation) == ()


def test_another_mapping_is_a_warning() -> None:
    """A mapping that is not the last run's is told; a first run has none to compare with."""
    assert codes(guard([], replace(QUIET, mapping_digest="n"))) == ["mapping-changed"]
    assert guard([], replace(QUIET, mapping_digest="n", last=None)) == ()


def test_what_fits_nobody() -> None:
    """Entries of the mapping that fit nobody are named in one warning, with their number."""
    (one,) = guard([], replace(QUIET, unused=("c (nobody has a value)", "x")))
    assert (one.code, one.measured, one.level) == (FindingCode.MAPPING_UNUSED, 2, Severity.WARN)
    assert "c (nobody has a value); x" in one.text


def test_blocking_findings_come_first() -> None:
    """What refuses applying stands above what only says something."""
    situation = replace(
        QUIET, mapping_digest="n", telephony=Telephony(), unmatched=999, limits=Limits(removals=Limit(0))
    )
    found = guard(
        [*changes(Action.ADD, 2, Method.MOBILE), *changes(Action.REMOVE, 1, Method.MOBILE, 50)], situation
    )
    assert codes(found) == ["too-many-unmatched", "too-many-removals", "sms-retires", "mapping-changed"]


@pytest.mark.parametrize(("number", "lifted"), [(4, True), (3, False), (5, False), (None, False)])
def test_a_finding_is_accepted_at_exactly_its_number(number: int | None, lifted: bool) -> None:
    """`--accept CODE=N` lifts that finding at that number only, neither above nor below nor another."""
    situation = replace(QUIET, limits=replace(Limits(), additions=Limit(3, None), removals=Limit(0, None)))
    findings = guard([*changes(Action.ADD, 4), *changes(Action.REMOVE, 4, first=10)], situation)
    accepted = {} if number is None else {FindingCode.TOO_MANY_ADDITIONS: number}
    left = codes(accept(findings, accepted))
    assert left == (["too-many-removals"] if lifted else ["too-many-additions", "too-many-removals"])


def test_accepting_lifts_no_tampering() -> None:
    """What has no number cannot be accepted at any, nor is it lifted by accepting nothing."""
    finding = Finding(FindingCode.PLAN_TAMPERED, None, None, None, "edited", "plan again")
    assert accept([finding], {}) == (finding,)
    for number in (0, 1):
        assert accept([finding], {FindingCode.PLAN_TAMPERED: number}) == (finding,)


GROUND = Ground("tenant", "config", "mapping", NOW)
DAY = timedelta(hours=24)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (GROUND, None),
        (replace(GROUND, at=NOW + DAY), None),
        (replace(GROUND, at=NOW + DAY + timedelta(seconds=1)), "older than 24 hours"),
        (replace(GROUND, at=NOW - DAY - timedelta(seconds=1)), "made in the future"),
        (replace(GROUND, tenant="other"), "made for another tenant"),
        (replace(GROUND, config_digest="other"), "made with another config"),
        (replace(GROUND, mapping_digest="other"), "made with another mapping"),
    ],
)
def test_a_plan_is_stale_once_what_it_rests_on_is_gone(now: Ground, why: str | None) -> None:
    """Another tenant, config or mapping, or more than 24 hours: the plan is stale, and nothing lifts that."""
    found = stale(GROUND, now)
    if why is None:
        assert found == ()
        return
    (finding,) = found
    assert (finding.code, finding.text) == (FindingCode.PLAN_STALE, f"The plan was {why}.")
    assert accept(found, {FindingCode.PLAN_STALE: 0}) == found


def test_a_stale_plan_names_every_reason() -> None:
    """All that changed is said at once, and what to do is what the caller names."""
    (finding,) = stale(GROUND, Ground("x", "y", "z", NOW + 2 * DAY), "Sync.")
    for word in ("tenant", "config", "mapping", "24 hours"):
        assert word in finding.text
    assert finding.next == "Sync."


@pytest.mark.parametrize(
    ("said", "real", "signed", "why"),
    [
        ("d", "d", None, None),
        ("d", "d", "d", None),
        ("d", "e", None, "edited"),
        ("d", "e", "d", "edited"),
        ("d", "e", "e", "edited"),
        ("d", "d", "e", "signed off"),
    ],
)
def test_a_plan_is_tampered_with(said: str, real: str, signed: str | None, why: str | None) -> None:
    """An edited plan, and one that was swapped for the signed one, are told apart, and both are refused."""
    found = tampered("plan.json", said, real, signed)
    assert bool(found) is bool(why)
    assert all(one.code is FindingCode.PLAN_TAMPERED and (why or "") in one.text for one in found)


def test_unreadable_roles_are_told_in_one_wording() -> None:
    """Planning, applying and going on say the same of roles that could not be read."""
    blind = Privileged({}, "403 on role assignments")
    assert guard([], replace(QUIET, privileged=blind)) == privilege_unknown(blind, allowed=False)
    assert privilege_unknown(blind, allowed=True) == privilege_unknown(Privileged({}), allowed=False) == ()


def fresh(region: str, count: int, first: int = 0, action: Action = Action.ADD) -> list[Change]:
    """New mobiles of one country."""
    return [
        replace(change, evidence=Evidence(region=region))
        for change in changes(action, count, Method.MOBILE, first)
    ]


HOME = replace(QUIET, settled_regions={"GB": 95, "EE": 5}, limits=Limits(min_population=100))


@pytest.mark.parametrize(
    ("new", "situation", "hit"),
    [
        (fresh("EE", 5), HOME, 5),
        (fresh("EE", 4), HOME, None),  # so few say nothing
        (fresh("EE", 6) + fresh("GB", 5, 50), HOME, 6),
        (fresh("EE", 5) + fresh("GB", 5, 50), HOME, None),  # not more than half of the new ones
        (fresh("GB", 50), HOME, None),  # as everywhere
        (
            fresh("EE", 20),
            replace(HOME, settled_regions={"GB": 66, "EE": 34}),
            None,
        ),  # one of three are there
        (fresh("EE", 20), replace(HOME, settled_regions={"GB": 67, "EE": 33}), 20),
        (
            fresh("EE", 20),
            replace(HOME, settled_regions={"GB": 94, "EE": 5}),
            None,
        ),  # too few to compare with
        (fresh("EE", 20, action=Action.REMOVE), HOME, None),
        (fresh("EE", 20, action=Action.REPLACE), HOME, 20),
        (fresh("", 20), HOME, 20),
    ],
)
def test_new_numbers_in_a_rare_country(new: list[Change], situation: Situation, hit: int | None) -> None:
    """A surge of numbers where few others lie blocks: somebody may be planting them."""
    found = [one for one in guard(new, situation) if one.code is FindingCode.UNUSUAL_COUNTRY]
    assert [one.measured for one in found] == ([] if hit is None else [hit])
    for one in found:
        assert one.population == len(new)
        assert one.limit is not None
        assert one.limit < len(new)
        assert accept([one], {one.code: hit or 0}) == ()


def test_what_people_may_write_on_themselves_is_told() -> None:
    """Each attribute is named; it warns and blocks nothing."""
    assert guard([], QUIET) == ()
    (finding,) = guard([], replace(QUIET, self_writable=("mobile (20 of 20)", "pager (1 of 20)")))
    assert (finding.code, finding.measured) == (FindingCode.SOURCE_SELF_WRITABLE, 2)
    assert finding.level is Severity.WARN
    assert "mobile (20 of 20), pager (1 of 20)" in finding.text


@pytest.mark.parametrize(("missing", "found"), [(0, 0), (100, 0), (101, 1)])
def test_accounts_that_nobody_was_read_for(missing: int, found: int) -> None:
    """At the limit of 10 % passes, one more is said; it warns only, and names the numbers."""
    findings = guard([], replace(QUIET, synchronised=1000, without_person=missing))
    assert codes(findings) == ["people-missing"] * found
    for one in findings:
        assert (one.level, one.measured, one.limit, one.population) == (Severity.WARN, missing, 100, 1000)
    unlimited = replace(QUIET, synchronised=40, without_person=40)
    assert guard([], unlimited) == (), "below min_population a share says nothing"


@pytest.mark.parametrize(("unmatched", "blocks"), [(32, False), (33, True), (49, True)])
def test_unmatched_people_of_a_few(unmatched: int, blocks: bool) -> None:
    """Below min_population the share says little, but not where it is most of them."""
    found = guard((), replace(QUIET, people=49, unmatched=unmatched))
    assert (FindingCode.TOO_MANY_UNMATCHED in {one.code for one in found}) is blocks
