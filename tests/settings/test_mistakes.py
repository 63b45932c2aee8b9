"""Every mistake in a config is named with its place, its key and what to try."""

# ruff: noqa: E501 - in a table one mistake is one line, however long it is

import os
from pathlib import Path

import pytest

from prepop.errors import ConfigError
from prepop.settings import load
from tests.settings.conftest import RIGHT, RIGHT_MAPPING, Mistakes


def test_the_right_config_has_none(mistakes: Mistakes) -> None:
    """The config that all tables here start from is right, so that what they find is what they put in."""
    assert mistakes() == []


# What is put behind the right config (which has 8 lines), and what must be said of it.
APPENDED = [
    ('[limits]\nadditons = 1', '10: limits.additons: unknown key. Did you mean "additions"?'),
    ("[limits]\nremovals = -1", "10: limits.removals: a limit cannot be negative; 0 means none at all."),
    ('[limits]\nremovals = "101%"', "10: limits.removals: a share cannot be more than 100%."),
    ('[limits]\nremovals = "1, 2"', "10: limits.removals: has two numbers; a limit is a number, a share, "
     'or both, such as 500, "20%" or "500, 20%".'),
    ('[limits]\nremovals = "1%, 2%"', "10: limits.removals: has two shares; a limit is a number, a share, "
     'or both, such as 500, "20%" or "500, 20%".'),
    ("[limits]\nremovals = 0.5", "10: limits.removals: a limit is a number, a share, or both, "
     'such as 500, "20%" or "500, 20%".'),
    ("[limits]\nremovals = true", "10: limits.removals: a limit is a number, a share, or both, "
     'such as 500, "20%" or "500, 20%".'),
    ('[limits]\nremovals = "ten"', "10: limits.removals: a limit is a number, a share, or both, "
     'such as 500, "20%" or "500, 20%".'),
    ("[limits]\nmin_population = -1", "10: limits.min_population: must be at least 0, not -1."),
    ("[scope]\nmatch = []", '10: scope.match: is empty. Name at least one of "anchor", "sid", "upn".'),
    ('[scope]\nmatch = ["sid", "sid"]', '10: scope.match: "sid" stands here twice.'),
    ('[scope]\nmatch = [\n"sid",\n"mail"\n]', '12: scope.match: "mail" is not known. It can be "anchor", "sid", "upn".'),
    ('[scope]\nguests = "no"', '10: scope.guests: must be true or false, not "no".'),
    ("[scope]\ngroups = 7", '10: scope.groups: must be a list such as ["a", "b"], not 7.'),
    ('[scope]\ngroups = ["a", ""]', "10: scope.groups: is empty."),
    ('[trust]\ncountries = ["DE", "UK"]', '10: trust.countries: "UK" is not known. Did you mean "GB"?'),
    ("[trust]\nshared_value_max = 0", "10: trust.shared_value_max: must be at least 1, not 0."),
    ('[trust]\nextra_domains = ["two words"]', '10: trust.extra_domains: "two words" is not a domain such as "example.org".'),
    ("[state]\nkeep_days = 0", "10: state.keep_days: must be at least 1, not 0."),
    ("[state]\nkeep_days = 1.5", "10: state.keep_days: must be a whole number, not 1.5."),
    ('[state]\ndir = ""', "10: state.dir: is empty."),
    ('[state]\ndir = "a\\nb"', "10: state.dir: holds a line break or another control character. A backslash is written twice."),
    ('[report]\nformats = ["pdf"]', '10: report.formats: "pdf" is not known. It can be "html", "xlsx", "csv", "json".'),
    ('[report]\nformats = ["xslx"]', '10: report.formats: "xslx" is not known. Did you mean "xlsx"?'),
    ("[notify]\nwhem = 1", '10: notify.whem: unknown key. Did you mean "when"?'),
    ('[notify]\nwithin = "soon"', '10: notify.within: "soon" is no length of time. Say "26h", "90m" or "2d".'),
    ('[notify]\nurls_env = "NOT_THERE"', "10: notify.urls_env: the environment variable that it names is not set."),
    ('[clod]\ntenant = "x"', '9: clod: unknown key. Did you mean "cloud"?'),
    ('[cloud.tennant]\nx = 1', '9: cloud.tennant: unknown key. Did you mean "tenant"?'),
    ('[[scope]]\nguests = true', "9: scope: must be a table, a line [scope] with keys under it."),
    # the keys that follow stand in [cloud]
    ("gates = 3", "9: cloud.gates: must be at most 2, not 3."),
    ("gates = 1979-05-27", "9: cloud.gates: must be a whole number, not 1979-05-27."),
    ("gates = [1]", "9: cloud.gates: must be a whole number, not a list."),
    ("gates = { x = 1 }", "9: cloud.gates: must be a whole number, not a table."),
    ("gates = 0", "9: cloud.gates: must be at least 1, not 0."),
    ('gates = "1"', '9: cloud.gates: must be a whole number, not "1".'),
    ("requests_in_flight = 21", "9: cloud.requests_in_flight: must be at most 20, not 21."),
    ('environment = "germany"', '9: cloud.environment: "germany" is not known. '
     'It can be "global", "usgov", "usgov-dod", "china".'),
    ("environment = 1", '9: cloud.environment: must be one of "global", "usgov", "usgov-dod", "china".'),
    ('screen = "reports"', '9: cloud.screen: "reports" is not known. Did you mean "report"?'),
    ('client_id = "mine"', "9: cloud.client_id: is not an application (client) id: 8-4-4-4-12 hexadecimal digits."),
    ('credential = "none"', '9: cloud.credential: "none" is for an endpoint on loopback only (the sandbox).'),
    ('credential = "none"\nendpoint = "https://graph.example"',
     '9: cloud.credential: "none" is for an endpoint on loopback only (the sandbox).'),
    ('endpoint = "http://graph.example"', '9: cloud.endpoint: "http://graph.example" is not encrypted; http:// is for loopback only.'),
    ('endpoint = "https://graph.example/v1.0"', '9: cloud.endpoint: "https://graph.example/v1.0" ends in a version; leave that out.'),
    ('endpoint = "https://me:pw@graph.example"', "9: cloud.endpoint: an endpoint holds a scheme, a host and perhaps a port, nothing else."),
    ('endpoint = "https://[::1"', '9: cloud.endpoint: "https://[::1" is not an address such as "http://127.0.0.1:8080".'),
    ('endpoint = "http://127.0.0.1:99999"', '9: cloud.endpoint: "http://127.0.0.1:99999" is not an address such as "http://127.0.0.1:8080".'),
    ('secret = "hunter2"', "9: cloud.secret: a secret never stands in this file. "
     "Name the environment variable that holds it with secret_env, or its file with secret_file."),
    ('client_secret = "hunter2"', "9: cloud.client_secret: a secret never stands in this file. "
     "Name the environment variable that holds it with secret_env, or its file with secret_file."),
    ('certificate_password = "hunter2"', "9: cloud.certificate_password: a secret never stands in this file. Name the "
     "environment variable that holds it with certificate_password_env, or its file with certificate_password_file."),
    ('secret_env = "hunter 2!"', "9: cloud.secret_env: is not the name of an environment variable (letters, digits and _ only)."),
]  # fmt: skip


