"""Who is told of which change, over runs, cuts and older states: nobody twice."""

from datetime import timedelta
from pathlib import Path

import pytest

from prepop.model import Delivery, Method, Result, Untold
from tests.store.made import CREATED, A, B, C, Kept, change, opened, outcome, plan

FIRST, SECOND = "20261122T020000Z-abcd", "20261123T020000Z-abcd"
ONE, MORE, OTHER = change(1, None, A), change(1, None, B, Method.ALTERNATE_MOBILE), change(2, None, C)
GONE, FAILED = change(4, A, None), change(3, None, C)


def ran(kept: Kept, run: str, *done: object, tells: bool = True) -> None:
    """A run that wrote these, and failed at one."""
    made = plan(*done, FAILED, run=run)  # type: ignore[arg-type]
    if tells:
        kept.mails.tells(run)
    kept.begin(made)
    kept.journal.sent(run, [one.id for one in made.changes])
    kept.journal.settled(run, [outcome(one, Result.DONE) for one in made.changes[:-1]])
    kept.journal.settled(run, [outcome(FAILED, Result.FAILED)])
    kept.journal.finish(run, 0)


def told(kept: Kept, tenant: str = "tenant") -> tuple[Untold, ...]:
    """Who is to be told now, removals too."""
    return kept.mails.untold(tenant, 100, removals=True)[0]


def waiting(kept: Kept) -> dict[str, list[str]]:
    """What is untold, by account."""
    return {one.account_id: [d.change.id for d in one.changes] for one in told(kept)}


def only(kept: Kept) -> Untold:
    """The one who waits."""
    (one,) = told(kept)
    return one


def test_what_came_true_is_told_and_nothing_else(tmp_path: Path) -> None:
    """By account, in the order of the plan, with the moment of the sending; another tenant's is not."""
    with opened(tmp_path) as kept:
        kept.clock.moment = CREATED + timedelta(minutes=7)
        ran(kept, FIRST, ONE, MORE, OTHER)
        assert waiting(kept) == {ONE.account.id: [ONE.id, MORE.id], OTHER.account.id: [OTHER.id]}
        assert {dated.at for each in told(kept) for dated in each.changes} == {kept.clock.moment}
        assert told(kept, "another") == ()


def test_runs_before_it_was_switched_on_are_never_told(tmp_path: Path) -> None:
    """Whoever switches it on after a year of nights writes to nobody about them."""
    with opened(tmp_path) as kept:
        ran(kept, FIRST, ONE, tells=False)
        assert waiting(kept) == {}
        ran(kept, SECOND, OTHER)
        assert waiting(kept) == {OTHER.account.id: [OTHER.id]}


@pytest.mark.parametrize("state", [Delivery.SENT, Delivery.REFUSED, Delivery.UNKNOWN])
def test_a_mail_is_the_end_of_it(tmp_path: Path, state: Delivery) -> None:
    """Whatever became of it, and only what it told."""
    with opened(tmp_path) as kept:
        ran(kept, FIRST, ONE)
        first = only(kept)
        kept.mails.begin(FIRST, "<1@x>", first)
        assert waiting(kept) == {}
        kept.mails.ended("<1@x>", state, "250")
        ran(kept, SECOND, MORE)
        assert waiting(kept) == {ONE.account.id: [MORE.id]}
        assert kept.mails.counts(FIRST) == {state: 1}
        assert kept.mails.counts(SECOND) == {}


def test_one_that_was_cut_off_is_not_sent_again(tmp_path: Path) -> None:
    """It is counted as unknown, once."""
    with opened(tmp_path) as kept:
        ran(kept, FIRST, ONE)
        kept.mails.begin(FIRST, "<1@x>", only(kept))
    with opened(tmp_path) as kept:
        assert kept.mails.cut_off() == 1
        assert kept.mails.cut_off() == 0
        assert waiting(kept) == {}
        assert kept.mails.counts(FIRST) == {Delivery.UNKNOWN: 1}


def test_one_that_did_not_leave_waits_again(tmp_path: Path) -> None:
    """And can be sent under the same id."""
    with opened(tmp_path) as kept:
        ran(kept, FIRST, ONE)
        one = only(kept)
        kept.mails.begin(FIRST, "<1@x>", one)
        kept.mails.put_back("<1@x>", one)
        assert waiting(kept) == {ONE.account.id: [ONE.id]}
        kept.mails.begin(FIRST, "<1@x>", only(kept))
        assert kept.mails.counts(FIRST) == {Delivery.SENDING: 1}


def test_who_cannot_or_need_not_be_told_waits_no_more(tmp_path: Path) -> None:
    """Without a mailbox it is counted; a removal that nobody wants told is not, and never told later."""
    with opened(tmp_path) as kept:
        ran(kept, FIRST, ONE, GONE)
        one, _ = told(kept)
        kept.mails.never(FIRST, "<1@x>", one, Delivery.NO_MAILBOX, "")
        assert kept.mails.untold("tenant", 100, removals=False) == ((), 0)
        assert waiting(kept) == {}
        assert kept.mails.counts(FIRST) == {Delivery.NO_MAILBOX: 1}


def test_a_removal_beside_something_else_is_told_with_it(tmp_path: Path) -> None:
    """The mail says all that was done to the account."""
    with opened(tmp_path) as kept:
        taken = change(1, B, None, Method.ALTERNATE_MOBILE)
        ran(kept, FIRST, ONE, taken)
        (one,), left = kept.mails.untold("tenant", 100, removals=False)
        assert ([dated.change.id for dated in one.changes], left) == ([ONE.id, taken.id], 0)


def test_so_many_at_a_time_the_longest_waiting_first(tmp_path: Path) -> None:
    """By run, then in the order of the plan; the others are counted, and nobody is lost."""
    with opened(tmp_path) as kept:
        ran(kept, FIRST, OTHER, ONE)
        ran(kept, SECOND, GONE, change(5, None, A))
        seen: list[str] = []
        for left in (3, 2, 1, 0):
            (one,), others = kept.mails.untold("tenant", 1, removals=True)
            assert others == left
            seen.append(one.account_id)
            kept.mails.begin(SECOND, f"<{left}@x>", one)
        assert seen == [each.account.id for each in (OTHER, ONE, GONE, change(5, None, A))]


def test_what_was_purged_is_not_told(tmp_path: Path) -> None:
    """Its value is not known any more."""
    with opened(tmp_path) as kept:
        ran(kept, FIRST, ONE)
        assert kept.journal.purge(CREATED + timedelta(days=100)) == 1
        assert waiting(kept) == {}


def test_no_address_and_no_value_is_kept(tmp_path: Path) -> None:
    """Nothing of the mail but its id, and what became of it."""
    with opened(tmp_path) as kept:
        ran(kept, FIRST, ONE)
        kept.mails.begin(FIRST, "<1@x>", only(kept))
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"<1@x>" in raw
    assert A.replace(" ", "").encode()[-7:] not in raw
