"""The words of mails: built in for four languages, one's own before them, mistakes told before a night."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from prepop.errors import ConfigError
from prepop.guide import page
from prepop.notices.templates import EXAMPLE, Templates
from prepop.rules.mails import languages

WORDS = {"en": "not yours", "de": "nicht Ihnen", "fr": "pas à vous", "es": "no es suyo"}


@pytest.mark.parametrize("language", WORDS)
def test_each_language_says_all_of_it(language: str) -> None:
    """What changed with its last digits, who to tell, no link, no line that a screen cuts."""
    worded = Templates(None).worded((language, "en"), EXAMPLE)
    text = " ".join(worded.plain.split())
    assert WORDS[language] in text
    assert EXAMPLE.contact in text
    for told in EXAMPLE.changes:
        assert told.before in text
        assert told.after in text
    assert "http" not in text
    assert worded.subject.startswith(EXAMPLE.organisation)
    assert max(map(len, worded.plain.splitlines())) <= 90
    assert "\n\n\n" not in worded.plain
    assert worded.html == ""


def test_the_first_language_that_there_is() -> None:
    """Austrian German is German, Finnish is English."""
    templates = Templates(None)
    assert templates.worded(languages("de-AT"), EXAMPLE).plain.startswith("Guten Tag")
    assert templates.worded(languages("fi-FI"), EXAMPLE).plain.startswith("Hello")


def test_own_words_come_first_and_escape(tmp_path: Path) -> None:
    """A language of one's own, another text for a built-in one; HTML has no tag of a person's name."""
    text = "Subject: Olá\n\n{{ name }}: {{ changes | length }}\n"
    (tmp_path / "pt-br.txt.j2").write_text(text, encoding="utf-8")
    (tmp_path / "pt-br.html.j2").write_text("<p>{{ name }}</p>", encoding="utf-8")
    (tmp_path / "de.txt.j2").write_text("Subject: Kurz\nServus", encoding="utf-8")
    templates = Templates(tmp_path)
    worded = templates.worded(languages("pt-BR"), EXAMPLE)
    assert (worded.subject, worded.plain, worded.html) == (
        "Olá",
        "Robin <Example>: 4\n",
        "<p>Robin &lt;Example&gt;</p>",
    )
    assert templates.worded(languages("de"), EXAMPLE).plain == "Servus\n"
    assert templates.worded(languages("fr"), EXAMPLE).plain.startswith("Bonjour")


def test_the_template_of_the_guide_is_one(tmp_path: Path) -> None:
    """What `prepop guide mails` shows can be used as it stands."""
    (text,) = re.findall(r"```\n(Subject:.*?)```", page("mails"), re.DOTALL)
    (tmp_path / "en.txt.j2").write_text(text, encoding="utf-8")
    worded = Templates(tmp_path).worded(("en",), EXAMPLE)
    assert worded.subject == "Example & Co: something was added to your account"
    assert all(told.after in worded.plain for told in EXAMPLE.changes)


def test_every_mistake_at_once(tmp_path: Path) -> None:
    """With file and line: an unknown name, a broken tag, no subject, HTML alone, capitals, an encoding."""
    for name, text in {
        "de.txt.j2": "Subject: x\n\n{{ nane }}",
        "fr.txt.j2": "Subject: x\n\n{% for %}",
        "it.txt.j2": "Ciao",
        "nl.html.j2": "<p>",
        "PT.txt.j2": "Subject: x\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pl.txt.j2").write_bytes("Subject: ł\n".encode("iso8859-2"))
    with pytest.raises(ConfigError) as raised:
        Templates(tmp_path)
    said = raised.value.message
    for part in (
        "de.txt.j2: 'nane' is undefined",
        "fr.txt.j2, line 3",
        "it.txt.j2: the first line must be `Subject: ...`",
        "nl.html.j2: there is no nl.txt.j2 beside it",
        "PT.txt.j2: write the language in small letters",
        "pl.txt.j2",
    ):
        assert part in said


@pytest.mark.parametrize(
    "text",
    ["{{ ''.__class__.__mro__ }}", "{{ changes.__init__.__globals__ }}", "{% include '/etc/passwd' %}"],
)
def test_a_template_reaches_nothing_else(tmp_path: Path, text: str) -> None:
    """No file, no part of the program."""
    (tmp_path / "en.txt.j2").write_text(f"Subject: x\n\n{text}", encoding="utf-8")
    with pytest.raises(ConfigError):
        Templates(tmp_path)


def test_a_subject_is_one_line() -> None:
    """Whatever a tenant is called."""
    worded = Templates(None).worded(("en",), replace(EXAMPLE, organisation="x" * 500))
    assert len(worded.subject) <= 300
    assert "\n" not in worded.subject
