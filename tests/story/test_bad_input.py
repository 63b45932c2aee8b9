"""What goes wrong on the way in: each with its message and exit code, nothing written, no half file left."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.cli.place import EXPORT, MAPPING, Place
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of
from tests.story.stage import Said, Stage


@dataclass(slots=True)
class Small:
    """An export of forty people and their tenant."""

    folder: Path
    tenant: SandboxTenant
    capsys: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        return self.folder / "prepop.toml"

    def prepop(self, *words: str) -> Said:
        """Type a command; whatever it says, the tenant must not have been written to."""
        self.capsys.readouterr()
        code = main([*words, "-c", str(self.config)])
        said = self.capsys.readouterr()
        assert self.tenant.writes == []
        assert not list(self.folder.rglob("*.part"))
        return Said(code, said.out, said.err)

    def edit(self, file: str, change: Callable[[str], str]) -> None:
        path = self.folder / file
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    def plan(self) -> Path:
        """A plan to be spoiled."""
        assert self.prepop("plan", "--out", str(self.folder / "out")).code == 0
        return self.folder / "out" / "plan.json"


@pytest.fixture
def small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Small]:
    """Forty people, and a tenant in which nothing fails."""
    people = sample(40, 3)
    tenant = tenant_of(people, 3, faults=Faults.none(), scale=1000)
    with SandboxServer(tenant) as server:
        Place(tmp_path, people).write(server.url)
        yield Small(tmp_path, tenant, capsys)


def test_mistakes_of_config_and_mapping_are_told_together(small: Small) -> None:
    """Every mistake of both files at once, each with its line and the likely spelling: exit 2."""
    small.edit("prepop.toml", lambda text: text.replace("additions", "additons"))
    small.edit(
        MAPPING, lambda text: text.replace('# default = "US"', 'default = "UK"').replace("several", "severl")
    )
    said = small.prepop("plan")
    assert said.code == 2
    assert 'additons: unknown key. Did you mean "additions"?' in said.err
    assert '"UK" is not known. Did you mean "GB"?' in said.err
    assert "severl" in said.err
    assert "Traceback" not in said.err


def test_unreadable_config(small: Small) -> None:
    """A config that is not TOML: exit 2, with the line."""
    small.edit("prepop.toml", lambda text: text + "\n[limits\n")
    said = small.prepop("plan")
    assert said.code == 2
    assert "prepop.toml:" in said.err


@pytest.mark.samba
def test_an_attribute_that_the_schema_does_not_have(stage: Stage) -> None:
    """A misspelled attribute is a mistake of the mapping: exit 2, with the likely spelling."""
    stage.hire("anna", mobile="+44 7700 900123")
    stage.mapping = '[mobile]\nfrom = ["mobil"]\n'
    said = stage.prepop("plan")
    assert said.code == 2
    assert "mobil" in said.err
    assert "mobile" in said.err


def test_an_empty_directory_is_shown_and_never_applied(small: Small) -> None:
    """No people read: the plan says so and ends 0, applying ends 30."""
    (small.folder / EXPORT).write_text("version: 1\n", encoding="utf-8")
    assert small.prepop("plan").code == 0
    said = small.prepop("sync")
    assert said.code == 30
    assert "source-empty" in said.err


def test_an_empty_tenant_is_shown_and_never_applied(small: Small) -> None:
    """No accounts read: the plan says so and ends 0, applying ends 30."""
    small.tenant.users.clear()
    assert small.prepop("plan").code == 0
    said = small.prepop("sync")
    assert said.code == 30
    assert "cloud-empty" in said.err


def test_a_truncated_export_is_not_a_shorter_directory(small: Small) -> None:
    """An LDIF that breaks off in a line: exit 40, with the line."""
    small.edit(EXPORT, lambda text: text[: int(len(text) * 0.6)].rsplit("\n", 1)[0] + "\nmobil")
    said = small.prepop("sync")
    assert said.code == 40
    assert EXPORT in said.err


def test_a_table_without_an_anchor(small: Small) -> None:
    """A CSV that cannot tell people apart: exit 2, and what to export."""
    (small.folder / "people.csv").write_text(
        "userPrincipalName,mobile\na@example.com,+441\n", encoding="utf-8"
    )
    small.edit("prepop.toml", lambda text: text.replace('"ldif"', '"csv"').replace(EXPORT, "people.csv"))
    said = small.prepop("plan")
    assert said.code == 2
    assert "objectGUID" in said.err


def test_two_people_with_one_anchor_are_both_left_alone(small: Small) -> None:
    """A duplicate anchor is ambiguous, for both; nobody guesses."""
    unfolded = (small.folder / EXPORT).read_text(encoding="utf-8").replace("\n ", "")
    head, first, second, *rest = unfolded.split("\n\n")
    identity = ("objectGUID:", "mS-DS-ConsistencyGuid:")
    anchors = [line for line in first.splitlines() if line.startswith(identity)]
    twin = [line for line in second.splitlines() if not line.startswith(identity)] + anchors
    (small.folder / EXPORT).write_text(
        "\n\n".join([head, first, "\n".join(twin), *rest]), encoding="utf-8", newline="\n"
    )
    plan = json.loads(small.plan().read_text(encoding="utf-8"))
    ambiguous = [row for row in plan["left_alone"] if row["reason"] == "match-ambiguous"]
    assert len(ambiguous) == 2
    assert all("same anchor" in row["detail"] for row in ambiguous)


def test_a_plan_that_was_edited(small: Small) -> None:
    """One changed digit in a plan: exit 30, plan-tampered."""
    path = small.plan()
    whole = json.loads(path.read_text(encoding="utf-8"))
    whole["changes"][0]["after"] = whole["changes"][0]["after"][:-1] + "0"
    path.write_text(json.dumps(whole), encoding="utf-8")
    said = small.prepop("apply", str(path))
    assert said.code == 30
    assert "plan-tampered" in said.err


def test_a_plan_that_is_not_the_one_signed_off(small: Small) -> None:
    """A sound plan with another digest than the signed one: exit 30, plan-tampered."""
    plan = small.plan()
    said = small.prepop("apply", str(plan), "--digest", "0f" * 32)
    assert said.code == 30
    assert "plan-tampered" in said.err
    assert "0f" * 32 in said.err
    assert json.loads(plan.read_text(encoding="utf-8"))["digest"] in said.err


def test_a_plan_for_another_tenant(small: Small) -> None:
    """The tenant behind the config is not the plan's: exit 30, plan-stale."""
    path = small.plan()
    small.tenant.id = "11111111-2222-3333-4444-555555555555"
    said = small.prepop("apply", str(path))
    assert said.code == 30
    assert "another tenant" in said.err


