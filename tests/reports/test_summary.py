"""What a summary says of a plan."""

from dataclasses import astuple, replace

import pytest

from prepop.model import Carriage, Execution, Method, Outcome, Plan, Result, Standing, Telephony
from prepop.reasons import Reason
from prepop.rules.phrases import counted, cut, duration, share, shortened, under_quota, visible
from prepop.rules.summary import Summary, summarise
from prepop.rules.summary.words import Concern
from tests.reports import samples


def concern(summary: Summary, key: str) -> Concern:
    """The security list of that name."""
    return next(one for one in summary.security if one.key == key)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "under a second"),
        (1, "1 second"),
        (100, "1 minute 40 seconds"),
        (60, "1 minute"),
        (3600, "1 hour"),
        (3661, "1 hour 1 minute"),
        (86400, "1 day"),
        (90061, "1 day 1 hour"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    """A time is its two largest units, singular and plural."""
    assert duration(seconds) == words


def test_numbers_in_words() -> None:
    """One is singular, everything else plural, and shares never claim all or nothing falsely."""
    assert [counted(n, "person", "people") for n in (0, 1, 2000)] == ["0 people", "1 person", "2,000 people"]
    assert [share(n, 1000) for n in (0, 1, 10, 995, 1000)] == ["0%", "<1%", "1%", ">99%", "100%"]
    assert share(0, 0) == "-"
    assert cut(["a", "b", "c"], 2) == "a, b ... and 1 more"
    assert shortened("abcdef", 4) == "abc…"


def test_time_under_the_documented_quota() -> None:
    """3,000 writes take 150 seconds (GRAPH section 6)."""
    assert under_quota(3000) == 150
    writes = summarise(samples.large(8000)).writes
    assert writes.seconds == writes.total / 20
    assert duration(writes.seconds) in writes.sentence


def test_verdict_singular_and_plural() -> None:
    """The sentences agree with their numbers."""
    one = summarise(samples.singular())
    assert one.headline == "1 of 1 account can reset the password after this plan; today it is 0."
    assert one.stands == "1 change on 1 account can be applied."
    many = summarise(samples.plural())
    assert many.headline == "3 of 5 accounts can reset the password after this plan; today it is 2."
    assert many.stands == "6 changes cannot be applied: 1 finding must be cleared first."
    assert (many.ability.today, many.ability.after, many.ability.never, many.ability.unlisted) == (2, 3, 2, 1)
    assert "1 account is not in the registration report" in many.explained[1]


def test_unread_report_is_not_guessed() -> None:
    """Where the registration report could not be read no number is given, and the reason is."""
    summary = summarise(samples.plan((samples.change(1),), registrations="no Entra ID P1"))
    assert summary.headline == "How many people can reset their password is not known."
    assert "no Entra ID P1" in summary.explained[0]
    able = summary.ability
    assert (able.today, able.after, able.never) == (None, None, None)
    assert summary.sms.only_sms_voice is None


def test_nobody_enabled() -> None:
    """A tenant without anybody enabled for a reset is told so instead of 0 of 0."""
    assert (
        summarise(samples.plan()).headline
        == "No account in scope is enabled for self-service password reset."
    )


def test_after_a_run_only_what_came_true_counts() -> None:
    """An account of which a change failed counts as before the run."""
    plan = samples.singular()
    change = plan.changes[0].id
    for result, after in (
        (Result.DONE, 1),
        (Result.ALREADY_TRUE, 1),
        (Result.FAILED, 0),
        (Result.UNKNOWN, 0),
    ):
        summary = summarise(plan, {change: Outcome(change, result)})
        assert summary.ability.after == after, result
        assert summary.rows[0].outcome == result.value
    missing = summarise(plan, {})
    assert missing.rows[0].outcome == "not-tried"
    assert missing.next == (f"prepop resume {plan.run}",)


def test_provider_changes_the_first_of_february() -> None:
    """With a telephony provider nobody is said to lose the reset for want of one."""
    without = summarise(samples.singular()).sms.sentences
    plan = samples.singular()
    both = Telephony(Carriage.PROVIDER, Carriage.PROVIDER)
    carried = summarise(replace(plan, cloud=replace(plan.cloud, telephony=both))).sms
    assert any("names no telephony provider" in sentence for sentence in without)
    assert carried.telephony.whole
    assert not any("names no telephony provider" in sentence for sentence in carried.sentences)
    trial = replace(both, voice=Carriage.EVALUATION)
    half = summarise(replace(plan, cloud=replace(plan.cloud, telephony=trial))).sms
    assert any("voice is in evaluation" in sentence for sentence in half.sentences)


def test_email_that_saves() -> None:
    """An account counts as kept by an email only where the plan registers one and it can reset afterwards."""
    sms = summarise(samples.plural()).sms
    assert (sms.only_sms_voice, sms.kept_by_email) == (2, 1)
    assert [line.department for line in sms.departments] == ["Berlin", "Research", "Sales"]


def test_a_run_speaks_of_itself() -> None:
    """What is told of a run never says "this plan", and what is told of a plan never "this run"."""
    ran, planned = summarise(samples.plural(), samples.plural_outcomes()), summarise(samples.plural())
    for summary, other in ((ran, "this plan"), (planned, "this run")):
        told = (summary.headline, summary.stands, *summary.explained, *summary.sms.sentences)
        assert not [text for text in (*told, *astuple(summary.names)) if other in text]


@pytest.mark.parametrize(
    ("mobile", "email", "only", "kept", "said"),
    [
        (Result.DONE, Result.DONE, 0, 1, "An email address that this run registered keeps 1 account able"),
        (Result.DONE, Result.FAILED, 0, 0, "Whether 1 account more would lose it is not known"),
        (Result.FAILED, Result.DONE, 0, 1, "An email address that this run registered keeps 1 account able"),
    ],
)
def test_the_end_of_sms_goes_by_outcomes(
    mobile: Result, email: Result, only: int, kept: int, said: str
) -> None:
    """After a run only an address that came true keeps anybody; what is not known is said."""
    changes = (samples.change(1), samples.change(1, Method.EMAIL, after="jane.doe@example.org"))
    able = samples.standing(1, Standing.ABLE, Standing.ABLE)
    results = zip(changes, (mobile, email), strict=True)
    sms = summarise(
        samples.plan(changes, standings=(able,)), {one.id: Outcome(one.id, end) for one, end in results}
    ).sms
    assert (sms.only_sms_voice, sms.kept_by_email) == (only, kept)
    assert [text for text in sms.sentences if said in text]


def test_who_did_not_become_able_loses_nothing() -> None:
    """An account whose only change failed could not reset before, and is not counted among those that can."""
    plan = samples.singular()
    change = plan.changes[0].id
    assert summarise(plan, {change: Outcome(change, Result.DONE)}).sms.only_sms_voice == 1
    assert summarise(plan, {change: Outcome(change, Result.FAILED)}).sms.only_sms_voice == 0


@pytest.mark.parametrize(
    "plan", [samples.singular(), samples.plural(), samples.large(400), samples.hostile()]
)
def test_every_verdict_is_a_row_and_the_funnel_adds_up(plan: Plan) -> None:
    """Nothing is dropped: verdict steps add up to all rows, and each step's link finds its rows."""
    summary = summarise(plan)
    assert len(summary.rows) == len(plan.changes) + len(plan.left_alone)
    steps = {step.key: step for step in summary.funnel}
    ends = [steps[key] for key in ("planned", "registered", "left-alone", "blocked")]
    assert sum(step.count or 0 for step in ends) == len(summary.rows)
    for step in ends:
        if step.count:
            assert sum(step.holds(row) for row in summary.rows) == step.count
    stages = [sum(step.holds(row) for row in summary.rows) for step in summary.funnel[:4]]
    assert stages == sorted(stages, reverse=True)
    assert stages[0] == len(summary.rows)


def test_blocked_changes_are_not_planned() -> None:
    """Under a blocking finding every change is counted as blocked, none as planned."""
    steps = {step.key: step.count for step in summarise(samples.plural()).funnel}
    assert (steps["planned"], steps["blocked"]) == (0, 6)
    steps = {step.key: step.count for step in summarise(samples.singular()).funnel}
    assert (steps["planned"], steps["blocked"]) == (1, 0)


def test_blocking_findings_come_first() -> None:
    """What refuses applying is read before what only warns, and is what to do next."""
    summary = summarise(samples.plural())
    assert [finding.code.value for finding in summary.findings] == ["too-many-removals", "sms-retires"]
    assert summary.next == ("look at the removals, then prepop apply PLAN.json --accept too-many-removals=1",)


def test_next_command_bears_the_digest() -> None:
    """What is signed off is what is applied: the command names the plan's digest."""
    summary = summarise(samples.singular(), digest="d1", plan_file="reports/r/plan.json")
    assert summary.next == ("prepop apply reports/r/plan.json --digest d1",)


def test_run_that_applied_is_named() -> None:
    """A plan applied a second time is reported under the run that did it, with the plan's beside it."""
    plan = samples.singular()
    summary = summarise(plan, {}, execution=Execution("later"))
    assert summary.run == "later"
    assert summary.next == ("prepop resume later",)
    assert {fact.name: fact.value for fact in summary.facts}["run of the plan"] == plan.run


def test_writes_add_up() -> None:
    """Methods, countries and departments each count every write once."""
    writes = summarise(samples.plural()).writes
    for lines in (writes.methods, writes.countries, writes.departments):
        assert sum(line.total for line in lines) == writes.total == 6
    assert [line.name for line in writes.methods] == ["mobile", "alternateMobile", "office", "email"]


def test_shared_values_have_their_holders() -> None:
    """One entry a value with everybody who has it, whatever the spelling; phones and addresses apart."""
    address = "team@example.net"
    left = (
        samples.alone(1, Reason.VALUE_SHARED, raw="0740 0123456", normal="+44 7400123456"),
        samples.alone(2, Reason.VALUE_SHARED, Method.OFFICE, raw="+44 7400 123456", normal="+44 7400123456"),
        samples.alone(3, Reason.VALUE_SHARED, Method.EMAIL, raw=address, normal=address),
        samples.alone(4, Reason.VALUE_SHARED, Method.EMAIL, raw=address.upper(), normal=address.upper()),
        samples.alone(5, Reason.VALUE_SHARED, Method.EMAIL, raw=address, normal=address, matched=False),
    )
    entries = concern(summarise(samples.plan((), left)), "shared").entries
    assert [entry.value for entry in entries] == ["t•••@example.net", "+44 ••••••••56"]
    assert entries[0].holders == (
        "CN=Person 5,OU=Staff,DC=corp,DC=example",
        "user3@example.org",
        "user4@example.org",
    )
    assert entries[1].holders == ("user1@example.org", "user2@example.org")


def test_unusual_countries() -> None:
    """A single number of a country among twenty is shown; two of it, or few numbers at all, are not."""
    home = tuple(samples.change(number) for number in range(19))

    def foreign(*regions: str, of: int = 19) -> int:
        odd = tuple(samples.change(100 + place, region=region) for place, region in enumerate(regions))
        return concern(summarise(samples.plan((*home[:of], *odd))), "foreign").total

    assert foreign("TO") == 1
    assert foreign("TO", "TO") == 0
    assert foreign("TO", of=18) == 0


def test_security_lists_are_there_even_when_empty() -> None:
    """That nothing was found is an answer."""
    assert [one.total for one in summarise(samples.plan()).security] == [0, 0, 0, 0, 0]
    assert {one.key: one.total for one in summarise(samples.plural()).security} == {
        "shared": 1,
        "privileged": 1,
        "recent": 1,
        "foreign": 0,
        "differs": 1,
    }


def test_what_is_new_since_the_last_run() -> None:
    """New is what had another verdict, or none; gone is who is no more there; the same is neither."""
    before = samples.plan((samples.change(1), samples.change(2)), (samples.alone(3, Reason.NO_VALUE),))
    now = samples.plan((samples.change(1),), (samples.alone(3, Reason.VALUE_SHARED, raw="+44 7400123456"),))
    summary = summarise(now, previous=before)
    assert summary.since is not None
    assert (summary.since.new, summary.since.gone) == (1, 1)
    assert [row.new for row in summary.rows] == [False, True]
    assert {delta.name: (delta.before, delta.now) for delta in summary.since.deltas} == {
        "add": (2, 1),
        "no-value": (1, 0),
        "value-shared": (0, 1),
    }
    same = summarise(now, previous=now).since
    assert same is not None
    assert (same.new, same.gone, same.deltas) == (0, 0, ())


def test_masked_unless_asked() -> None:
    """No number or address is whole in rows or lists, also where a sentence quotes it; --unmask shows all."""
    number = "+44 7400123456"
    left = samples.alone(
        1, Reason.VALUE_SHARED, raw=number, normal=number, present=number, detail=f"as {number}"
    )
    plan = samples.plan((samples.change(2, after=number, notes=(f"read from {number}",)),), (left,))
    assert "7400123456" not in str(summarise(plan))
    assert str(summarise(plan, unmask=True)).count("7400123456") >= 6


def test_same_plan_same_summary() -> None:
    """The summary depends on nothing but what it is given."""
    assert summarise(samples.large(400)) == summarise(samples.large(400))


def test_visible_text_is_inert() -> None:
    """Control characters, direction marks and broken text become something to see, right-to-left stays."""
    assert visible("a\r\nb\x1b[31m\u202ec\x7f\ud800\x85") == "a␍␊b␛[31m[U+202E]c␡[U+D800][U+0085]"
    assert visible("مرحبا Zoë") == "مرحبا Zoë"
    visible("".join(map(chr, range(0x3000)))).encode()


def test_standings_that_are_unknown_are_no_number() -> None:
    """An account that the report does not list is in none of the three numbers."""
    plan = samples.plan((), (), (samples.standing(1, Standing.UNKNOWN, Standing.UNKNOWN),))
    able = summarise(plan).ability
    assert (able.population, able.after, able.unlisted) == (0, 0, 1)


def test_a_policy_that_is_not_known_is_said() -> None:
    """An unread methods policy: the headline says that its number rests on it, a sentence why."""
    plan = samples.plural()
    assert "not known" not in summarise(plan).headline
    unread = summarise(replace(plan, cloud=replace(plan.cloud, policy="Graph answered 403")))
    assert "if the methods policy lets them, which is not known" in unread.headline
    assert any("Graph answered 403" in sentence for sentence in unread.explained)
