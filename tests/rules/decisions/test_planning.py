"""From readings to decisions: nothing is dropped, order does not matter, and a done plan is done."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop.model import Account, Change, Family, LeftAlone, Method, Person, Policy, Totals
from prepop.options import MappingRules, Remove, Scope, Screen, Trust
from prepop.reasons import Reason
from prepop.rules.decisions.difference import account_ref, person_ref
from prepop.rules.decisions.planning import Decided, Facts, consider, decide, requests_needed
from prepop.rules.decisions.standings import standings
from prepop.rules.values.distinguished_names import organisational_unit
from tests.rules.decisions.world import (
    ATTRIBUTES,
    CALM,
    NOW,
    Books,
    Registered,
    account,
    applied,
    facts,
    mobiles,
    offices,
    person,
    planned,
    present,
    reading,
    report,
    rules,
)

PHONES = mobiles()[:4]
ADDRESSES = ("a@example.net", "b@example.net", "c@example.net", "A@Example.NET")


@dataclass(frozen=True)
class World:
    """A directory, a tenant and a past."""

    people: list[Person]
    accounts: list[Account]
    registered: Registered
    ledger: Books
    mapping: MappingRules
    screen: Screen
    scope: Scope
    trust: Trust
    privileged: dict[str, str]

    def facts(self, registered: Registered | None = None, ledger: Books | None = None) -> Facts:
        """Everything that planning looks at; the report is up to date."""
        tenant = reading(
            self.accounts,
            report(self.accounts, self.registered if registered is None else registered),
            privileged=self.privileged,
            members={"pilot": frozenset(account(n).id for n in range(3))},
        )
        return facts(
            self.people,
            tenant,
            self.mapping,
            ledger=ledger or self.ledger,
            screen=self.screen,
            scope=self.scope,
            trust=self.trust,
        )

    def plan(self, registered: Registered | None = None, ledger: Books | None = None) -> Decided:
        """The decisions of one night."""
        has = self.registered if registered is None else registered
        return planned(self.facts(registered, ledger), has)[1]


def values(pool: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Something of the pool, nothing, or nonsense."""
    return st.sampled_from([*pool, *pool, "", "", "nonsense"])


@st.composite
def worlds(draw: st.DrawFn, policies: tuple[Policy, ...] = tuple(Policy)) -> World:
    """Up to five people and accounts in every state that the rules tell apart."""
    people: list[Person] = []
    accounts: list[Account] = []
    registered: Registered = {}
    ledger = Books()
    for number in range(draw(st.integers(0, 5))):
        one = person(
            number,
            **{
                name: draw(values(PHONES if method.family is Family.PHONE else ADDRESSES))
                for method, name in ATTRIBUTES.items()
            },
        )
        people.append(
            replace(
                one,
                anchor=draw(st.sampled_from([one.anchor, one.anchor, one.anchor, "", person(0).anchor])),
                disabled=draw(st.integers(0, 5)) == 0,
            )
        )
        if draw(st.integers(0, 5)):
            accounts.append(replace(account(number), guest=draw(st.integers(0, 7)) == 0))
        its_id, has = account(number).id, dict[Method, str]()
        for method in Method:
            pool = PHONES if method.family is Family.PHONE else ADDRESSES
            value = draw(st.sampled_from([None, None, *pool]))
            if value and not (method is Method.ALTERNATE_MOBILE and Method.MOBILE not in has):
                has[method] = value
            if wrote := draw(st.sampled_from([None, has.get(method), *pool])):
                ledger.wrote(its_id, method, wrote)
        registered[its_id] = has
    mapping = rules(draw(st.sampled_from(policies)), draw(st.sampled_from(list(Remove))))
    return World(
        people,
        accounts,
        registered,
        ledger,
        mapping,
        draw(st.sampled_from(list(Screen))),
        draw(st.sampled_from([Scope(), Scope(), Scope(groups=("pilot",)), Scope(disabled=True)])),
        Trust(shared_value_max=draw(st.sampled_from([1, 1_000]))),
        {account(4).id: "User Administrator"},
    )


@CALM
@given(worlds())
def test_nobody_is_dropped(world: World) -> None:
    """Everybody who was read appears as a change or as left alone, or needs nothing and is counted."""
    decided = world.plan()
    shown = {one.person for one in decided.changes} | {one.person for one in decided.left_alone}
    everybody = {person_ref(one) for one in world.people}
    assert shown <= everybody
    listed = sum(one.reason is Reason.ALREADY_REGISTERED for one in decided.left_alone)
    counted = decided.totals.already_registered - listed
    assert counted == len(everybody - shown) * len(world.mapping.rules)
    slots = [(c.account.id, c.method) for c in decided.changes]
    slots += [(one.account.id, one.method) for one in decided.left_alone if one.account and one.method]
    assert len(slots) == len(set(slots)), "a method was decided twice"
    assert decided.totals.people == len(world.people)
    assert decided.totals.changes == len(decided.changes)


