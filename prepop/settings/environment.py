"""Lays the environment over a config: `PREPOP_LIMITS__ADDITIONS="50"` sets `limits.additions`.

The rules, which jobs/README.md repeats for operators:

- `PREPOP_SECTION__KEY`, in capitals, sets one key; `PREPOP_MAPPING` sets `mapping`. It wins over the file.
- Lists are a TOML array (`["a", "b"]`) or words with commas between them. A value that begins like a
  distinguished name (`OU=Staff,DC=...`) is one item, for its commas divide nothing. Empty: the empty list.
- `PREPOP_DIRECTORY__KEY` where there is one directory. Where there are several,
  `PREPOP_DIRECTORY__NAME__KEY`, NAME being the block's name in capitals with _ for all that is no
  letter or digit.
- `PREPOP_EXTRA__KEY` and `PREPOP_EXTRA__NAME__KEY` likewise, of extra files.
- A relative path is relative to the config file.
- Other variables that begin with PREPOP_ are not keys; but one with two underscores that leads to no key
  is a mistake, for somebody meant it to be one.
"""

import re
import tomllib
import types
import typing
from collections.abc import Mapping

from prepop.rules.values.names import near
from prepop.settings.checking import known_keys, secret_key
from prepop.settings.documents import Document
from prepop.settings.places import Path as Place
from prepop.settings.shapes import (
    CloudShape,
    DirectoryShape,
    ExtraShape,
    LimitsShape,
    LogShape,
    MetricsShape,
    NotifyShape,
    PeopleShape,
    ReportShape,
    ScopeShape,
    Shape,
    StateShape,
    TrustShape,
)

_PREFIX = "PREPOP_"
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DISTINGUISHED = re.compile(r"\s*[A-Za-z][A-Za-z0-9-]*\s*=")

SECTIONS: Mapping[str, type[Shape]] = types.MappingProxyType(
    {
        "directory": DirectoryShape,
        "extra": ExtraShape,
        "cloud": CloudShape,
        "scope": ScopeShape,
        "limits": LimitsShape,
        "trust": TrustShape,
        "state": StateShape,
        "report": ReportShape,
        "notify": NotifyShape,
        "notify.people": PeopleShape,
        "metrics": MetricsShape,
        "log": LogShape,
    }
)
"""Every section of `prepop.toml` with its shape; one with a dot is a table in another."""

#: Sections that may stand several times, each block with a name, and what mistakes call them.
_IN_BLOCKS: Mapping[type[Shape], tuple[str, str]] = types.MappingProxyType(
    {DirectoryShape: ("directory", "directories"), ExtraShape: ("extra file", "extra files")}
)


def overlay(document: Document, environ: Mapping[str, str]) -> None:
    """Put what the environment says into `document.values`; what leads nowhere becomes a mistake."""
    for variable in sorted(environ):
        if variable == "PREPOP_MAPPING":
            document.values["mapping"] = environ[variable]
            document.variables[("mapping",)] = variable
        elif variable.startswith(_PREFIX) and "__" in variable:
            _lay(document, variable, environ[variable])


def _lay(document: Document, variable: str, value: str) -> None:
    section, _, rest = variable.removeprefix(_PREFIX).partition("__")
    inner, _, inner_rest = rest.partition("__")
    if inner_rest and f"{section}.{inner}".lower() in SECTIONS:
        section, rest = f"{section}.{inner}", inner_rest
    shape = SECTIONS.get(section.lower())
    if shape is None or section != section.upper():
        names = [f"{_PREFIX}{name.replace('.', '__').upper()}__…" for name in SECTIONS]
        meant = near(section, [name.upper() for name in SECTIONS])
        hint = f"Did you mean {_PREFIX}{meant}__{rest}?" if meant else f"It can be {', '.join(names)}."
        document.variable_mistake(variable, f"there is no such section. {hint}")
        return
    table: Place = tuple(section.lower().split("."))
    if shape in _IN_BLOCKS:
        found = _block(document, variable, section.lower(), rest, _IN_BLOCKS[shape])
        if found is None:
            return
        table, rest = found
    key = rest.lower()
    known = known_keys(shape)
    if key not in known or rest != rest.upper():
        stem = variable[: len(variable) - len(rest)]
        meant = near(key, known)
        hint = (
            f"Did you mean {stem}{meant.upper()}?"
            if meant
            else f"Keys there: {', '.join(known) or 'none yet'}."
        )
        text = secret_key(section.lower(), key, shape) or f"there is no such key. {hint}"
        document.variable_mistake(variable, text)
        return
    target = _table(document, table)
    if target is not None:
        target[key] = _read(value, shape.model_fields[key].annotation)
        document.variables[(*table, key)] = variable


def _block(
    document: Document, variable: str, section: str, rest: str, words: tuple[str, str]
) -> tuple[Place, str] | None:
    """Which block a variable means, and the key in it. words: what a block is called, and several."""
    blocks = document.values.get(section)
    if not isinstance(blocks, list):
        blocks = [blocks] if isinstance(blocks, dict) else []
        whole: Place = (section,)
        places: list[Place] = [whole]
    else:
        places = [(section, index) for index in range(len(blocks))]
    names: dict[str, Place] = {}
    for place, block in zip(places, blocks, strict=False):
        if isinstance(block, dict) and isinstance(name := block.get("name"), str):
            names[variable_part(name)] = place
    for name, place in names.items():
        if rest.startswith(f"{name}__"):
            return place, rest.removeprefix(f"{name}__")
    if "__" in rest:
        known = f"Names: {', '.join(names)}." if names else "No block of the file has a name."
        document.variable_mistake(variable, f"there is no {words[0]} with such a name. {known}")
        return None
    if len(places) > 1:
        document.variable_mistake(
            variable, f"there are several {words[1]}; say which: {_PREFIX}{section.upper()}__NAME__{rest}."
        )
        return None
    return (places[0] if places else (section,)), rest


def variable_part(name: str) -> str:
    """What stands for a directory's name in a variable: `lab-2.x` is LAB_2_X."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _table(document: Document, place: Place) -> dict[str, object] | None:
    """The table at `place`, made where it is absent; None where the file has something else there."""
    section = str(place[0])
    found = document.values.setdefault(section, {})
    if len(place) == 2:
        if isinstance(found, list):
            found = found[int(place[1])]
        elif isinstance(found, dict):
            found = found.setdefault(str(place[1]), {})
    return found if isinstance(found, dict) else None


def _read(value: str, annotation: object) -> object:
    """The text as the key's type wants it; a text that cannot be read stays, so that the check names it."""
    origin = typing.get_origin(annotation)
    if origin is tuple:
        return _read_list(value)
    if annotation is bool and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if annotation is int and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return value


def _read_list(value: str) -> list[object]:
    if value.lstrip().startswith("["):
        try:
            read = tomllib.loads(f"value = {value}")
        except (ValueError, RecursionError):
            read = {}
        if read.keys() == {"value"}:
            return list(read["value"])
    if not value.strip():
        return []
    if _DISTINGUISHED.match(value):
        return [value.strip()]
    return [word.strip() for word in value.split(",")]
