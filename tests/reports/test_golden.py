"""Whole outputs against golden files, singular and plural.

A wanted difference is taken over with `PREPOP_UPDATE_GOLDEN=1 pytest tests/reports/test_golden.py`, which
rewrites the files and fails once, so that nobody leaves it on.
"""

import os
from pathlib import Path

import pytest

from prepop.options import ReportFormat
from prepop.reports import render_terminal, write_reports
from prepop.reports.terminal.readiness import render_readiness
from prepop.rules import summary as summary_module
from prepop.rules.readiness.telling import tell
from prepop.rules.summary import Summary, summarise
from tests.reports import runs, samples

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is no part of what is compared."""
    monkeypatch.setattr(summary_module, "__version__", "1.2.3")


def of(name: str) -> Summary:
    """The summaries that the golden files show."""
    match name:
        case "singular":
            return summarise(samples.singular(), digest=samples.DIGEST)
        case "plural":
            return summarise(samples.plural(), previous=samples.singular(), digest=samples.DIGEST)
        case "run":
            return summarise(samples.plural(), samples.plural_outcomes(), execution=runs.executed())
        case "stopped":
            plan, outcomes, execution = runs.stopped()
            return summarise(plan, outcomes, digest=samples.DIGEST, execution=execution)
        case "rollback":
            return summarise(runs.rollback(), digest=samples.DIGEST)
        case "unknown":
            return summarise(samples.plan(registrations="this tenant has no Entra ID P1"))
        case "checked":
            return summarise(samples.singular(), digest=samples.DIGEST, check=samples.check())
        case "foreign":
            check = samples.check(tenant="99999999-2222-4333-8444-555555555555")
            return summarise(samples.singular(), digest=samples.DIGEST, check=check)
        case _:
            return summarise(samples.plan())


def same(name: str, found: bytes) -> None:
    """Compare with the golden file of that name, or write it anew."""
    path = GOLDEN / name
    if os.environ.get("PREPOP_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(found)
        pytest.fail(f"{path} was written anew: look at it, then run without PREPOP_UPDATE_GOLDEN")
    assert found.decode() == path.read_bytes().decode()


@pytest.mark.parametrize(
    "name",
    ["singular", "plural", "run", "stopped", "rollback", "unknown", "checked", "foreign", "empty"],
)
@pytest.mark.parametrize("width", [100, 60])
def test_terminal(name: str, width: int) -> None:
    """The screen is the same to the letter, wide and narrow; only a command may be wider than it."""
    text = render_terminal(of(name), width=width, colour=False)
    assert "\x1b" not in text
    assert not [line for line in text.splitlines() if len(line) > width and not line.startswith("  prepop ")]
    same(f"{name}-{width}.txt", text.encode())


def test_terminal_in_colour() -> None:
    """Colour only adds escape codes: without them the text is the colourless one."""
    import re

    plain = render_terminal(of("plural"), width=100, colour=False)
    coloured = render_terminal(of("plural"), width=100, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).replace(" ", "") == plain.replace(" ", "")


def test_check_on_a_terminal() -> None:
    """`prepop check` itself: groups in their order, failing first, the same to the letter."""
    same("check-100.txt", render_readiness(tell(samples.check()), width=100, colour=False).encode())


@pytest.mark.parametrize(
    ("name", "form"),
    [
        *((name, form) for name in ("singular", "plural", "run") for form in ("csv", "json")),
        ("checked", "json"),
        ("foreign", "json"),
        ("stopped", "json"),
        ("rollback", "json"),
    ],
)
def test_csv_and_json(name: str, form: str, tmp_path: Path) -> None:
    """The table and the document are the same to the byte."""
    (written,) = write_reports(of(name), tmp_path, [ReportFormat(form)])
    same(f"{name}.{form}", written.read_bytes())


def test_no_whole_value_anywhere() -> None:
    """Masked, no form of the plural plan holds any of its whole numbers or addresses."""
    wholes = ("7400123", "15123456", "2015550", "201555", "jane.doe", "5550123", "7946", "0999")
    shown = [path.read_text("utf-8") for path in GOLDEN.iterdir()]
    assert len(shown) >= 16
    assert [whole for whole in wholes for text in shown if whole in text] == []
