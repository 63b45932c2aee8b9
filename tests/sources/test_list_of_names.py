"""A CSV that has only what people have: user principal names, and numbers or addresses."""

import logging
from pathlib import Path

import pytest

from prepop.errors import ConfigError, Incomplete
from prepop.model import DirectoryReading
from prepop.options import DirectoryKind, DirectoryOptions, MatchBy
from prepop.sources import open_directory
from tests.sources.people import Heard, anchor, guid

BY_NAME = (MatchBy.ANCHOR, MatchBy.SID, MatchBy.UPN)
LIST = "UserPrincipalName;mobile\r\nanna@contoso.com;0171 1234567\r\nBob@contoso.com ;\r\n;0172 1\r\n"


def read(
    folder: Path, text: str, match: tuple[MatchBy, ...] = BY_NAME, asked: tuple[str, ...] = ("mobile",)
) -> DirectoryReading:
    file = folder / "list.csv"
    file.write_text(text, encoding="utf-8")
    options = DirectoryOptions(name="hr", kind=DirectoryKind.CSV, path=file)
    return open_directory(options, match=match).read(asked, Heard())


@pytest.mark.parametrize("match", [BY_NAME, (MatchBy.UPN,)])
def test_names_and_numbers_are_enough(match: tuple[MatchBy, ...], tmp_path: Path) -> None:
    """With "upn" in scope.match each row is a person with a name and values, and nothing else is made up."""
    anna, bob, nobody = read(tmp_path, LIST, match).people
    assert (anna.upn, anna.values, anna.named_only) == (
        "anna@contoso.com",
        {"mobile": ("0171 1234567",)},
        True,
    )
    assert (anna.dn, anna.anchor, anna.guid, anna.sid, anna.disabled) == ("", "", "", "", False)
    assert bob.upn == "Bob@contoso.com"
    assert nobody.upn == ""
    assert "anna@contoso.com" in anna.own_addresses
    assert anna.identity == "anna@contoso.com"


def test_what_the_list_does_not_say_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Units, anchors, who is disabled and who is an administrator: the reading names each for the report."""
    with caplog.at_level(logging.WARNING):
        told = str(read(tmp_path, LIST).described)
    for piece in ("[region] ou fits nobody", "anchors", "the account's own state decides", "administrators"):
        assert piece in told
    assert "administrators of the directory are not known" in caplog.text


@pytest.mark.parametrize("header", ["UPN", "User principal name", "userPrincipalName", "USERPRINCIPALNAME"])
def test_heads_of_the_name(header: str, tmp_path: Path) -> None:
    """The column may be headed as people head it."""
    assert read(tmp_path, f"{header},mobile\na@contoso.com,1\n").people[0].upn == "a@contoso.com"


def test_two_columns_of_names_are_refused(tmp_path: Path) -> None:
    """Whose row it is never depends on which of two columns of names is looked at."""
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, "UPN,userPrincipalName,mobile\na@contoso.com,b@contoso.com,1\n")
    assert "UPN and userPrincipalName: which one is meant?" in str(raised.value)


def test_what_the_list_does_say_counts(tmp_path: Path) -> None:
    """A GUID, a state, a class, adminCount or a DN that is there is read as in any export."""
    text = (
        "upn,objectGUID,Enabled,adminCount,mobile\n"
        f"a@contoso.com,{guid(1)},False,1,1\nb@contoso.com,,True,,1\n"
    )
    first, second = read(tmp_path, text).people
    assert (first.anchor, first.disabled, first.admin_count) == (anchor(1), True, True)
    assert (first.named_only, second.named_only) == (False, True)
    assert (second.anchor, second.disabled) == ("", False)
    assert "disabled" not in str(read(tmp_path, text).described)


def test_a_damaged_cell_is_still_refused(tmp_path: Path) -> None:
    """An identity that cannot be read, a state that is neither, a row too short: as in any export."""
    for text in (
        "upn,objectGUID,mobile\na@contoso.com,junk,1\n",
        "upn,Enabled,mobile\na@contoso.com,maybe,1\n",
        "upn,mobile\na@contoso.com\n",
        "upn,mobile\na@contoso.com,1",
    ):
        with pytest.raises(Incomplete):
            read(tmp_path, text)


@pytest.mark.parametrize("lacks", ["objectGUID", "userAccountControl"])
def test_a_whole_export_stays_whole(lacks: str, tmp_path: Path) -> None:
    """Where all the columns are there, a row without GUID or state is damaged, whatever scope.match names."""
    cells = {"DN": "CN=A,DC=corp", "objectGUID": str(guid(1)), "userAccountControl": "512",
             "userPrincipalName": "a@contoso.com", "mobile": "1", lacks: ""}  # fmt: skip
    with pytest.raises(Incomplete, match=lacks):
        read(tmp_path, ",".join(cells) + "\n" + ",".join(f'"{cell}"' for cell in cells.values()) + "\n")


def test_without_upn_in_the_scope(tmp_path: Path) -> None:
    """Where scope.match does not name "upn" the list is refused, and the advice says what to add."""
    with pytest.raises(ConfigError, match="no column objectGUID") as caught:
        read(tmp_path, LIST, (MatchBy.ANCHOR, MatchBy.SID))
    assert 'let scope.match name "upn"' in caught.value.hint


@pytest.mark.parametrize("key", ["sAMAccountName", "employeeID", "mail"])
def test_another_key_says_how_to_get_the_name(key: str, tmp_path: Path) -> None:
    """A key by which no account is found is refused with the command that puts the name beside it."""
    with pytest.raises(ConfigError, match="no column objectGUID") as caught:
        read(tmp_path, f"{key},mobile\nanna,1\n")
    assert f"\"{key.lower()} -eq '$($_.{key.lower()})'\"" in caught.value.hint
    assert "UserPrincipalName" in caught.value.hint
