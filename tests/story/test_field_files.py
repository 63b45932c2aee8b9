"""Files as people have them, through the whole command: each oddity is read, or called by its name.

The cases are from public reports and files; names, digits and domains are changed.
"""

import csv
import html
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sources.entries import Entry
from tests.sources.people import anchor, guid, ldif_entry, raw
from tests.story.stage import Said

COLUMNS = (
    *("objectClass", "objectGUID", "userPrincipalName", "sAMAccountName", "displayName"),
    *("proxyAddresses", "userAccountControl", "adminCount", "mobile", "extensionAttribute1"),
)
MAPPING = '[mobile]\nfrom = ["mobile"]\n'


@dataclass(slots=True)
class Desk:
    """A folder with a config, and a tenant."""

    folder: Path
    tenant: SandboxTenant
    url: str
    capsys: pytest.CaptureFixture[str]

    def account(self, number: int) -> str:
        """The account of person `number`; the answer is its id."""
        return self.tenant.new_user(f"user{number}@example.com", immutable_id=anchor(number)).id

    def write(self, files: Mapping[str, str], mapping: str = MAPPING, scope: str = "") -> None:
        """Files by name, each a directory of the config."""
        blocks = []
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="utf-8", newline="")
            kind = name.rpartition(".")[2]
            blocks.append(f'[[directory]]\nname = "{name}"\nkind = "{kind}"\npath = "{name}"\n')
        (self.folder / "mapping.toml").write_text(mapping, encoding="utf-8")
        (self.folder / "prepop.toml").write_text(
            'mapping = "mapping.toml"\n'
            + "".join(blocks)
            + f'[cloud]\ntenant = "contoso.onmicrosoft.com"\nendpoint = "{self.url}"\ncredential = "none"\n'
            + f"[scope]\n{scope}\n",
            encoding="utf-8",
        )

    def prepop(self, *words: str) -> Said:
        """Type a command."""
        self.capsys.readouterr()
        code = main([*words, "-c", str(self.folder / "prepop.toml")])
        said = self.capsys.readouterr()
        return Said(code, said.out, said.err)

    def plan(self) -> Mapping[str, list[dict[str, object]]]:
        """`prepop plan`; the answer is plan.json."""
        said = self.prepop("plan", "--out", str(self.folder / "out"))
        assert said.code == 0, said.err
        whole = json.loads((self.folder / "out" / "plan.json").read_text(encoding="utf-8"))
        assert isinstance(whole, dict)
        return whole


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A tenant in which nothing fails and nobody is."""
    tenant = SandboxTenant(
        domains=("example.com", "contoso.onmicrosoft.com"), faults=Faults.none(), scale=1000
    )
    with SandboxServer(tenant) as server:
        yield Desk(tmp_path, tenant, server.url, capsys)


def somebody(number: int, **more: str | list[str]) -> Entry:
    """Person `number` with a mobile of their own."""
    return raw(number, mobile=f"+49 1512 {4820700 + 131 * number}", **more)


def table(
    entries: Sequence[Entry],
    delimiter: str = ",",
    joined: str = ";",
    classes: Callable[[Entry], str] = lambda entry: "user",
) -> str:
    """A CSV export; `joined` stands between the values of one cell."""
    out = io.StringIO()
    rows = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    rows.writerow(("DN", *COLUMNS))
    for entry in entries:
        cells = {
            name: joined.join(value.decode() for value in entry.attributes.get(name.lower(), ()))
            for name in COLUMNS
            if name != "objectGUID"
        }
        cells |= {
            "objectClass": classes(entry),
            "objectGUID": f"X'{entry.attributes['objectguid'][0].hex()}'",
        }
        rows.writerow((entry.dn, *(cells[name] for name in COLUMNS)))
    return out.getvalue()


def ldif(entries: Sequence[Entry]) -> str:
    return "".join(ldif_entry(entry, fold=10_000) + "\n" for entry in entries)


ADFIND = "\r\nAdFind V01.56.00cpp Joe Richards (x@y.net) April 2021\r\n\r\nUsing server: dc1:389\r\n\r\n"

#: By the name of its file: what it does to two people.
READ: Mapping[str, Callable[[Sequence[Entry]], str]] = {
    "adfind.csv": lambda two: ADFIND + table(two) + "\r\n\r\n2 Objects returned\r\n",
    "sep.csv": lambda two: "sep=;\r\n" + table(two, ";"),
    "bar.csv": lambda two: table(two, "|"),
    "empty-rows.csv": lambda two: table(two, ";") + (";" * len(COLUMNS) + "\r\n") * 5,
    "blank-class.csv": lambda two: table(two, classes=lambda _: "user "),
    "bar-classes.csv": lambda two: table(two, classes=lambda _: "top|person|organizationalPerson|user"),
    "joined-classes.csv": lambda two: table(two, classes=lambda _: "top; person; user"),
    "joined-addresses.csv": lambda two: table(two, joined="; "),
    "sasl.ldif": lambda two: "SASL/GSSAPI authentication started\nSASL SSF: 256\n" + ldif(two),
    "blank-lines.ldif": lambda two: ldif(two).replace("\n\n", "\n \n"),
    "blank-class.ldif": lambda two: ldif(two).replace("objectclass: user\n", "objectclass: user \n"),
    "bar-classes.ldif": lambda two: ldif(two).replace(
        "objectclass: organizationalPerson\nobjectclass: user\n", "objectclass: organizationalPerson|user\n"
    ),
}


def test_every_oddity_is_read(desk: Desk) -> None:
    """Two people in each file, all files in one night: each gets the own number and nobody is missing."""
    files, wanted = {}, {}
    for place, (name, written) in enumerate(READ.items()):
        two = (somebody(2 * place), somebody(2 * place + 1))
        files[name] = written(two)
        for number, entry in enumerate(two, 2 * place):
            wanted[desk.account(number)] = entry.attributes["mobile"][0].decode()
    desk.write(files)
    changes = desk.plan()["changes"]
    assert {
        one["account"]["id"]: str(one["after"]).replace(" ", "")  # type: ignore[index]
        for one in changes
    } == {ident: number.replace(" ", "") for ident, number in wanted.items()}


def test_an_address_in_a_joined_cell_is_the_own_mailbox(desk: Desk) -> None:
    """The second address behind `; ` is one at which the person is locked out: nothing is registered."""
    desk.account(1)
    one = raw(
        1, mobile=None,
        proxyAddresses=["SMTP:a@example.org", "smtp:second@example.net"],
        extensionAttribute1="second@example.net",
    )  # fmt: skip
    desk.write({"people.csv": table([one], joined="; ")}, '[email]\nfrom = ["extensionAttribute1"]\n')
    made = desk.plan()
    assert made["changes"] == []
    assert [left["reason"] for left in made["left_alone"]] == ["email-own-address"]


WHOLE = ldif([somebody(1), somebody(2, adminCount="1")])

#: By the name of its file: the file, the exit code, what it is, what to type instead.
REFUSED: Mapping[str, tuple[str, int, str, str]] = {
    "dsget.csv": (
        "  dn                        upn             mobile\n  CN=A,DC=corp   a@example.com   1\n",
        2, "a table for the screen", "csvde -u -f export.csv",
    ),
    "dsquery.csv": ('"CN=Jane,OU=Staff,DC=corp"\n', 2, "a list of distinguished names", "csvde"),
    "list.csv": (
        "DistinguishedName : CN=A,DC=corp\nEnabled : True\n", 2, "a list for the screen", "Export-Csv",
    ),
    "book.csv": ("PK\x03\x04\n", 2, "an Excel workbook", "CSV UTF-8"),
    "entries.csv": (WHOLE, 2, "this is LDIF", 'kind = "ldif"'),
    "employees.csv": ("employeeID,mobile\n4711,1\n", 2, "no column objectGUID", "UserPrincipalName"),
    "names.csv": ("UserPrincipalName,mobile\na@example.com,1\n", 2, "no column objectGUID", "scope.match"),
    "counted.csv": (
        ADFIND + table([somebody(1)]) + "\r\n2 Objects returned\r\n", 40, "counted 2", "export it again",
    ),
    "error.ldif": ("ldap_bind: Invalid credentials (49)\n" + WHOLE, 40, "a search that failed", "2>&1"),
    "limit.ldif": (WHOLE + "Size limit exceeded (4)\n", 40, "a search that failed", "result 0"),
    "console.ldif": (
        'Connecting to "dc1"\nLogging in as current user using SSPI\n', 40, "ldifde", "-f export",
    ),
    "table.ldif": (table([somebody(1)]), 2, "this is CSV", 'kind = "csv"'),
    "names-only.ldif": (
        "dn: CN=A,DC=corp\nobjectClass:\nobjectGUID:\nmobile:\n\n", 40, "without their values", "-A",
    ),
    "cut.ldif": (
        WHOLE[: WHOLE.rindex("admincount")], 40, "no empty line behind the last entry", "export it again",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_called_by_its_name(name: str, desk: Desk) -> None:
    """It ends with the exit code of the contract, what the file is, and what to type instead."""
    content, code, says, instead = REFUSED[name]
    desk.write({name: content})
    said = desk.prepop("sync")
    assert said.code == code
    words = " ".join(said.err.replace("│", " ").split())
    assert name in words
    assert says in words
    assert instead in words
    assert desk.tenant.writes == []


# ---------------------------------------------------------------- values


EMAILS = {
    **dict.fromkeys(
        ("none@none.com", "noemail@noemail.com", "na@na.com", "test@test.com", "x@x.com", "abc@abc.com"),
        "email-placeholder",
    ),
    **dict.fromkeys(("test@gmail.com", "noreply@gmx.de", "user@domain.com", "x@y.org"), "email-placeholder"),
    **dict.fromkeys(("jane@gmail.con", "joe@hotmail.comm"), "email-invalid"),
    "info.weber@gmail.com": "add",
    "jane@nonesuch.org": "add",
}


def test_addresses_that_fill_a_field(desk: Desk) -> None:
    """Nobody's addresses and slips of the keys are left alone; what only looks like one is added."""
    entries = [raw(n, extensionAttribute1=text, mobile=None) for n, text in enumerate(EMAILS)]
    names = {desk.account(n): text for n, text in enumerate(EMAILS)}
    desk.write({"people.csv": table(entries)}, '[email]\nfrom = ["extensionAttribute1"]\n')
    made = desk.plan()
    told = {
        names[one["account"]["id"]]: str(one.get("reason", one.get("action")))  # type: ignore[index]
        for one in (*made["changes"], *made["left_alone"])
    }
    assert told == EMAILS
    details = " ".join(str(one["detail"]) for one in made["left_alone"])
    assert "gmail.com is meant" in details
    assert "hotmail.com is meant" in details


