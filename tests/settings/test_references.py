"""What a key leads to: credentials and what they need, secrets that stand in no message, files of others."""

# ruff: noqa: E501 - in a table one case is one line, however long it is

import logging
import os
from pathlib import Path

import pytest
import trustme

from prepop.errors import ConfigError
from prepop.options import Credential
from prepop.settings import load
from tests.settings.conftest import RIGHT, RIGHT_MAPPING, Mistakes

APP = "11111111-2222-3333-4444-555555555555"
CLIENT = f'client_id = "{APP}"\n'
SANDBOX = 'endpoint = "http://127.0.0.1:8080"\n'

# The directory is right, so that all that is said is of [cloud], whose keys begin in line 9.
CREDENTIALS = [
    ('credential = "secret"\n' + CLIENT, ["7: cloud.secret_env: is missing; "]),
    ('credential = "device-code"\n', ["7: cloud.client_id: is missing; "]),
    ('credential = "workload-identity"\n' + CLIENT, ['9: cloud.credential: "workload-identity" needs AZURE_FEDERATED_TOKEN_FILE to name']),
    ('credential = "workload-identity"\n', ["7: cloud.client_id: is missing; ", '9: cloud.credential: "workload-identity" needs']),
    ('credential = "certificate"\ncertificate_file = "no.pem"\n' + CLIENT, ["10: cloud.certificate_file: the file that it names is not there"]),
    ('credential = "certificate"\ncertificate_file = "junk.pem"\n' + CLIENT, ['10: cloud.certificate_file: "junk.pem" holds no certificate and no private key']),
    ('credential = "certificate"\ncertificate_file = "public.pem"\n' + CLIENT, ['10: cloud.certificate_file: "public.pem" holds no private key']),
    ('credential = "certificate"\ncertificate_file = "app.pem"\n' + CLIENT, []),
    ('credential = "certificate"\ncertificate_file = "app.pfx"\n' + CLIENT, []),
    ('credential = "managed-identity"\n', []),
    ('credential = "azure-cli"\n', []),
    # an endpoint on loopback gets no token of the real Graph, whatever the scheme
    *((f'credential = "{one}"\nsecret_env = "HERE"\ncertificate_file = "app.pem"\nendpoint = "{where}"\n' + CLIENT,
       [f'9: cloud.credential: "{one}" would hand a token of the real tenant to whatever listens on this machine'])
      for one in Credential if one not in (Credential.NONE, Credential.WORKLOAD_IDENTITY)
      for where in ("http://127.0.0.1:8080", "https://127.0.0.2", "https://LOCALHOST", "http://[::1]:1")),
    (SANDBOX, ['7: cloud.credential: "managed-identity" would hand']),
    ('credential = "none"\n' + SANDBOX, []),
    ('credential = "none"\nendpoint = "http://127.0.0.1.example.org"\n',
     ['9: cloud.credential: "none" is for', '10: cloud.endpoint: "http://127.0.0.1.example.org" is not encrypted']),
    ('endpoint = "http://2130706433"\n', ['9: cloud.endpoint: "http://••••••••33" is not encrypted']),
    ('endpoint = "ftp://127.0.0.1"\n', ['9: cloud.endpoint: "ftp://127.0.0.1" is not an address']),
    ('endpoint = "graph.example.org"\n', ['9: cloud.endpoint: "graph.example.org" is not an address']),
    ('endpoint = "https://graph.example.org/beta/"\n', ["9: cloud.endpoint: "]),
    ('endpoint = "https://graph.example.org?x=1"\n', ["9: cloud.endpoint: an endpoint holds"]),
    ('endpoint = "https://graph.example.org:port"\n', ['9: cloud.endpoint: "https://graph.example.org:port" is not an address']),
]  # fmt: skip


