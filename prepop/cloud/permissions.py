"""Which permission a refused request lacks: graph-api.md section 1, permissions.

The narrowest application permission first; a delegated sign-in needs a directory role besides.
"""

from prepop.cloud.answers import Answer, Fate
from prepop.errors import Incomplete

USERS = "User.Read.All"
ORGANISATION = "Organization.Read.All"
REPORT = "AuditLog.Read.All"
ROLES = "RoleManagement.Read.Directory"
GROUPS = "GroupMember.Read.All"
POLICY = "Policy.Read.AuthenticationMethod"
PHONES = "UserAuthMethod-Phone.Read.All"
EMAIL = "UserAuthMethod-Email.Read.All"


def unread(doing: str, fate: Fate, permission: str) -> Incomplete:
    """The error for something that could not be read: what was being done, what came back, what to try."""
    message = f"{doing}: Graph answered {fate}" if isinstance(fate, Answer) else f"{doing}: {fate}"
    if isinstance(fate, Answer) and fate.status == 403:
        return Incomplete(
            message, hint=f"grant the application {permission} and have an administrator consent to it"
        )
    if isinstance(fate, Answer) and 400 <= fate.status < 500 and fate.status != 429:
        return Incomplete(message, hint="the request-id above is what Microsoft's support asks for")
    return Incomplete(message, hint="try again later; nothing was written")
