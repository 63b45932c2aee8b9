"""The environment lays over the file, and what leads nowhere is a mistake."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from prepop.options import DirectoryKind, Limit, MatchBy, Settings
from prepop.settings import load
from tests.settings.conftest import RIGHT, Mistakes


def _load(environ: Mapping[str, str]) -> Settings:
    return load(Path("prepop.toml"), environ)


@pytest.mark.usefixtures("folder")
def test_every_kind_of_value() -> None:
    """Text, words, numbers, truth, limits and lists can be set from outside, and win over the file."""
    settings = _load(
        {
            "PREPOP_CLOUD__TENANT": "example.org",
            "PREPOP_CLOUD__GATES": "2",
            "PREPOP_SCOPE__GUESTS": "TRUE",
            "PREPOP_LIMITS__ADDITIONS": "7",
            "PREPOP_LIMITS__REMOVALS": "7, 7%",
            "PREPOP_SCOPE__MATCH": "upn, sid",
            "PREPOP_STATE__DIR": "elsewhere",
        }
    )
    assert settings.cloud.tenant == "example.org"
    assert settings.cloud.gates == 2
    assert settings.scope.guests
    assert settings.limits.additions == Limit(7, None)
    assert settings.limits.removals == Limit(7, 0.07)
    assert settings.scope.match == (MatchBy.UPN, MatchBy.SID)
    assert settings.state_dir == Path.cwd() / "elsewhere"


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        ("", ()),
        ("Pilot", ("Pilot",)),
        ("Pilot, Second wave", ("Pilot", "Second wave")),
        ('["Pilot, first", "Second"]', ("Pilot, first", "Second")),
        ("['Pilot']", ("Pilot",)),
        ('["a",\n"b"]', ("a", "b")),
        ("CN=Pilot,OU=Groups,DC=corp", ("CN=Pilot,OU=Groups,DC=corp",)),
        ("[not a list", ("[not a list",)),
        ('["a"]\nb = "c"', None),
    ],
)
def test_lists(mistakes: Mistakes, value: str, groups: tuple[str, ...] | None) -> None:
    """A TOML array, words with commas between them, or one distinguished name."""
    environ = {"PREPOP_SCOPE__GROUPS": value}
    if groups is None:
        assert mistakes(environ=environ) == [
            "PREPOP_SCOPE__GROUPS: scope.groups: holds a line break or another "
            "control character. A backslash is written twice."
        ]
    else:
        assert _load(environ).scope.groups == groups


def test_the_mapping(folder: Path) -> None:
    """PREPOP_MAPPING counts from the config's folder, as the key does."""
    (folder / "maps").mkdir()
    (folder / "maps" / "other.toml").write_text('[email]\nfrom = "extensionAttribute1"\n')
    settings = _load({"PREPOP_MAPPING": "maps/other.toml"})
    assert settings.mapping_file == folder / "maps" / "other.toml"
    assert settings.mapping.attributes == ("extensionAttribute1",)


@pytest.mark.usefixtures("folder")
def test_what_is_no_key_is_let_be() -> None:
    """PREPOP_CONFIG, and variables that `_env` keys may name, say nothing about keys."""
    plain = _load({})
    assert (
        _load({"PREPOP_CONFIG": "x", "PREPOP_LDAP_PASSWORD": "x", "PREPOP_": "", "XPREPOP_A__B": ""}) == plain
    )


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("PREPOP_LIMITS__ADDITONS", "there is no such key. Did you mean PREPOP_LIMITS__ADDITIONS?"),
        ("PREPOP_STATE__Q", "there is no such key. Keys there: dir, keep_days."),
        ("PREPOP_NOTIFY__Q", "there is no such key. Keys there: when, urls_env, urls_file, attach, within."),
        ("PREPOP_LIMIT__ADDITIONS", "there is no such section. Did you mean PREPOP_LIMITS__ADDITIONS?"),
        ("PREPOP_limits__additions", "there is no such section. Did you mean PREPOP_LIMITS__additions?"),
        ("PREPOP_LIMITS__additions", "there is no such key. Did you mean PREPOP_LIMITS__ADDITIONS?"),
        (
            "PREPOP_DIRECTORY__CORP__URL",
            "there is no directory with such a name. No block of the file has a name.",
        ),
        (
            "PREPOP_DIRECTORY__PASSWORD",
            "a secret never stands in this file. Name the environment variable that holds it with "
            "password_env, or its file with password_file.",
        ),
    ],
)
def test_what_leads_nowhere(mistakes: Mistakes, variable: str, expected: str) -> None:
    """A variable with two underscores was meant as a key, so a wrong one is named."""
    assert mistakes(environ={variable: "1"}) == [f"{variable}: {expected}"]


