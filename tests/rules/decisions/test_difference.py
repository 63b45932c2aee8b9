"""What becomes of one method of one account, cell by cell."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from prepop.model import (
    Change,
    Evidence,
    Family,
    LeftAlone,
    Method,
    Policy,
    Present,
    TenantFacts,
    Unusable,
    Usable,
    Verdict,
    Wanted,
)
from prepop.options import MethodRule, Remove, Screen
from prepop.reasons import Reason
from prepop.rules.decisions.difference import NOT_READ, Pair, difference, may_follow
from tests.rules.decisions.world import (
    ATTRIBUTES,
    Books,
    Registered,
    account,
    mobiles,
    offices,
    person,
    report,
)

FILL, FOLLOW, OVERWRITE = Policy.FILL, Policy.FOLLOW, Policy.OVERWRITE
A, B, C = mobiles()[:3]
ID = account(1).id
ALL_METHODS = tuple(Method)
EMAILS = {A: "jane@example.net", B: "june@example.net", C: "jean@example.net"}


def value_for(method: Method, letter: str | None) -> str | None:
    """The same letters as addresses for email."""
    return EMAILS[letter] if method is Method.EMAIL and letter else letter


def wanted(method: Method, value: str | None, reason: Reason = Reason.NO_VALUE) -> Wanted:
    """What mapping found: a value, or a reason."""
    if value is None:
        return Wanted(method, Unusable(reason))
    return Wanted(method, Usable(value, ATTRIBUTES[method], f"raw {value}", "GB"))


TENANT = TenantFacts("tenant", "Contoso", frozenset())


def decide(
    wants: Mapping[Method, str | Reason],
    has: Mapping[Method, str],
    policy: Policy = FILL,
    remove: Remove = Remove.NEVER,
    ledger: Books | None = None,
    *,
    email_methods: bool = True,
    read: bool = True,
) -> dict[Method, Verdict]:
    """Decide some methods of person 1, all of whose methods were read live."""
    pair = Pair(
        person(1),
        account(1),
        tuple(
            wanted(method, None, what) if isinstance(what, Reason) else wanted(method, what)
            for method, what in wants.items()
        ),
        "Sales",
    )
    rules = {method: MethodRule(method, (ATTRIBUTES[method],), policy, remove) for method in wants}
    live = Present({m: v for m, v in has.items() if m.family is Family.PHONE}, has.get(Method.EMAIL, ""))
    tenant = replace(TENANT, email_methods=email_methods)
    verdicts = difference(pair, rules, live if read else None, (ledger or Books()).ledger, tenant)
    assert [one.method for one in verdicts] == list(wants)
    return {one.method: one for one in verdicts if one.method is not None}


def word(verdict: Verdict) -> str:
    """`add`, `replace`, `remove`, or the reason."""
    return str(verdict.action) if isinstance(verdict, Change) else str(verdict.reason)


# wanted, present, what the ledger says was written: the answers under fill, follow and overwrite
TABLE: list[tuple[str | Reason, str | None, str | None, tuple[str, str, str]]] = [
    (A, None, None, ("add", "add", "add")),
    (A, None, A, ("changed-since", "changed-since", "add")),
    (A, None, B, ("changed-since", "changed-since", "add")),
    (A, A, None, ("already-registered",) * 3),
    (A, A, A, ("already-registered",) * 3),
    (A, A, B, ("already-registered",) * 3),
    (A, B, B, ("registered-differently", "replace", "replace")),
    (A, C, B, ("registered-differently", "changed-since", "replace")),
    (A, B, None, ("registered-differently", "registered-differently", "replace")),
    (Reason.NO_VALUE, None, None, ("no-value",) * 3),
    (Reason.NO_VALUE, A, None, ("no-value",) * 3),
    (Reason.NO_VALUE, A, A, ("no-value",) * 3),
    (Reason.PHONE_INVALID, None, None, ("phone-invalid",) * 3),
    (Reason.PHONE_INVALID, A, A, ("phone-invalid",) * 3),
    (Reason.VALUE_SHARED, A, A, ("value-shared",) * 3),
]


@pytest.mark.parametrize("method", [Method.MOBILE, Method.OFFICE, Method.EMAIL])
@pytest.mark.parametrize(("want", "has", "wrote", "answers"), TABLE)
def test_the_table(
    method: Method,
    want: str | Reason,
    has: str | None,
    wrote: str | None,
    answers: tuple[str, str, str],
) -> None:
    """Each cell of the table is decided as it says, under each policy and for phones and email alike."""
    ledger = Books()
    if wrote:
        ledger.wrote(ID, method, value_for(method, wrote) or "")
    asked = want if isinstance(want, Reason) else value_for(method, want) or ""
    there = {method: value_for(method, has) or ""} if has else {}
    for policy, answer in zip((FILL, FOLLOW, OVERWRITE), answers, strict=True):
        verdict = decide({method: asked}, there, policy, ledger=ledger)[method]
        assert word(verdict) == answer, policy
        if isinstance(verdict, Change):
            assert (verdict.before, verdict.after) == (there.get(method), asked)
            assert (verdict.policy, verdict.source) == (policy, ATTRIBUTES[method])
            assert verdict.id == f"{ID}/{method}"


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(
    ("want", "has", "wrote", "answer"),
    [
        (Reason.NO_VALUE, A, A, "remove"),
        (Reason.NO_VALUE, B, A, "no-value"),
        (Reason.NO_VALUE, A, None, "no-value"),
        (Reason.NO_VALUE, None, A, "no-value"),
        (Reason.PHONE_INVALID, A, A, "phone-invalid"),
        (Reason.VALUE_SEVERAL, A, A, "value-several"),
        (Reason.VALUE_SHARED, A, A, "value-shared"),
        (Reason.VALUE_RECENT, A, A, "value-recent"),
    ],
)
def test_removals(policy: Policy, want: Reason, has: str | None, wrote: str | None, answer: str) -> None:
    """Only what prepop wrote and nobody changed goes, and only where the directory has no value at all."""
    ledger = Books()
    if wrote:
        ledger.wrote(ID, Method.MOBILE, wrote)
    there = {Method.MOBILE: has} if has else {}
    verdict = decide({Method.MOBILE: want}, there, policy, Remove.OWN, ledger)[Method.MOBILE]
    assert word(verdict) == answer
    if isinstance(verdict, Change):
        assert (verdict.before, verdict.after, verdict.source) == (has, None, "")


@pytest.mark.parametrize(("method", "value"), [(Method.MOBILE, A), (Method.EMAIL, "jane@example.net")])
def test_nothing_goes_whose_value_was_not_read(method: Method, value: str) -> None:
    """What prepop wrote stays where it was not read live, be it the whole account or this family alone."""
    ledger = Books().wrote(ID, method, value)
    unread = decide({method: Reason.NO_VALUE}, {method: value}, FILL, Remove.OWN, ledger, read=False)
    assert word(unread[method]) == "no-value"
    other = Present(None, "") if method is Method.MOBILE else Present({}, None)
    rule = MethodRule(method, (ATTRIBUTES[method],), FILL, Remove.OWN)
    pair = Pair(person(1), account(1), (wanted(method, None, Reason.NO_VALUE),), "Sales")
    (verdict,) = difference(pair, {method: rule}, other, ledger.ledger, TENANT)
    assert word(verdict) == "no-value"


@pytest.mark.parametrize(
    ("reason", "normal"),
    [
        (Reason.VALUE_SHARED, A),
        (Reason.VALUE_RECENT, A),
        (Reason.VALUE_SEVERAL, ""),
        (Reason.PHONE_COUNTRY_NOT_ALLOWED, ""),
    ],
)
def test_only_a_value_that_is_held_back_is_shown_in_normal_form(reason: Reason, normal: str) -> None:
    """Of several values none is the person's, so that no report shows one of them as such."""
    candidates = (
        Unusable(Reason.PHONE_INVALID, "", "mobile", "raw"),
        Usable(B, "otherMobile", "raw", "GB"),
        Usable(C, "mobile", "another", "GB"),
        Usable(A, "mobile", "raw", "GB"),
    )
    want = Wanted(Method.MOBILE, Unusable(reason, "", "mobile", "raw"), candidates)
    rule = MethodRule(Method.MOBILE, ("mobile",), FILL)
    pair = Pair(person(1), account(1), (want,), "Sales")
    (verdict,) = difference(pair, {Method.MOBILE: rule}, None, Books().ledger, TENANT)
    assert verdict.evidence.normal == normal


