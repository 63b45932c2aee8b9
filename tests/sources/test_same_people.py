"""One directory by three ways: the same people through LDAP, LDIF and CSV."""

import csv
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest

from prepop.errors import ConfigError, Incomplete, PrepopError
from prepop.model import Person
from prepop.options import DirectoryKind, DirectoryOptions
from prepop.sources import open_directory
from prepop.sources.entries import STANDARD_ATTRIBUTES, Entry
from prepop.sources.ldap.search import PEOPLE_FILTER
from tests.sources.people import Heard, ldif_entry
from tests.sources.samba import DomainController

pytestmark = pytest.mark.samba

ASKED = ("mobile", "otherMobile", "telephoneNumber", "c", "extensionAttribute1")
COLUMNS = tuple(dict.fromkeys((*STANDARD_ATTRIBUTES, *ASKED)))
BINARY = ("objectguid", "ms-ds-consistencyguid", "objectsid")


@pytest.fixture(scope="module")
def over_ldap(samba_dc: DomainController) -> dict[str, Person]:
    """Everybody below the staff tree, by GUID."""
    options = samba_dc.options()
    reading = open_directory(options, samba_dc.reader_password).read(ASKED, Heard())
    return {person.guid: person for person in reading.people}


def from_file(kind: DirectoryKind, path: Path) -> dict[str, Person]:
    options = DirectoryOptions(name="corp", kind=kind, path=path)
    return {person.guid: person for person in open_directory(options).read(ASKED, Heard()).people}


@pytest.fixture(scope="module")
def raw_entries(samba_dc: DomainController) -> list[Entry]:
    """Everything below the staff tree as the administrator sees it, people or not."""
    entries = []
    with samba_dc.administrator() as connection:
        for item in connection.extend.standard.paged_search(
            samba_dc.staff, "(objectClass=*)", attributes=list(COLUMNS), paged_size=500, generator=True
        ):
            if item["type"] == "searchResEntry":
                raw = {
                    name.lower(): tuple(values) for name, values in item["raw_attributes"].items() if values
                }
                entries.append(Entry(item["raw_dn"].decode(), raw))
    return entries


def tool(name: str) -> str:
    """The path of a program that may be absent; skips where it is, or fails under PREPOP_TESTS_NO_SKIP."""
    found = shutil.which(name)
    if not found:
        if os.environ.get("PREPOP_TESTS_NO_SKIP"):
            pytest.fail(f"{name} is not installed: tests/sources/samba/dc.sh install")
        pytest.skip(f"{name} is not installed: tests/sources/samba/dc.sh install")
    return found


def test_ldif(raw_entries: list[Entry], over_ldap: Mapping[str, Person], tmp_path: Path) -> None:
    """An LDIF file of the whole tree holds the same people, fact for fact."""
    file = tmp_path / "export.ldif"
    file.write_text("".join(ldif_entry(entry) + "\n" for entry in raw_entries), encoding="utf-8")
    assert from_file(DirectoryKind.LDIF, file) == over_ldap


def test_csv(raw_entries: list[Entry], over_ldap: Mapping[str, Person], tmp_path: Path) -> None:
    """A CSV file as csvde writes it holds the same people, fact for fact."""

    def cell(name: str, values: tuple[bytes, ...]) -> str:
        if name in BINARY:
            return "".join(f"X'{value.hex()}'" for value in values)
        return ";".join(value.decode() for value in values)

    file = tmp_path / "export.csv"
    with file.open("w", encoding="utf-16", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["DN", *COLUMNS])
        for entry in raw_entries:
            values = [cell(name.lower(), entry.attributes.get(name.lower(), ())) for name in COLUMNS]
            writer.writerow([entry.dn, *values])
    assert from_file(DirectoryKind.CSV, file) == over_ldap


def test_powershell(raw_entries: list[Entry], over_ldap: Mapping[str, Person], tmp_path: Path) -> None:
    """A CSV file as Export-Csv writes it holds the same people, but for times, which are local there."""
    file = tmp_path / "users.csv"
    columns = [
        name for name in COLUMNS if name not in ("userAccountControl", "whenChanged", "objectClass", "cn")
    ]
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerow(["DistinguishedName", "Enabled", "Name", *columns])
        for entry in raw_entries:
            person = over_ldap.get(str(uuid.UUID(bytes_le=entry.attributes["objectguid"][0])))
            if person is None:
                continue
            cells = {"objectGUID": person.guid, "objectSid": person.sid}
            own = entry.attributes.get("ms-ds-consistencyguid", (b"",))[0]
            cells["mS-DS-ConsistencyGuid"] = (
                str(uuid.UUID(bytes_le=own)) if len(own) == 16 else f"X'{own.hex()}'"
            )
            if not own:
                cells["mS-DS-ConsistencyGuid"] = ""
            texts = {
                name: b";".join(entry.attributes.get(name.lower(), ()))
                for name in columns
                if name not in cells
            }
            cells |= {name: value.decode() for name, value in texts.items()}
            (common,) = entry.attributes["cn"]
            row = [person.dn, str(not person.disabled), common.decode(), *(cells[name] for name in columns)]
            writer.writerow(row)
    found = from_file(DirectoryKind.CSV, file)
    assert found.keys() == over_ldap.keys()
    for guid, person in found.items():
        whole = over_ldap[guid]
        assert (person.anchor, person.sid, person.dn, person.name) == (
            whole.anchor,
            whole.sid,
            whole.dn,
            whole.name,
        )
        assert (person.disabled, person.admin_count) == (whole.disabled, whole.admin_count)
        assert (person.own_addresses, person.values) == (whole.own_addresses, whole.values)
        assert person.when_changed is None