def test_a_wrong_value_names_its_variable(mistakes: Mistakes) -> None:
    """A mistake that the environment brought in is not blamed on a line of the file."""
    assert mistakes(environ={"PREPOP_CLOUD__GATES": "two", "PREPOP_TRUST__COUNTRIES": "DE,UK"}) == [
        'PREPOP_CLOUD__GATES: cloud.gates: must be a whole number, not "two".',
        'PREPOP_TRUST__COUNTRIES: trust.countries: "UK" is not known. Did you mean "GB"?',
    ]


def test_a_right_value_mends_a_wrong_file(mistakes: Mistakes) -> None:
    """What the environment replaces is not looked at."""
    assert mistakes(RIGHT + "gates = 9\n", environ={"PREPOP_CLOUD__GATES": "1"}) == []


@pytest.mark.parametrize("text", ["\udcff", "a\x00b"])
def test_bytes_that_are_no_text(mistakes: Mistakes, text: str) -> None:
    """A variable whose bytes are no text is a mistake, and its message can be printed."""
    [found] = mistakes(environ={"PREPOP_STATE__DIR": text})
    found.encode("utf-8")
    assert found.startswith("PREPOP_STATE__DIR: state.dir: ")


def test_a_whole_directory_from_the_environment(folder: Path) -> None:
    """A config without [directory] can get one from outside; its path counts from the config."""
    (folder / "people.ldif").write_text("")
    (folder / "prepop.toml").write_text('mapping = "map.toml"\n[cloud]\ntenant = "contoso.com"\n')
    [directory] = _load(
        {"PREPOP_DIRECTORY__KIND": "ldif", "PREPOP_DIRECTORY__PATH": "people.ldif"}
    ).directories
    assert directory.kind is DirectoryKind.LDIF
    assert directory.path == folder / "people.ldif"


BLOCKS = """\
mapping = "map.toml"
[[directory]]
name = "corp"
url = "ldaps://dc1"
base = "DC=a"
[[directory]]
name = "lab-2.x"
url = "ldaps://dc2"
base = "DC=b"
[cloud]
tenant = "contoso.com"
"""


def test_one_of_several_directories(folder: Path) -> None:
    """A block is called by its name, in capitals and with _ for other letters."""
    (folder / "prepop.toml").write_text(BLOCKS)
    settings = _load(
        {
            "PREPOP_DIRECTORY__LAB_2_X__BASE": "OU=Staff,DC=b",
            "PREPOP_DIRECTORY__CORP__PAGE_SIZE": "500",
        }
    )
    corp, lab = settings.directories
    assert (corp.base, corp.page_size) == (("DC=a",), 500)
    assert (lab.base, lab.page_size) == (("OU=Staff,DC=b",), 1000)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        (
            "PREPOP_DIRECTORY__PAGE_SIZE",
            "there are several directories; say which: PREPOP_DIRECTORY__NAME__PAGE_SIZE.",
        ),
        ("PREPOP_DIRECTORY__LAB__URL", "there is no directory with such a name. Names: CORP, LAB_2_X."),
        ("PREPOP_DIRECTORY__CORP__ULR", "there is no such key. Did you mean PREPOP_DIRECTORY__CORP__URL?"),
    ],
)
def test_which_of_several_directories(mistakes: Mistakes, variable: str, expected: str) -> None:
    """Where there are several directories, a variable must say which."""
    assert mistakes(BLOCKS, environ={variable: "x"}) == [f"{variable}: {expected}"]


def test_secrets(folder: Path) -> None:
    """Secrets come from variables and files, one line end taken off, and show in no repr."""
    (folder / "client").write_bytes(b"s3cret line\r\n")
    (folder / "prepop.toml").write_text(
        BLOCKS.replace('base = "DC=a"', 'base = "DC=a"\nbind = "simple"\nuser = "u"\npassword_env = "PW"')
        + 'credential = "secret"\nclient_id = "00000000-0000-0000-0000-000000000001"\n'
        + 'secret_file = "client"\n'
    )
    settings = _load({"PW": " pass word\n"})
    assert settings.secrets.ldap_passwords == {"corp": " pass word\n"}
    assert settings.secrets.client_secret == "s3cret line"
    assert "s3cret" not in repr(settings)
    assert "pass word" not in repr(settings)


def test_kerberos_can_have_a_password_and_can_do_without(folder: Path) -> None:
    """With Kerberos a password is used where it is there; else there is a ticket or a keytab."""
    text = RIGHT.replace("[cloud]", 'user = "svc@corp"\npassword_env = "PW"\n[cloud]')
    (folder / "prepop.toml").write_text(text)
    assert _load({"PW": "x"}).secrets.ldap_passwords == {"directory": "x"}
    assert _load({}).secrets.ldap_passwords == {}


def test_a_secret_that_is_not_used_need_not_be_there(mistakes: Mistakes) -> None:
    """Keys of a credential or bind that is not chosen may stay in the file without their variables."""
    config = RIGHT.replace("[cloud]", 'password_env = "GONE"\n[cloud]') + 'secret_env = "GONE"\n'
    assert mistakes(config) == []
