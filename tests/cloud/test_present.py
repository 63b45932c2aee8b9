"""Live reads of methods in batches: complete for every account asked for, or an error that names it."""

import pytest

from prepop.cloud.parsing import METHOD_IDS
from prepop.errors import Incomplete
from prepop.model import Families as Wanted
from prepop.model import Method, Present
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


@pytest.mark.parametrize(
    "listed",
    [
        [phone("carPhone", "+1 2065550100")],
        [phone("mobile", None)],
        [phone("mobile", "+1 XXXXXXXX00")],
        [phone("mobile", "+1 ********00")],
    ],
)
def test_a_phone_that_cannot_be_understood_is_incomplete(listed: list[object]) -> None:
    """An unknown kind, no number, or a masked one: not known what is there, so nothing may be planned."""
    with pytest.raises(Incomplete, match="phones of account a"):
        read(
            graph({PHONES.format("a"): listing(*listed)}),
            lambda tenant: tenant.reader.present({"a": Wanted(phones=True, email=False)}, quiet),
        )


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