@pytest.mark.parametrize(("appended", "expected"), APPENDED)
def test_a_mistake_in_a_section(mistakes: Mistakes, appended: str, expected: str) -> None:
    """One wrong key gives one mistake, with file, line, key and hint."""
    assert mistakes(RIGHT + appended + "\n") == [f"prepop.toml:{expected}"]


# What replaces `url`, `base` and all else in [directory]; the section begins in line 3.
DIRECTORY = [
    ("", ['3: directory.url: is missing. Name a domain controller, such as "ldaps://dc1.corp".',
          '3: directory.base: is missing. Name where people are, such as "OU=Staff,DC=corp".']),
    ('kind = "ldfi"', ['4: directory.kind: "ldfi" is not known. Did you mean "ldif"?']),
    ('kind = "ldif"', ['3: directory.path: is missing; kind = "ldif" reads a file.']),
    ('kind = "csv"\npath = "x.csv"', ['5: directory.path: "x.csv" is not there (looked in FOLDER).']),
    ('kind = "csv"\npath = "."', ['5: directory.path: "." is no file.']),
    ('url = "dc1"\nbase = "DC=a"', ['4: directory.url: "dc1" is not an address such as "ldaps://dc1.corp".']),
    ('url = "ldap://dc1"\nbase = "DC=a"', ['4: directory.url: "ldap://dc1" is not encrypted; use ldaps:// or start_tls = true.']),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nstart_tls = true',
     ["6: directory.start_tls: is for ldap:// addresses; ldaps:// is encrypted from the start."]),
    ('url = "ldaps://me:hunter2@dc1"\nbase = "DC=a"',
     ["4: directory.url: an address holds a scheme, a host and perhaps a port, nothing else."]),
    ('url = "ldaps://dc1/DC=a"\nbase = "DC=a"',
     ["4: directory.url: an address holds a scheme, a host and perhaps a port, nothing else."]),
    ('url = "ldaps://dc1"\nbase = "Staff"', ['5: directory.base: "Staff" is not a distinguished name.']),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nfilter = "company=X"',
     ['6: directory.filter: is not an LDAP filter such as "(company=Contoso)": check its brackets.']),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nfilter = "(a=b)(c=d)"',
     ['6: directory.filter: is not an LDAP filter such as "(company=Contoso)": check its brackets.']),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nca_file = "ca.pem"', ['6: directory.ca_file: "ca.pem" is not there (looked in FOLDER).']),
    ('url = "ldaps://dc1"\nbase = "DC=a"\npage_size = 1001', ["6: directory.page_size: must be at most 1000, not 1001."]),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nbind = "simple"',
     ['3: directory.user: is missing; bind = "simple" needs a user.',
      '3: directory.password_env: is missing; bind = "simple" needs password_env, password_file or password_vault.']),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nbind = "simple"\nuser = "u"\npassword_env = "NOT_THERE"',
     ["8: directory.password_env: the environment variable that it names is not set."]),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nbind = "simple"\nuser = "u"\npassword_env = "EMPTY"',
     ["8: directory.password_env: the environment variable that it names is empty."]),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nbind = "simple"\nuser = "u"\npassword_file = "pw"',
     ['8: directory.password_file: the file that it names is not there (looked in FOLDER).']),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nbind = "simple"\nuser = "u"\npassword_env = "A"\npassword_file = "pw"',
     ["9: directory.password_file: password_env is given too; keep one of them."]),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nbind = "simple"\nuser = "u"\npassword_vault = "https://hunter2.example/secrets/a"',
     ["8: directory.password_vault: is not the address of a secret, such as https://NAME.vault.azure.net/secrets/NAME."]),
    ('url = "ldaps://dc1"\nbase = "DC=a"\nbind = "simple"\nuser = "u"\n'
     'password_env = "A"\npassword_vault = "https://corp.vault.azure.net/secrets/ldap"',
     ["9: directory.password_vault: password_env or password_file is given too; keep one of them."]),
    ('url = "ldaps://dc1"\nbase = "DC=a"\npassword = "hunter2"',
     ["6: directory.password: a secret never stands in this file. "
      "Name the environment variable that holds it with password_env, or its file with password_file."]),
]  # fmt: skip


