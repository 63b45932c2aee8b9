"""Live reads of methods in batches: complete for every account asked for, or an error that names it."""

import pytest

from prepop.cloud import OpenTenant
from prepop.cloud.parsing import METHOD_IDS
from prepop.errors import Incomplete
from prepop.model import Families as Wanted
from prepop.model import Method, Present, Unreadable
from tests.cloud.graph import BOTH, graph, listing, read, refusal
from tests.cloud.opening import quiet
from tests.cloud.wire import Asked, Reply

PHONES, EMAIL = "/users/{}/authentication/phoneMethods", "/users/{}/authentication/emailMethods"


def phone(kind: str, number: str | None, method_id: str = "") -> dict[str, object]:
    """A phone method as Graph lists it."""
    return {"phoneType": kind, "phoneNumber": number, "smsSignInState": "notSupported", "id": method_id}


def test_methods_of_accounts_by_kind() -> None:
    """Each family is there only where it was asked for; nobody's methods come to somebody else."""
    routes = {
        PHONES.format("a"): listing(
            phone("mobile", "+1 2065550100"),
            phone("alternateMobile", "+44 7911123456"),
            phone("office", "+1 2065550101x12"),
        ),
        EMAIL.format("a"): listing({"id": METHOD_IDS[Method.EMAIL], "emailAddress": "jane@example.org"}),
        PHONES.format("b"): listing(),
        EMAIL.format("c"): listing(),
    }
    wanted = {"a": BOTH, "b": Wanted(phones=True, email=False), "c": Wanted(phones=False, email=True)}
    found, here = read(graph(routes), lambda tenant: tenant.reader.present(wanted, quiet))
    assert found == {
        "a": Present(
            {
                Method.MOBILE: "+1 2065550100",
                Method.ALTERNATE_MOBILE: "+44 7911123456",
                Method.OFFICE: "+1 2065550101x12",
            },
            "jane@example.org",
        ),
        "b": Present({}, None),
        "c": Present(None, ""),
    }
    (batch,) = here.wire.asked
    assert batch.items == [
        {"id": "1", "method": "GET", "url": PHONES.format("a")},
        {"id": "2", "method": "GET", "url": EMAIL.format("a")},
        {"id": "3", "method": "GET", "url": PHONES.format("b")},
        {"id": "4", "method": "GET", "url": EMAIL.format("c")},
    ]


def test_an_account_that_is_gone_is_none() -> None:
    """404 of an item says that the account went since the list was read."""
    routes = {PHONES.format("a"): listing(), EMAIL.format("a"): listing()}
    found, _ = read(graph(routes), lambda tenant: tenant.reader.present({"a": BOTH, "x": BOTH}, quiet))
    assert found == {"a": Present({}, ""), "x": None}


def test_404_for_the_batch_itself_is_no_account_gone() -> None:
    """A wrong endpoint that answers 404 to everything makes an error, not a tenant without accounts."""
    with pytest.raises(Incomplete, match="account a"):
        read(lambda _: Reply(404), lambda tenant: tenant.reader.present({"a": BOTH}, quiet))


def test_twenty_a_batch_four_at_a_time_and_progress_to_the_end() -> None:
    """101 accounts with two families are 202 items in eleven batches, never more than four under way."""
    told: list[tuple[int, int | None]] = []

    def progress(stage: str, done: int, total: int | None) -> None:
        told.append((done, total))

    wanted = {f"a{n}": BOTH for n in range(101)}
    routes = {path.format(f"a{n}"): listing() for n in range(101) for path in (PHONES, EMAIL)}
    found, here = read(graph(routes), lambda tenant: tenant.reader.present(wanted, progress))
    assert len(found) == 101
    assert sorted(len(batch.items) for batch in here.wire.asked) == [2, *[20] * 10]
    assert 1 < here.wire.most_at_once <= 4
    assert told[-1] == (202, 202)


