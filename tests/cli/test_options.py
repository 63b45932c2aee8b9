"""Reading words: options before or after the verb, durations, what is accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop.cli.options import accepted_findings, days_of, digest_of, hoist, seconds_of
from prepop.errors import UsageError
from prepop.reasons import FindingCode
from tests.rules.decisions.world import CALM


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["plan"], ["plan"]),
        (["plan", "-v"], ["-v", "plan"]),
        (["-v", "plan"], ["-v", "plan"]),
        (["plan", "-c", "x.toml", "--user", "jane"], ["-c", "x.toml", "plan", "--user", "jane"]),
        (["plan", "--config=x.toml", "--json"], ["--config=x.toml", "--json", "plan"]),
        (["plan", "--log-format", "json", "--limit", "3"], ["--log-format", "json", "plan", "--limit", "3"]),
        (["explain", "--", "-v"], ["explain", "--", "-v"]),
        (["-q", "explain", "--unmask", "--", "--json"], ["-q", "--unmask", "explain", "--", "--json"]),
        (["plan", "--out", "dir"], ["plan", "--out", "dir"]),
        ([], []),
    ],
)
def test_hoist(typed: list[str], read: list[str]) -> None:
    """What stands everywhere goes in front of the verb with its value; after `--` nothing moves."""
    assert hoist(typed) == read


WORDS = st.lists(st.sampled_from(["plan", "-v", "--json", "-c", "x", "--user", "--", "--config=y", "7"]))


@CALM
@given(WORDS)
def test_hoisting_loses_no_word(words: list[str]) -> None:
    """Every word is still there once, and hoisting again changes nothing."""
    try:
        there = hoist(words)
    except UsageError:
        assert {"-c"} & set(words)
        return
    assert sorted(there) == sorted(words)
    assert hoist(there) == there


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90.0),
        ("45m", 2700.0),
        ("2h", 7200.0),
        ("1h30m", 5400.0),
        ("1h30m15s", 5415.0),
        ("0s", 0.0),
        (" 5m ", 300.0),
        (None, None),
    ],
)
def test_durations(text: str | None, seconds: float | None) -> None:
    """Hours, minutes and seconds, in this order, each or all."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "3", "90", "1h30", "h", "1d", "30m1h", "-5m", "1.5h", "5 m", "٣m", "9" * 400, "1h-", "m5"],
)
def test_what_is_no_duration(text: str) -> None:
    """Anything else is a usage error that shows how to write it."""
    with pytest.raises(UsageError) as error:
        seconds_of(text)
    assert "90s" in error.value.hint


@CALM
@given(st.text(max_size=20))
def test_any_duration(text: str) -> None:
    """Any text is a duration or a usage error."""
    try:
        seconds = seconds_of(text)
    except UsageError:
        return
    assert seconds is not None
    assert seconds >= 0


def test_accepted_findings() -> None:
    """`CODE=N` for every code that can be accepted; none is none."""
    assert accepted_findings(None) == {}
    codes = [code for code in FindingCode if code.can_be_accepted]
    assert accepted_findings([f"{code}=412" for code in codes]) == dict.fromkeys(codes, 412)
    assert accepted_findings(["source-empty=0"]) == {FindingCode.SOURCE_EMPTY: 0}


NEVER = [
    "plan-stale",
    "plan-tampered",
    "privileged-unknown",
    "mapping-changed",
    "mapping-unused",
    "sms-retires",
    "source-self-writable",
]


@pytest.mark.parametrize("code", NEVER)
def test_a_finding_that_cannot_be_accepted(code: str) -> None:
    """What no number lifts is refused where it is typed, and not offered among the codes."""
    with pytest.raises(UsageError, match=f"{code} is (a warning|to be mended)") as error:
        accepted_findings([f"{code}=1"])
    assert not set(NEVER) & set(error.value.hint.replace(",", "").split())
    assert "too-many-additions" in error.value.hint


@pytest.mark.parametrize(
    "word",
    [
        "", "=", "=5", "too-many-additions", "too-many-additions=", "too-many-additions=-1",
        "too-many-additions=all", "too-many-additions=5.0", "too-many=5", "TOO-MANY-ADDITIONS=5",
        "too-many-additions=" + "9" * 5000, "too-many-additions=5 ",
    ],
)  # fmt: skip
def test_what_accepts_nothing(word: str) -> None:
    """Anything else is a usage error that lists the codes: there is no way to accept everything."""
    with pytest.raises(UsageError, match="CODE=N") as error:
        accepted_findings([word])
    assert "too-many-additions" in error.value.hint


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("30", 30), ("0", 0), (" 7d ", 7)])
def test_ages(text: str, days: int) -> None:
    """`30d` is what people write who have just written 45m."""
    assert days_of(text) == days


@pytest.mark.parametrize("text", ["", "d", "-1", "30m", "1.5d", "٣", "9" * 9])
def test_what_is_no_age(text: str) -> None:
    """Anything else is a usage error that shows how to write it."""
    with pytest.raises(UsageError) as error:
        days_of(text)
    assert "30d" in error.value.hint


def test_a_digest_is_whole() -> None:
    """A part of a digest is a mistake in the command, not a plan that was tampered with."""
    whole = "0123456789abcdef" * 4
    assert digest_of(None) is None
    assert digest_of(whole) == digest_of(f" {whole.upper()} ") == whole
    for part in ("", whole[:12], whole + "0", whole[:-1] + "g"):
        with pytest.raises(UsageError, match="whole digest"):
            digest_of(part)
