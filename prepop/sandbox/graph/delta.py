"""GET /users/delta: everybody at first, then what changed since a link was given out (GRAPH section 4).

Authentication methods are no properties of a user, and a change of them shows here nowhere.
"""

import base64
import re
import uuid

from prepop.sandbox.graph.listings import USER_DEFAULT, user_row
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.wire import Ask, Json, Reply, expired_page, page, selected, top, unsupported

_MOST_IDS = 50
_IDS = re.compile(r"^\s*id eq '([^']*)'(?:\s+or\s+id eq '[^']*')*\s*$")


def users_delta(tenant: SandboxTenant, ask: Ask) -> Reply:
    """A page of users, with a nextLink, or with a deltaLink at the end.

    `Prefer: return=minimal` leaves out of a changed user what did not change.
    """
    token = ask.query.get("$deltatoken")
    before = _known(tenant, token) if token is not None else {}
    only = _asked_ids(ask)
    now = {i: user_row(u) for i, u in tenant.users.items() if not only or i in only}
    minimal = "return=minimal" in ask.headers.get("prefer", "")
    rows: list[Json] = []
    for ident, row in now.items():
        old = before.get(ident)
        if old == row:
            continue
        shown = selected(row, ask, default=USER_DEFAULT) | {"id": ident}
        if old is not None and minimal:
            shown = {k: v for k, v in shown.items() if k == "id" or old.get(k) != v}
        rows.append(shown)
    rows += [{"id": i, "@removed": {"reason": "changed"}} for i in before if i not in now]
    some, head = page(rows, ask, tenant.faults.page_size(top(ask, default=200, most=999)))
    head["@odata.context"] = f"{ask.root}/$metadata#users"
    if "@odata.nextLink" not in head:
        fresh = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tenant.deltas[fresh] = now
        kept = f"$select={ask.query['$select']}&" if "$select" in ask.query else ""
        head["@odata.deltaLink"] = f"{ask.root}/users/delta?{kept}$deltatoken={fresh}"
    return Reply(200, head | {"value": list(some)})


def _known(tenant: SandboxTenant, token: str) -> dict[str, Json]:
    """What stood there when this link was given out."""
    if token not in tenant.deltas:
        raise expired_page()
    return tenant.deltas[token]


def _asked_ids(ask: Ask) -> frozenset[str]:
    """The ids of `$filter`, which knows nothing else and at most fifty of them; none asked: everybody."""
    text = ask.query.get("$filter")
    if text is None:
        return frozenset()
    ids = re.findall(r"id eq '([^']*)'", text)
    if not _IDS.match(text) or len(ids) > _MOST_IDS:
        raise unsupported(f"Unsupported or invalid query filter clause: '{text}'.")
    return frozenset(ids)
