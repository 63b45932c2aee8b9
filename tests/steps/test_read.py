"""What reading the tenant adds up to."""

from prepop.model import Privileged, Registration
from prepop.steps.read import with_admins


def row(account_id: str, *, admin: bool) -> Registration:
    """A row of the registration report."""
    return Registration(account_id, True, True, True, admin, frozenset())


def test_administrators_of_the_report_are_left_alone_too() -> None:
    """The report adds to the roles that were read, takes nobody off, and its absence changes nothing."""
    roles = Privileged({"a": "Global Administrator"})
    report = {
        one.account_id: one for one in (row("a", admin=True), row("b", admin=True), row("c", admin=False))
    }
    assert with_admins(roles, report).why == {
        "a": "Global Administrator", "b": "an administrator in the registration report",
    }  # fmt: skip
    assert with_admins(roles, "no licence") == roles
    unread = Privileged({}, "403")
    assert with_admins(unread, report).unread == "403"
