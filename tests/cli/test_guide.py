"""`prepop guide` shows pages that are whole and true to the program."""

import json
import re

import pytest

from prepop.cli import VERBS, main
from prepop.errors import Exit
from prepop.guide import ORDER, page, title
from prepop.reasons import FindingCode, Reason
from prepop.settings.environment import SECTIONS


def test_without_a_topic_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Each page with what it is about."""
    assert main(["guide"]) == 0
    told = capsys.readouterr().out
    assert all(f"  {name} " in told and title(name) in told for name in ORDER)


@pytest.mark.parametrize("topic", ORDER)
def test_each_page(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It begins with its title, and no mark of a generated table is seen; as JSON it is one document."""
    assert main(["guide", topic]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"# {title(topic)}")
    assert "<!--" not in told
    assert main(["guide", topic, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["topic"] == topic


def test_a_page_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A near miss is named, and all pages."""
    assert main(["guide", "truble"]) == 2
    told = capsys.readouterr().err
    assert 'Did you mean "trouble"?' in told
    assert "privacy" in told


def test_every_ending_has_its_words() -> None:
    """A new exit code or finding needs a paragraph on what to do, and a reason its row."""
    text = page("trouble")
    said = dict(re.findall(r"^### `?([^`\n]+)`?\n\n(.+)$", text, re.MULTILINE))
    for code in Exit:
        assert len(said[str(code.value)]) > len(code.text) + 20
    for finding in FindingCode:
        assert len(said[finding.value]) > len(finding.text) + 30
    assert len(said) == len(Exit) + len(FindingCode)
    assert all(f"`{reason}`" in text for reason in Reason)


def test_the_reference_knows_every_key_and_verb() -> None:
    """Key, variable and help."""
    text = page("reference")
    for section, shape in SECTIONS.items():
        for name, field in shape.model_fields.items():
            key = field.alias or name
            assert f"| `{section}.{key}` |" in text
            assert re.search(
                rf"`PREPOP_{section.upper().replace('.', '__')}__{key.upper()}` \| \S.* \|\n", text
            ), key
    assert all(f"### prepop {verb}\n" in text for verb in VERBS)


def test_keys_that_a_page_names_exist() -> None:
    """`limits.additions` in a page is a key of the config."""
    known = {
        f"{section}.{field.alias or name}"
        for section, shape in SECTIONS.items()
        for name, field in shape.model_fields.items()
    }
    for topic in ORDER:
        for named in re.findall(rf"`((?:{'|'.join(SECTIONS)})\.[a-z_]+)`", page(topic)):
            if named not in ("report.html", "report.xlsx", "report.csv"):  # files, not keys
                assert named in known, (topic, named)