def test_next_pages_inside_an_item_are_read() -> None:
    """A next link in the body of an item is followed like any other; to another host it is not."""

    def more(asked: Asked) -> Reply:
        if asked.query:
            return listing(phone("office", "+1 2065550101"))
        return listing(phone("mobile", "+1 2065550100"), more=f"{base[0]}{PHONES.format('a')}?$skiptoken=2")

    base = ["https://graph.example.org/v1.0"]
    only_phones = {"a": Wanted(phones=True, email=False)}

    with pytest.raises(Incomplete, match="outside"):
        read(graph({PHONES.format("a"): more}), lambda tenant: tenant.reader.present(only_phones, quiet))

    def first(asked: Asked) -> Reply:
        base[0] = f"http://{asked.headers['host']}/v1.0"
        return graph({PHONES.format("a"): more})(asked)

    found, here = read(first, lambda tenant: tenant.reader.present(only_phones, quiet))
    assert found == {"a": Present({Method.MOBILE: "+1 2065550100", Method.OFFICE: "+1 2065550101"}, None)}
    assert [asked.method for asked in here.wire.asked] == ["POST", "GET"]


def test_a_refused_item_names_account_and_permission() -> None:
    """403 for one account keeps the whole reading from being complete."""
    routes = {PHONES.format("a"): listing(), EMAIL.format("a"): refusal(403, "accessDenied")}
    with pytest.raises(Incomplete, match=r"email method of account a: .*403 accessDenied") as caught:
        read(graph(routes), lambda tenant: tenant.reader.present({"a": BOTH}, quiet))
    assert "UserAuthMethod-Email.Read.All" in caught.value.hint


@pytest.mark.parametrize("number", ["+1 XXXXXXXX00", "+1 ********00"])
def test_masked_numbers_are_incomplete(number: str) -> None:
    """Who sees one number masked sees all of them so: nothing may be planned."""
    with pytest.raises(Incomplete, match="phones of account a"):
        read(
            graph({PHONES.format("a"): listing(phone("mobile", number))}),
            lambda tenant: tenant.reader.present({"a": Wanted(phones=True, email=False)}, quiet),
        )


NO = "No number +1 206 555 0100 for jane.doe@example.org"


@pytest.mark.parametrize(
    ("reply", "outage", "words"),
    [
        (listing(phone("carPhone", "+1 2065550100")), False, "no known kind"),
        (listing(phone("mobile", None)), False, "without a number"),
        (
            Reply(403, {"error": {"code": "accessDenied", "message": NO}}),
            False,
            "403 accessDenied: No number",
        ),
        (Reply(400, {"error": {"code": "badRequest", "message": NO}}), False, "400 badRequest: No number"),
        (Reply(500, {"error": {"code": "generalException"}}), True, "500 generalException"),
        (Reply(504), True, "504"),
    ],
)
def test_one_account_that_cannot_be_read_stops_nobody_else(reply: Reply, outage: bool, words: str) -> None:
    """It is unreadable, with Graph's words masked, and the others are read."""
    routes = {path.format(name): listing() for name in "abc" for path in (PHONES, EMAIL)}
    routes[PHONES.format("b")] = reply
    wanted = dict.fromkeys("abc", BOTH)
    found, _ = read(graph(routes), lambda tenant: tenant.reader.present(wanted, quiet))
    unreadable = found["b"]
    assert isinstance(unreadable, Unreadable)
    assert words in unreadable.why
    assert "reading its phones" in unreadable.why
    assert unreadable.outage is outage
    assert "0100" not in unreadable.why
    assert "jane.doe" not in unreadable.why
    assert {name: found[name] for name in "ac"} == {"a": Present({}, ""), "c": Present({}, "")}


def test_an_email_method_of_unknown_form_makes_its_account_unreadable() -> None:
    """An email method without an address may be in the way of what is wanted."""
    routes = {path.format(name): listing() for name in "ab" for path in (PHONES, EMAIL)}
    routes[EMAIL.format("b")] = listing({"id": METHOD_IDS[Method.EMAIL]})
    wanted = dict.fromkeys("ab", BOTH)
    found, _ = read(graph(routes), lambda tenant: tenant.reader.present(wanted, quiet))
    assert isinstance(found["b"], Unreadable)
    assert "email method" in found["b"].why
    assert found["a"] == Present({}, "")