def test_a_plan_of_another_mapping(small: Small) -> None:
    """The mapping changed after the review: exit 30, plan-stale."""
    path = small.plan()
    small.edit(MAPPING, lambda text: text.replace('policy = "fill"', 'policy = "overwrite"'))
    said = small.prepop("apply", str(path))
    assert said.code == 30
    assert "another mapping" in said.err


def test_what_is_not_a_plan(small: Small) -> None:
    """A file that is no plan: exit 2, with what is wrong with it."""
    path = small.folder / "other.json"
    path.write_text("{}", encoding="utf-8")
    said = small.prepop("apply", str(path))
    assert said.code == 2
    assert "not a prepop-plan/1 file" in said.err


def test_a_user_or_group_that_is_not_there(small: Small) -> None:
    """A name that is not found is a mistake, not an empty plan: exit 2."""
    assert small.prepop("plan", "--user", "nobody@example.com").code == 2
    assert small.prepop("plan", "--group", "No Such Group").code == 2
    assert small.prepop("explain", "nobody@example.com").code == 2


def test_a_state_folder_that_cannot_be_written(small: Small) -> None:
    """No place for the journal: nothing is sent, exit 2, with the folder."""
    (small.folder / "state").write_text("a file stands in the way", encoding="utf-8")
    said = small.prepop("sync")
    assert said.code == 2
    assert "state" in said.err


@pytest.mark.skipif(sys.platform == "win32", reason="a limit on file size stands in for the full disk")
def test_a_full_disk_while_the_plan_is_written(small: Small) -> None:
    """No half plan is left, nothing is sent, and the message names the file."""
    import resource

    done = subprocess.run(
        [sys.executable, "-m", "prepop", "plan", "-c", str(small.config), "--out", str(small.folder / "out")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "plan.json" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((small.folder / "out").iterdir()) == []
    assert small.tenant.writes == []


def test_two_runs_at_once(small: Small) -> None:
    """The second run ends with 50 and names the first."""
    from datetime import UTC, datetime

    from prepop.store.database import prepare_folder
    from prepop.store.lock import only_run

    prepare_folder(small.folder / "state")
    with only_run(small.folder / "state", "20261122T000000Z-aaaa", datetime(2026, 11, 22, tzinfo=UTC)):
        said = small.prepop("sync")
    assert said.code == 50
    assert "20261122T000000Z-aaaa" in said.err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
@pytest.mark.parametrize("file", ["prepop.toml", MAPPING])
def test_a_config_or_mapping_that_others_can_write(small: Small, file: str) -> None:
    """Whoever can write the mapping decides whose number goes where: it is refused, with its name."""
    for one in ("prepop.toml", MAPPING):
        (small.folder / one).chmod(0o644)  # whatever the umask of whoever tests
    assert small.prepop("plan").code == 0
    (small.folder / file).chmod(0o666)
    said = small.prepop("plan")
    assert said.code == 2
    assert f"{file}: can be written by others than its owner (mode 0666)" in said.err


def test_the_next_command_can_be_typed_as_it_stands(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan names the command that applies it, with the config that it was made with, as seen from here."""
    monkeypatch.chdir(small.folder)
    said = small.prepop("plan", "--out", "my plan")
    assert f"prepop apply 'my plan/plan.json' -c {small.config.name}" in said.out


def test_a_plan_needs_no_right_to_write(small: Small) -> None:
    """An app that may only read makes the same plan; applying it fails change by change, and says so."""
    for family in ("Phone", "Email"):
        small.tenant.permissions.discard(f"UserAuthMethod-{family}.ReadWrite.All")
        small.tenant.permissions.add(f"UserAuthMethod-{family}.Read.All")
    path = small.plan()
    said = small.prepop("apply", str(path))
    assert said.code == 20
    assert "failed" in said.out
