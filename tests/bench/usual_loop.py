"""The usual loop of the field, to compare with: two GETs an account, then a POST a change, one by one.

Scripts like this are what one finds when one looks for "pre-populate authentication methods": no batches,
no journal, no reading back. Ours is kinder to itself than most: it keeps its connection open, reads users in
pages of 999 and honours Retry-After.

    python -m tests.bench.usual_loop URL WORK.json

WORK.json: {"accounts": [id, ...], "changes": [[id, method, value], ...]}
"""

import json
import sys
import time
from pathlib import Path

import httpx

TRIES = 10


def _send(client: httpx.Client, verb: str, url: str, body: dict[str, str] | None = None) -> httpx.Response:
    """Send, and again after a throttle, a 5xx or a lost connection, as scripts do."""
    response = None
    for _ in range(TRIES):
        try:
            response = client.request(verb, url, json=body)
        except httpx.TransportError:
            continue
        if response.status_code == 429 or response.status_code >= 500:
            time.sleep(float(response.headers.get("Retry-After", 0.05)))
            continue
        if verb == "GET" and not _is_json(response):
            continue
        break
    assert response is not None, f"{verb} {url}: no answer in {TRIES} tries"
    return response


def _is_json(response: httpx.Response) -> bool:
    try:
        response.json()
    except ValueError:
        return False
    return True


def run(url: str, accounts: list[str], changes: list[tuple[str, str, str]]) -> int:
    """Read every user, then each account's methods, and post what is wanted and absent; counts the posts."""
    wanted: dict[str, list[tuple[str, str]]] = {}
    for account, method, value in changes:
        wanted.setdefault(account, []).append((method, value))
    posted = 0
    with httpx.Client(base_url=f"{url}/v1.0", timeout=60, trust_env=False) as client:
        following = "/users?$top=999&$select=id,userPrincipalName,onPremisesImmutableId"
        while following:
            following = _send(client, "GET", following).json().get("@odata.nextLink", "")
        for account in accounts:
            where = f"/users/{account}/authentication"
            phones = _send(client, "GET", f"{where}/phoneMethods").json()["value"]
            emails = _send(client, "GET", f"{where}/emailMethods").json()["value"]
            there = {phone["phoneType"] for phone in phones} | {"email" for _ in emails}
            for method, value in wanted.get(account, ()):
                if method in there:
                    continue
                if method == "email":
                    _send(client, "POST", f"{where}/emailMethods", {"emailAddress": value})
                else:
                    body = {"phoneNumber": value, "phoneType": method}
                    _send(client, "POST", f"{where}/phoneMethods", body)
                posted += 1
    return posted


if __name__ == "__main__":
    work = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    run(sys.argv[1], work["accounts"], work["changes"])
