"""The documents say what the program does: their tables are its own words, and what cites them finds them.

`python -m tests.documents` writes the tables anew.
"""

import io
import re
import tokenize
from functools import cache
from pathlib import Path

import click
import pytest

from prepop.cli import EXITS, VERBS, app
from prepop.errors import Exit
from prepop.options import ReportFormat
from prepop.reasons import FindingCode, Reason, Severity
from prepop.settings.environment import SECTIONS
from tests.documents import ROOT, TABLES, documents, filled, marked

LOOSE = "rooms"  # sizes: that somebody writes three lines should not break a build

CITED = {
    "CONTRACT": "prepop/CONTRACT.md",
    "GRAPH": "prepop/cloud/GRAPH.md",
    "LIBRARIES": "prepop/LIBRARIES.md",
    "HOUSE": "prepop/README.md",
}
_SECTION = r"[0-9]+[a-z]?"
_CITATION = re.compile(rf"\b({'|'.join(CITED)}) sections? ({_SECTION}(?:(?:, | and ){_SECTION}\b)*)")
_NAMED = re.compile(rf"\b(?:{'|'.join(CITED)})\b(?!\.md|_|\")")
_ELSEWHERE = re.compile(r"(?:RFC [0-9]+|CSP level [0-9],) sections? [0-9]")
_BARE = re.compile(r"\bsections? [0-9]")
_HEADING = re.compile(rf"^#{{2,4}} ({_SECTION})\. ", re.MULTILINE)
_GONE = re.compile(
    r"(?:graph-api|libraries|samba-ldap|field-cases|peers|DESIGN|STYLE-EXAMPLES)\.md|\bDESIGN\b"
)


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    """Every file that may cite a document; of Python its comments and docstrings."""
    found = []
    for folder in ("prepop", "tests", "mappings", "jobs", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".md", ".toml", ".sql", ".j2", ".sh", ".js", ".css"):
                text = path.read_text(encoding="utf-8")
                found.append(
                    (path.relative_to(ROOT).as_posix(), _prose(text) if path.suffix == ".py" else text)
                )
    top = ("README.md", "CHANGELOG.md", "pyproject.toml")
    return (*found, *((name, (ROOT / name).read_text(encoding="utf-8")) for name in top))


def _prose(source: str) -> str:
    found, before = [], tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        statement = before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and statement):
            found.append(token.string)
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type
    return "\n".join(found)


def _flat(text: str) -> str:
    """A text on one line, without the signs that begin a comment or a list."""
    return re.sub(r"\s*\n[\s#*]*", " ", text)


def _headings() -> dict[str, set[str]]:
    return {
        word: set(_HEADING.findall((ROOT / path).read_text(encoding="utf-8"))) for word, path in CITED.items()
    }


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_tables_are_the_programs_words(document: Path) -> None:
    """Every code, key and exit code stands in the documents as the program means it."""
    text = document.read_text(encoding="utf-8")
    made = dict(marked(filled(text)))
    for name, table in marked(text):
        if name != LOOSE:
            assert table == made[name], "python -m tests.documents writes it anew"


def test_every_table_stands_somewhere() -> None:
    """No table is made for nobody, and no mark is left without its end."""
    texts = [path.read_text(encoding="utf-8") for path in documents()]
    assert {name for text in texts for name, _ in marked(text)} == TABLES.keys()
    assert sum(len(re.findall("<!-- /?[a-z-]+ -->", text)) for text in texts) == 2 * sum(
        len(list(marked(text))) for text in texts
    )


def test_rooms_are_about_as_large_as_drawn() -> None:
    """The drawing of the house has every room with what it is for; its numbers are right within a quarter."""
    drawn, now = (dict(marked(text))[LOOSE].splitlines() for text in (_house(), filled(_house())))
    again = "python -m tests.documents writes it anew"
    assert [line.split("|")[1:3] for line in drawn] == [line.split("|")[1:3] for line in now], again
    for said, true in zip(drawn[2:], now[2:], strict=True):
        for old, new in zip(_numbers(said), _numbers(true), strict=True):
            assert abs(old - new) <= max(0.25 * new, 3 if new < 100 else 200), f"{said}: {again}"


def _numbers(line: str) -> list[int]:
    return [int(cell.replace(",", "")) for cell in line.split("|")[3:5]]


def test_every_citation_leads_to_a_heading() -> None:
    """Whoever reads `GRAPH section 7e` in the code opens that document and finds that heading."""
    headings, wrong, seen = _headings(), [], 0
    assert all(headings.values())
    for name, text in _texts():
        for word, sections in _CITATION.findall(_flat(text)):
            for section in re.findall(_SECTION, sections):
                seen += 1
                if section not in headings[word]:
                    wrong.append(f"{name}: {word} section {section}")
    assert wrong == []
    assert seen > 100, "the test looks at nothing"