@CALM
@given(worlds())
def test_the_order_of_the_input_does_not_matter(world: World) -> None:
    """The same people and accounts in another order give the same plan."""
    turned = replace(world, people=world.people[::-1], accounts=world.accounts[::-1])
    one, other = world.facts(), turned.facts()
    assert world.plan() == turned.plan()
    considered, again = consider(one), consider(other)
    assert considered.asked == again.asked
    live = present(considered.asked, world.registered)
    changes = decide(one, considered, live).changes
    assert standings(considered.pairs, one.tenant.registrations, live, changes, 1) == standings(
        again.pairs, other.tenant.registrations, live, changes, 1
    )


@CALM
@given(worlds())
def test_planning_again_after_applying_gives_nothing(world: World) -> None:
    """A plan that was done leaves nothing to do, and its order is one that Graph takes."""
    after = applied(world.plan(), world.registered, world.ledger)
    assert world.plan(after).changes == ()


@CALM
@given(worlds((Policy.FILL, Policy.FOLLOW)))
def test_a_lost_ledger_touches_less(world: World) -> None:
    """Without the ledger only additions are left, and of what was never ours no more of them.

    Where the ledger lets a mobile go, its absence keeps the mobile, and with it a place for an alternate.
    That somebody took away what was ours is not known then: what is done about it is in tests/store.
    """
    full, bare = world.plan().changes, world.plan(ledger=Books()).changes
    known = {(one.id, one.action, one.after) for one in full}
    mobiles_that_go = {one.account.id for one in full if one.method is Method.MOBILE and one.after is None}
    taken_away = {
        where for where in world.ledger.entries if where[1] not in world.registered.get(where[0], {})
    }
    mobiles_that_go |= {account_id for account_id, method in taken_away if method is Method.MOBILE}
    for one in bare:
        assert one.before is None
        if (one.account.id, one.method) in taken_away:
            continue
        leaning = one.method is Method.ALTERNATE_MOBILE and one.account.id in mobiles_that_go
        assert leaning or (one.id, one.action, one.after) in known


@CALM
@given(worlds((Policy.FILL, Policy.FOLLOW)))
def test_what_is_not_ours_is_never_touched(world: World) -> None:
    """Under fill and follow only what the ledger knows as ours is replaced or removed."""
    for one in world.plan().changes:
        if one.before is not None:
            where = (one.account.id, one.method)
            assert world.ledger.entries[where] == Books().wrote(*where, one.before).entries[where]


@CALM
@given(worlds())
def test_a_report_that_is_up_to_date_saves_reads_and_nothing_else(world: World) -> None:
    """With an accurate report the same changes come out as with live reads of everybody, for fewer reads."""
    by_report = replace(world, screen=Screen.REPORT)
    live = replace(world, screen=Screen.LIVE)
    assert by_report.plan().changes == live.plan().changes
    assert consider(by_report.facts()).asked.keys() <= consider(live.facts()).asked.keys()


@CALM
@given(worlds(), st.integers(0, 12))
def test_a_limit_takes_the_first_changes(world: World, limit: int) -> None:
    """`--limit N` takes the first N changes in plan order, and none without the one that it needs."""
    whole = world.plan()
    _, cut = planned(world.facts(), world.registered, limit)
    assert cut.changes == whole.changes[:limit]
    assert cut.left_alone == whole.left_alone
    assert cut.totals.changes_beyond_limit == max(0, len(whole.changes) - limit)
    ids = [one.id for one in cut.changes]
    assert all(one.needs in ids[:place] for place, one in enumerate(cut.changes) if one.needs)


@CALM
@given(worlds())
def test_nothing_privileged_guest_or_disabled_is_changed(world: World) -> None:
    """No change falls on an account that holds a role, is a guest or belongs to a disabled person."""
    guests = {one.id for one in world.accounts if one.guest}
    disabled = {person_ref(one) for one in world.people if one.disabled and not world.scope.disabled}
    for one in world.plan().changes:
        assert one.account.id not in world.privileged
        assert one.account.id not in guests
        assert one.person not in disabled


# ---------------------------------------------------------------- cases


def only(decided: Decided) -> str:
    """`add`, ... or the reason, of a plan with one verdict."""
    verdicts: list[Change | LeftAlone] = [*decided.changes, *decided.left_alone]
    (verdict,) = verdicts
    return str(verdict.action) if isinstance(verdict, Change) else str(verdict.reason)


MOBILE_ONLY = rules(Policy.FILL, Remove.NEVER, Method.MOBILE)