@pytest.mark.parametrize(("section", "expected"), DIRECTORY)
def test_a_mistake_in_the_directory(
    mistakes: Mistakes, folder: Path, section: str, expected: list[str]
) -> None:
    """What a directory needs depends on its kind and bind, and is asked for at its own key."""
    config = f'mapping = "map.toml"\n\n[directory]\n{section}\n[cloud]\ntenant = "contoso.com"\n'
    wanted = [f"prepop.toml:{text.replace('FOLDER', str(folder))}" for text in expected]
    assert mistakes(config, environ={"EMPTY": ""}) == wanted


@pytest.mark.parametrize(
    ("credential", "expected"),
    [
        (
            'credential = "secret"',
            [
                '4: cloud.secret_env: is missing; credential = "secret" needs secret_env or secret_file.',
                '4: cloud.client_id: is missing; credential = "secret" needs the application (client) id.',
            ],
        ),
        (
            'credential = "certificate"',
            [
                '4: cloud.client_id: is missing; credential = "certificate" needs the application (client) id.',
                '4: cloud.certificate_file: is missing; credential = "certificate" '
                "needs a PEM or PFX file with the private key.",
            ],
        ),
    ],
)
def test_what_a_credential_needs(mistakes: Mistakes, credential: str, expected: list[str]) -> None:
    """A secret needs its place and a client id, a certificate its file."""
    config = (
        f'mapping = "map.toml"\ndirectory.url = "ldaps://dc1"\ndirectory.base = "DC=a"\n[cloud]\n'
        f'tenant = "contoso.com"\n{credential}\n'
    )
    assert sorted(mistakes(config)) == sorted(f"prepop.toml:{text}" for text in expected)


