"""`[[extra]]` blocks: what the directory does not hold, described; and the columns that a mapping names."""

# ruff: noqa: E501 - in a table one mistake is one line, however long it is

import logging
from pathlib import Path

import pytest

from prepop.options import ExtraOptions
from prepop.settings import load
from prepop.settings.environment import SECTIONS
from tests.settings.conftest import RIGHT, Mistakes

HR = """
[[extra]]
name = "hr"
path = "hr.csv"
key = "Personnel no."
attribute = "employeeID"
"""
COLUMN = '[email]\nfrom = "hr:Private mail"\n'


@pytest.fixture(autouse=True)
def _files(folder: Path) -> None:
    for name in ("hr.csv", "pay.xlsx", "old.xls"):
        (folder / name).write_text("")
        (folder / name).chmod(0o600)


def test_a_block_says_everything(mistakes: Mistakes) -> None:
    """Each key arrives in the options; what is not said has its default."""
    text = (
        HR
        + 'max_age_hours = 0\n\n[[extra]]\nname = "Pay"\npath = "pay.xlsx"\nsheet = "Staff"\nkey = " UPN "\nattribute = "userPrincipalName"\n'
    )
    assert mistakes(RIGHT + text, COLUMN) == []
    hr, pay = load(Path("prepop.toml"), {}).extras
    assert hr == ExtraOptions("hr", Path.cwd() / "hr.csv", "Personnel no.", "employeeID", "", 0)
    assert pay == ExtraOptions("Pay", Path.cwd() / "pay.xlsx", "UPN", "userPrincipalName", "Staff", 48)


def test_without_a_block_there_are_none(mistakes: Mistakes) -> None:
    """Extra files are optional."""
    assert mistakes() == []
    assert load(Path("prepop.toml"), {}).extras == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (('name = "hr"\n', ""), 'extra.name: is missing; the mapping names its columns by it, such as "hr:Private mail".'),
        (('name = "hr"', 'name = "h r"'), 'extra.name: "h r" cannot be a name: use letters, digits, dots, hyphens and _.'),
        (('path = "hr.csv"\n', ""), "extra.path: is missing. Name the file, CSV or XLSX."),
        (('path = "hr.csv"', 'path = "gone.csv"'), 'extra.path: "gone.csv" is not there (looked in '),
        (('path = "hr.csv"', 'path = "old.xls"'), 'extra.path: "old.xls" ends neither in .csv nor in .xlsx; save it in Excel as .xlsx.'),
        (('key = "Personnel no."\n', ""), "extra.key: is missing; it is the column that names the person."),
        (('attribute = "employeeID"\n', ""), "extra.attribute: is missing; it is the directory's attribute that holds the same text as the key."),
        (('attribute = "employeeID"', 'attribute = "employee ID"'), 'extra.attribute: "employee ID" cannot be an LDAP attribute: a name has letters, digits and hyphens only.'),
        (('attribute = "employeeID"', 'attribute = "hr:ID"'), 'extra.attribute: "hr:ID" cannot be an LDAP attribute'),
        (('key =', 'sheet = "A"\nkey ='), "extra.sheet: a .csv file has no sheets; leave it out."),
        (('key =', "max_age_hours = -1\nkey ="), "extra.max_age_hours: must be at least 0, not -1."),
        (('key =', 'maxage = 1\nkey ='), 'extra.maxage: unknown key. Did you mean "max_age_hours"?'),
    ],
)  # fmt: skip
def test_a_mistake_is_named(mistakes: Mistakes, changed: tuple[str, str], said: str) -> None:
    """Each mistake of a block has its line, its key, and what to try."""
    found = [
        text for text in mistakes(RIGHT + HR.replace(*changed), "[email]\nfrom = 'mail'") if said in text
    ]
    assert len(found) == 1
    assert found[0].startswith("prepop.toml:")