def test_403_of_everybody_is_the_permission() -> None:
    """One family that is refused for all accounts that are there ends the reading, with what to grant."""
    routes = {PHONES.format("a"): listing(), PHONES.format("b"): listing()}
    routes |= {EMAIL.format(name): refusal(403, "accessDenied") for name in "ab"}
    wanted = dict.fromkeys("abx", BOTH)
    with pytest.raises(Incomplete, match=r"email method of account a: .*403 accessDenied") as caught:
        read(graph(routes), lambda tenant: tenant.reader.present(wanted, quiet))
    assert "UserAuthMethod-Email.Read.All" in caught.value.hint


def test_a_message_names_the_account_by_its_name_too() -> None:
    """Where the accounts were read before, the UPN stands beside the id."""
    routes = {
        "/users": listing({"id": "a", "userPrincipalName": "jane@contoso.com"}),
        PHONES.format("a"): refusal(403, "accessDenied"),
    }

    async def both(tenant: OpenTenant) -> object:
        await tenant.reader.accounts(quiet)
        return await tenant.reader.present({"a": Wanted(phones=True, email=False)}, quiet)

    with pytest.raises(Incomplete, match=r"account jane@contoso.com \(a\)"):
        read(graph(routes), both)


def test_a_phone_of_unnamed_kind_is_known_by_its_fixed_id() -> None:
    """The ids are the same for every user, so that one without phoneType is still understood."""
    routes = {PHONES.format("a"): listing({"phoneNumber": "+1 2065550100", "id": METHOD_IDS[Method.OFFICE]})}
    found, _ = read(
        graph(routes), lambda tenant: tenant.reader.present({"a": Wanted(phones=True, email=False)}, quiet)
    )
    assert found == {"a": Present({Method.OFFICE: "+1 2065550100"}, None)}


def test_items_that_fail_are_read_again_and_only_they() -> None:
    """A throttled item, one with 503 and a missing one are asked for again; the rest is not."""
    seen: dict[str, int] = {}

    def handler(asked: Asked) -> Reply:
        answers: list[dict[str, object]] = []
        for item in asked.items:
            url = str(item["url"])
            seen[url] = seen.get(url, 0) + 1
            trouble = {PHONES.format("a"): 429, PHONES.format("b"): 503, PHONES.format("c"): 0}.get(url, 200)
            if seen[url] > 1 or trouble == 200:
                answers.append({"id": item["id"], "status": 200, "body": {"value": []}})
            elif trouble:
                answers.append({"id": item["id"], "status": trouble, "headers": {"retry-after": "0.75"}})
        return Reply(body={"responses": answers})

    wanted = dict.fromkeys("abcd", BOTH)
    found, here = read(handler, lambda tenant: tenant.reader.present(wanted, quiet))
    assert found == {name: Present({}, "") for name in "abcd"}
    assert {url for url, times in seen.items() if times == 2} == {PHONES.format(name) for name in "abc"}
    assert len(here.wire.asked) == 2


def test_nothing_asked_is_nothing_sent() -> None:
    """An empty question costs no request."""
    found, here = read(graph({}), lambda tenant: tenant.reader.present({}, quiet))
    assert (dict(found), here.wire.asked) == ({}, [])


def test_the_same_trouble_is_told_in_the_same_words() -> None:
    """What is said of an unreadable account has no request-id: two plans of one state are one plan."""
    routes = {path.format(name): listing() for name in "ab" for path in (PHONES, EMAIL)}
    routes[PHONES.format("b")] = refusal(400, "badRequest")
    found, _ = read(graph(routes), lambda tenant: tenant.reader.present(dict.fromkeys("ab", BOTH), quiet))
    assert found["b"] == Unreadable("reading its phones: Graph answered 400 badRequest: No.")