def test_citations_have_one_form() -> None:
    """A document is named by its word and `section N`, never by a path elsewhere or a bare number."""
    wrong = []
    for name, text in _texts():
        if name.endswith(".md") or name == "tests/test_documents.py":
            continue
        flat = _flat(text)
        wrong += [f"{name}: {found}" for found in _GONE.findall(flat)]
        rest = _ELSEWHERE.sub("", _CITATION.sub("", flat))
        wrong += [f"{name}: {found.group()}" for found in _NAMED.finditer(rest)]
        wrong += [f"{name}: {found.group()} without its document" for found in _BARE.finditer(rest)]
    assert wrong == []


def test_documents_name_nothing_that_a_clone_lacks() -> None:
    """No document of the project leads to one that is not in it."""
    for name, text in _texts():
        if name.endswith(".md"):
            assert _GONE.findall(text) == [], name
            for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
                if "://" not in target:
                    assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"


def test_the_house_names_files_that_are_there() -> None:
    """Each file and folder that HOUSE section 3 names exists; a bare name stands beside the last one."""
    here, seen = ROOT, 0
    recipes = _house().partition("\n## 3. ")[2].partition("\n## 4. ")[0]
    for name in re.findall(r"`([\w./]+(?:/|\.(?:py|md|toml|json|js|sh)))`", recipes):
        place = ROOT / name if "/" in name or name == "pyproject.toml" else here / name
        assert place.exists(), name
        seen += 1
        if "/" in name:
            here = place.parent if place.suffix else place
    assert seen > 50


def _house() -> str:
    return (ROOT / CITED["HOUSE"]).read_text(encoding="utf-8")


def test_the_help_names_every_exit_code() -> None:
    """`prepop --help` lists the exit codes with their meaning."""
    shown = dict(re.findall(r"(?m)^ +(\d+)  (.+)$", EXITS))
    assert shown == {str(code.value): code.text.replace("`", "") for code in Exit}


def test_every_code_says_what_it_means() -> None:
    """No reason, finding or exit code is without its sentence, and no two have the same."""
    texts = [one.text for one in (*Reason, *FindingCode, *Exit)]
    assert all(texts)
    assert len(set(texts)) == len(texts)


def test_nothing_blocking_is_called_a_warning() -> None:
    """Five findings warn; every other one blocks (CONTRACT section 8)."""
    warn = {one.value for one in FindingCode if one.severity is Severity.WARN}
    assert warn == {
        "mapping-changed",
        "mapping-unused",
        "people-missing",
        "sms-retires",
        "source-self-writable",
    }


def _anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_anchor_is_a_heading() -> None:
    """`FILE.md#heading` leads to one that is there."""
    for name, text in _texts():
        if not name.endswith(".md"):
            continue
        for target, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", text):
            if "://" in target:
                continue
            file = (ROOT / name).parent / target if target else ROOT / name
            assert anchor in _anchors(file.read_text(encoding="utf-8")), f"{name}: {target}#{anchor}"


# where a command begins: a line, or behind what ends another one
_TYPED = re.compile(
    r"(?m)(?:^ *|&& |; |bin/|      )prepop(?: -c \S+)? (?P<verb>[a-z]+)(?P<rest>(?:(?!prepop )[^`\n|;&)])*)"
)


def test_every_command_in_a_document_is_one_that_the_program_takes() -> None:
    """A verb that is there, and of each option that a document writes behind it the verb knows the name."""
    wrong: list[str] = []
    seen = 0
    shared = {"-c", "--json", "-v", "-q", "--log-format", "--no-color", "--unmask", "--help"}
    with click.Context(app, info_name="prepop") as above:
        options = {}
        for verb in VERBS:
            command = app.get_command(above, verb)
            assert command is not None
            own = {word for one in command.params for word in (*one.opts, *one.secondary_opts)}
            options[verb] = own | shared
    for name, text in _texts():
        if not name.endswith(".md") or name.endswith(("CHANGELOG.md", "reference.md")):
            continue
        pieces = re.findall(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", text, re.DOTALL)
        code = re.sub(r"#.*", "", "\n".join(block or inline for block, inline in pieces))
        for found in _TYPED.finditer(code):
            verb, rest = found["verb"], found["rest"]
            if verb not in options:
                wrong.append(f"{name}: prepop {verb}")
                continue
            seen += 1
            words = [word.strip("[]") for word in rest.partition(" -- ")[0].split()]
            given = [word.partition("=")[0] for word in words if re.match("--[a-z]", word)]
            wrong += [f"{name}: prepop {verb} {word}" for word in given if word not in options[verb]]
    assert not wrong, "\n".join(wrong)
    assert seen > 50


def test_every_key_in_a_document_is_one_of_the_config() -> None:
    """`limits.additions`, wherever it stands as code."""
    known = {
        f"{section}.{field.alias or key}"
        for section, shape in SECTIONS.items()
        for key, field in shape.model_fields.items()
    }
    named = re.compile(rf"`((?:{'|'.join(SECTIONS)})\.[a-z_]+)(?: = [^`]*)?`")
    for name, text in _texts():
        if name.endswith(".md") and not name.endswith("CHANGELOG.md"):
            files = {f"report.{form}" for form in ReportFormat}
            assert set(named.findall(text)) <= known | files, name
