"""People from an LDIF file (RFC 2849): what `ldifde`, `ldapsearch` and `ldbsearch` write.

A file cut short looks much like a whole one, so everything that gives a cut away ends the reading: a
last line without line end, a last entry without the empty line that the others have, broken base64, an entry
without dn, and the missing or contradicting closing words of the tools that write some (`# numResponses: 14`,
`# numEntries: 12`, `# 12 entries`). What ldapsearch says of its sign-in above the first entry is passed over;
what it says of a failure ends the reading, in its own words.
"""

import base64
import binascii
import codecs
import hashlib
import logging
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from prepop.errors import ConfigError, Incomplete
from prepop.model import DirectoryReading, Person
from prepop.options import DirectoryOptions
from prepop.ports import Progress
from prepop.sources.entries import (
    ADMINISTRATORS,
    CONSISTENCY_GUID,
    GUID,
    NO_ADMIN_COUNT,
    STANDARD_ATTRIBUTES,
    Entry,
    empty_file,
    guid_bytes,
    is_person,
    person,
    say_nobody,
    sid_bytes,
)
from prepop.sources.mistaken import refuse_failure, refuse_mistaken

log = logging.getLogger(__name__)

Line = tuple[int, bytes]
_ATTRIBUTE = re.compile(rb"([A-Za-z0-9][A-Za-z0-9.-]*)((?:;[^:;]+)*):(:|<)?[ ]*(.*)", re.DOTALL)
_SIGN_IN = re.compile(rb"SASL[/ ].*")  # on standard error, before anything is written
_TABLE = re.compile(r"[\"']?(?:dn|distinguishedname)[\"']?\s*[,;\t|]", re.IGNORECASE)
_TEXT_FORMS = {GUID: guid_bytes, "objectsid": sid_bytes}  # ldbsearch writes these as text


class Ldif:
    """One LDIF export as a directory."""

    def __init__(self, options: DirectoryOptions) -> None:
        """`options.path` names the file; nothing is opened before `read`."""
        if options.path is None:
            raise ConfigError([f'directory "{options.name}": kind = "ldif" needs a path'])
        self.name = options.name
        self._path = options.path

    def administrators(self, progress: Progress) -> DirectoryReading:
        """Who has adminCount in the export as it is now."""
        whole = self.read((), progress)
        return replace(whole, people=tuple(found for found in whole.people if found.admin_count))

    def read(self, attributes: Collection[str], progress: Progress) -> DirectoryReading:
        """Read every person in the file. Raises ConfigError (no such file, not an export) or Incomplete."""
        path = self._path
        known = {name.lower() for name in (*STANDARD_ATTRIBUTES, *attributes)}
        people: list[Person] = []
        others: Counter[bytes] = Counter()
        seen: set[str] = set()
        entries = 0
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            for entry in _entries(path, known):
                entries += 1
                if entries % 1000 == 0:
                    progress("reading people", entries, None)
                if is_person(entry):
                    seen |= entry.attributes.keys()
                    people.append(person(entry, directory=self.name, asked=attributes))
                else:
                    others[entry.attributes["objectclass"][-1]] += 1
        except OSError as error:
            raise ConfigError(
                [f'directory "{self.name}": path {path} cannot be read: {error.strerror}']
            ) from error
        progress("reading people", entries, entries)
        if others and not people:
            say_nobody(path, others)
        if people and not seen & {GUID, CONSISTENCY_GUID}:
            raise ConfigError(
                [f"{path}: nobody in it has objectGUID or mS-DS-ConsistencyGuid"],
                hint="export again with both among the attributes: they tell whose account is whose",
            )
        # where nobody was read, nothing follows from that (the finding `source-empty` says it)
        missing = sorted(name for name in attributes if people and name.lower() not in seen)
        if missing:
            log.warning(
                "%s: nobody has a value of %s; is it spelt right and exported?", path, ", ".join(missing)
            )
        no_admins = bool(people) and "admincount" not in seen
        if no_admins:
            log.warning(
                "%s: nobody has a value of adminCount; if it was not exported, %s", path, NO_ADMIN_COUNT
            )
        log.info("%s: %d entries, %d people", path, entries, len(people))
        return DirectoryReading(
            directory=self.name,
            people=tuple(people),
            described={
                "kind": "ldif",
                "file": str(path),
                "sha256": digest,
                "entries": str(entries),
                "attributes nobody has": ", ".join(missing),
                **(ADMINISTRATORS if no_admins else {}),
            },
        )


