"""Spoiled inputs give a clear error or a right answer, never a traceback or a hang.

PREPOP_FUZZ = ci (20,000 inputs, the default) or nightly (1,000,000; also `python -m tests.fuzz --nightly`).
"""

import os

import pytest

from tests.fuzz.run import PROFILES, fuzz


def test_spoiled_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    """LDIF, CSV, config, mapping, plan, phones, addresses, LDAP entries and Graph's answers."""
    profile = os.environ.get("PREPOP_FUZZ", "ci")
    done = fuzz(PROFILES[profile], seed=1)
    with capsys.disabled():
        print("\n" + "\n".join(done.told()))
    assert done.ran.total() == PROFILES[profile]
    assert done.found == []
