"""`check --out` as it is typed, and what becomes of its answers in the report of a plan in that folder."""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.store import readiness_file
from tests.reports.test_schemas import validator
from tests.rules.readiness.conftest import Scene
from tests.rules.readiness.test_check import written
from tests.sandbox.kinds import Kind, turn_into

SECTION = '<section id="ready"'


def typed(scene: Scene, config: Path, *words: str) -> str:
    """Type a command; the answer is what it said on standard output."""
    scene.capsys.readouterr()
    code = main([*words, "-c", str(config)])
    said = scene.capsys.readouterr()
    assert code in (0, 30), said.err
    return said.out


def page(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def summary(folder: Path) -> Mapping[str, object]:
    """readiness of summary.json, which must fit its schema."""
    document = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert [error.message for error in validator("summary").iter_errors(document)] == []
    found = document["readiness"]
    assert found is None or isinstance(found, dict)
    return found or {}


@pytest.fixture
def review(scene: Scene) -> tuple[Path, Path]:
    """The config of a tenant whose Email is for nobody, and a folder with a check of it."""
    turn_into(scene.tenant, Kind.EMAIL_FOR_NOBODY)
    config, out = scene.write(), scene.folder / "review"
    said = typed(scene, config, "check", "--out", str(out))
    assert f"{out}/readiness.json" in said
    return config, out


def test_check_then_plan_is_one_page_to_sign(scene: Scene, review: tuple[Path, Path]) -> None:
    """The page has the section and its anchor, with every question, its date and its remedies; the terminal
    has a line.
    """
    config, out = review
    said = typed(scene, config, "plan", "--out", str(out))
    text = page(out)
    assert text.count(SECTION) == 1
    assert text.count('<a href="#ready">') == 2
    assert "1 thing stands in the way of a rollout." in text
    assert "Email is enabled, but for nobody" in text
    check = readiness_file.load(out / "readiness.json")
    assert f"{check.made.day} {check.made:%B %Y, %H:%M} UTC" in text
    assert all(f">{one.id}<" in text for one in check.answers)
    assert f"Check of {check.made.day} {check.made:%B %Y}: 1 thing stands in the way" in said
    assert "and another" not in text
    found = summary(out)
    assert found["blocking"] == ["method-email"]
    assert found["answers"] == json.loads((out / "readiness.json").read_text("utf-8"))["answers"]


def test_plan_then_check_is_rendered_again(scene: Scene) -> None:
    """Without a check there is no section, no heading, no anchor; `check --out` and `report` bring it."""
    config, out = scene.write(), scene.folder / "review"
    said = typed(scene, config, "plan", "--out", str(out))
    assert "Check of" not in said
    for absent in (SECTION, "#ready", "Is this tenant ready"):
        assert absent not in page(out)
    assert summary(out) == {}
    digest = json.loads((out / "plan.json").read_text("utf-8"))["digest"]
    typed(scene, config, "check", "--out", str(out))
    typed(scene, config, "report", str(out))
    assert SECTION in page(out)
    assert digest in page(out)
    other = scene.folder / "other"
    assert f"prepop apply {out}/plan.json" in typed(scene, config, "report", str(out), "--out", str(other))
    assert SECTION in page(other)


def test_only_the_file_that_was_asked_for_is_written(scene: Scene) -> None:
    """--out makes one file, its owner's alone, and no state; the document on the screen is the same."""
    config, out = scene.write(), scene.folder / "review"
    before = {path.name for path in scene.folder.iterdir()}
    said = typed(scene, config, "check", "--json", "--out", str(out))
    assert json.loads(said) == json.loads((out / "readiness.json").read_text("utf-8"))
    assert {path.name for path in scene.folder.iterdir()} == before | {"review"}
    assert [path.name for path in out.iterdir()] == ["readiness.json"]
    if os.name != "nt":
        assert stat.S_IMODE((out / "readiness.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert scene.tenant.writes == []


def test_check_of_another_tenant_is_said_and_not_shown(scene: Scene, review: tuple[Path, Path]) -> None:
    """Neither its answers nor silence: the page, the document and the terminal say whose they are."""
    config, out = review
    was, scene.tenant.id = scene.tenant.id, "99999999-2222-4333-8444-555555555555"
    said = typed(scene, config, "plan", "--out", str(out))
    assert "method-email" not in page(out)
    for text in (page(out), said, str(summary(out)["headline"])):
        words = " ".join(text.split())
        assert "The check beside this plan is not shown. It is of another tenant" in words
        assert was in words
    assert summary(out)["answers"] == []


SPOILED = {
    "is not JSON": lambda text: text[: len(text) // 2],
    "was edited after it was made": lambda text: text.replace('"answer": "no"', '"answer": "yes"', 1),
    "is not a prepop-readiness/1 file": lambda text: text.replace("readiness/1", "readiness/9"),
}


@pytest.mark.parametrize("why", SPOILED)
def test_file_that_cannot_be_used_is_said_and_stops_nothing(
    scene: Scene, review: tuple[Path, Path], why: str
) -> None:
    """Broken, edited, of an unknown format: the plan is made, and its page says what is wrong with it."""
    config, out = review
    file = out / "readiness.json"
    file.write_text(SPOILED[why](file.read_text(encoding="utf-8")), encoding="utf-8")
    typed(scene, config, "plan", "--out", str(out))
    assert f"The check beside this plan is not shown. readiness.json {why}." in page(out)
    assert "method-email" not in page(out)
    assert str(summary(out)["headline"]).endswith(f"{why}.")


def test_other_settings_are_said(scene: Scene, review: tuple[Path, Path]) -> None:
    """A check of a wider scope and another mapping than the plan's does not pass for the plan's own."""
    _, out = review
    scene.more = '[scope]\ngroups = ["SSPR pilot"]\n'
    scene.tenant.new_group("SSPR pilot", list(scene.tenant.users)[:3])
    scene.mapping = scene.mapping.replace('[email]\nfrom = ["extensionAttribute1"]\n', "")
    typed(scene, scene.write(), "plan", "--out", str(out))
    assert "It was made with another config and another mapping than this plan" in page(out)


def test_no_whole_number_or_address_is_on_the_page(scene: Scene) -> None:
    """With the people for whom methods do not count named by UPN, as everywhere in the report; no value."""
    written(scene)
    scene.tenant.refresh_report()
    out = scene.folder / "review"
    config = scene.write()
    typed(scene, config, "check", "--proof", "--out", str(out))
    typed(scene, config, "plan", "--out", str(out))
    texts = [
        page(out),
        (out / "readiness.json").read_text("utf-8"),
        (out / "summary.json").read_text("utf-8"),
    ]
    assert "proof-counts" in texts[0]
    values = [value for entry in scene.people.people for many in entry.values.values() for value in many]
    wholes = [value for value in values if sum(c.isdigit() for c in value) >= 8 or "@" in value]
    wholes += [write.value for write in scene.tenant.writes]
    assert len(wholes) > 40
    assert [whole for whole in wholes for text in texts if whole in text] == []


def test_what_the_config_names_is_masked(scene: Scene) -> None:
    """Somebody put a number into scope.users: the answer that quotes it shows its last two digits."""
    scene.more = '[scope]\nusers = ["+44 7911 123456"]\n'
    told = scene.check()
    assert "7911" not in json.dumps(told.document)
    assert "56" in told.says("licence-people")
