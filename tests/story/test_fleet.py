"""A night of several tenants, through the command line, each against an emulated tenant of its own."""

import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.crash.world import Company, World


def customer(folder: Path, seed: int, servers: ExitStack) -> SandboxTenant:
    """A folder of one customer, and the tenant that belongs to it."""
    folder.mkdir(parents=True)
    company = Company(seed, people=6)
    company.write(folder)
    tenant = company.tenant()
    server = servers.enter_context(SandboxServer(tenant))
    world = World(folder, tenant)
    world.write_config(server.url)
    text = world.config.read_text().replace('formats = ["json"]', 'formats = ["html", "json"]')
    world.config.write_text(text)
    return tenant


def test_a_night_of_a_fleet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each tenant has its own state, lock and reports; a broken and a missing config change nothing for them.

    The page leads to the report of each, a second night finds nothing to do, and the shards of the same
    fleet are joined to the same rows.
    """
    monkeypatch.setenv("PREPOP_LIMITS__ADDITIONS", "0")
    with ExitStack() as servers:
        tenants = [
            customer(tmp_path / name, seed, servers) for seed, name in enumerate(("north", "south"), 5)
        ]
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "prepop.toml").write_text("mapping = 1\n")
        configs = [str(tmp_path / name) for name in ("north", "south", "broken", "missing")]
        configs[3] += "/prepop.toml"
        out = tmp_path / "out"
        code = main(["fleet", "sync", *configs, "--out", str(out), "--", "--max-duration", "30m"])
        said = capsys.readouterr()
        assert code == 2, said.err
        assert "no tenant gets PREPOP_LIMITS__ADDITIONS" in said.err
        assert "2 of 4 tenants ended well" in said.out
        document = json.loads((out / "fleet.json").read_text())
        rows = {row["name"]: row for row in document["rows"]}
        assert {name: row["exit_code"] for name, row in rows.items()} == {
            "north": 0,
            "south": 0,
            "broken": 2,
            "missing": 2,
        }
        for name, tenant in zip(("north", "south"), tenants, strict=True):
            assert rows[name]["outcomes"] == {"done": len(tenant.writes)}
            assert tenant.writes
            assert (tmp_path / name / "state" / "prepop.db").exists()
            assert Path(rows[name]["report"]).parent.parent == tmp_path / name / "reports"
        page = (out / "fleet.html").read_text()
        links = re.findall(r'href="([^"#]+)"', page)
        assert len(links) == 6
        assert all((out / link).is_file() for link in links)
        values = {write.value for tenant in tenants for write in tenant.writes if write.value}
        assert values
        for file in (*out.rglob("*"), tmp_path / "said"):
            text = file.read_text() if file.is_file() else said.out
            assert not any(value in text for value in values), file
        before = [len(tenant.writes) for tenant in tenants]
        for number in (1, 0):
            main(["fleet", "plan", *configs, "--shard", f"{number}/2", "--out", str(tmp_path / "shards")])
        assert [len(tenant.writes) for tenant in tenants] == before
        capsys.readouterr()
        assert main(["fleet", "join", str(tmp_path / "shards"), "--json"]) == 2
        whole = json.loads(capsys.readouterr().out)
        assert [row["name"] for row in whole["rows"]] == ["broken", "missing", "north", "south"]
        assert whole["missing"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fleet", "apply", "x"], "it is not for many tenants"),
        (["fleet", "sync", "x", "--shard", "4/4"], "I from 0 to N-1"),
        (["fleet", "sync", "x", "--", "--out=/tmp/x"], "the same for every tenant"),
        (["fleet", "sync", "x", "--", "-cother.toml"], "the same for every tenant"),
        (["fleet", "sync", "x", "-c", "y"], "-c is for one tenant"),
        (["fleet", "sync", "x", "--timeout", "5"], "is not a duration"),
        (["fleet", "join", "x"], "joining the shards in x"),
    ],
)
def test_what_a_fleet_refuses(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What would send tenants to one config or one folder is refused before anything is started."""
    assert main(words) == 2
    assert said in capsys.readouterr().err
