"""Checks one section of a document against its shape, and says what is wrong in the words of the file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from prepop.settings.documents import Document, quoted, shown_key, unknown, unknown_key
from prepop.settings.places import Path as Place
from prepop.settings.shapes import Shape

S = TypeVar("S", bound=Shape)
S_co = TypeVar("S_co", bound=Shape, covariant=True)

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_PLACE_OF_A_SECRET = re.compile(r".*_(env|file|vault)|tenant")
_SECRET = re.compile(r"(.*_)?(password|passwd|pwd|secret|token|credentials?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section(Generic[S_co]):
    """A section as far as it could be read: keys in `broken` have their default and a mistake already.

    given: what the file has, right or wrong.
    label: how the section is called in mistakes, such as `cloud` or `directory[corp]`; "" for none.
    """

    values: S_co
    document: Document
    place: Place
    label: str
    given: Mapping[str, object]
    broken: frozenset[str] = frozenset()

    def mistake(self, key: str, text: str, *also: str, index: int | None = None) -> None:
        """Note a mistake of `key`, unless it or one of the keys that it depends on is broken anyway.

        index: which item of a list is wrong.
        """
        if unknown_to := {key, *also}.difference(known_keys(type(self.values))):
            raise KeyError(*unknown_to)
        if not self.broken.intersection((key, *also)):
            place = (*self.place, key) if index is None else (*self.place, key, index)
            self.document.mistake(place, self.key(key), text)

    def key(self, key: str) -> str:
        """The key as mistakes call it."""
        return dotted(self.label, key)

    def no_repeats(self, key: str) -> None:
        """Note every word that a list has twice, whatever capitals it is written in."""
        words = self.given.get(key)
        seen: set[str] = set()
        for index, word in enumerate(words if isinstance(words, list) else []):
            if isinstance(word, str):
                if word.lower() in seen:
                    place = (*self.place, key, index)
                    self.document.mistake(place, self.key(key), f"{quoted(word)} stands here twice.")
                seen.add(word.lower())


def dotted(label: str, *keys: str) -> str:
    """`limits.additions`; keys that are not bare stand in quotes as TOML wants them."""
    shown = [key if _BARE_KEY.fullmatch(key) else quoted(key) for key in keys]
    return ".".join(filter(None, [label, *shown]))


def known_keys(shape: type[Shape]) -> tuple[str, ...]:
    """The keys of a section as the file writes them."""
    return tuple(info.alias or name for name, info in shape.model_fields.items())


def check(shape: type[S], document: Document, place: Place, label: str, table: object) -> Section[S]:
    """Check one section. All its mistakes are noted; what is right is returned."""
    if table is None:
        table = {}
    if not isinstance(table, dict):
        document.mistake(place, label, f"must be a table, a line [{label}] with keys under it.")
        return Section(shape(), document, place, label, {}, frozenset(known_keys(shape)))
    given: dict[str, object] = dict(table)
    broken: set[str] = set()
    try:
        return Section(shape.model_validate(given), document, place, label, given)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            broken.add(str(detail["loc"][0]))
            _note(shape, document, place, label, detail)
    left = {key: value for key, value in given.items() if key not in broken}
    return Section(shape.model_validate(left), document, place, label, given, frozenset(broken))


def _note(shape: type[Shape], document: Document, place: Place, label: str, detail: ErrorDetails) -> None:
    where = detail["loc"]
    names = [str(part) for part in where if isinstance(part, str) and part != "[key]"]
    known = known_keys(shape)
    if detail["type"] == "extra_forbidden":
        text = secret_key(label, names[-1], shape) or unknown_key(names[-1], known)
        names[-1] = shown_key(names[-1], known)
    else:
        text = _said(detail, shown=not _PLACE_OF_A_SECRET.fullmatch(names[0]))
    document.mistake((*place, *where), dotted(label, *names), text)


def secret_key(label: str, key: str, shape: type[Shape]) -> str:
    """What to say of a key that seems to hold a secret, "" for any other key."""
    if not _SECRET.fullmatch(key):
        return ""
    stems = sorted((name[:-4] for name in known_keys(shape) if name.endswith("_env")), key=len)
    if not stems:
        return "unknown key, and a secret never stands in this file."
    stem = key if key in stems else next((stem for stem in stems if key.endswith(stem)), stems[0])
    return (
        "a secret never stands in this file. "
        f"Name the environment variable that holds it with {stem}_env, or its file with {stem}_file."
    )


def _said(detail: ErrorDetails, *, shown: bool) -> str:
    """pydantic's error in the words of the file. `input` is what stands there, `ctx` what was asked for.

    shown: whether what stands there may be shown.
    """
    value: object = detail["input"]
    found = f", not {quoted(value)}." if shown else "."
    limits: Mapping[str, object] = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return str(limits["error"])
        case "enum":
            choices = re.findall(r"'([^']*)'", str(limits["expected"]))
            return unknown(value, choices) if isinstance(value, str) else f"must be one of {_list(choices)}."
        case "string_type":
            return f"must be text in quotes{found}"
        case "bool_type":
            return f"must be true or false{found}"
        case "int_type" | "int_parsing_size":
            return f"must be a whole number{found}"
        case "tuple_type":
            return f'must be a list such as ["a", "b"]{found}'
        case "dict_type":
            return f"must be a table{found}"
        case "greater_than_equal":
            return f"must be at least {limits['ge']}{found}"
        case "less_than_equal":
            return f"must be at most {limits['le']}{found}"
        case _:
            return f"{detail['msg']}."


def _list(words: list[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
