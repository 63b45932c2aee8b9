"""What the log lets through of libraries."""

import io
import logging
from collections.abc import Iterator

import pytest

from prepop.cli import logs


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Put the levels and handlers back that `start` sets."""
    names = ("", "prepop", "azure", "msal", "msal_extensions")
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def _said(level: int, *, verbose: bool, quiet: bool = False) -> str:
    stream = io.StringIO()
    logs.start("text", verbose=verbose, quiet=quiet, stream=stream)
    for name in ("azure.identity.aio._internal.decorators", "msal.application"):
        logging.getLogger(name).log(level, "AzureCliCredential.get_token failed")
    return stream.getvalue()


@pytest.mark.parametrize("quiet", [False, True])
def test_a_sign_in_that_fails_is_said_once(quiet: bool) -> None:
    """azure-identity warns of what it raises; prepop's own sentence says it, the warning is not repeated."""
    assert _said(logging.WARNING, verbose=False, quiet=quiet) == ""
    assert _said(logging.ERROR, verbose=False, quiet=quiet).count("get_token failed") == 2


def test_with_v_nothing_of_the_sign_in_is_lost() -> None:
    """-v shows the warnings too, whatever an earlier start had set."""
    assert _said(logging.WARNING, verbose=False) == ""
    assert _said(logging.WARNING, verbose=True).count("get_token failed") == 2
