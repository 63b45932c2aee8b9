"""What people took away stays away, until it is forgotten; told through the command line."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.cli.place import Place
from prepop.model import Method
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of


@dataclass
class Town:
    """A config, its tenant, and what is typed."""

    folder: Path
    tenant: SandboxTenant
    capsys: pytest.CaptureFixture[str]

    def prepop(self, *words: str, code: int = 0) -> Mapping[str, object]:
        """Type a command, which must end so; the answer is its document."""
        self.capsys.readouterr()
        ended = main([*words, "-c", str(self.folder / "prepop.toml"), "-q", "--json"])
        said = self.capsys.readouterr()
        assert ended == code, said.err
        answer = json.loads(said.out) if said.out else {"error": said.err}
        assert isinstance(answer, dict)
        return answer

    def takes_away(self) -> tuple[str, str]:
        """A helpdesk takes away a mobile that prepop wrote; whose, as id and UPN."""
        written = [one for one in self.tenant.writes if one.method is Method.MOBILE and one.verb == "POST"]
        user = self.tenant.user(written[0].user)
        self.tenant.unregister(user.id, Method.MOBILE)
        return user.id, user.upn

    def has_mobile(self, user: str) -> bool:
        """Whether it is there now."""
        return Method.MOBILE in self.tenant.visible(user)[0]


@pytest.fixture
def town(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Town]:
    """Twelve people in good weather, served in a first night."""
    people = sample(12, 3)
    tenant = tenant_of(people, 3, faults=Faults.none(), scale=1000)
    with SandboxServer(tenant) as server:
        Place(tmp_path, people).write(server.url)
        made = Town(tmp_path, tenant, capsys)
        made.prepop("sync")
        yield made


def test_a_stolen_phone(town: Town) -> None:
    """What the helpdesk took away is not back the next night; `explain` says why, `forget` has it again."""
    user, upn = town.takes_away()
    town.prepop("sync")
    assert not town.has_mobile(user)

    methods = town.prepop("explain", upn)["methods"]
    assert isinstance(methods, list)
    (mobile,) = [one for one in methods if one["method"] == "mobile"]
    assert (mobile["reason"], mobile["present"]) == ("changed-since", "")
    assert "taken away since" in mobile["written_by_prepop"]

    town.prepop("sync", "--user", upn)
    assert not town.has_mobile(user)
    assert town.prepop("forget", upn, "--method", "alternateMobile")["forgotten"] == []
    assert town.prepop("forget", upn, "--method", "mobile")["forgotten"] == ["mobile"]
    assert not town.has_mobile(user), "nothing changes in the tenant"
    town.prepop("sync")
    assert town.has_mobile(user)
    assert town.prepop("forget", user)["forgotten"]


def test_a_lost_state(town: Town) -> None:
    """Where the state is lost, the reports that stayed tell what earlier runs wrote.

    What was taken away stays away, in a preview too, and `forget` has it again for good.
    """
    user, upn = town.takes_away()
    shutil.rmtree(town.folder / "state")
    assert main(["plan", "-c", str(town.folder / "prepop.toml"), "--exit-code"]) == 0
    assert "the state does not know" in town.capsys.readouterr().err
    town.prepop("sync")
    assert not town.has_mobile(user)
    town.capsys.readouterr()
    assert main(["sync", "-c", str(town.folder / "prepop.toml")]) == 0
    assert not town.has_mobile(user)
    assert "the state does not know" not in town.capsys.readouterr().err
    town.prepop("forget", upn)
    town.prepop("sync")
    assert town.has_mobile(user)


def test_a_lost_state_makes_nothing_ours(town: Town) -> None:
    """What exists is nobody's after a loss, under `follow` and `remove = "own"` too: nothing is written."""
    mapping = town.folder / "mapping.toml"
    text = mapping.read_text(encoding="utf-8").replace('policy = "fill"', 'policy = "follow"')
    mapping.write_text(text, encoding="utf-8")
    shutil.rmtree(town.folder / "state")
    before = len(town.tenant.writes)
    town.prepop("sync")
    assert len(town.tenant.writes) == before


def test_names_that_fit_nobody(town: Town) -> None:
    """Each ends with 2, shows what was typed whole, and the likely spelling."""
    _, upn = town.takes_away()
    group = town.tenant.new_group("Pilot Berlin", [])
    typo = upn.replace("@", "q@")
    for words in (["plan", "--user", typo], ["explain", typo], ["forget", typo], ["sync", "--user", typo]):
        said = str(town.prepop(*words, code=2)["error"])
        assert f'"{typo}"' in said, words
        assert f'"{upn}"' in said, words
    said = str(town.prepop("plan", "--group", "Pilot Brelin", code=2)["error"])
    assert '"Pilot Berlin"' in said
    assert group.name == "Pilot Berlin"
    config = town.folder / "prepop.toml"
    for key, wrong, meant in (
        ("protected", typo, upn),
        ("users", typo, upn),
        ("exclude_groups", "Pilot Brelin", "Pilot Berlin"),
        ("groups", "Pilot Brelin", "Pilot Berlin"),
    ):
        before = config.read_text(encoding="utf-8")
        config.write_text(f'{before}\n[scope]\n{key} = ["{wrong}"]\n', encoding="utf-8")
        said = str(town.prepop("plan", code=2)["error"])
        config.write_text(before, encoding="utf-8")
        assert f'"{meant}"' in said, key
