"""A success that is none: Graph shows another value, or stored nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.story.stage import Stage, mobiles


def stores(stage: Stage, what: str) -> None:
    """What the tenant stores of a write from now on."""
    stage.tenant.unverified = replace(stage.tenant.unverified, stores=what)


@pytest.fixture
def anna(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A write shows at once. Anna, whose number the mapping may write over anything."""
    monkeypatch.setattr("prepop.store.ledger.SHOWN_AFTER", timedelta(0))
    stage.mapping = '[mobile]\nfrom = ["mobile"]\npolicy = "overwrite"\n'
    stage.hire("anna", mobile=mobiles()[0])
    return stage


def test_a_201_that_shows_another_number(anna: Stage) -> None:
    """It is read back, and what is there is neither done nor ours: the method moved on."""
    stores(anna, mobiles()[5])
    said = anna.prepop("sync", "--json")
    assert said.document["outcomes"] == {"moved-on": 1}
    stores(anna, "")
    anna.mapping = anna.mapping.replace("overwrite", "follow")
    assert anna.sync() == [], "what Graph stored there is not prepop's"


def test_a_201_that_stored_nothing(anna: Stage) -> None:
    """Written again the next night and found gone again, it is left alone, and the reason says why."""
    stores(anna, "nothing")
    writes = [len(anna.sync()) for _ in range(5)]
    assert writes[:2] == [1, 1]
    assert writes[3:] == [0, 0]
    assert anna.reasons() == {"anna": "refused-before"}
    assert "later it was not there" in str(anna.plan()["left_alone"])


def test_a_method_that_was_never_stored_is_not_written_every_night(anna: Stage) -> None:
    """Under fill it is written once, and after that said to be gone."""
    anna.mapping = anna.mapping.replace("overwrite", "fill")
    stores(anna, "nothing")
    assert len(anna.sync()) == 1
    assert anna.sync() == []
    assert anna.reasons() == {"anna": "changed-since"}
    assert "never stored" in str(anna.plan()["left_alone"])
