"""What reading the tenant adds up to."""

from prepop.model import Privileged
from prepop.steps.read import with_reported


def test_administrators_of_the_report_are_left_alone_too() -> None:
    """The report adds to the roles that were read, takes nobody off, and its absence changes nothing."""
    roles = Privileged({"a": "Global Administrator"})
    report = frozenset({"a", "b"})
    assert with_reported(roles, report).why == {
        "a": "Global Administrator", "b": "an administrator in the registration report",
    }  # fmt: skip
    assert with_reported(roles, "no licence") == roles
    unread = Privileged({}, "403")
    assert with_reported(unread, report).unread == "403"