MAPPINGS = [
    ("", [": names no method. Add at least one of [mobile], [alternateMobile], [office], [email]."]),
    ('[region]\ndefault = "DE"', [": names no method. Add at least one of [mobile], [alternateMobile], [office], [email]."]),
    ("[mobile]", [":1: mobile.from: is missing. Name the attribute that holds the value, or several in a list."]),
    ("[mobile]\nfrom = []", [":2: mobile.from: is empty. Name the attribute that holds the value, or several in a list."]),
    ('[mobil]\nfrom = "mobile"', [':1: mobil: unknown key. Did you mean "mobile"?']),
    ('[alternatemobile]\nfrom = "mobile"', [':1: alternatemobile: unknown key. Did you mean "alternateMobile"?']),
    ('[mobile]\nform = "mobile"', [":1: mobile.from: is missing. Name the attribute that holds the value, or several in a list.",
                                   ':2: mobile.form: unknown key. Did you mean "from"?']),
    ('[mobile]\nfrom = ["mobile",\n"Mobile"]', [':3: mobile.from: "Mobile" stands here twice.']),
    ('[mobile]\nfrom = ["mobile", "otherMobile"]\n[alternateMobile]\nfrom = "OtherMobile"', [
        ':4: alternateMobile.from: "OtherMobile" stands in mobile.from too, so that one number would fill both. '
        "Take it out of one of the two."]),
    ('[mobile]\nfrom = "two words"', [':2: mobile.from: "two words" cannot be an LDAP attribute: '
                                      "a name has letters, digits and hyphens only."]),
    ('[mobile]\nfrom = "mobile"\npolicy = "merge"', [':3: mobile.policy: "merge" is not known. It can be "fill", "follow", "overwrite".']),
    ('[mobile]\nfrom = "mobile"\nseveral = "frist"', [':3: mobile.several: "frist" is not known. Did you mean "first"?']),
    ('[mobile]\nfrom = "mobile"\nremove = "always"', [':3: mobile.remove: "always" is not known. It can be "never", "own".']),
    ('[mobile]\nfrom = "mobile"\nextension = "drop"', [":3: mobile.extension: only an office number has an extension."]),
    ('[office]\nfrom = "telephoneNumber"\nextension = "dorp"', [':3: office.extension: "dorp" is not known. Did you mean "drop"?']),
    ('[region]\ndefault = "UK"\n[mobile]\nfrom = "mobile"', [':2: region.default: "UK" is not known. Did you mean "GB"?']),
    ('[region]\ndefault = "de"\n[mobile]\nfrom = "mobile"', [':2: region.default: "de" is not known. Did you mean "DE"?']),
    ('[region]\ndefault = ""\n[mobile]\nfrom = "mobile"', [
        ':2: region.default: "" is not known. It is the two capital letters of ISO 3166, such as "DE".']),
    ('[region]\nou = { "OU=A,DC=b" = "DE", "OU=B,DC=b" = "Q1" }\n[mobile]\nfrom = "mobile"', [
        ':2: region.ou."OU=B,DC=b": "Q1" is not known. It is the two capital letters of ISO 3166, such as "DE".']),
    ('[region.ou]\n"OU=A" = "DE"\n"ou= a" = "FR"\n[mobile]\nfrom = "mobile"', [
        ':3: region.ou."ou= a": stands here twice, in another spelling.']),
    ('[region.ou]\nBerlin = "DE"\n[mobile]\nfrom = "mobile"', [
        ':2: region.ou.Berlin: is not a distinguished name such as "OU=Berlin,DC=corp".']),
    ('mobile = "mobile"', [":1: mobile: must be a table, a line [mobile] with keys under it."]),
    ("[mobile\n", [':1: column 8: is not TOML: Expected \']\' at the end of a table declaration.']),
]  # fmt: skip


@pytest.mark.parametrize(("mapping", "expected"), MAPPINGS)
def test_a_mistake_in_the_mapping(mistakes: Mistakes, mapping: str, expected: list[str]) -> None:
    """Mistakes of the mapping name the mapping file."""
    assert mistakes(mapping=mapping) == [f"map.toml{text}" for text in expected]


