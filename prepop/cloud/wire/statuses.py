"""Which permission a refused request lacks: GRAPH section 1, permissions.

The narrowest application permission first; a delegated sign-in needs a directory role besides.
"""

from prepop.cloud.wire.answers import Answer, Fate
from prepop.errors import Incomplete
from prepop.rules.values.masking import mask_within

USERS = "User.Read.All"
ORGANISATION = "Organization.Read.All"
REPORT = "AuditLog.Read.All"
ROLES = "RoleManagement.Read.Directory"
GROUPS = "GroupMember.Read.All"
HIDDEN = "Member.Read.Hidden"  # only where a group of the scope hides its members
POLICY = "Policy.Read.AuthenticationMethod"
PHONES = "UserAuthMethod-Phone.Read.All"
EMAIL = "UserAuthMethod-Email.Read.All"

PASSING = (408, 424, 429)  # 4xx that time alone may put right


def unread(doing: str, fate: Fate, permission: str) -> Incomplete:
    """The error for something that could not be read: what was being done, what came back, what to try."""
    message = f"{doing}: Graph answered {fate}" if isinstance(fate, Answer) else f"{doing}: {fate}"
    if isinstance(fate, Answer) and fate.status == 403:
        return Incomplete(
            message, hint=f"grant the application {permission} and have an administrator consent to it"
        )
    if isinstance(fate, Answer) and 300 <= fate.status < 500 and fate.status not in PASSING:
        return Incomplete(
            message, hint=f"Microsoft's support asks for the request-id; Graph said: {said(fate)}"
        )
    return Incomplete(message, hint="try again later; nothing was written")


def said(answer: Answer) -> str:
    """Graph's words on an error, without numbers and addresses."""
    return mask_within(answer.message)[:300] or "nothing"
