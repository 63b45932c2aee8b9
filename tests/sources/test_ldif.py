"""LDIF in the dialects that tools write, whole and cut short."""

import base64
import codecs
import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.errors import ConfigError, Incomplete
from prepop.model import DirectoryReading, Person
from prepop.options import DirectoryKind, DirectoryOptions
from prepop.sources import open_directory
from prepop.sources.entries import person
from tests.sources.people import ODD_NAMES, Heard, ldif_entry, raw

ASKED = ("mobile", "otherMobile")
PEOPLE = [
    raw(n, otherMobile=["+44 7400 123456", "+44 7400 123457"] if n % 2 else None)
    for n in range(len(ODD_NAMES))
]
WANTED = tuple(person(entry, directory="corp", asked=ASKED) for entry in PEOPLE)
PLAIN = "\n".join(ldif_entry(entry) for entry in PEOPLE) + "\n"


def read(path: Path) -> DirectoryReading:
    options = DirectoryOptions(name="corp", kind=DirectoryKind.LDIF, path=path)
    return open_directory(options).read(ASKED, Heard())


def people(path: Path, content: str | bytes) -> tuple[Person, ...]:
    file = path / "export.ldif"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(file).people


def ldapsearch(text: str, *, result: str = "0 Success", counted: int = len(PEOPLE)) -> str:
    """The same entries as OpenLDAP's ldapsearch frames them."""
    return (
        "# extended LDIF\n#\n# LDAPv3\n# base <DC=corp,DC=example> with scope subtree\n#\n\n"
        f"{text}# search reference\nref: ldap://corp.example/CN=Configuration,DC=corp,DC=example\n\n"
        f"# search result\nsearch: 2\nresult: {result}\n"
        "control: 1.2.840.113556.1.4.319 false MAUCAQAEAA==\n\n"
        f"# numResponses: {counted + 2}\n# numEntries: {counted}\n# numReferences: 1\n"
    )


#: What ldapsearch -Y GSSAPI says on standard error, which `2>&1` puts first.
SASL = (
    "SASL/GSSAPI authentication started\nSASL username: svc-prepop@CORP.EXAMPLE\nSASL SSF: 256\n"
    "SASL data security layer installed.\n"
)

