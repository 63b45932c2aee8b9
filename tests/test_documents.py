"""The README says what the program does: its tables are made from the program's own words.

`python -m tests.test_documents` writes the tables anew.
"""

import re
from pathlib import Path

from prepop.cli import EXITS
from prepop.errors import Exit
from prepop.reasons import FindingCode, Level, Reason, Severity

README = Path(__file__).parent.parent / "README.md"

_EXITS = {
    Exit.DONE: "done, or nothing to do",
    Exit.BUG: "a bug; the log has the traceback",
    Exit.USAGE: "wrong usage, or a mistake in config or mapping; a file that cannot be written",
    Exit.PENDING: "`plan --exit-code`: changes pending",
    Exit.SOME_FAILED: "finished; some changes failed",
    Exit.OUT_OF_TIME: "time budget spent; `resume` goes on, or the next `sync` settles it",
    Exit.BLOCKED: "blocked by a finding; nothing written",
    Exit.INCOMPLETE: "could not read everything, or could not sign in; nothing written",
    Exit.LOCKED: "another run holds the lock",
    Exit.INTERRUPTED: "interrupted; `resume` goes on, or the next `sync` settles it",
}

_FINDINGS = {
    FindingCode.SOURCE_EMPTY: "the directory has no people",
    FindingCode.SOURCE_SHRANK: "fewer people than in the last complete run (`limits.source_shrink`)",
    FindingCode.CLOUD_EMPTY: "the tenant has no accounts",
    FindingCode.CLOUD_SHRANK: "fewer accounts than in the last complete run (`limits.cloud_shrink`)",
    FindingCode.TOO_MANY_ADDITIONS: "more accounts gain a method than `limits.additions` allows",
    FindingCode.TOO_MANY_REPLACEMENTS: "more accounts get another value than `limits.replacements` allows",
    FindingCode.TOO_MANY_REMOVALS: "more accounts lose a method than `limits.removals` allows",
    FindingCode.TOO_MANY_UNMATCHED: "more people without an account than `limits.unmatched` allows",
    FindingCode.PRIVILEGED_UNKNOWN: "who holds a role could not be read; cannot be accepted",
    FindingCode.MAPPING_CHANGED: "the mapping is not the last run's",
    FindingCode.MAPPING_UNUSED: "an `[region] ou` entry, a column or an attribute fits nobody; `?` in names",
    FindingCode.PLAN_STALE: "older than 24 h, or of another tenant, config or mapping; cannot be accepted",
    FindingCode.PLAN_TAMPERED: "the plan was edited, or is not the one signed off; cannot be accepted",
    FindingCode.SMS_SIGN_IN: "the methods policy would make the added mobiles sign-in names",
    FindingCode.SMS_RETIRES: "numbers that stop working on 1 February 2027 without a telephony provider",
    FindingCode.UNUSUAL_COUNTRY: "most new numbers lie in a country that is rare otherwise",
    FindingCode.SOURCE_SELF_WRITABLE: "people may write a mapped attribute on themselves",
}


def tables() -> dict[str, str]:
    """The README's tables, by the name of their place."""
    reasons = ["| code | what it says | what would fix it |", "| --- | --- | --- |"]
    for level in Level:
        reasons.append(f"| **{level}** | | |")
        reasons += [f"| `{one}` | {one.text} | {one.fix} |" for one in Reason if one.level is level]
    findings = ["| code | level | when |", "| --- | --- | --- |"]
    findings += [f"| `{one}` | {one.severity} | {_FINDINGS[one]} |" for one in FindingCode]
    exits = ["| code | meaning |", "| --- | --- |"]
    exits += [f"| {one.value} | {_EXITS[one]} |" for one in Exit]
    return {name: "\n".join(rows) for name, rows in
            (("reasons", reasons), ("findings", findings), ("exits", exits))}  # fmt: skip


def filled(text: str) -> str:
    """The README with its tables made anew."""
    for name, table in tables().items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        found = place.search(text)
        assert found is not None, name
        text = text[: found.start()] + f"{found[1]}{table}\n{found[2]}" + text[found.end() :]
    return text


def test_the_tables_of_the_readme_are_the_programs_words() -> None:
    """Every reason, finding and exit code stands in the README as the program means it."""
    text = README.read_text(encoding="utf-8")
    assert filled(text) == text


def test_the_help_names_every_exit_code() -> None:
    """`prepop --help` lists the exit codes of the contract."""
    assert {int(number) for number in re.findall(r"(?<!\w)(\d+) [a-z]", EXITS)} == {
        code.value for code in Exit
    }


def test_nothing_blocking_is_called_a_warning() -> None:
    """Four findings warn; every other one blocks (CONTRACT section 8)."""
    warn = {one.value for one in FindingCode if one.severity is Severity.WARN}
    assert warn == {"mapping-changed", "mapping-unused", "sms-retires", "source-self-writable"}


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
