"""Where it is not known who is privileged, nobody is touched: the finding `privileged-unknown`."""

from collections.abc import Sequence

from prepop.model import Finding, Privileged
from prepop.reasons import FindingCode
from prepop.rules.phrases import visible


def privilege_unknown(
    privileged: Privileged, *, allowed: bool, unseen: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """`privileged-unknown` where who must not be touched is not known.

    allowed: as `scope.privileged`. unseen: of each directory, why its administrators are not known.
    """
    if allowed:
        return ()
    if not privileged.unread and unseen:
        return (
            Finding(
                FindingCode.PRIVILEGED_UNKNOWN,
                None,
                None,
                None,
                f"Who is an administrator of the directory is not known: {'; '.join(map(visible, unseen))}.",
                "Let the reading account read adminCount, on CN=AdminSDHolder,CN=System too, whose rights "
                "administrators get within the hour.",
            ),
        )
    if not privileged.unread:
        return ()
    return (
        Finding(
            FindingCode.PRIVILEGED_UNKNOWN,
            None,
            None,
            None,
            f"Who holds an administrator role could not be read: {privileged.unread}.",
            "Grant RoleManagement.Read.Directory and GroupMember.Read.All to the app and try again.",
        ),
    )
