"""What somebody has changed since prepop wrote it is not prepop's any more, even if it comes back."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from prepop.errors import StateError
from prepop.model import LeftAlone, Method, Present, Result, RunKind
from prepop.reasons import Reason
from prepop.rules.values.keys import comparison_key
from tests.store.made import A, B, C, Kept, change, opened, outcome, plan, renamed

MOBILE = Method.MOBILE
ADD = change(1, None, A)
WHERE = (ADD.account.id, MOBILE)
MADE = plan(ADD)
SEEN = Present({MOBILE: C})
DAY = timedelta(days=1)


def wrote(kept: Kept) -> None:
    """A was written into the mobile of account 1."""
    kept.begin(MADE)
    kept.journal.sent(MADE.run, [ADD.id])
    kept.journal.settled(MADE.run, [outcome(ADD, Result.DONE)])
    kept.journal.finish(MADE.run, 0)


def ours(kept: Kept, value: str = A) -> bool:
    """True where the ledger says that this value there is prepop's."""
    entry = kept.ledger.written.get(WHERE)
    return entry is not None and kept.ledger.is_ours(entry, comparison_key(MOBILE, value))


@pytest.mark.parametrize(
    ("shown", "after", "still"),
    [
        (SEEN, DAY, False),
        (Present({}), DAY, False),
        (Present({MOBILE: A}), DAY, True),
        (Present({MOBILE: A.replace(" ", "")}), DAY, True),
        (Present(None, "own@example.com"), DAY, True),  # the phones were not read
        (None, DAY, True),  # the account was not found
        (SEEN, timedelta(seconds=59), True),  # what was written just now may not show yet
        (SEEN, timedelta(seconds=60), False),
        (SEEN, -DAY, False),  # a clock that was set back
    ],
)
def test_what_a_reading_shows(tmp_path: Path, shown: Present | None, after: timedelta, still: bool) -> None:
    """Another value, or none, ends it for ever; what was not read, or may not show yet, ends nothing."""
    with opened(tmp_path) as kept:
        wrote(kept)
        kept.clock.moment += after
        kept.journal.noticed({WHERE[0]: shown, "somebody else": SEEN})
        assert ours(kept) is still
        assert WHERE in kept.ledger.written, "reports could not say that it was ours once"
        kept.journal.noticed({WHERE[0]: Present({MOBILE: A})})
        assert ours(kept) is still


def test_what_is_written_again_is_ours_again(tmp_path: Path) -> None:
    """Only prepop's own writing makes a value prepop's."""
    with opened(tmp_path) as kept:
        wrote(kept)
        kept.clock.moment += DAY
        kept.journal.noticed({WHERE[0]: SEEN})
        again = plan(change(1, C, B), run="later")
        kept.begin(again)
        kept.journal.settled("later", [outcome(again.changes[0], Result.DONE)])
        assert ours(kept, B)


@pytest.mark.parametrize("result", [None, Result.UNKNOWN])
def test_what_was_sent_without_an_answer_is_not_judged(tmp_path: Path, result: Result | None) -> None:
    """It may be what shows, and may still turn out to be ours."""
    with opened(tmp_path) as kept:
        wrote(kept)
        kept.clock.moment += DAY
        later = plan(change(1, A, B), run="later")
        kept.begin(later)
        kept.journal.sent("later", [ADD.id])
        if result:
            kept.journal.settled("later", [outcome(later.changes[0], result)])
        kept.journal.noticed({WHERE[0]: SEEN})
        assert ours(kept)


def test_a_preview_forgets_nothing(tmp_path: Path) -> None:
    """A state that is only read refuses to write down what is not ours any more."""
    with opened(tmp_path) as kept:
        wrote(kept)
        kept.clock.moment += DAY
    with opened(tmp_path, query_only=True) as kept:
        kept.clock.moment += DAY
        with pytest.raises(StateError):
            kept.journal.noticed({WHERE[0]: SEEN})
        assert ours(kept)


@pytest.mark.parametrize(
    ("kind", "made", "still"),
    [
        (RunKind.APPLY, DAY, False),
        (RunKind.APPLY, -DAY, True),  # the plan was made before the value was written
        (RunKind.ROLLBACK, DAY, True),  # there it says only that it is not what that run wrote
    ],
)
def test_what_a_plan_says_of_it(tmp_path: Path, kind: RunKind, made: timedelta, still: bool) -> None:
    """What the preview saw is forgotten when its plan is applied."""
    since = LeftAlone(MOBILE, ADD.account, ADD.person, Reason.CHANGED_SINCE)
    with opened(tmp_path) as kept:
        wrote(kept)
        kept.clock.moment += 2 * DAY
        reviewed = renamed(plan(), "reviewed")
        created = reviewed.created + made
        kept.begin(replace(reviewed, created=created, left_alone=(since,)), kind=kind)
        assert ours(kept) is still
