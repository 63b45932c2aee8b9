"""What a person is told of the own account: which language, which words, and nothing whole."""

from datetime import UTC, datetime

import pytest

from prepop.model import DatedChange, Mailbox, Method, Untold
from prepop.rules.mails import languages, mail_id, telling
from tests.store.made import A, B, change

AT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def untold(*parts: tuple[str | None, str | None], run: str = "r") -> Untold:
    """Changes of one mobile, one after the other."""
    return Untold("1", tuple(DatedChange(run, change(1, before, after), AT) for before, after in parts))


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [
        ("de-CH", ("de-ch", "de", "en")),
        ("FR", ("fr", "en")),
        ("zh-Hant-TW", ("zh-hant-tw", "zh-hant", "zh", "en")),
        ("en-GB", ("en-gb", "en")),
        ("", ("en",)),
        ("../../etc/x", ("en",)),
        ("d\u0435-DE", ("de", "en")),  # a Cyrillic letter in it
    ],
)
def test_the_narrower_language_comes_first(preferred: str, expected: tuple[str, ...]) -> None:
    """Down to English, and nothing that is no language tag names a file."""
    assert languages(preferred) == expected


def test_no_value_is_whole_and_no_text_breaks_a_line() -> None:
    """Masked in the person's own mailbox too; a name with a line break is one line."""
    said = telling(
        untold((A, B)), Mailbox("a@b.example", "Ann\r\nBcc: x@y.example"), "Con\ntoso", "it@c.example"
    )
    (told,) = said.changes
    assert (told.method, told.action, told.on) == ("mobile", "replace", "2026-11-26")
    assert (told.before[-2:], told.after[-2:]) == (A[-2:], B[-2:])
    assert "•" in told.before
    assert "•" in told.after
    assert "\n" not in said.name + said.organisation


def test_who_has_no_name_is_called_by_the_address() -> None:
    """Where account and mailbox have none."""
    one = untold((None, A))
    named = one.changes[0].change.account.name
    assert telling(one, Mailbox("a@b.example"), "", "").name == (named or "a@b.example")


def test_an_id_is_the_same_for_the_same_changes_alone() -> None:
    """So that a mail which is tried again is the same mail, and one that says more is another."""
    one, again = untold((None, A)), untold((None, A))
    assert mail_id(one, "it@corp.example") == mail_id(again, "it@corp.example")
    assert mail_id(one, "it@corp.example").endswith("@corp.example>")
    other = (untold((None, A), run="s"), Untold("2", one.changes))
    email = DatedChange("r", change(1, None, "x@y.example", Method.EMAIL), AT)
    more = Untold("1", (*one.changes, email))
    assert len({mail_id(each, "it@corp.example") for each in (one, *other, more)}) == 4
