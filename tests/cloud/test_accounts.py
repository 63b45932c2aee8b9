"""Reading accounts on the wire: pages, next links, trouble that passes and trouble that does not."""

import asyncio

import pytest

from prepop.cloud.wire.pacer import PATIENCE
from prepop.errors import Incomplete, SignInError
from prepop.model import Account
from tests.cloud.graph import graph, listing, read, refusal
from tests.cloud.opening import World, quiet, world
from tests.cloud.wire import Asked, Reply


def test_accounts_by_pages() -> None:
    """999 a page with $select; next links are followed, empty pages too; progress counts the accounts."""
    told: list[int] = []

    def users(asked: Asked) -> Reply:
        match asked.query.get("$skiptoken"):
            case None:
                return listing(
                    {
                        "id": "a-1",
                        "userPrincipalName": "Jane@Contoso.com",
                        "displayName": "Jane",
                        "mail": "jane.doe@contoso.com",
                        "proxyAddresses": [
                            "SMTP:jane.doe@contoso.com",
                            "smtp:jd@contoso.com",
                            "x500:/o=x",
                            "sip:jane@contoso.com",
                        ],
                        "accountEnabled": False,
                        "userType": "Guest",
                        "department": "Sales",
                        "country": "DE",
                        "onPremisesSyncEnabled": True,
                        "onPremisesImmutableId": "AQ==",
                        "onPremisesSecurityIdentifier": "S-1-5-21-1",
                        "onPremisesSamAccountName": "jane",
                        "onPremisesDistinguishedName": "CN=Jane",
                        "assignedPlans": [
                            {
                                "servicePlanId": "41781FB2-bc02-4b7c-bd55-b576c07bb09d",
                                "capabilityStatus": "Enabled",
                            },
                            {"servicePlanId": "p-2", "capabilityStatus": "Warning"},
                            {"servicePlanId": "p-3", "capabilityStatus": "Deleted"},
                        ],
                    },
                    more=f"{here_url}/v1.0/users?$skiptoken=2",
                )
            case "2":
                return listing(more=f"{here_url}/v1.0/users?$skiptoken=3")
            case _:
                return listing(
                    {
                        "id": "a-2",
                        "userPrincipalName": "b@contoso.com",
                        "mail": None,
                        "proxyAddresses": [],
                        "assignedPlans": None,
                    }
                )

    here_url = ""

    async def main() -> tuple[tuple[Account, ...], World]:
        nonlocal here_url
        async with world(graph({"/users": users})) as here:
            here_url = here.wire.url
            return await here.tenant.reader.accounts(lambda _stage, done, _total: told.append(done)), here

    (first, second), here = asyncio.run(main())
    assert first == Account(
        id="a-1",
        upn="Jane@Contoso.com",
        name="Jane",
        enabled=False,
        guest=True,
        immutable_id="AQ==",
        sid="S-1-5-21-1",
        sam="jane",
        dn="CN=Jane",
        synced=True,
        department="Sales",
        country="DE",
        own_addresses=("Jane@Contoso.com", "jane.doe@contoso.com", "jd@contoso.com"),
        plans=frozenset({"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "p-2"}),
    )
    assert second == Account(id="a-2", upn="b@contoso.com", own_addresses=("b@contoso.com",))
    assert told == [1, 1, 2]
    assert here.wire.asked[0].query["$top"] == "999"
    assert {"id", "onPremisesImmutableId", "assignedPlans"} < set(
        here.wire.asked[0].query["$select"].split(",")
    )


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.example.org/v1.0/users?$skiptoken=2",
        "http://127.0.0.1:1/v1.0/users",
        "http://user@127.0.0.1/v1.0/users",
        "//x",
        "file:///etc/passwd",
    ],
)
def test_a_next_link_to_another_place_is_never_followed(link: str) -> None:
    """An answer that names another host or port is an incomplete reading, and nothing is sent there."""
    with pytest.raises(Incomplete, match="outside"):
        read(graph({"/users": listing({"id": "a"}, more=link)}), lambda tenant: tenant.reader.accounts(quiet))