def test_an_account_that_goes_while_it_is_read() -> None:
    """If an account is deleted between the list and the live read, its person has no account."""
    given_ = facts([person(1, mobile=PHONES[0])], reading([account(1)]), MOBILE_ONLY)
    considered = consider(given_)
    decided = decide(given_, considered, {account(1).id: None})
    assert only(decided) == "no-account"
    assert decided.totals.in_scope == 1


def test_a_value_of_strangers_is_nobodys() -> None:
    """A number that two people have is left alone on both, even if one of them is out of scope."""
    people = [person(1, mobile=PHONES[0]), person(2, telephonenumber=PHONES[0])]
    mapping = rules(Policy.FILL, Remove.NEVER, Method.MOBILE, Method.OFFICE)
    tenant = reading([account(1), account(2)])
    scope = Scope(users=("user1",))
    _, decided = planned(facts(people, tenant, mapping, scope=scope, trust=Trust()))
    reasons = {(one.method, one.reason) for one in decided.left_alone}
    assert decided.changes == ()
    assert (Method.MOBILE, Reason.VALUE_SHARED) in reasons


def test_a_held_back_value_is_shown_in_normal_form() -> None:
    """A report puts holders of one number together however each of them spells it."""
    spelt = [PHONES[0], PHONES[0].replace(" ", "-")]
    people = [person(number, mobile=text) for number, text in enumerate(spelt, start=1)]
    mapping = rules(Policy.FILL, Remove.NEVER, Method.MOBILE)
    _, decided = planned(facts(people, reading([account(1), account(2)]), mapping, trust=Trust()))
    shared = [one.evidence for one in decided.left_alone if one.reason is Reason.VALUE_SHARED]
    assert {one.raw for one in shared} == set(spelt)
    assert {(one.normal, bool(one.region)) for one in shared} == {(PHONES[0], True)}


@pytest.mark.parametrize(
    ("seen", "changed", "answer"),
    [
        (None, None, "value-recent"),  # never seen, and the source does not say
        (None, 3, "value-recent"),
        (None, 8, "add"),
        (3, None, "value-recent"),
        (8, None, "add"),
        (8, 3, "add"),  # the entry changed, this value did not
        (3, 8, "add"),  # an entry that is old has no young value
        (3, 3, "value-recent"),
        (None, 7, "add"),  # exactly at the end of the time
    ],
)
def test_cool_down(seen: int | None, changed: int | None, answer: str) -> None:
    """A value that is younger than the cool-down, as far as anything tells, waits."""
    one = person(1, mobile=PHONES[0])
    ledger = Books()
    if seen is not None:
        key = PHONES[0].replace(" ", "")
        ledger.sightings[one.anchor, Method.MOBILE] = (key, NOW - timedelta(days=seen))
    when: datetime | None = NOW - timedelta(days=changed) if changed is not None else None
    given_ = facts(
        [replace(one, when_changed=when)],
        reading([account(1)]),
        MOBILE_ONLY,
        ledger=ledger,
        trust=Trust(cool_down_days=7),
    )
    considered, decided = planned(given_)
    assert only(decided) == answer
    assert considered.pairs[0].seen == ((Method.MOBILE, PHONES[0].replace(" ", "")),)


def test_without_a_report_everybody_is_read() -> None:
    """If the tenant has no report, live reads take its place."""
    tenant = reading([account(1)])
    considered = consider(facts([person(1, mobile=PHONES[0])], tenant, MOBILE_ONLY, screen=Screen.REPORT))
    assert considered.asked.keys() == {account(1).id}


def test_who_shares_a_dn_over_two_forests_is_shown_in_one_order() -> None:
    """Two forests with the same DN give the same plan whichever is read first."""
    twins = [
        replace(person(n), directory=name, dn="CN=Same,DC=example,DC=org") for n, name in ((1, "a"), (2, "b"))
    ]
    tenant = reading([])
    assert planned(facts(twins, tenant))[1] == planned(facts(twins[::-1], tenant))[1]


@pytest.mark.parametrize(
    ("dn", "unit"),
    [
        ("CN=Jane,OU=Sales,OU=Staff,DC=example,DC=org", "OU=Sales"),
        (r"CN=Doe\, Jane,ou=R\,D,DC=example", "OU=R,D"),
        (r"CN=OU=odd,CN=Users,DC=example", ""),
        (r"CN=a\,OU=b,DC=example", ""),
        ("", ""),
    ],
)
def test_organisational_unit(dn: str, unit: str) -> None:
    """The innermost OU stands where there is no department, as what it is; escaped commas divide nothing."""
    assert organisational_unit(dn) == unit


