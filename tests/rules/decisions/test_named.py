"""Who is named on the command line is read live; who is named to be protected must be there."""

import pytest

from prepop.errors import UsageError
from prepop.model import LeftAlone, Method
from prepop.options import Scope, Screen
from prepop.reasons import Reason
from tests.rules.decisions.world import account, facts, mobiles, offices, person, planned, reading, report

A, B = mobiles()[:2]
PEOPLE = [person(n, mobile=A, telephonenumber=offices()[n]) for n in range(3)]
ACCOUNTS = [account(n) for n in range(3)]
STALE = report(ACCOUNTS, {one.id: {Method.MOBILE: A, Method.OFFICE: B} for one in ACCOUNTS})


def test_a_named_person_is_read_whatever_the_report_says() -> None:
    """The report shows a mobile that is gone: nobody is asked but who is named, and they get theirs again."""
    whole = planned(facts(PEOPLE, reading(ACCOUNTS, STALE), screen=Screen.REPORT))
    assert whole[0].asked == {}
    named = facts(PEOPLE, reading(ACCOUNTS, STALE), screen=Screen.REPORT, users=["user1"])
    considered, decided = planned(named, {account(1).id: {Method.OFFICE: offices()[0]}})
    assert considered.asked.keys() == {account(1).id}
    assert [one.id for one in decided.changes] == [f"{account(1).id}/mobile"]
    left = {one.method: one for one in decided.left_alone if one.account and one.account.id == account(1).id}
    office = left[Method.OFFICE]
    assert isinstance(office, LeftAlone)
    assert office.reason is Reason.REGISTERED_DIFFERENTLY


def test_who_is_left_alone_as_a_whole_is_read_too() -> None:
    """`explain` shows what is registered also of an account that is not to be touched."""
    given = facts(
        PEOPLE,
        reading(ACCOUNTS, STALE, privileged={account(1).id: "a role"}),
        screen=Screen.REPORT,
        users=["user1"],
    )
    considered, decided = planned(given, {})
    assert considered.asked.keys() == {account(1).id}
    assert decided.changes == ()


def test_a_group_reads_nobody_more() -> None:
    """Choosing by group is no reason to read whom the report knows."""
    members = {"pilot": frozenset({account(1).id})}
    given = facts(PEOPLE, reading(ACCOUNTS, STALE, members=members), screen=Screen.REPORT, groups=["pilot"])
    assert planned(given)[0].asked == {}


def test_a_protected_name_that_fits_nobody() -> None:
    """It would protect nobody: planning ends there, and says which name and which one is near."""
    scope = Scope(protected=("user1", "user2@exampel.org"))
    with pytest.raises(UsageError, match=r'scope.protected: "user2@exampel.org".*"user2@example.org"'):
        planned(facts(PEOPLE, reading(ACCOUNTS, STALE), scope=scope))