@pytest.mark.parametrize(("cloud", "expected"), CREDENTIALS)
def test_credential_and_endpoint(mistakes: Mistakes, folder: Path, cloud: str, expected: list[str]) -> None:
    """What a credential needs, and where it may go, is said before anything is sent, at the right line."""
    issued = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert("app", key_type=trustme.KeyType.RSA)
    public = issued.cert_chain_pems[0].bytes()
    for name, content in {"junk.pem": b"junk", "public.pem": public, "app.pfx": b"\x30\x82",
                          "app.pem": issued.private_key_pem.bytes() + public}.items():  # fmt: skip
        (folder / name).write_bytes(content)
    found = mistakes(RIGHT + cloud, environ={"HERE": "x"})
    assert len(found) == len(expected), found
    assert all(
        text.startswith(f"prepop.toml:{start}") for text, start in zip(found, expected, strict=True)
    ), found


def test_a_workload_has_its_id_and_token_from_the_platform(folder: Path) -> None:
    """The id may stand in the pod's environment; the file that the platform mounts is known by its path."""
    (folder / "token").write_text("x")
    (folder / "prepop.toml").write_text(RIGHT + 'credential = "workload-identity"\n')
    cloud = load(
        Path("prepop.toml"),
        {"AZURE_CLIENT_ID": APP, "AZURE_FEDERATED_TOKEN_FILE": str(folder / "token")},
    ).cloud
    assert (cloud.client_id, cloud.federated_token_file) == (APP, folder / "token")


SECRET = "Hunter2Winter"
PLACES = [
    f'tenant = "{SECRET}!"',
    f'credential = "secret"\n{CLIENT}secret_env = "{SECRET}"',
    f'credential = "secret"\n{CLIENT}secret_file = "{SECRET}"',
    f'credential = "secret"\n{CLIENT}secret_file = "{SECRET}/x"',
    f'credential = "secret"\n{CLIENT}secret_file = ["{SECRET}"]',
    f'credential = "certificate"\n{CLIENT}certificate_file = "{SECRET}"',
    f'credential = "certificate"\n{CLIENT}certificate_file = "junk.pem"\ncertificate_password_env = "{SECRET}"',
    f'credential = "certificate"\n{CLIENT}certificate_file = "junk.pem"\ncertificate_password_file = "{SECRET}"',
    f"{SECRET} = 1",
    f'"{SECRET}" = "x"',
    f"[{SECRET}]",
    f"[{SECRET}]\n[{SECRET}]",
    f"[x]\n{SECRET} = 1\n{SECRET} = 2",
    f"y = {{{SECRET} = 1, {SECRET} = 2}}",
    f"y = {{{SECRET} = 1}}\n[y.{SECRET}]",
    f'[cloud.{SECRET}]\nx = 1',
    f'[directory.password]\n{SECRET} = 1',
    f'[scope]\n{SECRET}1 = "x"',
]  # fmt: skip


@pytest.mark.parametrize("written", PLACES)
@pytest.mark.parametrize("section", ["config", "mapping"])
def test_a_secret_in_the_place_of_its_place_is_not_shown(
    mistakes: Mistakes, folder: Path, written: str, section: str
) -> None:
    """A password written where the name of its variable or file belongs, or as a key, is in no message."""
    (folder / "junk.pem").write_text("junk")
    config = RIGHT.replace('tenant = "contoso.onmicrosoft.com"\n', "") if "tenant" in written else RIGHT
    found = mistakes(*((config + written,) if section == "config" else (RIGHT, RIGHT_MAPPING + written)))
    assert found
    assert SECRET not in "\n".join(found)


def test_a_number_in_the_place_of_a_place_is_not_shown(mistakes: Mistakes) -> None:
    """So is a password of digits alone, which TOML takes for a number, and one of the environment."""
    found = mistakes(
        RIGHT.replace("[cloud]", "password_env = 83746512\n[cloud]") + 'credential = "secret"\n' + CLIENT,
        environ={"PREPOP_CLOUD__SECRET_FILE": SECRET},
    )
    assert len(found) == 2
    assert "83746512" not in "\n".join(found)
    assert SECRET not in "\n".join(found)


@pytest.mark.parametrize("key", ["tennant", "additons", "some_key", "name2"])
def test_a_key_that_could_be_one_is_shown(mistakes: Mistakes, key: str) -> None:
    """Words, and what is near a known key, are shown whole: they are slips of the pen."""
    assert key in mistakes(RIGHT.replace("[cloud]", f"{key} = 1\n[cloud]"))[0]


