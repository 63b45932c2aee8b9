"""`[notify.people]`: off without it, every mistake told, its password never quoted, from variables too."""

from pathlib import Path

import pytest

from prepop.errors import ConfigError
from prepop.options import PeopleOptions, Settings
from prepop.settings import load

CONFIG = """
mapping = "mapping.toml"
[directory]
kind = "ldif"
path = "people.ldif"
[cloud]
tenant = "contoso.onmicrosoft.com"
credential = "none"
endpoint = "http://127.0.0.1:9"
"""
GOOD = '[notify.people]\nserver = "smtps://mail.corp.example"\nsender = "it@corp.example"\n'


def loaded(folder: Path, section: str, environ: dict[str, str] | None = None) -> Settings:
    """The settings of a config with this section."""
    (folder / "mapping.toml").write_text('[mobile]\nfrom = ["mobile"]\n', encoding="utf-8")
    (folder / "people.ldif").write_text("", encoding="utf-8")
    (folder / "prepop.toml").write_text(CONFIG + section, encoding="utf-8")
    return load(folder / "prepop.toml", environ or {})


def mistakes(folder: Path, section: str, environ: dict[str, str] | None = None) -> str:
    """What is said of it."""
    with pytest.raises(ConfigError) as raised:
        loaded(folder, section, environ)
    return raised.value.message


def test_off_without_it(tmp_path: Path) -> None:
    """Also beside a [notify] of its own."""
    assert loaded(tmp_path, "").people is None
    assert loaded(tmp_path, '[notify]\nwhen = "always"\n').people is None


def test_what_it_says(tmp_path: Path) -> None:
    """Ports as the mail standards have them, the folder from the config's, the password beside."""
    expected = PeopleOptions("mail.corp.example", 465, True, "it@corp.example")
    assert loaded(tmp_path, GOOD).people == expected
    (tmp_path / "words").mkdir()
    section = GOOD.replace("smtps", "smtp") + (
        'user = "prepop"\npassword_env = "MAIL"\ntemplates = "words"\nmost = 7\nremovals = true\n'
    )
    settings = loaded(tmp_path, section, {"MAIL": "s3cret"})
    assert settings.people == PeopleOptions(
        "mail.corp.example",
        587,
        False,
        "it@corp.example",
        "prepop",
        tmp_path / "words",
        7,
        True,
    )
    assert settings.secrets.mail_password == "s3cret"
    assert "s3cret" not in repr(settings)


def test_from_the_environment(tmp_path: Path) -> None:
    """The section as a whole, or one key of it; it decides no plan."""
    variables = {
        "PREPOP_NOTIFY__PEOPLE__SERVER": "smtp://localhost:2525",
        "PREPOP_NOTIFY__PEOPLE__SENDER": "it@corp.example",
        "PREPOP_NOTIFY__PEOPLE__MOST": "9",
    }
    people = loaded(tmp_path, "", variables).people
    assert people is not None
    assert (people.port, people.most) == (2525, 9)
    both = loaded(tmp_path, '[notify]\nwhen = "always"\n' + GOOD, {"PREPOP_NOTIFY__PEOPLE__MOST": "9"})
    assert both.people is not None
    assert (both.people.most, str(both.notify.when)) == (9, "always")
    assert both.config_digest == loaded(tmp_path, "").config_digest
    said = mistakes(tmp_path, "", {"PREPOP_NOTIFY__PEOPLE__SEVER": "x"})
    assert "Did you mean PREPOP_NOTIFY__PEOPLE__SERVER?" in said


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[notify.people]\nmost = 5\n", "notify.people.server: is missing"),
        ("[notify.people]\nmost = 5\n", "notify.people.sender: is missing"),
        (GOOD.replace("smtps", "https"), "is not smtps://HOST[:PORT]"),
        (GOOD.replace("mail.corp.example", "me:s3cret@mail.corp.example"), "an address with a user in it"),
        (GOOD.replace("it@corp.example", "it at corp"), "is not an address such as"),
        (GOOD + 'user = "prepop"\n', "notify.people.user: needs password_env or password_file"),
        (GOOD + 'password_env = "MAIL"\n', "notify.people.password_env: needs a user"),
        (GOOD + 'user = "p"\npassword_env = "NONE"\n', "the environment variable that it names is not set"),
        (GOOD + 'password = "s3cret"\n', "Name the environment variable that holds it with password_env"),
        (GOOD + 'templates = "words"\n', 'there is no folder "words"'),
        (GOOD + "most = 0\n", "notify.people.most"),
        (GOOD + "sever = 1\n", "server"),
        ('[notify]\npeople = "yes"\n', "notify.people: must be a table"),
    ],
)
def test_every_mistake_is_told(tmp_path: Path, section: str, said: str) -> None:
    """By key, and no secret is quoted."""
    told = mistakes(tmp_path, section, {"MAIL": "s3cret"})
    assert said in told
    assert "s3cret" not in told
