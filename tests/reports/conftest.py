"""One browser for all tests of reports."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.reports.opened import FLAGS, LONG, chromium, missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One headless Chromium for all tests of one file."""
    if reason := missing():
        if os.environ.get("PREPOP_TESTS_NO_SKIP"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=FLAGS, timeout=LONG)
        yield opened
        opened.close()