@pytest.mark.parametrize("present", [Present(), Present({}, None), Present(None, "")])
def test_what_was_not_read_has_no_value_to_ask_for(present: Present) -> None:
    """Asking for it is an error, under -O too: "not known" must never pass for "none"."""
    for method in Method:
        if not present.was_read(method):
            with pytest.raises(LookupError, match="was not read"):
                present.value(method)
        else:
            assert present.value(method) is None


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(
    ("method", "want", "has"),
    [
        (Method.MOBILE, A, A.replace(" ", "")),
        (Method.MOBILE, A, A.replace(" ", "-")),
        (Method.OFFICE, f"{offices()[0]}x12", f"{offices()[0].replace(' ', '')} x12"),
        (Method.EMAIL, "Jane@example.net", "jane@EXAMPLE.net"),
    ],
)
def test_spacing_is_no_difference(policy: Policy, method: Method, want: str, has: str) -> None:
    """The same number in other spacing, or address in other case, is already registered."""
    assert word(decide({method: want}, {method: has}, policy)[method]) == "already-registered"


def test_an_extension_is_a_difference() -> None:
    """A number with an extension is another number than the one without."""
    plain, extended = offices()[0], f"{offices()[0]}x12"
    assert (
        word(decide({Method.OFFICE: extended}, {Method.OFFICE: plain}, OVERWRITE)[Method.OFFICE]) == "replace"
    )
    assert (
        word(decide({Method.OFFICE: plain}, {Method.OFFICE: extended}, OVERWRITE)[Method.OFFICE]) == "replace"
    )