def test_all_at_once(mistakes: Mistakes) -> None:
    """Mistakes of config and mapping are told together; two blocks of one name are one of them."""
    text = HR + HR.replace('"hr"', '"HR"').replace("hr.csv", "x.csv")
    found = mistakes(RIGHT + text, '[email]\nfrom = ["hrr:Mail", "mail"]\n')
    assert len(found) == 3
    assert any(
        'extra[HR].name: "HR" is the name of another block, but for capitals and marks.' in one
        for one in found
    )
    assert any('extra[HR].path: "x.csv" is not there' in one for one in found)
    assert any(
        'map.toml:2: email.from: "hrr:Mail" is a column of an extra file, and no [[extra]] block of the config '
        'is named "hrr". Did you mean "HR"?' in one
        for one in found
    )


def test_a_column_without_any_file(mistakes: Mistakes) -> None:
    """A mapping that names a column needs the file described."""
    (found,) = mistakes(RIGHT, COLUMN)
    assert found.endswith('no [[extra]] block of the config is named "hr". Describe the file in one.')


def test_columns_are_attributes(mistakes: Mistakes) -> None:
    """A column may stand wherever an attribute may: as written, told from attributes, twice is a mistake."""
    assert (
        mistakes(
            RIGHT + HR, '[region]\nfrom = ["hr:Land"]\n[mobile]\nfrom = ["HR:Handy (privat)", "mobile"]\n'
        )
        == []
    )
    rules = load(Path("prepop.toml"), {}).mapping
    assert rules.attributes == ("hr:Land", "HR:Handy (privat)", "mobile")
    assert rules.of_the_directory == ("mobile",)
    assert rules.columns_of("Hr") == ("Land", "Handy (privat)")
    (found,) = mistakes(RIGHT + HR, '[mobile]\nfrom = ["hr:Handy", "HR:handy"]\n')
    assert found.endswith('"HR:handy" stands here twice.')


def test_the_environment_sets_a_block(mistakes: Mistakes) -> None:
    """One block needs no name in a variable; of several the name says which."""
    assert mistakes(RIGHT + HR, COLUMN, {"PREPOP_EXTRA__MAX_AGE_HOURS": "7"}) == []
    assert load(Path("prepop.toml"), {"PREPOP_EXTRA__MAX_AGE_HOURS": "7"}).extras[0].max_age_hours == 7
    two = RIGHT + HR + HR.replace('"hr"', '"pay"').replace("hr.csv", "pay.xlsx")
    assert mistakes(two, COLUMN) == []
    _, pay = load(Path("prepop.toml"), {"PREPOP_EXTRA__PAY__SHEET": "Staff"}).extras
    assert pay.sheet == "Staff"
    (found,) = mistakes(two, COLUMN, {"PREPOP_EXTRA__SHEET": "x"})
    assert found == (
        "PREPOP_EXTRA__SHEET: there are several extra files; say which: PREPOP_EXTRA__NAME__SHEET."
    )


def test_what_decides_a_plan(mistakes: Mistakes) -> None:
    """Each key of a block is a part of the config's digest; a config without any has the digest it always had."""
    assert mistakes(RIGHT) == []
    without = load(Path("prepop.toml"), {}).config_digest
    assert mistakes(RIGHT + HR) == []
    digests = {without, load(Path("prepop.toml"), {}).config_digest}
    changes = {
        "NAME": "x", "PATH": "pay.xlsx", "KEY": "x", "ATTRIBUTE": "x", "MAX_AGE_HOURS": "1",
    }  # fmt: skip
    digests |= {
        load(Path("prepop.toml"), {f"PREPOP_EXTRA__{key}": value}).config_digest
        for key, value in changes.items()
    }
    assert len(digests) == 2 + len(changes)
    sheet = {"PREPOP_EXTRA__PATH": "pay.xlsx", "PREPOP_EXTRA__SHEET": "x"}
    assert load(Path("prepop.toml"), sheet).config_digest not in digests
    assert "extra" in SECTIONS


def test_a_file_of_many_readers_is_warned_of(
    mistakes: Mistakes, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """That others can write or read it is said, and nothing more: it holds private data."""
    (folder / "hr.csv").chmod(0o646)
    with caplog.at_level(logging.WARNING):
        assert mistakes(RIGHT + HR, COLUMN) == []
    said = " ".join(caplog.messages)
    assert "whoever writes it decides whose number goes where" in said
    assert "hr.csv can be read by others than its owner, and holds private data" in said
