"""A stage for stories: an OU of a real domain controller, an emulated tenant, and the command line between.

People are added to the controller as an administrator would; `hire` gives each the account that Entra
Connect would make. Everything that prepop does is done by `prepop.cli.main`, as typed.
"""

import base64
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import ldap3
import phonenumbers
import pytest

from prepop.cli import main
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.sources.samba import DomainController

PASSWORD = "PREPOP_STORY_PASSWORD"  # the variable's name


@lru_cache(maxsize=1)
def mobiles() -> Sequence[str]:
    """Valid mobile numbers, one of each region that has its own, in the form that Graph documents."""
    found: list[str] = []
    regions = ("DE", "FR", "PL", "CZ", "GB", "SE", "NO", "DK", "AT", "CH", "ES", "PT", "NL", "BE", "IE", "GR")
    for region in regions:
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        assert example is not None
        # the examples end in 123456, which rightly counts as a placeholder
        nsn = phonenumbers.national_significant_number(example)[:-5] + "48209"
        number = f"+{example.country_code} {nsn}"
        assert phonenumbers.is_valid_number(phonenumbers.parse(number))
        found.append(number)
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Mapping[str, object]:
        """The answer of a command with --json."""
        answer = json.loads(self.out)
        assert isinstance(answer, dict)
        return answer


@dataclass(slots=True)
class Stage:
    """One story's world. `folder` holds config, mapping, state and reports."""

    dc: DomainController
    tenant: SandboxTenant
    url: str
    folder: Path
    ou: str
    capsys: pytest.CaptureFixture[str]
    mapping: str = '[mobile]\nfrom = ["mobile"]\n'
    config: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    def hire(self, name: str, *, account: bool = True, **attributes: str) -> str:
        """Add a person, and the account that is theirs; the answer is the account's object id, or ""."""
        dn = f"CN={name},{self.ou}"
        login = f"{name}.{self.ou.split(',')[0][3:].lower()}"  # unique in the domain
        self.dc.add(
            dn,
            {
                "objectClass": ["user"],
                "sAMAccountName": [login],
                "userPrincipalName": [f"{login}@corp.example"],
                "displayName": [name.title()],
                "mail": [f"{name}@example.com"],
                "userAccountControl": ["544"],
                **{key: [value] for key, value in attributes.items()},
            },
        )
        if not account:
            return ""
        user = self.tenant.new_user(f"{name}@example.com", immutable_id=self.anchor(dn))
        self.ids[name] = user.id
        return user.id

    def anchor(self, dn: str) -> str:
        """objectGUID in base64, read by other means than prepop's."""
        with self.dc.administrator() as connection:
            connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["objectGUID"])
            return base64.b64encode(connection.response[0]["raw_attributes"]["objectGUID"][0]).decode()

    def change(self, name: str, **attributes: str | None) -> None:
        """Change a person in the directory; None takes an attribute away."""
        values = {key: [] if value is None else [value] for key, value in attributes.items()}
        self.dc.modify(f"CN={name},{self.ou}", values)

    def prepop(self, *words: str, config: bool = True) -> Said:
        """Type a command."""
        self.write()
        self.capsys.readouterr()
        code = main([*words, "-c", str(self.folder / "prepop.toml")] if config else list(words))
        said = self.capsys.readouterr()
        return Said(code, said.out, said.err)

    def write(self) -> None:
        """Write config and mapping."""
        (self.folder / "mapping.toml").write_text(self.mapping, encoding="utf-8")
        (self.folder / "prepop.toml").write_text(
            f"""
mapping = "mapping.toml"
[directory]
kind = "ldap"
url = ["{self.dc.url}"]
base = [{json.dumps(self.ou)}]
ca_file = {json.dumps(str(self.dc.ca_file))}
tls_names = ["{self.dc.host}"]
bind = "simple"
user = "{self.dc.reader}"
password_env = "{PASSWORD}"
[cloud]
tenant = "contoso.onmicrosoft.com"
endpoint = "{self.url}"
credential = "none"
{self.config}
""",
            encoding="utf-8",
        )

    def sync(self, *words: str) -> list[tuple[str, str, str]]:
        """`prepop sync`, which must end with 0; the answer is what it wrote: verb, name, value."""
        before = len(self.tenant.writes)
        said = self.prepop("sync", *words)
        assert said.code == 0, said.err
        return self.written(before)

    def written(self, since: int = 0) -> list[tuple[str, str, str]]:
        """What reached the tenant: (verb, name, value), sorted."""
        names = {ident: name for name, ident in self.ids.items()}
        return sorted((w.verb, names.get(w.user, w.user), w.value) for w in self.tenant.writes[since:])

    def forget(self) -> None:
        """Lose the state folder, as a new machine does."""
        shutil.rmtree(self.folder / "state")

    def plan(self) -> Mapping[str, object]:
        """`prepop plan`; the answer is plan.json."""
        out = self.folder / "planned"
        said = self.prepop("plan", "--out", str(out))
        assert said.code == 0, said.err
        whole = json.loads((out / "plan.json").read_text(encoding="utf-8"))
        assert isinstance(whole, dict)
        return whole

    def reasons(self) -> dict[str, str]:
        """What `prepop plan` leaves alone: reason code by name of the person."""
        rows = self.plan()["left_alone"]
        assert isinstance(rows, list)
        return {str(row["person"]["dn"]).split(",")[0][3:]: str(row["reason"]) for row in rows}
