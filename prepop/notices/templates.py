"""The words of mails to people: built in for four languages, and from a folder of one's own.

LANGUAGE.txt.j2 begins with a line `Subject: ...`; LANGUAGE.html.j2 beside it is optional, and every text in
it is escaped. A template runs in the sandbox of jinja2; one that names what there is not is told before
anything is read or written.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from prepop.errors import ConfigError, OutputError
from prepop.rules.mails import Telling, ToldChange, Worded

_PLAIN, _HTML = ".txt.j2", ".html.j2"
_SUBJECT = "Subject:"
_LONGEST_SUBJECT = 300
# a template's own mistakes, and those of what it does with the values; UnicodeDecodeError is a ValueError
_FAILURES = (TemplateError, ValueError, TypeError, ArithmeticError, LookupError)

#: With this every template is tried: each action, each method, and a text that HTML must escape.
EXAMPLE = Telling(
    name="Robin <Example>",
    organisation="Example & Co",
    contact="it-service@example.org",
    changes=(
        ToldChange("mobile", "add", "", "+44 ••••••••23", "2026-11-26"),
        ToldChange("alternateMobile", "add", "", "+44 ••••••••31", "2026-11-26"),
        ToldChange("office", "replace", "+44 ••••••••42", "+44 ••••••••57", "2026-11-26"),
        ToldChange("email", "remove", "r•••@example.org", "", "2026-11-26"),
    ),
)


class Templates:
    """The templates of one config. Raises ConfigError with every template that cannot be used."""

    def __init__(self, folder: Path | None) -> None:
        loaders: list[BaseLoader] = [PackageLoader("prepop", "notices/mails")]
        if folder is not None:
            loaders.insert(0, FileSystemLoader(folder))
        self._words = SandboxedEnvironment(
            loader=ChoiceLoader(loaders),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(_HTML),
            keep_trailing_newline=True,
        )
        self._names = self._words.list_templates(filter_func=lambda name: name.endswith((_PLAIN, _HTML)))
        self.known = {name.lower().removesuffix(_PLAIN) for name in self._names if name.endswith(_PLAIN)}
        if mistakes := self._mistakes():
            raise ConfigError(
                tuple(mistakes),
                hint="the words of mails to people stand in the folder of notify.people.templates",
            )

    def worded(self, languages: Sequence[str], telling: Telling) -> Worded:
        """The mail in the first of these languages that there is a template of.

        Raises OutputError where its template fails on what this person is told, though not on the example.
        """
        language = next(language for language in languages if language in self.known)
        try:
            return self._render(language, telling)
        except _FAILURES as error:
            raise OutputError(f"wording a mail by {language}{_PLAIN}: {type(error).__name__}") from error

    def _mistakes(self) -> list[str]:
        found: list[str] = []
        for name in self._names:
            where = f"notify.people.templates: {name}"
            if name != name.lower():
                found.append(f"{where}: write the language in small letters, such as pt-br.txt.j2.")
            elif name.endswith(_HTML) and name.removesuffix(_HTML) not in self.known:
                found.append(f"{where}: there is no {name.removesuffix(_HTML)}{_PLAIN} beside it.")
            elif name.endswith(_PLAIN):
                try:
                    self._render(name.removesuffix(_PLAIN), EXAMPLE)
                except _FAILURES as error:
                    line = getattr(error, "lineno", None)
                    found.append(f"{where}{f', line {line}' if line else ''}: {error}")
        return found

    def _render(self, language: str, telling: Telling) -> Worded:
        values = asdict(telling)
        text = self._words.get_template(f"{language}{_PLAIN}").render(values)
        first, _, rest = text.partition("\n")
        if not first.startswith(_SUBJECT):
            raise ValueError(f"the first line must be `{_SUBJECT} ...`")
        subject = " ".join(first.removeprefix(_SUBJECT).split())[:_LONGEST_SUBJECT]
        page = f"{language}{_HTML}"
        html = self._words.get_template(page).render(values) if page in self._names else ""
        return Worded(subject, rest.strip("\n") + "\n", html)