def test_requests_needed() -> None:
    """Twenty reads and twenty writes fit one request each; one more takes another."""

    def cost(count: int) -> int:
        people = [person(n, mobile=PHONES[0]) for n in range(count)]
        tenant = reading([account(n) for n in range(count)])
        return requests_needed(planned(facts(people, tenant, MOBILE_ONLY))[1].changes)

    assert [cost(count) for count in (0, 1, 20, 21, 40, 41)] == [0, 2, 2, 4, 4, 6]
    # two phones of an account are read at once and written one by one
    people = [person(n, mobile=PHONES[0], telephonenumber=offices()[0]) for n in range(20)]
    tenant = reading([account(n) for n in range(20)])
    assert requests_needed(planned(facts(people, tenant))[1].changes) == 1 + 2


def test_totals_tell_the_funnel() -> None:
    """The totals of a small plan, counted by hand."""
    people = [
        person(0, mobile=PHONES[0]),
        person(1, mobile=PHONES[1]),
        person(2, mobile="nonsense"),
        person(3, mobile=PHONES[3]),
    ]
    accounts = [account(0), account(1), account(2), account(9)]
    registered: Registered = {account(1).id: {Method.MOBILE: PHONES[1]}}
    _, decided = planned(facts(people, reading(accounts), MOBILE_ONLY), registered)
    expected = Totals(
        people=4,
        accounts=4,
        in_scope=4,
        matched=3,
        unmatched=1,
        with_usable_value=2,
        accounts_without_person=1,
        accounts_changed=1,
        accounts_read_live=2,
        changes=1,
        additions=1,
        replacements=0,
        removals=0,
        changes_beyond_limit=0,
        already_registered=1,
        left_alone=3,
        requests=2,
    )
    assert decided.totals == expected


def test_who_needs_nothing_is_counted_and_not_listed() -> None:
    """All of an account registered: a number in the totals. Anything else to say, or named: rows."""
    people = [person(n, mobile=PHONES[n], telephonenumber=offices()[n]) for n in range(2)]
    mapping = rules(Policy.FILL, Remove.NEVER, Method.MOBILE, Method.OFFICE)
    both = {Method.MOBILE: PHONES[0], Method.OFFICE: offices()[0]}
    has: Registered = {account(0).id: both, account(1).id: {Method.MOBILE: PHONES[1]}}
    given_ = facts(people, reading([account(0), account(1)]), mapping)
    decided = planned(given_, has)[1]
    assert [(one.account, one.method) for one in decided.left_alone] == [
        (account_ref(account(1)), Method.MOBILE)
    ]
    assert (decided.totals.already_registered, decided.totals.left_alone) == (3, 3)
    named = planned(replace(given_, users=["user0"]), has)[1]
    listed = [one.method for one in named.left_alone if one.account == account_ref(account(0))]
    assert listed == [Method.MOBILE, Method.OFFICE]


def test_removing_a_pair_of_mobiles_takes_the_alternate_first() -> None:
    """A limit of one never leaves an account with a change that needs one which was cut off."""
    ledger = Books().wrote(account(1).id, Method.MOBILE, PHONES[0])
    ledger.wrote(account(1).id, Method.ALTERNATE_MOBILE, PHONES[1])
    mapping = rules(Policy.FILL, Remove.OWN, Method.MOBILE, Method.ALTERNATE_MOBILE)
    has = {account(1).id: {Method.MOBILE: PHONES[0], Method.ALTERNATE_MOBILE: PHONES[1]}}
    given_ = facts([person(1)], reading([account(1)]), mapping, ledger=ledger)
    whole = planned(given_, has)[1].changes
    assert [(one.method, one.needs is None) for one in whole] == [
        (Method.ALTERNATE_MOBILE, True),
        (Method.MOBILE, False),
    ]
    assert [one.method for one in planned(given_, has, limit=1)[1].changes] == [Method.ALTERNATE_MOBILE]


def test_a_cloud_without_email_methods_is_not_asked_for_them() -> None:
    """In China an address costs no read, and is not available there."""
    one = person(1, extensionattribute1="jane@example.net")
    considered, decided = planned(facts([one], reading([account(1)], email_methods=False)))
    assert considered.asked == {}
    assert Reason.NOT_AVAILABLE_HERE in [left.reason for left in decided.left_alone]


def test_a_value_that_waits_is_shown_in_normal_form() -> None:
    """A reviewer sees which number will be registered once the cool-down is over."""
    given_ = facts(
        [person(1, mobile=PHONES[0])], reading([account(1)]), MOBILE_ONLY, trust=Trust(cool_down_days=7)
    )
    (left,) = planned(given_)[1].left_alone
    assert (left.reason, left.evidence.normal) == (Reason.VALUE_RECENT, PHONES[0])
