"""What tools and people put around rows: read where it does no harm, else called by its name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from prepop.errors import ConfigError, Incomplete, PrepopError
from tests.sources.people import raw
from tests.sources.test_table import WANTED, csvde, people, powershell

ADFIND = (
    "\r\nAdFind V01.56.00cpp Joe Richards (support@joeware.net) April 2021\r\n\r\n"
    "Using server: dc1.corp.example:389\r\nDirectory: Windows Server 2019\r\n\r\n"
    "Base DN: DC=corp,DC=example\r\n\r\n"
)


def with_classes(mark: str) -> str:
    """csvde's text, with all classes in the cell, joined so."""
    joined = mark.join(("top", "person", "organizationalPerson", "user"))
    return csvde().replace(",user,", f',"{joined}",')


ODDITIES: dict[str, str] = {
    "AdFind's banner and count": ADFIND + csvde() + "\r\n\r\n7 Objects returned\r\n",
    "AdFind's other end": ADFIND
    + csvde()
    + "\r\n7 Objects returned\r\n\r\nThe command completed successfully\r\n",
    "sep= of Excel": "sep=;\r\n" + powershell(delimiter=";"),
    "sep= in quotes": '"sep=;"\r\n' + powershell(delimiter=";"),
    "a bar between the cells": powershell(delimiter="|"),
    "sep=|": "sep=|\n" + powershell(delimiter="|"),
    "empty rows of Excel": powershell(delimiter=";") + (";" * 14 + "\r\n") * 3,
    "empty rows between": powershell().replace("\r\n", "\r\n" + "," * 14 + "\r\n"),
    "empty lines above the header": "\r\n  \r\n" + csvde(),
    "columns without a name": "".join(f"{line},,\r\n" for line in csvde().splitlines()),
    "classes with a blank behind": csvde().replace(",user,", ",user ,"),
    "classes joined by a bar": with_classes("|"),
    "classes joined by ; and a blank": with_classes("; "),
    "classes in braces": with_classes(", ").replace('"top', '"{top').replace('user"', 'user}"'),
    "addresses joined by ; and a blank": csvde().replace(";smtp:", "; smtp:"),
    "addresses joined by a bar": csvde().replace(";smtp:", "|smtp:"),
    "other mobiles joined by ; and a blank": csvde().replace(";+44", "; +44"),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_an_oddity_changes_nobody(oddity: str, tmp_path: Path) -> None:
    """The people are the same with it and without it, own mailboxes and all."""
    assert ODDITIES[oddity] != csvde()
    assert people(tmp_path, ODDITIES[oddity]) == WANTED


def test_lines_are_counted_from_the_top_of_the_file(tmp_path: Path) -> None:
    """What stands above the header counts: the message names the line that an editor shows."""
    with pytest.raises(Incomplete, match=r"export\.csv, line 17: 2 fields"):
        people(tmp_path, ADFIND + csvde() + "a,b\r\n")


def test_a_count_that_does_not_agree(tmp_path: Path) -> None:
    """AdFind counted more than the file has: rows were lost."""
    with pytest.raises(Incomplete, match="7 rows, but the tool that wrote it counted 8"):
        people(tmp_path, ADFIND + csvde() + "\r\n8 Objects returned\r\n")


def test_a_header_further_down_hides_no_rows(tmp_path: Path) -> None:
    """Lines with as many cells as the header are rows: a file whose header is not first is not read."""
    first, *rest = csvde().split("\r\n")
    with pytest.raises((ConfigError, Incomplete)):
        people(tmp_path, "\r\n".join([rest[0], first, *rest[1:]]))


@pytest.mark.parametrize(
    ("content", "says", "instead"),
    [
        ("PK\x03\x04\x14\0", "an Excel workbook", "save it in Excel as CSV UTF-8"),
        ("<!DOCTYPE html>\n<html>\n", "a web page", "download"),
        ('[\n{"userPrincipalName": "x"}\n]\n', "JSON", "Export-Csv"),
        ("  dn                          upn               mobile\n  CN=A,DC=x  a@x.de  1\n",
         "a table for the screen", "csvde -u -f export.csv"),
        ("distinguishedName     mobile\nCN=A,OU=Staff,DC=corp   1\n", "a table for the screen", "mobile"),
        ("Name   SamAccountName Enabled\n----   -------------- -------\nA      a              True\n",
         "a table for the screen", "otherMobile"),
        ('"CN=Jane,OU=Staff,DC=corp,DC=example"\n"CN=Joe,OU=Staff,DC=corp,DC=example"\n',
         "a list of distinguished names", "objectGUID"),
        ("DistinguishedName : CN=Jane,DC=corp\nEnabled           : True\n", "a list for the screen",
         "Export-Csv"),
        ("Get-ADUser : Unable to contact the server.\nAt line:1 char:1\n", "an error of PowerShell",
         "export again"),
        ("ldap_bind: Invalid credentials (49)\n", "a search that failed", "result 0"),
        ("dsquery failed:The server is not operational.\n", "an error of the export", "export again"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_called_by_its_name(
    content: str, says: str, instead: str, tmp_path: Path
) -> None:
    """The message says what the file is, the advice what to type: never that it is merely damaged."""
    with pytest.raises(PrepopError, match=says) as caught:
        people(tmp_path, content.encode("latin-1"))
    assert isinstance(caught.value, ConfigError | Incomplete)
    assert instead in caught.value.hint
    assert "damaged" not in caught.value.message


@pytest.mark.parametrize("line", ["ldap_bind: for jane.doe@example.org (49)", "Get-ADUser : +44 7400 123456"])
def test_words_of_other_programs_are_masked(line: str, tmp_path: Path) -> None:
    """What a failing program printed is quoted, but for whole numbers and addresses."""
    with pytest.raises(Incomplete) as caught:
        people(tmp_path, line + "\n")
    assert "jane.doe" not in caught.value.message
    assert "7400" not in caught.value.message


@pytest.mark.parametrize("change", [lambda t: t.replace("dn:", "DN,"), lambda t: "dn: CN=A,DC=x\n" + t])
def test_ldif_is_no_table(change: Callable[[str], str], tmp_path: Path) -> None:
    """LDIF in a csv block ends with one of our own errors, whatever it holds."""
    with pytest.raises((ConfigError, Incomplete)):
        people(tmp_path, change("dn: CN=Jane,DC=corp\nobjectClass: user\nmobile: 1\n\n"))


def test_the_own_mailbox_in_a_joined_cell(tmp_path: Path) -> None:
    """Every address of a joined cell is the person's own, so none of them is registered for a reset."""
    entry = raw(0, proxyAddresses="SMTP:a@example.org; smtp:b@example.org |smtp:c@example.org,X500:/o=x")
    (found,) = people(tmp_path, csvde([entry]))
    assert {"a@example.org", "b@example.org", "c@example.org"} <= set(found.own_addresses)