# ---------------------------------------------------------------- files of others

posix = pytest.mark.skipif(os.name == "nt", reason="file modes of POSIX")
root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")

SECRET_FILE = RIGHT + 'credential = "secret"\nsecret_file = "secret"\n' + CLIENT
FILES = ["prepop.toml", "map.toml", "secret", "ca.pem"]


@pytest.fixture
def four(folder: Path) -> Path:
    """A config that is right, with a mapping, a secret and an authority that are files of ours."""
    text = SECRET_FILE.replace("[cloud]", 'ca_file = "ca.pem"\n[cloud]')
    (folder / "prepop.toml").write_text(text)
    trustme.CA().cert_pem.write_to_path(folder / "ca.pem")
    (folder / "secret").write_text("s3cret")
    for name in FILES:
        (folder / name).chmod(0o600)
    return folder


@posix
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mode", [0o666, 0o602, 0o646])
def test_a_file_that_others_can_write_is_refused(four: Path, name: str, mode: int) -> None:
    """Whoever can write it decides whose number goes where: config, mapping, secret and authority alike."""
    load(Path("prepop.toml"), {})
    (four / name).chmod(mode)
    with pytest.raises(ConfigError) as caught:
        load(Path("prepop.toml"), {})
    (said,) = caught.value.mistakes
    assert name in said
    assert (
        f"can be written by others than its owner (mode {mode:04o}): take that away with chmod go-w" in said
    )


@root
@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_user_is_refused(four: Path, name: str) -> None:
    """Its owner can change it any time, whatever the mode says."""
    os.chown(four / name, 4711, 0)
    with pytest.raises(ConfigError) as caught:
        load(Path("prepop.toml"), {})
    (said,) = caught.value.mistakes
    assert name in said
    assert "belongs to another user (4711)" in said


@root
@pytest.mark.parametrize("name", FILES)
def test_a_link_of_another_user_is_refused(four: Path, name: str) -> None:
    """A link of our own is followed, one of somebody else is not: it may lead elsewhere tomorrow."""
    (four / name).rename(four / "real")
    (four / name).symlink_to("real")
    load(Path("prepop.toml"), {})
    os.lchown(four / name, 4711, 4711)
    with pytest.raises(ConfigError, match="is a link that another user made"):
        load(Path("prepop.toml"), {})


@posix
def test_mistakes_are_named_beside_what_others_can_write(four: Path) -> None:
    """A file that is refused for its mode is read all the same: all its mistakes come at once."""
    (four / "prepop.toml").write_text((four / "prepop.toml").read_text() + "gates = 9\n")
    (four / "map.toml").write_text("[mobil]\n")
    for name in ("prepop.toml", "map.toml"):
        (four / name).chmod(0o666)
    with pytest.raises(ConfigError) as caught:
        load(Path("prepop.toml"), {})
    assert [text.split(" ")[0] for text in caught.value.mistakes] == [
        "prepop.toml:", "prepop.toml:13:", "map.toml:", "map.toml:1:",
    ]  # fmt: skip


@posix
def test_a_secret_that_others_can_read_is_warned_of(four: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What others can only read is said each time, with what to type; the secret is used."""
    load(Path("prepop.toml"), {})
    assert not caplog.records
    (four / "secret").chmod(0o644)
    assert load(Path("prepop.toml"), {}).secrets.client_secret == "s3cret"
    assert "secret can be read by others than its owner: take that away with chmod go-r" in caplog.text
    assert "s3cret" not in caplog.text


@posix
def test_an_export_that_others_can_write_is_only_warned_of(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody else writes an export by its nature: that is said, and it is read."""
    text = RIGHT.replace('url = "ldaps://dc1.corp.example"', 'kind = "ldif"\npath = "people.ldif"')
    (folder / "prepop.toml").write_text(text)
    (folder / "people.ldif").write_text("")
    (folder / "people.ldif").chmod(0o666)
    with caplog.at_level(logging.WARNING):
        assert load(Path("prepop.toml"), {}).directories[0].path == folder / "people.ldif"
    assert "people.ldif can be written by others" in caplog.text