def test_ldapsearch(samba_dc: DomainController, over_ldap: Mapping[str, Person], tmp_path: Path) -> None:
    """What OpenLDAP's ldapsearch writes of the same controller holds the same people; cut, it is refused."""
    signed_in = ("-x", "-D", samba_dc.reader, "-w", samba_dc.reader_password)
    pages = ("-E", "pr=500/noprompt")
    query = ("-b", samba_dc.staff, f"(&{PEOPLE_FILTER})", *COLUMNS)
    done = subprocess.run(
        [tool("ldapsearch"), "-H", samba_dc.url, *signed_in, *pages, *query],
        env={**os.environ, "LDAPTLS_CACERT": str(samba_dc.ca_file)},
        capture_output=True,
        check=True,
    )
    file = tmp_path / "export.ldif"
    file.write_bytes(done.stdout)
    assert from_file(DirectoryKind.LDIF, file) == over_ldap
    file.write_bytes(done.stdout[: done.stdout.rindex(b"\n\n", 0, len(done.stdout) // 2) + 2])
    with pytest.raises(
        Incomplete, match="the number of responses that ldapsearch writes at the end is missing"
    ):
        from_file(DirectoryKind.LDIF, file)


def test_ldbsearch(samba_dc: DomainController, over_ldap: Mapping[str, Person], tmp_path: Path) -> None:
    """What Samba's ldbsearch writes, with GUIDs and SIDs as text, holds the same people."""
    database = str(samba_dc.folder / "private" / "sam.ldb")
    done = subprocess.run(
        [tool("ldbsearch"), "-H", database, "-b", samba_dc.staff, f"(&{PEOPLE_FILTER})", *COLUMNS],
        capture_output=True,
        check=True,
    )
    file = tmp_path / "export.ldif"
    file.write_bytes(done.stdout)
    assert from_file(DirectoryKind.LDIF, file) == over_ldap


# ---------------------------------------------------------------- what the tools write on a bad day


def ldapsearch(dc: DomainController, *more: str, password: str = "", url: str = "") -> bytes:
    """What ldapsearch prints of the known people, standard error first, as `2>&1` puts it into a file."""
    signed_in = ("-x", "-D", dc.reader, "-w", password or dc.reader_password)
    done = subprocess.run(
        [
            *(tool("ldapsearch"), "-H", url or dc.url, *signed_in, *more),
            *("-b", dc.staff, "(&(objectCategory=person)(employeeType=known))", *COLUMNS),
        ],
        env={**os.environ, "LDAPTLS_CACERT": str(dc.ca_file)},
        capture_output=True,
        check=False,
    )
    return done.stderr + done.stdout


def refused(kind: DirectoryKind, path: Path, content: bytes) -> PrepopError:
    """The error that ends the reading of this file."""
    path.write_bytes(content)
    with pytest.raises((ConfigError, Incomplete)) as caught:
        from_file(kind, path)
    return caught.value


def test_names_without_values(samba_dc: DomainController, tmp_path: Path) -> None:
    """`ldapsearch -A` is refused with the letter to leave out, with and without comments around."""
    for style in ("-A", "-ALLL"):
        error = refused(DirectoryKind.LDIF, tmp_path / "export.ldif", ldapsearch(samba_dc, style))
        assert "names of attributes without their values" in error.message
        assert "-A" in error.hint


def test_a_search_that_failed(samba_dc: DomainController, tmp_path: Path) -> None:
    """A wrong password and an unknown server leave the tool's words in the file, and these are quoted."""
    file = tmp_path / "export.ldif"
    error = refused(DirectoryKind.LDIF, file, ldapsearch(samba_dc, password="Not.The.Password.1"))
    assert "Invalid credentials (49)" in error.message
    error = refused(DirectoryKind.LDIF, file, ldapsearch(samba_dc, url="ldaps://127.0.0.1:1"))
    assert "Can't contact LDAP server" in error.message
    assert "2>&1" in error.hint


def test_without_the_closing_words(
    samba_dc: DomainController, over_ldap: Mapping[str, Person], tmp_path: Path
) -> None:
    """`ldapsearch -LLL` has no closing words: it is read whole, and refused when it is cut at any line end
    inside its last entry."""
    file = tmp_path / "export.ldif"
    whole = ldapsearch(samba_dc, "-LLL")
    file.write_bytes(whole)
    people = from_file(DirectoryKind.LDIF, file)
    assert people.items() <= over_ldap.items()
    assert people
    entries = whole[: whole.rindex(b"\n\n# refldap") + 2] if b"# refldap" in whole else whole
    last = entries.rindex(b"dn:")
    for place in [at for at in range(last, len(entries) - 2) if entries[at : at + 1] == b"\n"]:
        error = refused(DirectoryKind.LDIF, file, entries[: place + 1])
        assert "no empty line behind the last entry" in error.message
