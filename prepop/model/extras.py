"""What stands in an extra file beside the directory, and what of it belongs to a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class CellKind(StrEnum):
    """What a cell of a workbook is where it is no text. The value is the sentence that says so."""

    NUMBER = "the cell is a number; format the column as text"
    ROUNDED = "the cell is a number with more digits than it keeps; format the column as text"
    DATE = "the cell is a date; format the column as text"
    FORMULA = "the cell is a formula; paste its value as text"
    ERROR = "the cell holds an error of a formula; paste the value as text"
    MERGED = "the cell is merged with others, so that it is not known whose it is; split them"


@dataclass(frozen=True, slots=True)
class ExtraRow:
    """One row that holds anything.

    number: as spreadsheet programs count, of a CSV the line on which the row ends. key: as written but for
    blanks around; "" where the row has none that can be used. values: of the columns that were asked for, by
    their names in lower case, those that are not blank. kinds: of those that are no text, blank or not.
    """

    number: int
    key: str
    values: Mapping[str, str]
    kinds: Mapping[str, CellKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExtraReading:
    """A complete reading of one extra file; one that broke off is an error, never a shorter list.

    name: as the config has it. file: its name on the disk. key: the column that names the person; attribute:
    the directory's attribute with the same text. header: every column, as written. described: facts for
    reports, the same for the same content. written: when, UTC.
    """

    name: str
    file: str
    key: str
    attribute: str
    header: tuple[str, ...]
    rows: tuple[ExtraRow, ...]
    described: Mapping[str, str]
    written: datetime


@dataclass(frozen=True, slots=True)
class ExtraSize:
    """What the next run compares an extra file with: how many rows, under which header."""

    name: str
    rows: int
    header: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExtraRead:
    """One extra file that a plan was made from. said: where its values came from and whom they fit, in words;
    masked."""

    name: str
    rows: int
    header: tuple[str, ...]
    said: Mapping[str, str]


class Joining(StrEnum):
    """What an extra file says of a person. The value is half a sentence, after the file's name."""

    ROW = "has a row of this person"
    NO_ROW = "has no row of this person"
    NO_KEY = "cannot say: the directory has no key of this person"
    SEVERAL = "cannot say: the key is that of several rows or people"


@dataclass(frozen=True, slots=True)
class Joined:
    """What one extra file has of a person.

    file: its name on the disk. key, attribute: by which they belong together. row: the row's number, None
    without one. kinds: of its cells that are no text, by column in lower case. why: of SEVERAL, in words that
    name rows and no value.
    """

    file: str
    key: str
    attribute: str
    how: Joining
    row: int | None = None
    kinds: Mapping[str, CellKind] = field(default_factory=dict)
    why: str = ""
