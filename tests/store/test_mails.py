"""Who is told of which change, over runs, cuts and older states: nobody twice."""

from datetime import timedelta
from pathlib import Path

import pytest

from prepop.model import Delivery, Method, Result, Untold
from tests.store.made import CREATED, A, B, C, Kept, change, opened, outcome, plan

FIRST, SECOND = "20261122T020000Z-abcd", "20261123T020000Z-abcd"
ONE, MORE, OTHER = change(1, None, A), change(1, None, B, Method.ALTERNATE_MOBILE), change(2, None, C)
FAILED = change(3, None, C)


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


def waiting(kept: Kept) -> dict[str, list[str]]:
    """What is untold, by account."""
    return {one.account_id: [d.change.id for d in one.changes] for one in kept.mails.untold("tenant")}


def only(kept: Kept) -> Untold:
    """The one who waits."""
    (one,) = kept.mails.untold("tenant")
    return one


def test_what_came_true_is_told_and_nothing_else(tmp_path: Path) -> None:
    """By account, in the order of the plan, with the moment of the sending; another tenant's is not."""
    with opened(tmp_path) as kept:
        kept.clock.moment = CREATED + timedelta(minutes=7)
        ran(kept, FIRST, ONE, MORE, OTHER)
        assert waiting(kept) == {ONE.account.id: [ONE.id, MORE.id], OTHER.account.id: [OTHER.id]}
        assert {dated.at for each in kept.mails.untold("tenant") for dated in each.changes} == {
            kept.clock.moment
        }
        assert kept.mails.untold("another") == ()


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
        kept.mails.begin(FIRST, "<1@x>", only(kept))
        kept.mails.put_back("<1@x>")
        assert waiting(kept) == {ONE.account.id: [ONE.id]}
        kept.mails.begin(FIRST, "<1@x>", only(kept))
        assert kept.mails.counts(FIRST) == {Delivery.SENDING: 1}


def test_who_cannot_or_need_not_be_told_waits_no_more(tmp_path: Path) -> None:
    """Without a mailbox it is counted; a removal that nobody wants told is not."""
    with opened(tmp_path) as kept:
        ran(kept, FIRST, ONE, OTHER)
        one, other = kept.mails.untold("tenant")
        kept.mails.never(FIRST, "<1@x>", one, Delivery.NO_MAILBOX, "")
        kept.mails.silent(other)
        assert waiting(kept) == {}
        assert kept.mails.counts(FIRST) == {Delivery.NO_MAILBOX: 1}


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