DIALECTS: dict[str, str | bytes] = {
    "RFC 2849": "version: 1\n\n" + PLAIN,
    "version in the first block": "version: 1\n" + PLAIN,
    "ldifde": "".join(ldif_entry(entry, changetype="add") + "\n" for entry in PEOPLE).replace("\n", "\r\n"),
    "ldifde -u": codecs.BOM_UTF16_LE + PLAIN.replace("\n", "\r\n").encode("utf-16-le"),
    "UTF-16 big-endian": codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
    "UTF-8 with BOM": codecs.BOM_UTF8 + PLAIN.encode(),
    "unfolded": "".join(ldif_entry(entry, fold=100_000) + "\n" for entry in PEOPLE),
    "folded at once": "".join(ldif_entry(entry, fold=2) + "\n" for entry in PEOPLE),
    "SASL before the head": SASL + ldapsearch(PLAIN),
    "SASL before the first entry": SASL + PLAIN,
    "blanks in the separating lines": PLAIN.replace("\n\n", "\n \n"),
    "several blanks, and comments": PLAIN.replace("\n\ndn", "\n   \n# Jane, Staff\ndn"),
    "a tab in the separating lines": PLAIN.replace("\n\n", "\n\t\n"),
    "blank lines with blanks": PLAIN.replace("\n\n", "\n\n \n\n"),
    "classes with a blank behind": PLAIN.replace("objectclass: user\n", "objectclass: user \n"),
    "classes in one value": PLAIN.replace(
        "objectclass: person\nobjectclass: organizationalPerson\nobjectclass: user\n",
        "objectclass: person; organizationalPerson; user\n",
    ),
    "ldapsearch": ldapsearch(PLAIN),
    "ldapsearch -LLL": PLAIN + "# refldap://corp.example/CN=Configuration,DC=corp,DC=example\n\n",
    "ldbsearch": "".join(f"# record {n}\n{ldif_entry(e)}\n" for n, e in enumerate(PEOPLE, 1))
    + "# returned 7 records\n# 7 entries\n# 0 referrals\n",
    "comments, folded too": PLAIN.replace("\ndn", "\n# a comment\n  that goes on\ndn"),
    "blank lines": PLAIN.replace("\n\n", "\n\n\n\n"),
    "groups between": PLAIN + "dn: CN=G,DC=corp,DC=example\nobjectClass: top\nobjectClass: group\n\n",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_same_people(dialect: str, tmp_path: Path) -> None:
    """Whatever tool wrote the file, the people are the same."""
    assert people(tmp_path, DIALECTS[dialect]) == WANTED


def test_raw_letters_of_ldifde_unicode(tmp_path: Path) -> None:
    """ldifde -u may write names as they are, not in base64."""
    entry = raw(2)
    text = ldif_entry(entry, fold=100_000)
    plain = text.replace(f":: {base64.b64encode(ODD_NAMES[2].encode()).decode()}", f": {ODD_NAMES[2]}")
    assert plain != text
    assert people(tmp_path, codecs.BOM_UTF16_LE + plain.encode("utf-16-le")) == (
        person(entry, directory="corp", asked=ASKED),
    )


def test_identities_as_text(tmp_path: Path) -> None:
    """ldbsearch writes objectGUID and objectSid as text; they mean the same bytes."""
    wanted = WANTED[0]
    text = (
        ldif_entry(raw(0, objectGUID=None, objectSid=None))
        + f"objectGUID: {wanted.guid}\nobjectSid: {wanted.sid}\n"
    )
    assert people(tmp_path, text) == (wanted,)


def test_an_export_without_administrators(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without adminCount the file is read, and the log says what that means; with one it does not."""
    people(tmp_path, PLAIN)
    assert "nobody has a value of adminCount" in caplog.text
    assert "administrators of the directory are not known" in caplog.text
    caplog.clear()
    people(tmp_path, PLAIN + ldif_entry(raw(len(ODD_NAMES), adminCount="1")) + "\n")
    assert "adminCount" not in caplog.text


def test_nobody_read_is_no_spelling_mistake(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where the export has no people, no attribute is called misspelt: `source-empty` says what there is."""
    assert people(tmp_path, "version: 1\n") == ()
    assert caplog.text == ""


def test_nobody_among_the_entries(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Entries of which none is a person: the log says what they are; beside people nothing is said."""
    groups = "".join(f"dn: CN=G{n},DC=corp\nobjectClass: top\nobjectClass: group\n\n" for n in range(3))
    assert people(tmp_path, groups) == ()
    assert "nobody in it is a person" in caplog.text
    assert "3 'group'" in caplog.text
    caplog.clear()
    people(tmp_path, groups + PLAIN)
    assert "nobody in it is a person" not in caplog.text


def test_a_cut_line_is_never_a_shorter_entry(tmp_path: Path) -> None:
    """A file cut anywhere inside a line is refused, with file and line."""
    whole = ldif_entry(PEOPLE[0]).encode()
    for length in range(1, len(whole), 5):
        if whole[length - 1 : length] != b"\n":
            with pytest.raises(Incomplete, match=r"export\.ldif, line \d+: "):
                people(tmp_path, PLAIN.encode() + whole[:length])


@pytest.mark.parametrize("tool", ["ldapsearch", "ldbsearch"])
def test_missing_closing_words(tool: str, tmp_path: Path) -> None:
    """Where the tool writes an end and the end is missing, the file was cut, even between two entries."""
    text = DIALECTS[tool]
    assert isinstance(text, str)
    short = text[: text.rindex("dn:")]
    short = short[: short.rindex("\n\n") + 2]
    with pytest.raises(Incomplete, match="is missing"):
        people(tmp_path, short)


def test_a_search_that_ended_at_a_limit(tmp_path: Path) -> None:
    """ldapsearch without pages stops at 1,000 and says so; that is no complete export."""
    with pytest.raises(Incomplete, match="ended with 4 Size limit exceeded"):
        people(tmp_path, ldapsearch(PLAIN, result="4 Size limit exceeded"))


def test_a_cut_at_a_line_end_in_the_last_entry(tmp_path: Path) -> None:
    """A file that ends at a line end inside its last entry is refused at each such place: what is gone may
    have said that this person is an administrator."""
    last = ldif_entry(raw(len(ODD_NAMES), adminCount="1"))
    lines = last.splitlines(keepends=True)
    for count in range(1, len(lines) + 1):
        with pytest.raises(Incomplete, match="no empty line behind the last entry"):
            people(tmp_path, PLAIN + "".join(lines[:count]))
    assert len(people(tmp_path, PLAIN + last + "\n")) == len(PEOPLE) + 1
    assert len(people(tmp_path, PLAIN + last + " \n")) == len(PEOPLE) + 1
    assert len(people(tmp_path, last)) == 1  # no other entry shows how they end


@pytest.mark.parametrize(
    ("head", "says", "instead"),
    [
        ("ldap_bind: Invalid credentials (49)\n\tadditional info: 80090308\n", "a search that failed",
         "2>&1"),
        ("ldap_sasl_bind(SIMPLE): Can't contact LDAP server (-1)\n", "a search that failed", "result 0"),
        ("Size limit exceeded (4)\n", "a search that failed", "result 0"),
        ('Connecting to "dc1.corp.example"\nLogging in as current user using SSPI\n',
         "what ldifde or csvde says", "-f export.ldif"),
        ("DN,objectClass,mobile\n", "this is CSV", 'kind = "csv"'),
        ("PK\x03\x04\x14\0\n", "an Excel workbook", "CSV UTF-8"),
        ("AdFind V01.56.00cpp Joe Richards\n\ndn:CN=Jane,DC=corp\n>mobile: 1\n", "AdFind's output", "-csv"),
        ("distinguishedName : CN=Jane,DC=corp\n", "a list for the screen", "Export-Csv"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("tail", ["", PLAIN])
def test_what_is_no_ldif_is_called_by_its_name(
    head: str, says: str, instead: str, tail: str, tmp_path: Path
) -> None:
    """Errors above the entries, and other kinds of files: the message says which, the advice what to type."""
    with pytest.raises((ConfigError, Incomplete), match=says) as caught:
        people(tmp_path, head + tail)
    assert instead in caught.value.hint
    assert "damaged" not in caught.value.message


def test_names_without_values(tmp_path: Path) -> None:
    """`ldapsearch -A` writes names alone: nobody could be told from a computer, so the file is refused."""
    text = "\n".join(f"dn: {entry.dn}\nobjectClass:\nobjectGUID:\nmobile:\n" for entry in PEOPLE[1:2])
    with pytest.raises(Incomplete, match="names of attributes without their values") as caught:
        people(tmp_path, text)
    assert "leave -A" in caught.value.hint


def test_a_blank_line_inside_a_value_is_not_the_end(tmp_path: Path) -> None:
    """A line of blanks that a value goes on behind belongs to the value, as RFC 2849 says."""
    (found,) = people(tmp_path, ldif_entry(raw(0, displayName=None)) + "displayName: a\n \n b\n")
    assert found.name == "ab"


def test_a_count_that_does_not_agree(tmp_path: Path) -> None:
    """Fewer entries than the tool counted means that some were lost."""
    with pytest.raises(Incomplete, match="7 entries, but the tool that wrote it counted 8"):
        people(tmp_path, ldapsearch(PLAIN, counted=8))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("mobile:: KzQ5I=", "not whole base64"),
        ("mobile:: +++", "not whole base64"),
        ("mobile:: KzQ5!IDE1", "not whole base64"),
        ("mobile:< file:///etc/hosts", "points to another file"),
        ("no colon here", "neither an attribute nor a comment"),
        ("dn: CN=two,DC=corp,DC=example", "dn in the middle"),
        ("mobile;range=0-1499: +44 7400 123456", "only a part of the values of mobile"),
    ],
)
def test_damage_is_named_with_its_line(line: str, says: str, tmp_path: Path) -> None:
    """A damaged line ends the reading; the message has file, line and what is wrong, never the value."""
    entry = ldif_entry(raw(0, mobile=None), fold=10_000)
    with pytest.raises(Incomplete, match=says) as caught:
        people(tmp_path, entry + line + "\n")
    assert f"export.ldif, line {entry.count(chr(10)) + 1}: " in caught.value.message
    assert "7400" not in caught.value.message


def test_entry_without_dn(tmp_path: Path) -> None:
    """Attributes without a dn are the rest of something that was lost."""
    with pytest.raises(Incomplete, match="line 1: an entry without dn"):
        people(tmp_path, "mobile: +44 7400 123456\nobjectClass: user\n\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dn: CN=a,DC=corp\nchangetype: delete\n", "changetype delete"),
        ("dn: CN=a,DC=corp\nchangetype: modify\nreplace: mobile\nmobile: 1\n-\n", "changetype modify"),
        ("version: 2\n\n", "not version 1"),
        ("d\0n\0:\0 \0", "UTF-16 without a byte order mark"),
        (ldif_entry(raw(0, objectGUID=None, mS_DS_ConsistencyGuid=None)), "neither objectGUID"),
    ],
)
def test_files_that_are_no_export(text: str, says: str, tmp_path: Path) -> None:
    """Files of changes, of another version or coding are refused with a word on what they are."""
    with pytest.raises((ConfigError, Incomplete), match=says):
        people(tmp_path, text)


def test_no_such_file(tmp_path: Path) -> None:
    """A path that leads nowhere is a mistake in the config."""
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.ldif")


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    """A value in another coding (ldifde without -u) is named by its DN and attribute."""
    with pytest.raises(Incomplete, match=r"export\.ldif, line 1: CN=.*attribute mobile"):
        people(tmp_path, ldif_entry(raw(0, mobile=None)).encode() + b"mobile: \xfc\n")


def test_described_and_progress(tmp_path: Path) -> None:
    """The reading says which file it was, and progress ends at the number of entries."""
    file = tmp_path / "export.ldif"
    file.write_text(PLAIN, encoding="utf-8")
    heard = Heard()
    options = DirectoryOptions(name="corp", kind=DirectoryKind.LDIF, path=file)
    reading = open_directory(options).read(ASKED, heard)
    assert reading.described["kind"] == "ldif"
    assert reading.described["file"] == str(file)
    assert heard.steps[-1] == ("reading people", len(PEOPLE), len(PEOPLE))


def test_neither_ldap3_nor_pandas_is_loaded(tmp_path: Path) -> None:
    """A run on an LDIF file does not pay for what only the other sources need."""
    file = tmp_path / "export.ldif"
    file.write_text(PLAIN, encoding="utf-8")
    script = (
        "import sys, pathlib\n"
        "from prepop.options import DirectoryKind, DirectoryOptions\n"
        "from prepop.sources import open_directory\n"
        "options = DirectoryOptions(kind=DirectoryKind.LDIF, path=pathlib.Path(sys.argv[1]))\n"
        "people = open_directory(options).read(['mobile'], lambda *told: None).people\n"
        "sys.exit(not people or bool({'ldap3', 'pandas', 'gssapi'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(file)], check=False)
    assert done.returncode == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.binary(max_size=3))
def test_damage_is_refused_or_read_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes
) -> None:
    """Bytes put anywhere into a good file give people or one of our own errors, nothing else."""
    good = PLAIN.encode()
    place = at % len(good)
    with contextlib.suppress(Incomplete, ConfigError):
        people(tmp_path_factory.mktemp("junk"), good[:place] + junk + good[place + 1 :])
