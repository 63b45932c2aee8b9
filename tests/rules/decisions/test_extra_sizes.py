"""Extra files that lost rows block as a directory does, and both are accepted at one number."""

from dataclasses import replace

import pytest

from prepop.model import ExtraSize, Finding, LastRun
from prepop.reasons import FindingCode, Severity
from prepop.rules.decisions.guards import accept, guard
from tests.rules.decisions.test_guards import QUIET


def found(before: int | None, now: int, people: int = 1000) -> tuple[Finding, ...]:
    """The findings of a night on which the file hr had so many rows; None: it is new."""
    sizes = () if before is None else (ExtraSize("HR", before, ("Personnel no.",)),)
    last = replace(QUIET.last or LastRun("earlier", 0, 0, ""), extras=sizes)
    return guard([], replace(QUIET, last=last, people=people, extras={"hr": now}))


@pytest.mark.parametrize(
    ("before", "now", "codes"),
    [
        (None, 5, []), (1000, 900, []), (1000, 1100, []), (40, 30, []),
        (1000, 899, ["source-shrank"]), (1000, 0, ["source-empty"]), (None, 0, ["source-empty"]),
    ],
)  # fmt: skip
def test_sizes(before: int | None, now: int, codes: list[str]) -> None:
    """limits.source_shrink holds for each file, from min_population on; a file without rows always blocks."""
    findings = found(before, now)
    assert [str(one.code) for one in findings] == codes
    assert all(one.level is Severity.BLOCK for one in findings)


def test_both_shrank() -> None:
    """Directory and file are one finding with the numbers of both: --accept takes one number for a code."""
    (one,) = found(1000, 800, people=700)
    assert one.measured == 500
    assert "300 fewer people in the directory" in one.text
    assert "Extra file hr has 200 fewer rows than in the last complete run: 800 instead of 1,000." in one.text
    assert "--accept source-shrank=500" in one.next
    assert accept([one], {FindingCode.SOURCE_SHRANK: 500}) == ()
    assert accept([one], {FindingCode.SOURCE_SHRANK: 300}) == (one,)
