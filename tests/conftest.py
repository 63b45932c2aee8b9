"""Fixtures that several rooms share."""

import os
from pathlib import Path

import pytest

from tests.directory.samba import samba_dc as samba_dc
from tests.openapi import Description

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def graph_description() -> Description:
    """Microsoft's description of Graph; skips where it does not stand beside the checkout.

    Looked for in the folder that PREPOP_TESTS_SHARED names, else in ../shared. With PREPOP_TESTS_NO_SKIP
    set its absence is a failure.
    """
    folder = Path(os.environ.get("PREPOP_TESTS_SHARED") or ROOT.parent / "shared")
    path = folder / "graph-openapi-subset.yaml"
    if not path.is_file():
        why = f"Microsoft's description of Graph is not at {path}; name its folder in PREPOP_TESTS_SHARED"
        if os.environ.get("PREPOP_TESTS_NO_SKIP"):
            pytest.fail(why)
        pytest.skip(why)
    return Description.load(path)
