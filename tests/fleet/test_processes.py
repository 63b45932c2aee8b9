"""Each tenant in a process of its own: what befalls one changes nothing for the others."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from prepop.errors import Exit
from prepop.fleet.answers import row_of
from prepop.fleet.processes import FleetOrder, TenantEnded, run_all
from prepop.fleet.tenants import tenants_of
from prepop.rules.fleet import FleetRow, gravest

CHILD = (sys.executable, "-I", "-S", str(Path(__file__).parent / "child.py"))
PATHS = {"PATH": os.environ["PATH"]}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")


def folders(tmp_path: Path, hows: Sequence[str]) -> list[str]:
    """A folder for each way to behave."""
    made = []
    for number, how in enumerate(hows):
        folder = tmp_path / f"customer-{number:02}"
        folder.mkdir()
        if how != "missing":
            (folder / "prepop.toml").write_text(how)
        made.append(str(folder))
    return made


def run(
    tmp_path: Path,
    configs: Sequence[str],
    *,
    timeout: float = 60,
    environ: Mapping[str, str] = PATHS,
    told: list[TenantEnded] | None = None,
) -> list[FleetRow]:
    """Run the stand-in for each."""
    order = FleetOrder(["sync"], 8, timeout, tmp_path / "out", grace=0.5, program=CHILD)
    heard: list[TenantEnded] = [] if told is None else told
    return [row_of(each) for each in asyncio.run(run_all(tenants_of(configs), order, environ, heard.append))]


def is_gone(process: int) -> bool:
    """Whether a process has ended; one that nobody waits for is a zombie at most."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state in "ZX"


def test_fifty_tenants_three_broken_one_hung(tmp_path: Path) -> None:
    """46 of 50 do their work; the broken ones and the hung one have a row of their own that says why."""
    hows = ["fine"] * 50
    hows[3], hows[17], hows[30], hows[41] = "bug", "missing", "blocked", "hangs"
    told: list[TenantEnded] = []
    rows = run(tmp_path, folders(tmp_path, hows), timeout=8, told=told)
    assert len(told) == 50
    assert [row.exit_code for row in rows] == [
        {"fine": 0, "bug": 1, "missing": 2, "blocked": 30, "hangs": 1}[how] for how in hows
    ]
    assert {row.changes for row in rows if row.exit_code == 0} == {"2 done"}
    assert {row.able for row in rows if row.exit_code == 0} == {"3 → 5 of 9"}
    assert rows[0].found == "people-missing (7)"
    assert "killed" in rows[41].note
    assert "there is no such file" in rows[17].note
    assert "Traceback" in Path(rows[3].log).read_text()
    assert gravest(row.exit_code for row in rows) is Exit.BUG
    grandchild = int((tmp_path / "customer-41" / "grandchild").read_text())
    assert is_gone(grandchild), "the whole group of a hung tenant is killed"


def test_a_hung_tenant_may_close_its_journal(tmp_path: Path) -> None:
    """It is asked to stop first, as systemd would, and keeps the code with which it ends then."""
    [row] = run(tmp_path, folders(tmp_path, ["closes"]), timeout=2)
    assert (row.exit_code, row.note) == (130, "stopped after 2 seconds")


@pytest.mark.parametrize(("how", "note"), [("killed", "ended by signal 9"), ("odd", "ended with 77")])
def test_no_code_of_prepop_is_a_bug(how: str, note: str, tmp_path: Path) -> None:
    """What the kernel or another program ended is never taken for a night that went well."""
    [row] = run(tmp_path, folders(tmp_path, [how]))
    assert row.exit_code == 1
    assert note in row.note


def test_secrets_of_one_are_in_no_other_environment(tmp_path: Path) -> None:
    """A tenant gets the variables beside its own config, the machine's, and nothing else."""
    configs = folders(tmp_path, ["fine", "fine", "fine"])
    for number in (0, 1):
        file = tmp_path / f"customer-{number:02}" / "prepop.env"
        file.write_text(f"# ours\n\nPREPOP_LDAP_PASSWORD='secret of {number}'\nCLIENT_SECRET=a=b{number}\n")
        file.chmod(0o600)
    environ = {**PATHS, "PREPOP_STATE__DIR": "/shared", "CLIENT_SECRET": "the fleet's own", "KRB5CCNAME": "x"}
    assert {row.exit_code for row in run(tmp_path, configs, environ=environ)} == {0}
    ignored = {"LC_CTYPE"}  # Python sets it by itself in the C locale
    seen = [json.loads((Path(folder) / "seen.json").read_text())["environ"] for folder in configs]
    assert [{k: v for k, v in each.items() if k not in ignored} for each in seen] == [
        {**PATHS, "PREPOP_LDAP_PASSWORD": "secret of 0", "CLIENT_SECRET": "a=b0"},
        {**PATHS, "PREPOP_LDAP_PASSWORD": "secret of 1", "CLIENT_SECRET": "a=b1"},
        PATHS,
    ]


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        ("A=1\n", 0o666, "can be written by others"),
        ("A=1\nhunter2\n", 0o600, "line 2 is not NAME=VALUE"),
        ("A=hunter2\nA=hunter3\n", 0o600, "line 2 sets a variable"),
    ],
)
def test_variables_that_cannot_be_taken(content: str, mode: int, said: str, tmp_path: Path) -> None:
    """That tenant does not start (2), the next one does; no message quotes what may be a secret."""
    configs = folders(tmp_path, ["fine", "fine"])
    (tmp_path / "customer-00" / "prepop.env").write_text(content)
    (tmp_path / "customer-00" / "prepop.env").chmod(mode)
    wrong, right = run(tmp_path, configs)
    assert (wrong.exit_code, right.exit_code) == (2, 0)
    assert said in wrong.note
    assert "hunter" not in wrong.note


def test_a_page_of_tenants_has_no_value_of_a_person(tmp_path: Path) -> None:
    """What a tenant's process said is masked once more on its way into the row."""
    [row] = run(tmp_path, folders(tmp_path, ["blocked"]))
    assert "7911" not in row.note
    assert row.note


def test_a_fleet_that_is_stopped(tmp_path: Path) -> None:
    """SIGTERM reaches each process as SIGTERM; what was not begun says so, and each still has its row."""
    configs = folders(tmp_path, ["closes", "fine"])
    ready = tmp_path / "customer-00" / "ready"
    os.mkfifo(ready)
    order = FleetOrder(["sync"], 1, 60, tmp_path / "out", grace=20, program=CHILD)

    async def stopped() -> list[TenantEnded]:
        work = asyncio.ensure_future(run_all(tenants_of(configs), order, PATHS, lambda ended: None))
        await asyncio.to_thread(ready.read_text)
        os.kill(os.getpid(), signal.SIGTERM)
        return await work

    ended = asyncio.run(stopped())
    assert [each.exit_code for each in ended] == [130, 130]
    assert [each.note for each in ended] == [
        "the fleet was stopped",
        "the fleet was stopped before it was begun",
    ]
