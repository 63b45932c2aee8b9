"""Numbers planted in the directory: what the guards say of a night with one country too many."""

from dataclasses import replace

import pytest

from prepop.model import AccountRef, Action, Change, Evidence, Method, PersonRef, Policy
from prepop.reasons import FindingCode
from prepop.rules.decisions.guards import guard
from tests.rules.decisions.test_guards import QUIET


def _new(count: int, region: str, action: Action = Action.REPLACE) -> list[Change]:
    return [
        Change(
            id=f"{region}{n}/mobile",
            action=action,
            method=Method.MOBILE,
            account=AccountRef(f"{region}{n}", f"{region}{n}@example.com", ""),
            person=PersonRef("", ""),
            before="+1 2065550100" if action is Action.REPLACE else None,
            after="+1 2065550101",
            source="mobile",
            policy=Policy.FOLLOW,
            evidence=Evidence(region=region),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("changes", "settled", "surge"),
    [
        pytest.param(_new(5, "LV"), {"DE": 100}, True, id="five in a country that nobody else has"),
        pytest.param(_new(4, "LV"), {"DE": 100}, False, id="four say nothing"),
        pytest.param(
            _new(5, "LV") + _new(5, "DE"), {"DE": 100}, False, id="half of the new is not most of it"
        ),
        pytest.param(_new(6, "LV") + _new(5, "DE"), {"DE": 100}, True, id="more than half is"),
        pytest.param(_new(12, "DE"), {"DE": 100}, False, id="new people of the usual country"),
        pytest.param(_new(6, "PL"), {"DE": 70, "PL": 40}, False, id="a country that is common"),
        pytest.param(_new(6, "LV"), {"DE": 49}, False, id="too few to compare with"),
        pytest.param(_new(6, "LV"), {"DE": 50}, True, id="just enough to compare with"),
        pytest.param(
            _new(6, "PL") + _new(2, "DE"), {"DE": 45, "PL": 15}, False, id="three times as many as usual"
        ),
        pytest.param(
            _new(7, "PL") + _new(2, "DE"), {"DE": 45, "PL": 15}, True, id="more than three times as many"
        ),
        pytest.param(_new(500, "LV", Action.ADD), {}, False, id="a first night"),
    ],
)
def test_most_new_numbers_in_a_rare_country(
    changes: list[Change], settled: dict[str, int], surge: bool
) -> None:
    """A surge of one country blocks; the usual country, few numbers and a first night do not."""
    found = guard(changes, replace(QUIET, settled_regions=settled, in_scope=100_000, people=100_000))
    assert (FindingCode.UNUSUAL_COUNTRY in [one.code for one in found]) is surge