def test_ours_in_another_spacing_is_still_ours() -> None:
    """If Graph gives back what prepop wrote in other spacing, it stays prepop's."""
    ledger = Books().wrote(ID, Method.MOBILE, B)
    has = {Method.MOBILE: B.replace(" ", "")}
    verdict = decide({Method.MOBILE: A}, has, FOLLOW, ledger=ledger)[Method.MOBILE]
    assert isinstance(verdict, Change)
    assert verdict.before == has[Method.MOBILE]


@pytest.mark.parametrize(
    ("late", "answers"),
    [
        (timedelta(minutes=4), ("replace", "remove")),
        (timedelta(minutes=6), ("changed-since", "no-value")),
    ],
)
def test_what_was_made_after_we_wrote_is_not_ours(late: timedelta, answers: tuple[str, str]) -> None:
    """Our value, made by somebody after our writing (an older state): neither followed nor removed."""
    books = Books().wrote(ID, Method.MOBILE, B)
    (entry,) = books.ledger.written.values()
    live = Present({Method.MOBILE: B}, "", {Method.MOBILE: entry.at + late})
    rule = MethodRule(Method.MOBILE, (ATTRIBUTES[Method.MOBILE],), FOLLOW, Remove.OWN)
    for want, answer in zip((A, Reason.NO_VALUE), answers, strict=True):
        asked = wanted(Method.MOBILE, None, want) if isinstance(want, Reason) else wanted(Method.MOBILE, want)
        pair = Pair(person(1), account(1), (asked,), "Sales")
        (verdict,) = difference(pair, {Method.MOBILE: rule}, live, books.ledger, TENANT)
        assert word(verdict) == answer


