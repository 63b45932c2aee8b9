"""`to-register.csv` and `groups.csv`: who must register something by themselves (CONTRACT section 10).

The second is what the Entra admin centre takes under Groups, Members, Import members: one column of object
ids under the template's own heading. Microsoft's page "Bulk add group members" says that templates of group
members begin with that heading; where the portal's own template still has `version:v1.0` above it, that line
goes on top. The portal wants at least two members in a file.
"""

import csv
from pathlib import Path

from prepop.files import write_through
from prepop.reports.csv_file import inert
from prepop.rules.summary.registrant import Registrant
from prepop.rules.summary.words import Summary

TO_REGISTER, GROUPS = "to-register.csv", "groups.csv"
COLUMNS = ("name", "upn", "account_id", "manager", "department", "language", "why", "what_to_do")
HEADING = "Member object ID or user principal name [memberObjectIdOrUpn] Required"


def write_to_register(summary: Summary, folder: Path) -> tuple[Path, Path]:
    """Write both, owner-only, also where nobody is left: yesterday's list must not be taken for today's."""

    def table(new: Path) -> None:
        with new.open("w", encoding="utf-8-sig", newline="") as stream:
            rows = csv.writer(stream, quoting=csv.QUOTE_ALL)
            rows.writerow(COLUMNS)
            rows.writerows(tuple(map(inert, _fields(one))) for one in summary.registrants)

    def group(new: Path) -> None:
        lines = [HEADING, *(one.account_id for one in summary.registrants)]
        new.write_text("".join(f"{line}\r\n" for line in lines), encoding="utf-8", newline="")

    write_through(folder / TO_REGISTER, table)
    write_through(folder / GROUPS, group)
    return folder / TO_REGISTER, folder / GROUPS


def _fields(one: Registrant) -> tuple[str, ...]:
    who = (one.name, one.upn, one.account_id, one.manager, one.department, one.language)
    return (*who, one.why, one.can_do)
