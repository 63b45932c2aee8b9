"""Where requests go: national clouds and own endpoints."""

import subprocess
import sys

import pytest

from prepop.cloud.signin.environments import CLOUDS, origin, place
from prepop.options import CloudOptions, Environment


def test_every_environment_is_in_the_table() -> None:
    """Each cloud has its own Graph, and its token is for that Graph alone."""
    assert set(CLOUDS) == set(Environment)
    for environment, cloud in CLOUDS.items():
        where = place(CloudOptions("t", environment=environment))
        assert (where.base, where.scope) == (f"{cloud.graph}/v1.0", f"{cloud.graph}/.default")
        assert where.email_methods is (environment is not Environment.CHINA)
    assert len({cloud.graph for cloud in CLOUDS.values()}) == len(CLOUDS)


@pytest.mark.parametrize(
    ("endpoint", "base", "scope", "loopback"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1.0", "http://127.0.0.1:8080/.default", True),
        ("http://[::1]:8080/", "http://[::1]:8080/v1.0", "http://[::1]:8080/.default", True),
        ("http://localhost/graph", "http://localhost/graph/v1.0", "http://localhost/.default", True),
        (
            "https://graph.example.org",
            "https://graph.example.org/v1.0",
            "https://graph.example.org/.default",
            False,
        ),
    ],
)
def test_own_endpoints(endpoint: str, base: str, scope: str, loopback: bool) -> None:
    """An own endpoint gets a token that is good for nothing else; on this machine too."""
    where = place(CloudOptions("t", endpoint=endpoint))
    assert (where.base, where.scope, where.loopback) == (base, scope, loopback)


def test_origins() -> None:
    """Same scheme, host and port make one origin; a user name or a broken port makes none."""
    assert origin("https://Graph.example.org/a") == origin("https://graph.example.org:443/b?c")
    assert origin("http://graph.example.org") != origin("https://graph.example.org")
    assert origin("https://x@graph.example.org") == origin("https://graph.example.org:x") == ("", "", None)


def test_importing_the_room_imports_nothing_heavy() -> None:
    """`import prepop.cloud` leaves msgraph, azure and httpx alone: they cost half a second and more."""
    code = (
        "import sys, prepop.cloud; print([m for m in ('msgraph', 'azure', 'httpx', 'kiota_http', 'aiohttp') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
