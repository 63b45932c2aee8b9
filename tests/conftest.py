"""Fixtures that several rooms share."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.openapi import Description
from tests.sources.samba import samba_dc as samba_dc

ROOT = Path(__file__).parent.parent

# Nothing is said by how long an example took: the machine may be busy. What else the profile that is loaded
# says (Hypothesis has one of its own for CI) stays.
settings.register_profile("busy", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(autouse=True)
def log_untouched() -> Iterator[None]:
    """A command typed in this process sets the log up for itself; no other test, before or after, sees that.

    Before the test too: a fixture of a wider scope may have typed one.
    """
    _untouched()
    yield
    _untouched()


def _untouched() -> None:
    root = logging.getLogger()
    root.handlers[:] = [one for one in root.handlers if type(one.formatter).__module__ != "prepop.cli.logs"]
    root.setLevel(logging.WARNING)
    logging.getLogger("prepop").setLevel(logging.NOTSET)


def _description_path() -> Path:
    folder = Path(os.environ.get("PREPOP_TESTS_SHARED") or ROOT.parent / "shared")
    return folder / "graph-openapi-subset.yaml"


@pytest.fixture(scope="session")
def graph_description_if_any() -> Description | None:
    """Microsoft's description of Graph, or None: for tests that stand without it and are stricter with it."""
    path = _description_path()
    return Description.load(path) if path.is_file() else None


@pytest.fixture(scope="session")
def graph_description(graph_description_if_any: Description | None) -> Description:
    """Microsoft's description of Graph; skips where it does not stand beside the checkout.

    Looked for in the folder that PREPOP_TESTS_SHARED names, else in ../shared. With PREPOP_TESTS_NO_SKIP
    set its absence is a failure.
    """
    path = _description_path()
    if graph_description_if_any is None:
        why = f"Microsoft's description of Graph is not at {path}; name its folder in PREPOP_TESTS_SHARED"
        if os.environ.get("PREPOP_TESTS_NO_SKIP"):
            pytest.fail(why)
        pytest.skip(why)
    return graph_description_if_any


@pytest.fixture
def spent_while_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time budget of nothing lets a reading end, so that a run is open with nothing written."""
    monkeypatch.setattr("prepop.steps.brake.Brake.heed", lambda brake: None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With PREPOP_TESTS_NO_SKIP what is not installed is a failure: `.ci/run` installs everything."""
    made = yield
    report = made.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("PREPOP_TESTS_NO_SKIP") and "not installed" in str(report.longrepr):
        report.outcome = "failed"
