"""What a fleet amounts to."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prepop.errors import Exit
from prepop.rules.fleet import GRAVEST_FIRST, Fleet, FleetRow, gravest, joined
from tests.test_contract import CONTRACT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def shard(number: int, *codes: int, ended: datetime = NOON) -> Fleet:
    """One of three shards."""
    rows = [FleetRow(f"t{number}{place}", "/c", code, 1) for place, code in enumerate(codes)]
    began = ended - timedelta(hours=1)
    return Fleet("run", "sync", began, ended, 6, rows, int(gravest(codes)), (number, 3))


def test_the_gravest_code() -> None:
    """The order is the contract's, and holds every code."""
    order = re.search(r"ends with the gravest code: ([0-9, ]+) in this order", CONTRACT)
    assert order
    assert tuple(int(code) for code in order[1].split(",")) == GRAVEST_FIRST
    assert set(GRAVEST_FIRST) == set(Exit)
    assert gravest([0, 20, 30, 130]) is Exit.BLOCKED
    assert gravest([]) is Exit.DONE


def test_shards_are_joined() -> None:
    """All rows, what needs somebody first, and the gravest code of all."""
    whole = joined([shard(0, 0, 20), shard(1, 0), shard(2, 30, 0)])
    assert [row.exit_code for row in whole.rows] == [30, 20, 0, 0, 0]
    assert (whole.exit_code, whole.missing, whole.shard) == (30, (), None)


def test_a_shard_that_did_not_report() -> None:
    """A missing shard, or one of the night before, is a fleet that was not read to the end."""
    assert joined([shard(0, 0), shard(2, 0)]).exit_code == Exit.INCOMPLETE
    old = shard(1, 0, ended=NOON - timedelta(hours=25))
    whole = joined([shard(0, 0), old, shard(2, 0)])
    assert (whole.exit_code, whole.missing, len(whole.rows)) == (40, (1,), 2)
    assert "1 of its shards did not report" in whole.headline
    assert joined([shard(0, 0), replace(old, ended=NOON), shard(2, 0)]).exit_code == Exit.DONE
