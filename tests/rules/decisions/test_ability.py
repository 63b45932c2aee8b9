"""Who can reset after a run: only who got every change counts as the plan promised."""

from dataclasses import replace

import pytest

from prepop.model import AccountStanding, Outcome, Result, Standing
from prepop.rules.summary.sms import ability
from tests.store.made import A, change, plan

ONE = change(1, None, A)


@pytest.mark.parametrize(
    ("outcomes", "able"),
    [
        (None, 1),
        ({ONE.id: Outcome(ONE.id, Result.DONE)}, 1),
        ({ONE.id: Outcome(ONE.id, Result.ALREADY_TRUE)}, 1),
        ({ONE.id: Outcome(ONE.id, Result.FAILED)}, 0),
        ({}, 0),
    ],
)
def test_a_change_that_did_not_come_true_helps_nobody(outcomes: dict[str, Outcome] | None, able: int) -> None:
    """A change that failed, or of which nothing is known, leaves its account as it was."""
    standing = AccountStanding(ONE.account, "", Standing.SHORT, Standing.ABLE, only_sms_voice=True)
    assert ability(replace(plan(ONE), standings=(standing,)), outcomes).after == able