def test_all_mistakes_at_once(mistakes: Mistakes) -> None:
    """Config, environment and mapping are all looked at before anything is said."""
    found = mistakes(
        RIGHT.replace('tenant = "contoso.onmicrosoft.com"', 'tenant = ""\ngates = 9') + "[limits]\nx = 1\n",
        '[region]\ndefault = "UK"\n[mobil]\n',
        {"PREPOP_SCOPE__GUESTS": "perhaps"},
    )
    assert [text.split(" ")[0] for text in found] == [
        "prepop.toml:8:",
        "prepop.toml:9:",
        "prepop.toml:11:",
        "PREPOP_SCOPE__GUESTS:",
        "map.toml:2:",
        "map.toml:3:",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"mapping = \n", "prepop.toml:1: column 11: is not TOML: Invalid value."),
        (b'a = 1\nb = "x', "prepop.toml:2: column 7: is not TOML: Unterminated string."),
        (b"a = 1\na = 2\n", "prepop.toml:2: column 6: is not TOML: Cannot overwrite a value."),
        (
            b'dir = "C:\\Users\\prepop"',
            "prepop.toml:1: column 12: is not TOML: Invalid hex value. Write a backslash twice, "
            "or the text in 'single quotes'.",
        ),
        (
            b'dir = "C:\\Program Files"',
            "prepop.toml:1: column 12: is not TOML: Unescaped '\\' in a string. Write a backslash twice, "
            "or the text in 'single quotes'.",
        ),
        (b"a = 1\n# M\xfcller\n", "prepop.toml:2: is not UTF-8 text."),
        ('mapping = "x"'.encode("utf-16"), "prepop.toml: is written in UTF-16; save it as UTF-8."),
        (
            b"a = " + b"[" * 100_000,
            "prepop.toml: is not TOML that can be read: a number or a nesting is far too long.",
        ),
        (
            b"a = " + b"1" * 5_000,
            "prepop.toml: is not TOML that can be read: a number or a nesting is far too long.",
        ),
    ],
)
def test_a_file_that_is_not_toml(folder: Path, content: bytes, expected: str) -> None:
    """What is not TOML is reported with line and column."""
    (folder / "prepop.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(Path("prepop.toml"), {})
    assert caught.value.mistakes == (expected,)


def test_no_config(folder: Path) -> None:
    """A missing config says how to name another one."""
    with pytest.raises(ConfigError) as caught:
        load(folder / "other.toml", {})
    assert caught.value.mistakes == (f"{folder / 'other.toml'}: there is no such file.",)
    assert "PREPOP_CONFIG" in caught.value.hint


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (RIGHT.removeprefix('mapping = "map.toml"'), "prepop.toml: mapping: is missing. "),
        (
            RIGHT.replace("map.toml", "no.toml"),
            'prepop.toml:1: mapping: there is no file "no.toml" (looked in ',
        ),
        (RIGHT.replace("map.toml", "."), ".: cannot be read: Is a directory."),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has other words for a folder that is opened as a file")
def test_no_mapping(mistakes: Mistakes, config: str, expected: str) -> None:
    """A mapping that is not named or not there is a mistake."""
    [found] = mistakes(config)
    assert found.startswith(expected)


def test_a_byte_order_mark_is_no_mistake(folder: Path) -> None:
    """Windows editors write a BOM before UTF-8."""
    (folder / "prepop.toml").write_text(RIGHT, encoding="utf-8-sig")
    (folder / "map.toml").write_text(RIGHT_MAPPING, encoding="utf-8-sig")
    assert load(Path("prepop.toml"), {}).cloud.tenant == "contoso.onmicrosoft.com"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ('name = "b"\n', []),
        ("", ["prepop.toml:6: directory[2].name: is missing; each of several blocks needs one."]),
        ('name = "A"\n', ['prepop.toml:7: directory[A].name: "A" is the name of another block, but for capitals and marks.']),
        ('name = "a"\nname2 = 1979-05-27\n', ['prepop.toml:7: directory[a].name: "a" is the name of another block, but for capitals and marks.',
                        'prepop.toml:8: directory[a].name2: unknown key. Did you mean "name"?']),
        ('name = "b c"\n', ['prepop.toml:7: directory[b c].name: "b c" cannot be a name: use letters, digits, dots, hyphens and _.']),
        ('name = "b"\nfilter = ")"\n', ["prepop.toml:8: directory[b].filter: is not an LDAP filter such as "
                                       '"(company=Contoso)": check its brackets.']),
    ],
)  # fmt: skip
def test_several_directories(mistakes: Mistakes, second: str, expected: list[str]) -> None:
    """Each of several blocks has a name of its own, by which mistakes call it."""
    block = '[[directory]]\n{}url = "ldaps://dc1"\nbase = "DC=a"\n'
    config = 'mapping = "map.toml"\n' + block.format('name = "a"\n') + block.format(second)
    assert mistakes(config + '[cloud]\ntenant = "contoso.com"\n') == expected


def test_no_secret_in_any_mistake(mistakes: Mistakes, folder: Path) -> None:
    """A secret put in the wrong place is not repeated to a screen or log."""
    (folder / "pw").write_bytes(b"hunter2\xff")
    found = mistakes(
        RIGHT.replace("[cloud]", 'password = "hunter2"\nbind = "simple"\npassword_file = "pw"\n[cloud]')
        + 'secret = "hunter2"\nsecret_env = "hunter2!"\nendpoint = "https://a:hunter2@[::1"\n',
        environ={"PREPOP_CLOUD__SECRET": "hunter2", "PREPOP_CLUD__SECRET": "hunter2"},
    )
    assert len(found) == 8
    assert "hunter2" not in "\n".join(found)