# ---------------------------------------------------------------- a list of names


def test_a_list_of_names_and_numbers(desk: Desk) -> None:
    """With "upn" in scope.match a list is enough: each name finds its account, whose own state decides; an
    anchor or SID in the list is held against it, and the report says what is not known."""
    plain = desk.tenant.new_user("Plain@example.com", immutable_id=anchor(50))
    off = desk.tenant.new_user("off@example.com", enabled=False)
    admin = desk.tenant.new_user("admin@example.com")
    desk.tenant.assign("Global Administrator", admin.id)
    other = desk.tenant.new_user("renamed@example.com", immutable_id=anchor(51))
    same = desk.tenant.new_user("same@example.com", immutable_id=anchor(52))
    desk.tenant.new_user("twice@example.com")
    rows = (
        "plain@EXAMPLE.com,,+49 1512 4820701", "off@example.com,,+49 1512 4820832",
        "admin@example.com,,+49 1512 4820963", f"renamed@example.com,{guid(99)},+49 1512 4821094",
        f"same@example.com,{guid(52)},+49 1512 4821225", "twice@example.com,,+49 1512 4821356",
        "Twice@example.com,,+49 1512 4821487", "gone@example.com,,+49 1512 4821618", ",,+49 1512 4821749",
    )  # fmt: skip
    desk.write(
        {"list.csv": "UPN,objectGUID,mobile\r\n" + "".join(f"{row}\r\n" for row in rows)},
        scope='match = ["anchor", "sid", "upn"]',
    )
    made = desk.plan()
    assert {one["account"]["id"] for one in made["changes"]} == {plain.id, same.id}  # type: ignore[index]
    reasons = sorted((str(one["person"]["dn"]), str(one["reason"])) for one in made["left_alone"])  # type: ignore[index]
    assert reasons == [
        ("", "no-account"),
        ("Twice@example.com", "match-ambiguous"),
        ("admin@example.com", "privileged-role"),
        ("gone@example.com", "no-account"),
        ("off@example.com", "account-disabled"),
        ("renamed@example.com", "match-ambiguous"),
        ("twice@example.com", "match-ambiguous"),
    ]
    assert other.id not in str(made["changes"])
    report = html.unescape((desk.folder / "out" / "report.html").read_text(encoding="utf-8"))
    for piece in ("[region] ou fits nobody", "the account's own state decides", "hold a role in the tenant"):
        assert piece in str(made["directory"])
        assert piece in report
    assert off.id in str(made["left_alone"])
    said = desk.prepop("check", "--json")
    assert "the account's own state decides" in json.dumps(said.document)
    said = desk.prepop("sync")
    assert said.code == 0, said.err
    assert {one.user for one in desk.tenant.writes} == {plain.id, same.id}


