"""One directory by three ways: the same people through LDAP, LDIF and CSV."""

import csv
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest

from prepop.errors import Incomplete
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
    file.write_text("\n".join(ldif_entry(entry) for entry in raw_entries), encoding="utf-8")
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