def test_what_was_not_read_is_not_judged() -> None:
    """Without a live read the report's word stands, and the detail says that the value was not read."""
    verdict = decide({Method.MOBILE: A}, {}, read=False)[Method.MOBILE]
    assert isinstance(verdict, LeftAlone)
    assert (verdict.reason, verdict.detail) == (Reason.ALREADY_REGISTERED, NOT_READ)


@pytest.mark.parametrize("want", ["jane@example.net", Reason.EMAIL_INVALID, Reason.NO_VALUE])
def test_china_has_no_email_methods(want: str | Reason) -> None:
    """Where the cloud has no email methods nothing is planned for them, whatever the directory holds."""
    verdicts = decide({Method.MOBILE: A, Method.EMAIL: want}, {}, email_methods=False)
    assert [word(one) for one in verdicts.values()] == ["add", "not-available-here"]


# ---------------------------------------------------------------- mobile and alternate mobile

MOBILE, ALTERNATE = Method.MOBILE, Method.ALTERNATE_MOBILE
NOTHING = Reason.NO_VALUE


@pytest.mark.parametrize(
    ("mobile", "alternate", "has", "answers", "needs"),
    [
        (A, B, {}, ("add", "add"), ALTERNATE),
        (A, B, {MOBILE: A}, ("already-registered", "add"), None),
        (A, B, {MOBILE: C}, ("registered-differently", "add"), None),
        (NOTHING, B, {}, ("no-value", "needs-mobile"), None),
        (Reason.PHONE_INVALID, B, {}, ("phone-invalid", "needs-mobile"), None),
        (NOTHING, B, {MOBILE: C}, ("no-value", "add"), None),
        (NOTHING, NOTHING, {MOBILE: A, ALTERNATE: B}, ("remove", "remove"), MOBILE),
        (NOTHING, C, {MOBILE: A, ALTERNATE: B}, ("needs-mobile", "registered-differently"), None),
        (NOTHING, B, {MOBILE: A}, ("remove", "needs-mobile"), None),
        (NOTHING, NOTHING, {MOBILE: A, ALTERNATE: C}, ("needs-mobile", "no-value"), None),
        (NOTHING, NOTHING, {MOBILE: C, ALTERNATE: B}, ("no-value", "remove"), None),
        (NOTHING, NOTHING, {MOBILE: A}, ("remove", "no-value"), None),
        (A, NOTHING, {MOBILE: A, ALTERNATE: B}, ("already-registered", "remove"), None),
    ],
)
def test_an_alternate_mobile_needs_a_mobile(
    mobile: str | Reason,
    alternate: str | Reason,
    has: dict[Method, str],
    answers: tuple[str, str],
    needs: Method | None,
) -> None:
    """The alternate comes after the mobile and goes before it, and without a mobile there is none.

    prepop wrote A as mobile and B as alternate mobile, where anything is there.
    """
    ledger = Books()
    for method in has:
        ledger.wrote(ID, method, A if method is MOBILE else B)
    verdicts = decide({MOBILE: mobile, ALTERNATE: alternate}, has, FILL, Remove.OWN, ledger)
    assert (word(verdicts[MOBILE]), word(verdicts[ALTERNATE])) == answers
    waiting = [one.method for one in verdicts.values() if isinstance(one, Change) and one.needs]
    assert waiting == ([needs] if needs else [])
    for one in verdicts.values():
        if isinstance(one, Change) and one.needs:
            other = ALTERNATE if one.method is MOBILE else MOBILE
            assert one.needs == f"{ID}/{other}"


def test_an_alternate_replacement_keeps_the_mobile() -> None:
    """If the mobile is to go while the alternate is only replaced, the mobile stays."""
    ledger = Books().wrote(ID, MOBILE, A).wrote(ID, ALTERNATE, B)
    verdicts = decide({MOBILE: NOTHING, ALTERNATE: C}, {MOBILE: A, ALTERNATE: B}, FOLLOW, Remove.OWN, ledger)
    assert [word(one) for one in verdicts.values()] == ["needs-mobile", "replace"]


