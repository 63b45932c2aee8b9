"""`[[extra]]` blocks: files beside the directory (CONTRACT section 4)."""

import logging
from pathlib import Path

from prepop.files import others_can_read
from prepop.options import ExtraOptions
from prepop.settings import references
from prepop.settings.checking import Section, check
from prepop.settings.documents import Document, quoted
from prepop.settings.environment import variable_part
from prepop.settings.places import Path as Place
from prepop.settings.shapes import ExtraShape

log = logging.getLogger(__name__)

_WORKBOOK, _TABLE = ".xlsx", ".csv"


def extra_files(document: Document, folder: Path) -> tuple[ExtraOptions, ...]:
    """Every extra file. The options are good only where the document has no mistakes."""
    given = document.values.get("extra")
    if given is None:
        return ()
    sections: list[Section[ExtraShape]] = []
    if isinstance(given, list):
        for index, block in enumerate(given):
            place: Place = ("extra", index)
            name = block.get("name") if isinstance(block, dict) else None
            label = f"extra[{name if isinstance(name, str) else index + 1}]" if len(given) > 1 else "extra"
            sections.append(check(ExtraShape, document, place, label, block))
    else:
        sections.append(check(ExtraShape, document, ("extra",), "extra", given))
    found: dict[str, ExtraOptions] = {}
    for section in sections:
        options = _extra(section, folder)
        if variable_part(options.name) in found and "name" in section.values.model_fields_set:
            text = f"{quoted(options.name)} is the name of another block, but for capitals and marks."
            section.mistake("name", text)
        found[variable_part(options.name)] = options
    return tuple(found.values())


def _extra(section: Section[ExtraShape], folder: Path) -> ExtraOptions:
    values = section.values
    for key, what in (
        ("name", 'the mapping names its columns by it, such as "hr:Private mail"'),
        ("key", "it is the column that names the person"),
        ("attribute", "it is the directory's attribute that holds the same text as the key"),
    ):
        if not section.given.get(key):
            section.mistake(key, f"is missing; {what}.")
    path = references.export(section, "path", values.path, folder)
    if not values.path:
        section.mistake("path", "is missing. Name the file, CSV or XLSX.")
    ends = Path(values.path).suffix.lower()
    if values.path and ends not in (_TABLE, _WORKBOOK):
        again = "; save it in Excel as .xlsx" if ends in (".xls", ".xlsb", ".xlsm", ".ods") else ""
        section.mistake("path", f"{quoted(values.path)} ends neither in .csv nor in .xlsx{again}.")
    elif values.sheet and ends == _TABLE:
        section.mistake("sheet", "a .csv file has no sheets; leave it out.", "path")
    if path is not None and others_can_read(path):
        log.warning("%s can be read by others than its owner, and holds private data: chmod go-r", path)
    return ExtraOptions(
        name=values.name,
        path=path or folder / values.path,
        key=values.key.strip(),
        attribute=values.attribute,
        sheet=values.sheet,
        max_age_hours=values.max_age_hours,
    )