# ---------------------------------------------------------------- lines


def _lines(path: Path) -> Iterator[Line]:
    """Physical lines without their ends, numbered from 1, in UTF-8 whatever the file is in."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # ldifde -u
            yield from _lines_utf16(path)
            return
        if b"\0" in start:
            raise ConfigError(
                [f"{path}: UTF-16 without a byte order mark"], hint="export with ldifde -u, or in UTF-8"
            )
        file.seek(len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0)
        number = 0
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                raise _cut(path, number, "the last line has no end")
            yield number, line.rstrip(b"\r\n")


def _lines_utf16(path: Path) -> Iterator[Line]:
    number = 0
    try:
        with path.open(encoding="utf-16", newline="") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(("\n", "\r")):
                    raise _cut(path, number, "the last line has no end")
                yield number, line.rstrip("\r\n").encode("utf-8")
    except UnicodeError as error:
        raise _cut(path, number + 1, "not UTF-16 to the end") from error


def _unfolded(path: Path) -> Iterator[tuple[int, bytes, int | None]]:
    """Logical lines: a line that begins with a space goes on with the one before (RFC 2849, note 2).

    Each with its number, and its length without the lines of nothing but blanks at its end; None where it
    has no such lines.
    """
    held: tuple[int, bytes, int | None] | None = None
    for number, line in _lines(path):
        if line.startswith(b" ") and held is not None and held[1].strip():
            first, text, bare = held
            if line.strip():
                held = first, text + line[1:], None
            else:
                held = first, text + line[1:], len(text) if bare is None else bare
            continue
        if held is not None:
            yield held
        held = (number, line, None)
    if held is not None:
        yield held


def _cut(path: Path, number: int, what: str) -> Incomplete:
    return Incomplete(
        f"{path}, line {number}: {what}: the file was cut short or damaged", hint="export it again"
    )


# ---------------------------------------------------------------- entries


def _entries(path: Path, known: Collection[str]) -> Iterator[Entry]:
    """The file's entries with the attributes in `known` (lower case), each checked to be whole."""
    closing = _Closing(path)
    empty = True
    ended = False  # an entry had an empty line behind it
    number = count = 0
    for block in _blocks(path, known, closing):
        empty, number = False, block.lines[-1][0] if block.lines else block.last
        for entry in _entry(path, block.lines, known, closing):
            if ended and not block.ended:
                raise _cut(path, number, "no empty line behind the last entry, as the others have")
            ended |= block.ended
            count += 1
            yield entry
    if empty:
        raise empty_file(path)
    closing.check(number, count)


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines up to the next empty one. ended: that one was there. last: number of the last line read."""

    lines: list[Line]
    ended: bool
    last: int


def _blocks(path: Path, known: Collection[str], closing: "_Closing") -> Iterator[_Block]:
    """The file's lines in blocks, comments told to `closing`. Comments alone are a block without lines.

    An empty line ends a block, also one that holds blanks: to RFC 2849 that would be the end of the value
    above, but no value goes on with a dn.
    """
    lines: list[Line] = []
    number = 0
    begun = False
    bare: int | None = None
    for number, line, its_bare in _unfolded(path):
        if line.startswith(b"#"):
            closing.comment(line)
            begun = True
        elif not line.strip():
            if lines:
                yield _Block(lines, True, number)
            lines, bare = [], None
        elif not begun and _SIGN_IN.fullmatch(line):
            continue
        else:
            if not begun:
                _first_line(path, number, line, known)
            if bare is not None and line[:3].lower() == b"dn:":
                lines[-1] = (lines[-1][0], lines[-1][1][:bare])
                yield _Block(lines, True, number)
                lines = []
            begun = True
            lines.append((number, line))
            bare = its_bare
    if lines:
        yield _Block(lines, bare is not None, number)
    elif begun:
        yield _Block([], True, number)


def _first_line(path: Path, number: int, line: bytes, known: Collection[str]) -> None:
    """Raises where the first line shows that the file is not LDIF."""
    text = line.decode("utf-8", "replace")
    if line[:3].lower() == b"dn:":
        return
    refuse_mistaken(path, number, text, known)
    if _TABLE.match(text):
        raise ConfigError(
            [f"{path}, line {number}: this is CSV, no LDIF"], hint='set kind = "csv" for this directory'
        )


def _entry(path: Path, block: list[Line], known: Collection[str], closing: "_Closing") -> Iterator[Entry]:
    """The one entry that a block of lines holds, or none (version line, reference, search result)."""
    if not block:
        return
    if block[0][1].lower().startswith(b"version:"):
        if block[0][1].partition(b":")[2].strip() != b"1":
            raise ConfigError([f"{path}, line {block[0][0]}: not version 1 of LDIF"])
        block = block[1:]
        if not block:
            return
    start = block[0][0]
    name, _, value = _attribute(path, *block[0])
    if name == "ref":  # a reference to another server, which is never followed
        return
    if name == "search":  # the closing words of ldapsearch
        closing.result(block)
        return
    if name != "dn":
        raise _cut(path, start, "an entry without dn")
    try:
        dn = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Incomplete(
            f"{path}, line {start}: the dn is not UTF-8 text", hint="export with ldifde -u"
        ) from error
    attributes: dict[str, tuple[bytes, ...]] = {}
    for number, line in block[1:]:
        name, options, value = _attribute(path, number, line)
        if name == "changetype":
            if value.lower() != b"add":
                kind = value[:20].decode(errors="replace")
                raise ConfigError(
                    [f"{path}, line {number}: changetype {kind}: this is not an export"],
                    hint="prepop reads exports (ldifde -f, ldapsearch), not files of changes",
                )
        elif name == "dn":
            raise _cut(path, number, "a dn in the middle of an entry")
        elif name in known:
            if b";range=" in options.lower():
                raise Incomplete(
                    f"{path}, line {number}: {dn}: only a part of the values of {name} is in the file",
                    hint='read the directory with kind = "ldap", which fetches the rest',
                )
            attributes[name] = (*attributes.get(name, ()), value)
    yield Entry(dn, attributes, place=f"{path}, line {start}")


def _attribute(path: Path, number: int, line: bytes) -> tuple[str, bytes, bytes]:
    """One logical line as name in lower case, options with their `;`, and value."""
    found = _ATTRIBUTE.fullmatch(line)
    if not found:
        refuse_failure(path, number, line.decode("utf-8", "replace"))
        raise _cut(path, number, "neither an attribute nor a comment")
    name, options, how, value = found.groups()
    key = name.decode("ascii").lower()
    if how == b"<":
        raise Incomplete(
            f"{path}, line {number}: {key} points to another file, which is not followed",
            hint="export again with the values in the file",
        )
    if how == b":":
        try:
            return key, options, base64.b64decode(value.strip(), validate=True)
        except binascii.Error as error:
            raise _cut(path, number, f"{key} is not whole base64") from error
    if key in _TEXT_FORMS and (stored := _TEXT_FORMS[key](value.decode("latin-1"))):
        value = stored
    return key, options, value


class _Closing:
    """What a tool says of its own output, in comments and closing words, and whether that holds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._expected = ""  # the closing words that this tool always writes
        self._closed = False
        self._counted: int | None = None

    def comment(self, line: bytes) -> None:
        """ldapsearch: `# LDAPv3` ... `# numResponses: 5`. ldbsearch: `# record 1` ... `# 3 entries`.

        With pages ldapsearch repeats its head and `result:` for every page; the numbers come once.
        """
        if line.startswith(b"# LDAPv3"):
            self._expected = "the number of responses that ldapsearch writes at the end"
        elif line.startswith(b"# record ") and not self._expected:
            self._expected = "the number of entries that ldbsearch writes at the end"
        elif line.startswith(b"# numResponses: "):
            self._closed = True
        elif found := re.fullmatch(rb"# numEntries: (\d+)\s*", line):
            self._counted = int(found[1])
        elif found := re.fullmatch(rb"# (\d+) entries\s*", line):
            self._counted, self._closed = int(found[1]), True

    def result(self, block: list[Line]) -> None:
        """`result: 0 Success` of ldapsearch; any other result is a search that broke off."""
        for number, line in block:
            if line.startswith(b"result:"):
                words = line.partition(b":")[2].strip().decode(errors="replace")
                if words.split(" ")[0] != "0":
                    raise Incomplete(
                        f"{self._path}, line {number}: the search that wrote this file ended with {words}",
                        hint="export again with pages: ldapsearch -E pr=1000/noprompt",
                    )

    def check(self, number: int, count: int) -> None:
        """At the end of the file: were the closing words there, and do they agree?"""
        if self._expected and not self._closed:
            raise _cut(self._path, number, f"{self._expected} is missing")
        if self._counted is not None and self._counted != count:
            raise Incomplete(
                f"{self._path}: {count} entries, but the tool that wrote it counted {self._counted}",
                hint="export it again",
            )