def test_an_alternate_alone_in_the_mapping() -> None:
    """If the mapping names no mobile, an alternate is added where the account has a mobile."""
    assert word(decide({ALTERNATE: B}, {})[ALTERNATE]) == "needs-mobile"
    assert word(decide({ALTERNATE: B}, {MOBILE: C})[ALTERNATE]) == "add"


# ---------------------------------------------------------------- what must be read live


@pytest.mark.parametrize("method", ALL_METHODS)
@pytest.mark.parametrize(
    ("policy", "remove", "want", "shown", "entry", "screen", "answer"),
    [
        (FILL, Remove.NEVER, A, False, False, Screen.REPORT, True),
        (FILL, Remove.NEVER, A, True, False, Screen.REPORT, False),
        (FILL, Remove.NEVER, A, True, True, Screen.REPORT, False),
        (FOLLOW, Remove.NEVER, A, True, False, Screen.REPORT, False),
        (FOLLOW, Remove.NEVER, A, True, True, Screen.REPORT, True),
        (OVERWRITE, Remove.NEVER, A, True, False, Screen.REPORT, True),
        (FILL, Remove.NEVER, A, True, False, Screen.LIVE, True),
        (FILL, Remove.NEVER, NOTHING, True, True, Screen.REPORT, False),
        (FILL, Remove.OWN, NOTHING, True, True, Screen.REPORT, True),
        (FILL, Remove.OWN, NOTHING, False, True, Screen.REPORT, True),
        (FILL, Remove.OWN, NOTHING, True, False, Screen.REPORT, False),
        (OVERWRITE, Remove.OWN, Reason.PHONE_INVALID, True, True, Screen.LIVE, False),
    ],
)
def test_only_what_may_change_is_read_live(
    method: Method,
    policy: Policy,
    remove: Remove,
    want: str | Reason,
    shown: bool,
    entry: bool,
    screen: Screen,
    answer: bool,
) -> None:
    """A value is read live exactly where a change may follow."""
    one = wanted(method, None, want) if isinstance(want, Reason) else wanted(method, want)
    rule = MethodRule(method, (ATTRIBUTES[method],), policy, remove)
    registered: Registered = {ID: {method: A}} if shown else {}
    row = report([account(1)], registered)[ID]
    ledger = Books().wrote(ID, method, A).entries.get((ID, method)) if entry else None
    assert may_follow(one, rule, screen, row, ledger) is answer
    if not isinstance(want, Reason):
        assert may_follow(one, rule, screen, None, ledger), "who is not in the report is read"


def test_evidence_tells_what_the_verdict_is_based_on() -> None:
    """A verdict bears the raw, normal and present value, the source and the department."""
    verdict = decide({MOBILE: A}, {MOBILE: C})[MOBILE]
    told = replace(verdict.evidence, notes=())
    assert (told.raw, told.normal, told.present, told.source, told.region, told.department) == (
        f"raw {A}",
        A,
        C,
        "mobile",
        "GB",
        "Sales",
    )


def test_a_mobile_that_is_replaced_keeps_its_alternate_company() -> None:
    """A replacement leaves a mobile there: an alternate that is registered, or added, does not mind."""
    both = {MOBILE: A, ALTERNATE: B}
    assert word(decide({MOBILE: C}, both, OVERWRITE)[MOBILE]) == "replace"
    verdicts = decide({MOBILE: C, ALTERNATE: B}, {MOBILE: A}, OVERWRITE)
    assert [word(verdicts[method]) for method in (MOBILE, ALTERNATE)] == ["replace", "add"]
    added = verdicts[ALTERNATE]
    assert isinstance(added, Change)
    assert added.needs is None


def test_a_removal_shows_what_goes_and_where() -> None:
    """There is no value of the directory behind it: the report has the registered one and the department."""
    ledger = Books().wrote(ID, MOBILE, A)
    verdict = decide({MOBILE: NOTHING}, {MOBILE: A}, FILL, Remove.OWN, ledger)[MOBILE]
    assert verdict.evidence == Evidence(present=A, department="Sales")