def test_pages_that_go_in_a_circle_are_incomplete() -> None:
    """A next link that was followed before ends the reading with an error instead of never."""

    def users(asked: Asked) -> Reply:
        return listing({"id": "a"}, more=f"http://{asked.headers['host']}/v1.0/users?$skiptoken=1")

    with pytest.raises(Incomplete, match="same next page twice"):
        read(graph({"/users": users}), lambda tenant: tenant.reader.accounts(quiet))


class Forgetful:
    """A list of two pages whose page token has expired so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, asked: Asked) -> Reply:
        if not asked.query.get("$skiptoken"):
            first = "old" if self.left else "a"
            return listing({"id": first}, more=f"http://{asked.headers['host']}/v1.0/users?$skiptoken=1")
        self.left -= 1
        return refusal(400, "Directory_ExpiredPageToken") if self.left >= 0 else listing({"id": "b"})


@pytest.mark.parametrize("times", [1, 3])
def test_an_expired_page_token_begins_the_list_again(times: int) -> None:
    """The list is read from its beginning, and nothing of the attempt before is kept."""
    accounts, here = read(graph({"/users": Forgetful(times)}), lambda tenant: tenant.reader.accounts(quiet))
    assert [account.id for account in accounts] == ["a", "b"]
    assert len(here.wire.asked) == 2 * (1 + times)


def test_a_page_token_that_expires_each_time_is_incomplete() -> None:
    """The fourth time it is an incomplete reading, which says what helps."""
    with pytest.raises(Incomplete, match="Directory_ExpiredPageToken") as caught:
        read(graph({"/users": Forgetful(4)}), lambda tenant: tenant.reader.accounts(quiet))
    assert "when less is going on" in caught.value.hint


@pytest.mark.parametrize("rows", [[{"id": "a"}], []])
def test_endless_pages_with_nothing_new_are_incomplete(rows: list[dict[str, str]]) -> None:
    """A list that goes on and brings nothing new for 50 pages is an error, never an endless night."""

    def users(asked: Asked) -> Reply:
        number = int(asked.query.get("$skiptoken", "0")) + 1
        return listing(*rows, more=f"http://{asked.headers['host']}/v1.0/users?$skiptoken={number}")

    with pytest.raises(Incomplete, match="50 pages in a row brought nothing new"):
        read(graph({"/users": users}), lambda tenant: tenant.reader.accounts(quiet))


def test_a_long_list_with_some_empty_pages_is_whole() -> None:
    """49 pages without anything are no reason to give up a list that goes on behind them."""

    def users(asked: Asked) -> Reply:
        number = int(asked.query.get("$skiptoken", "0")) + 1
        rows = [{"id": f"a{number}"}] if number in (1, 51) else []
        more = f"http://{asked.headers['host']}/v1.0/users?$skiptoken={number}" if number < 51 else ""
        return listing(*rows, more=more)

    accounts, _ = read(graph({"/users": users}), lambda tenant: tenant.reader.accounts(quiet))
    assert [account.id for account in accounts] == ["a1", "a51"]


@pytest.mark.parametrize(
    "body", [{"value": None}, {}, {"value": {"id": "a"}}, {"value": ["a"]}, {"value": [{"upn": "no id"}]}]
)
def test_a_page_that_is_no_list_of_accounts_is_incomplete(body: object) -> None:
    """A page without its list is not an empty page, and an account without an id is not left out."""
    with pytest.raises(Incomplete, match="reading accounts"):
        read(graph({"/users": Reply(body=body)}), lambda tenant: tenant.reader.accounts(quiet))


TROUBLE = {
    "dropped": Reply(drop=True),
    "half": Reply(raw=b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"value": ['),
    "html": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>"),
    "array": Reply(body=[]),
    "empty": Reply(),
    "429": Reply(429, headers={"Retry-After": "0.5"}),
    "429 without a time": Reply(429),
    "500": Reply(500),
    "503": Reply(503, headers={"Retry-After": "4"}),
    "408": Reply(408),
    "424": Reply(424),
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
def test_a_read_survives_passing_trouble(trouble: Reply) -> None:
    """Whatever passes is waited out, and the reading is whole."""
    left = 3

    def users(_: Asked) -> Reply:
        nonlocal left
        left -= 1
        return trouble if left >= 0 else listing({"id": "a"})

    accounts, here = read(graph({"/users": users}), lambda tenant: tenant.reader.accounts(quiet))
    assert [account.id for account in accounts] == ["a"]
    assert len(here.wire.asked) == 4
    assert here.time.slept


@pytest.mark.parametrize("trouble", [t for name, t in TROUBLE.items() if not name.startswith("429")])
def test_trouble_without_end_is_incomplete(trouble: Reply) -> None:
    """What does not pass is an incomplete reading: within a minute, or in the time that Graph asked for."""
    time = 0.0

    async def main() -> None:
        nonlocal time
        async with world(graph({"/users": trouble})) as here:
            try:
                await here.tenant.reader.accounts(quiet)
            finally:
                time = sum(here.time.slept)

    with pytest.raises(Incomplete, match="reading accounts: ") as caught:
        asyncio.run(main())
    assert "again later" in caught.value.hint
    assert 0 < time <= (PATIENCE if trouble.headers else 60)


def test_an_hour_long_wait_is_refused_at_once() -> None:
    """Where Graph asks for more patience than there is, the run ends now, not in an hour."""
    handler = graph({"/users": Reply(429, headers={"Retry-After": "3600"})})

    async def main() -> float:
        async with world(handler) as here:
            with pytest.raises(Incomplete, match="429"):
                await here.tenant.reader.accounts(quiet)
            return sum(here.time.slept)

    assert asyncio.run(main()) == 0


@pytest.mark.parametrize("more", [5, True, "", ["/v1.0/users?$skiptoken=2"], {"href": "x"}])
def test_a_next_link_that_is_no_address(more: object) -> None:
    """A list that goes on nobody knows where is not taken for one that ended."""
    page = Reply(body={"value": [{"id": "a"}], "@odata.nextLink": more})
    with pytest.raises(Incomplete, match="next link"):
        read(graph({"/users": page}), lambda tenant: tenant.reader.accounts(quiet))


@pytest.mark.parametrize("tail", ["\0", "\n x", "x" * 70_000], ids=["NUL", "line break", "too long"])
def test_a_next_link_that_no_request_can_bear(tail: str) -> None:
    """A next link to the right host with nonsense behind it ends the reading (40), and is no bug (1)."""

    def users(asked: Asked) -> Reply:
        return listing({"id": "a"}, more=f"http://{asked.headers['host']}/v1.0/users?$skiptoken=1{tail}")

    with pytest.raises(Incomplete, match="cannot be asked"):
        read(graph({"/users": users}), lambda tenant: tenant.reader.accounts(quiet))


def test_a_page_that_is_an_error_too() -> None:
    """A list that broke off after its 200 had left is no complete list."""
    page = Reply(body={"value": [{"id": "a"}], "error": {"code": "generalException"}})
    with pytest.raises(Incomplete, match="generalException"):
        read(graph({"/users": page}), lambda tenant: tenant.reader.accounts(quiet))


def test_a_missing_permission_is_named() -> None:
    """403 says which permission is missing and what Microsoft's support would ask for."""
    with pytest.raises(Incomplete, match=r"403 Authorization_RequestDenied \(request-id r-1\)") as caught:
        read(
            graph({"/users": refusal(403, "Authorization_RequestDenied")}),
            lambda tenant: tenant.reader.accounts(quiet),
        )
    assert "User.Read.All" in caught.value.hint


def test_redirects_are_not_followed() -> None:
    """A redirect is no answer: nothing is sent to where it points."""
    handler = graph(
        {"/users": Reply(302, headers={"Location": "/v1.0/elsewhere"}), "/elsewhere": listing({"id": "a"})}
    )

    async def main() -> list[str]:
        async with world(handler) as here:
            with pytest.raises(Incomplete, match="302"):
                await here.tenant.reader.accounts(quiet)
            return [asked.path for asked in here.wire.asked]

    assert set(asyncio.run(main())) == {"/v1.0/users"}


def test_a_token_refused_twice_is_a_failed_sign_in() -> None:
    """401 again with a fresh token is no passing trouble."""
    with pytest.raises(SignInError):
        read(
            graph({"/users": refusal(401, "InvalidAuthenticationToken")}),
            lambda tenant: tenant.reader.accounts(quiet),
        )
