"""Advanced queries on `GET /users`: $search, $orderby, $count and the filters beyond `eq` (GRAPH section 4).

They read an index beside the directory, and so need `ConsistencyLevel: eventual` and `$count=true`.
What is not known here is refused by name, and never passed over.
"""

import re
from collections.abc import Callable

from prepop.sandbox.graph.wire import Ask, Json, predicate, unsupported, words

SEARCHED = words("displayName mail userPrincipalName")
ORDERED = words("displayName userPrincipalName")
_STARTS = words("displayName mail userPrincipalName onPremisesSamAccountName")
_FUNCTION = re.compile(
    r"^\s*(not\s*\(?\s*)?(startsWith|endsWith)\((\w+),\s*'((?:[^']|'')*)'\)\s*\)?\s*$", re.I
)
_OTHER = re.compile(r"^\s*(\w+)\s+ne\s+(.+)$")
_SEARCH = re.compile(r'^"(\w+):([^"]+)"$')

Test = Callable[[Json], bool]


def advanced(ask: Ask) -> bool:
    """Whether the request asks for the index: both the header and $count=true."""
    return ask.headers.get("consistencylevel", "").lower() == "eventual" and ask.query.get("$count") == "true"


def _needs_index(ask: Ask, what: str) -> None:
    if not advanced(ask):
        raise unsupported(f"{what} needs ConsistencyLevel: eventual and $count=true.")


def wanted(ask: Ask, allowed: frozenset[str]) -> Test | None:
    """What `$filter` and `$search` ask together; None where neither is there. Raises GraphError (400)."""
    tests: list[Test] = []
    plain: list[str] = []
    text = ask.query.get("$filter")
    for clause in re.split(r"\s+and\s+", text) if text is not None else ():
        test = _function(ask, clause) or _unequal(ask, clause, allowed)
        if test is None:
            plain.append(clause)
        else:
            tests.append(test)
    if plain:
        tests.append(predicate(" and ".join(plain), allowed))
    if "$search" in ask.query:
        _needs_index(ask, "$search")
        tests += [_search(part) for part in re.split(r"\s+AND\s+", ask.query["$search"])]
    return (lambda row: all(test(row) for test in tests)) if tests else None


def _function(ask: Ask, clause: str) -> Test | None:
    found = _FUNCTION.match(clause)
    if found is None:
        return None
    negated, name, field, literal = found.groups()
    ends = name.lower() == "endswith"
    if field not in _STARTS:
        raise unsupported(f"Unsupported property '{field}' in {name}.")
    if ends or negated:
        _needs_index(ask, "not" if negated else name)
    text = literal.replace("''", "'").casefold()

    def holds(row: Json) -> bool:
        value = str(row.get(field) or "").casefold()
        return value.endswith(text) if ends else value.startswith(text)

    return (lambda row: not holds(row)) if negated else holds


def _unequal(ask: Ask, clause: str, allowed: frozenset[str]) -> Test | None:
    found = _OTHER.match(clause)
    if found is None:
        return None
    _needs_index(ask, "ne")
    same = predicate(f"{found[1]} eq {found[2]}", allowed)
    return lambda row: not same(row)


def _search(part: str) -> Test:
    """`"displayName:jan"`: a word of the property begins so."""
    found = _SEARCH.match(part.strip())
    if found is None or found[1] not in SEARCHED:
        raise unsupported(f"Unsupported $search clause: '{part}'.")
    field, begins = found[1], found[2].casefold()
    return lambda row: any(
        w.startswith(begins) for w in re.split(r"[\s@.]+", str(row.get(field) or "").casefold())
    )


def ordered(ask: Ask, rows: list[Json]) -> list[Json]:
    """The rows as `$orderby` has them; beside a filter that too needs the index."""
    text = ask.query.get("$orderby")
    if text is None:
        return rows
    name, _, way = text.strip().partition(" ")
    if name not in ORDERED or way not in ("", "asc", "desc"):
        raise unsupported(f"Unsupported $orderby: '{text}'.")
    if "$filter" in ask.query or "$search" in ask.query:
        _needs_index(ask, "$orderby beside $filter or $search")
    return sorted(rows, key=lambda row: str(row.get(name) or "").casefold(), reverse=way == "desc")


def counted(ask: Ask, rows: int) -> Json:
    """`@odata.count` where `$count=true` asks for it. Raises GraphError (400) without the header."""
    asked = ask.query.get("$count")
    if asked in (None, "false"):
        return {}
    _needs_index(ask, "$count")
    return {"@odata.count": rows}
