"""The emulated tenant as Microsoft's JavaScript client sees it: another language, and no code of ours."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant

HERE = Path(__file__).parent / "npm"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client in it, as its lock file has it; npm comes with the test extra."""
    folder = tmp_path_factory.mktemp("npm")
    for file in HERE.iterdir():
        shutil.copy(file, folder)
    npm = shutil.which("npm", path=PATH)
    if npm is None:
        why = "no npm on PATH: install the test extra, or Node.js"
        if os.environ.get("PREPOP_TESTS_NO_SKIP"):
            pytest.fail(why)
        pytest.skip(why)
    install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(
        install,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"PATH": PATH},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_methods_lists_and_batches_through_the_javascript_client(client: Path) -> None:
    """Pages, an advanced query, methods, a batch and a refusal come out as that client knows them."""
    tenant = SandboxTenant(faults=Faults.none(), scale=1000)
    for name in ("jane", "bob", "zoe"):
        tenant.new_user(f"{name}@contoso.com")
    node = str(shutil.which("node", path=PATH))
    with SandboxServer(tenant) as server:
        done = subprocess.run(
            [node, "drive.mjs", server.url],
            cwd=client,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "names": ["jane@contoso.com", "bob@contoso.com", "zoe@contoso.com"],
        "found": [1, 1],
        "phones": ["+44 7400123457"],
        "batch": [200, 404, 424],
        "left": 0,
        "refused": ["GraphError", 400, "Request_UnsupportedQuery"],
    }
    assert [write.verb for write in tenant.writes] == ["POST", "POST", "PATCH", "DELETE"]
