"""A file of HR, night after night: what it adds, what it never does, and how each trouble is told."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.sources.extra.files import workbook
from tests.sources.people import anchor, ldif_entry, raw
from tests.story.stage import Said

MAPPING = """
[email]
from = ["hr:Private mail"]
policy = "follow"
remove = "own"
"""
HEADER = "Personnel no.;Name;Private mail"
PEOPLE = 12


@dataclass(slots=True)
class Office:
    """A directory that knows numbers of the personnel and no private address, and HR's file beside it."""

    folder: Path
    tenant: SandboxTenant
    url: str
    capsys: pytest.CaptureFixture[str]
    rows: dict[str, str]
    keys: Mapping[str, str]
    name: str = "hr.csv"
    more: str = ""
    mapping: str = MAPPING

    def write(self, age: timedelta = timedelta(0)) -> None:
        """The file as HR leaves it, and the config."""
        path = self.folder / self.name
        if self.name.endswith(".xlsx"):
            workbook(path, [HEADER.split(";"), *((key, "x", mail) for key, mail in self.rows.items())])
        else:
            lines = [HEADER, *(f"{key};x;{mail}" for key, mail in self.rows.items())]
            path.write_text("\r\n".join(lines) + "\r\n", newline="")
        self.touch(age)
        (self.folder / "mapping.toml").write_text(self.mapping)
        (self.folder / "prepop.toml").write_text(
            f'''mapping = "mapping.toml"
[directory]
kind = "ldif"
path = "people.ldif"
[[extra]]
name = "hr"
path = "{self.name}"
key = "Personnel no."
attribute = "employeeID"
[cloud]
tenant = "contoso.onmicrosoft.com"
endpoint = "{self.url}"
credential = "none"
[limits]
additions = "100%"
replacements = "50%"
removals = "50%"
min_population = 5
{self.more}
'''
        )

    def touch(self, age: timedelta) -> None:
        """The file is so old."""
        moment = (datetime.now(UTC) - age).timestamp()
        os.utime(self.folder / self.name, (moment, moment))

    def prepop(self, *words: str) -> Said:
        """Type a command."""
        self.capsys.readouterr()
        code = main([*words, "-c", str(self.folder / "prepop.toml")])
        said = self.capsys.readouterr()
        return Said(code, said.out, said.err)

    def night(self, *words: str) -> tuple[Said, Mapping[str, str]]:
        """`prepop sync`, and who has which address then."""
        said = self.prepop("sync", *words)
        return said, self.registered()

    def registered(self) -> Mapping[str, str]:
        """Address by the number of the person."""
        there: dict[str, str] = {}
        for write in self.tenant.writes:
            key = self.keys[write.user]
            if write.verb == "DELETE":
                there.pop(key)
            else:
                there[key] = write.value
        return there


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    """Twelve people with the numbers 00400 to 00411, each with a row."""
    tenant = SandboxTenant(
        domains=("example.com", "contoso.onmicrosoft.com"), faults=Faults.none(), scale=1000
    )
    entries = [raw(number, employeeID=f"{number + 400:05d}") for number in range(PEOPLE)]
    (tmp_path / "people.ldif").write_text("\n".join(map(ldif_entry, entries)) + "\n")
    keys = {
        tenant.new_user(f"user{number}@example.com", immutable_id=anchor(number)).id: f"{number + 400:05d}"
        for number in range(PEOPLE)
    }
    rows = {f"{number + 400:05d}": f"p{number}@example.net" for number in range(PEOPLE)}
    with SandboxServer(tenant) as server:
        yield Office(tmp_path, tenant, server.url, capsys, rows, keys)


def test_a_file_adds_what_the_directory_lacks(office: Office) -> None:
    """Each person gets the address of their row, and the next night has nothing to do."""
    office.write()
    said, there = office.night()
    assert said.code == 0, said.err
    assert there == office.rows
    said, there = office.night()
    assert (said.code, there) == (0, office.rows)
    assert len(office.tenant.writes) == PEOPLE


def test_the_file_changes_overnight(office: Office) -> None:
    """`follow` replaces what prepop wrote; `remove = "own"` takes away what the file no longer has."""
    office.write()
    office.night()
    office.rows["00400"] = "new@example.net"
    office.rows["00401"] = ""
    office.write()
    said, there = office.night()
    assert said.code == 0, said.err
    assert there["00400"] == "new@example.net"
    assert "00401" not in there
    assert len(there) == PEOPLE - 1