def test_one_name_only(desk: Desk) -> None:
    """`--user` chooses one row of a list by its name, and `explain` tells why."""
    first = desk.tenant.new_user("a@example.com")
    desk.tenant.new_user("b@example.com")
    desk.write(
        {"list.csv": "UPN,mobile\r\na@example.com,+49 1512 4820701\r\nb@example.com,+49 1512 4820832\r\n"},
        scope='match = ["upn"]',
    )
    assert desk.prepop("sync", "--user", "A@example.com").code == 0
    assert {one.user for one in desk.tenant.writes} == {first.id}
    assert desk.prepop("explain", "b@example.com").code == 0


# ---------------------------------------------------------------- what fits nobody


def test_what_of_the_mapping_fits_nobody(desk: Desk) -> None:
    """Export-Csv in ASCII: the unit's name lost its letter, so its entry fits nobody; the plan says so."""
    desk.account(1)
    lost = somebody(1)
    lost = Entry("CN=J?rgen,OU=Z?rich,DC=corp,DC=example", lost.attributes)
    mapping = (
        '[region]\nfrom = ["extensionAttribute1"]\nou = { "OU=Zürich,DC=corp,DC=example" = "CH" }\n'
        'default = "DE"\n' + MAPPING
    )
    desk.write({"people.csv": table([lost])}, mapping)
    (finding,) = [one for one in desk.plan()["findings"] if one["code"] == "mapping-unused"]
    assert (finding["level"], finding["measured"]) == ("warn", 3)
    for piece in ('[region] ou "OU=Zürich,DC=corp,DC=example"', "extensionAttribute1", "OU=Z?rich"):
        assert piece in str(finding["text"])
    assert "Export-Csv -Encoding utf8" in str(finding["next"])
    assert desk.prepop("sync").code == 0  # a warning
