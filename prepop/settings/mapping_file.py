"""Reads a mapping file: CONTRACT section 5, taught in mappings/README.md."""

from collections.abc import Collection
from pathlib import Path

from prepop.model import Method
from prepop.options import Extension, MappingRules, MethodRule, Region
from prepop.rules.values.distinguished_names import rdns
from prepop.rules.values.names import near
from prepop.settings.checking import Section, check, dotted
from prepop.settings.documents import Document, quoted, read_document, shown_key, unknown_key
from prepop.settings.ldap import is_distinguished_name
from prepop.settings.places import Path as Place
from prepop.settings.shapes import MethodShape, OfficeShape, RegionShape

_SECTIONS = ("region", *Method)


def read_mapping(
    path: Path, shown: str, extras: Collection[str] | None = None
) -> tuple[MappingRules, Document]:
    """Read a mapping. The rules are good only where the document has no mistakes.

    extras: names of the config's extra files, which columns may be named of; None where it is not known.
    """
    document = read_document(path, shown)
    if not document.usable:
        return MappingRules(Region(), ()), document
    for key in document.values.keys() - set(_SECTIONS):
        document.mistake((key,), dotted("", shown_key(key, _SECTIONS)), unknown_key(key, _SECTIONS))
    region = _region(check(RegionShape, document, ("region",), "region", document.values.get("region")))
    rules = tuple(_rule(document, method) for method in Method if method in document.values)
    _no_number_twice(document, rules)
    if extras is not None:
        _files_are_there(document, region, rules, extras)
    if not rules and not document.mistakes:
        document.file_mistake(f"names no method. Add at least one of {_list_of_methods()}.")
    return MappingRules(region, rules), document


def _region(section: Section[RegionShape]) -> Region:
    values = section.values
    section.no_repeats("from")
    units = section.given.get("ou")
    seen: set[tuple[str, ...]] = set()
    for name in units if isinstance(units, dict) else ():
        place: Place = ("region", "ou", name)
        key = dotted("region", "ou", name)
        if not is_distinguished_name(name):
            section.document.mistake(place, key, 'is not a distinguished name such as "OU=Berlin,DC=corp".')
        elif rdns(name) in seen:
            section.document.mistake(place, key, "stands here twice, in another spelling.")
        seen.add(rdns(name))
    return Region(values.attributes, tuple(values.ou.items()), values.default or "")


def _rule(document: Document, method: Method) -> MethodRule:
    table = document.values[method]
    extension = Extension.LEAVE_ALONE
    section: Section[MethodShape]
    if method.takes_extension:
        office = check(OfficeShape, document, (method,), method, table)
        section, extension = office, office.values.extension
    else:
        if isinstance(table, dict) and "extension" in table:
            document.mistake(
                (method, "extension"), f"{method}.extension", "only an office number has an extension."
            )
            table = {key: value for key, value in table.items() if key != "extension"}
        section = check(MethodShape, document, (method,), method, table)
    values = section.values
    if not values.attributes:
        state = "is empty" if "from" in section.given else "is missing"
        section.mistake("from", f"{state}. Name the attribute that holds the value, or several in a list.")
    section.no_repeats("from")
    return MethodRule(
        method, values.attributes, values.policy, values.remove, values.several, extension=extension
    )


def _no_number_twice(document: Document, rules: tuple[MethodRule, ...]) -> None:
    """Mobile and alternate mobile are two numbers: from one attribute each person would get one twice.

    `office` may share an attribute with either: a number that rings in two ways is one way to be reached.
    """
    named = {rule.method: rule.attributes for rule in rules}
    mobile = {name.lower() for name in named.get(Method.MOBILE, ())}
    method = Method.ALTERNATE_MOBILE
    for name in dict.fromkeys(name.lower() for name in named.get(method, ()) if name.lower() in mobile):
        written = next(attribute for attribute in named[method] if attribute.lower() == name)
        document.mistake(
            (method, "from"),
            dotted(method, "from"),
            f"{quoted(written)} stands in {Method.MOBILE}.from too, so that one number would fill both. "
            "Take it out of one of the two.",
        )


def _files_are_there(
    document: Document, region: Region, rules: tuple[MethodRule, ...], extras: Collection[str]
) -> None:
    """A column belongs to an extra file of the config."""
    known = {name.lower() for name in extras}
    for section, names in (
        ("region", region.attributes),
        *((rule.method, rule.attributes) for rule in rules),
    ):
        for name in names:
            file, colon, _ = name.partition(":")
            if not colon or file.lower() in known:
                continue
            meant = near(file, extras)
            hint = f'Did you mean "{meant}"?' if meant else "Names: " + ", ".join(extras) + "."
            text = (
                f"{quoted(name)} is a column of an extra file, and no [[extra]] block of the config is named "
            )
            text += f"{quoted(file)}. {hint if extras else 'Describe the file in one.'}"
            document.mistake((section, "from"), dotted(section, "from"), text)


def _list_of_methods() -> str:
    return ", ".join(f"[{method}]" for method in Method)