def test_a_row_gets_anothers_key(office: Office) -> None:
    """Two rows with one key: neither of their people is touched, and the report names the rows."""
    office.write()
    office.night()
    office.write()
    path = office.folder / office.name
    path.write_text(path.read_text().replace("00402;x;p2@", "00403;x;wrong@"))
    before = len(office.tenant.writes)
    said, there = office.night()
    assert said.code == 0, said.err
    assert there["00403"] == "p3@example.net"
    assert [write.verb for write in office.tenant.writes[before:]] == ["DELETE"]
    explained = office.prepop("explain", "user3@corp.example")
    assert "key-several" in explained.out
    assert "rows 4, 5 of hr.csv have this person's key" in " ".join(explained.out.split())


def test_explain_names_file_row_and_column(office: Office) -> None:
    """Whoever asks where an address came from finds the cell."""
    office.write()
    said = office.prepop("explain", "user5@corp.example")
    text = " ".join(said.out.split())
    assert "hr.csv has a row of this person (row 7, by Personnel no. = employeeID)" in text
    assert "in hr.csv, row 7, column Private mail" in text
    assert "p5@" not in text


def test_where_it_came_from(office: Office) -> None:
    """Plan and table say `hr:Private mail`; the plan has the file with its numbers and no key."""
    office.write()
    said = office.prepop("plan", "--out", str(office.folder / "out"))
    assert said.code == 0, said.err
    plan = (office.folder / "out" / "plan.json").read_text()
    assert '"from": "hr:Private mail"' in plan
    assert '"joined by": "Personnel no. = employeeID"' in plan
    assert "00405" not in plan
    assert "hr:Private mail" in (office.folder / "out" / "report.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("name", ["hr.csv", "hr.xlsx"])
def test_two_days_old(office: Office, name: str) -> None:
    """What HR said days ago is not today's truth: 40, nothing written, and the file is named."""
    office.name = name
    office.write(timedelta(hours=49))
    said, there = office.night()
    assert said.code == 40
    assert not there
    assert f"{name} was written" in said.err
    assert "extra.max_age_hours allows 48" in said.err


def test_gone(office: Office) -> None:
    """A config that names a file that is not there is a mistake."""
    office.write()
    (office.folder / "hr.csv").unlink()
    said, there = office.night()
    assert (said.code, there) == (2, {})
    assert 'extra.path: "hr.csv" is not there' in said.err


def test_a_column_gone(office: Office) -> None:
    """A column that the mapping names and that is gone is told before anything else is read."""
    office.write()
    path = office.folder / office.name
    path.write_text(path.read_text().replace("Private mail", "Private e-mail"))
    said = office.prepop("plan")
    assert said.code == 2
    assert 'no column "Private mail". Did you mean "Private e-mail"?' in said.err
    assert not office.tenant.requests.http


def test_another_header_is_said(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Another export than the one that was looked at: nothing the mapping needs is gone, and it is said."""
    office.write()
    office.night()
    path = office.folder / office.name
    path.write_text(path.read_text().replace("Personnel no.;Name", "Personnel no.;Nachname"))
    said, _ = office.night()
    assert said.code == 0
    assert (
        "extra file hr has another header than in the last complete run (gone: Name; new: Nachname)"
        in said.err
    )


def test_half_a_file(office: Office) -> None:
    """A file that lost rows is no list of people who left: blocked, until somebody accepts the number."""
    office.write()
    office.night()
    office.rows = dict(list(office.rows.items())[:6])
    office.write()
    said, there = office.night()
    assert said.code == 30
    assert len(there) == PEOPLE
    assert "source-shrank" in said.out
    assert "Extra file hr has 6 fewer rows" in " ".join(said.out.split())


def test_an_empty_file(office: Office) -> None:
    """Only a header: an export that failed, not a company without people."""
    office.write()
    office.night()
    office.rows = {}
    office.write()
    said, there = office.night()
    assert (said.code, len(there)) == (30, PEOPLE)
    assert "Extra file hr has no rows." in " ".join(said.out.split())


def test_rights_on_the_key_are_lost(office: Office) -> None:
    """Without the attribute that joins, the file cannot be asked: nothing is taken away."""
    office.write()
    office.night()
    path = office.folder / "people.ldif"
    path.write_text(
        "\n".join(line for line in path.read_text().split("\n") if not line.startswith("employeeid"))
    )
    before = len(office.tenant.writes)
    said, _ = office.night()
    assert said.code == 30
    assert "values-vanished" in said.out
    said, _ = office.night("--accept", "values-vanished=12")
    assert len(office.tenant.writes) == before
    assert said.code == 0, said.err


def test_a_cool_down_begins_with_the_file(office: Office) -> None:
    """`whenChanged` of the directory is months old and says nothing of what HR changed last night."""
    office.more = "[trust]\ncool_down_days = 3\n"
    office.write()
    said, there = office.night()
    assert (said.code, there) == (0, {})
    assert "value-recent" in said.out


def test_a_workbook(office: Office) -> None:
    """The same rows in a workbook give the same addresses."""
    office.name = "hr.xlsx"
    office.write()
    office.touch(timedelta(0))
    said, there = office.night()
    assert (said.code, there) == (0, office.rows), said.err


def answer(office: Office) -> tuple[int, Mapping[str, object]]:
    """How `check --directory` ends, and what it says of the file."""
    said = office.prepop("check", "--directory", "--json")
    answers = said.document["answers"]
    assert isinstance(answers, list)
    return said.code, next(one for one in answers if one["id"] == "extra-hr")


def test_check_of_a_file_that_fits(office: Office) -> None:
    """Readable, of today, whom it fits, what of it is usable; leavers in it are no trouble."""
    office.rows |= {"00500": "gone@example.net"}
    office.write()
    code, found = answer(office)
    assert found["answer"] == "yes", found
    says = str(found["says"])
    assert says.startswith("hr.csv has 13 rows, written ")
    assert "Personnel no. fits employeeID in 12 of 13 rows" in says
    assert "rows without a person: 1 (such as row 14: •••00)" in says
    assert "hr:Private mail for email: 12 people have it, 12 usable." in says
    assert code == 0


def test_check_of_a_file_that_does_not(office: Office) -> None:
    """Each trouble has its answer: too old, a column gone, nobody's, a key of two, zeros in two forms."""
    office.write(timedelta(days=3))
    code, found = answer(office)
    assert (code, found["answer"]) == (40, "no")
    assert "extra.max_age_hours allows 48" in str(found["says"])
    office.write()
    path = office.folder / office.name
    path.write_text(path.read_text().replace("Private mail", "Private e-mail"))
    code, found = answer(office)
    assert (code, found["answer"]) == (30, "no")
    assert 'Did you mean "Private e-mail"?' in str(found["says"])
    whole = dict(office.rows)
    office.rows = {f"X{key}": mail for key, mail in whole.items()}
    office.write()
    code, found = answer(office)
    assert (code, found["answer"]) == (30, "no")
    assert "extra.key and extra.attribute" in str(found["fix"])
    office.rows = {**whole, " 00400": "other@example.net"}
    office.write()
    code, found = answer(office)
    assert found["answer"] == "partly"
    assert "key-several" in str(found["fix"])
    office.rows = {"400": "p0@example.net", **{key: mail for key, mail in whole.items() if key != "00400"}}
    office.write()
    _, found = answer(office)
    assert found["answer"] == "partly"
    assert "in one form throughout" in str(found["fix"])


def test_nothing_of_a_person_is_told(office: Office) -> None:
    """No whole address and no number of the personnel on the screen, in the log, or in a masked report."""
    office.rows |= {"00405": "first@example.net", " 00405": "second@example.net", "55501": "gone@example.net"}
    office.write()
    out = office.folder / "out"
    said = office.prepop("plan", "-v", "--out", str(out))
    assert said.code == 0, said.err
    told = [said.out, said.err, office.prepop("check", "--directory", "-v").out]
    told += [office.prepop("explain", f"user{number}@corp.example").out for number in (3, 5)]
    told += [
        (out / name).read_text(encoding="utf-8-sig") for name in ("report.html", "report.csv", "summary.json")
    ]
    for secret in ("p3@", "first@", "second@", "gone@", "00403", "00405", "55501"):
        assert not [text for text in told if secret in text], secret
