"""Who must register something by themselves: which accounts, with what, in which two files."""

import csv
from dataclasses import replace
from pathlib import Path

from prepop.model import Method, Plan, Standing
from prepop.options import ReportFormat
from prepop.reasons import Reason
from prepop.reports import write_reports
from prepop.rules.summary import summarise
from tests.reports import samples


def made() -> Plan:
    """Five accounts: able for good, able by SMS alone, short for a reason, short, and not in the report."""
    standings = (
        samples.standing(1, Standing.ABLE, Standing.ABLE),
        samples.standing(2, Standing.SHORT, Standing.ABLE, only=True),
        replace(
            samples.standing(3, Standing.SHORT, Standing.SHORT), language="de-DE", manager="lead@x.example"
        ),
        samples.standing(4, Standing.SHORT, Standing.SHORT, department="=cmd()"),
        samples.standing(5, Standing.UNKNOWN, Standing.UNKNOWN),
    )
    left = (
        samples.alone(3, Reason.PHONE_PLACEHOLDER, Method.MOBILE),
        samples.alone(3, Reason.NO_VALUE, Method.EMAIL),
        samples.alone(3, Reason.ALREADY_REGISTERED, Method.OFFICE),
    )
    return samples.plan((), left, standings, people=5)


def written(plan: Plan, folder: Path) -> list[dict[str, str]]:
    """The rows of to-register.csv."""
    write_reports(summarise(plan), folder, [ReportFormat.CSV])
    with (folder / "to-register.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_who_is_left_and_why(tmp_path: Path) -> None:
    """Everybody but who can reset for good, with the reasons of the plan and what the person can do."""
    rows = written(made(), tmp_path)
    assert [row["account_id"] for row in rows] == [samples.account(n).id for n in (2, 3, 4, 5)]
    sms, short, nothing, unknown = rows
    assert "end on 1 February 2027" in sms["why"]
    assert short["why"] == f"mobile: {Reason.PHONE_PLACEHOLDER.text}; email: {Reason.NO_VALUE.text}"
    assert (short["language"], short["manager"]) == ("de-DE", "lead@x.example")
    assert nothing["why"].startswith("no method that counts")
    assert "not known" in unknown["why"]
    assert all("https://aka.ms/mysecurityinfo" in row["what_to_do"] for row in rows)


def test_nothing_in_it_is_a_formula(tmp_path: Path) -> None:
    """A department that begins with = gets its apostrophe, as in report.csv."""
    assert written(made(), tmp_path)[2]["department"] == "'=cmd()"


def test_the_portals_import(tmp_path: Path) -> None:
    """One column of object ids under the template's heading, without a byte order mark."""
    written(made(), tmp_path)
    lines = (tmp_path / "groups.csv").read_bytes().decode("ascii").split("\r\n")
    assert lines[0] == "Member object ID or user principal name [memberObjectIdOrUpn] Required"
    assert lines[1:] == [samples.account(n).id for n in (2, 3, 4, 5)] + [""]


def test_both_are_the_owners_alone(tmp_path: Path) -> None:
    """They say who cannot reset a password."""
    written(made(), tmp_path)
    assert {oct((tmp_path / name).stat().st_mode & 0o777) for name in ("to-register.csv", "groups.csv")} == {
        "0o600"
    }


def test_where_nobody_is_left_the_lists_are_empty(tmp_path: Path) -> None:
    """Yesterday's list must not be taken for today's."""
    written(made(), tmp_path)
    plan = samples.plan((), (), (samples.standing(1, Standing.ABLE, Standing.ABLE),))
    assert written(plan, tmp_path) == []
    assert (tmp_path / "groups.csv").read_text(encoding="ascii").count("\n") == 1


def test_every_form_says_where_they_are(tmp_path: Path) -> None:
    """Page and terminal name the files where somebody is left, and not where nobody is."""
    assert any("to-register.csv" in said for said in summarise(made()).explained)
    plan = samples.plan((), (), (samples.standing(1, Standing.ABLE, Standing.ABLE),))
    assert not any("to-register.csv" in said for said in summarise(plan).explained)
