"""Writes on the wire: what leaves, how often, and what each answer is taken for."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from prepop.cloud.parsing import METHOD_IDS
from prepop.cloud.wire.pacer import PATIENCE
from prepop.cloud.wire.retrying import FAULTS
from prepop.errors import SignInError
from prepop.model import Action, Change, Method, WriteAnswer
from tests.cloud.opening import World, change, world
from tests.cloud.wire import Asked, Handler, Reply, batch_reply

EMAIL = "jane@example.org"


def written(
    handler: Handler, *changes: Change, in_flight: int = 4
) -> tuple[Mapping[str, WriteAnswer], World]:
    """Write these changes against this Graph."""

    async def main() -> tuple[Mapping[str, WriteAnswer], World]:
        async with world(handler, in_flight=in_flight) as here:
            return await here.tenant.writer().write(changes), here

    return asyncio.run(main())


def every(status: int, **rest: object) -> Handler:
    """Each item of each batch answered alike."""
    return lambda asked: batch_reply(asked, lambda _: {"status": status, **rest})


def test_the_six_requests() -> None:
    """POST, PATCH and DELETE of a phone and of the email method leave as Microsoft documents them."""
    changes = [
        change(1, Action.ADD),
        change(2, Action.REPLACE, Method.OFFICE, "+44 2079460018x12"),
        change(3, Action.REMOVE, Method.ALTERNATE_MOBILE),
        change(4, Action.ADD, Method.EMAIL, EMAIL),
        change(5, Action.REPLACE, Method.EMAIL, EMAIL),
        change(6, Action.REMOVE, Method.EMAIL),
    ]
    _, here = written(every(204), *changes)
    (sent,) = here.wire.asked
    json_type = {"Content-Type": "application/json"}
    phones, emails = (
        "/users/account-{}/authentication/phoneMethods",
        "/users/account-{}/authentication/emailMethods",
    )
    assert sent.items == [
        {
            "id": "1",
            "method": "POST",
            "url": phones.format(1),
            "headers": json_type,
            "body": {"phoneNumber": "+1 2065550100", "phoneType": "mobile"},
        },
        {
            "id": "2",
            "method": "PATCH",
            "url": f"{phones.format(2)}/e37fc753-ff3b-4958-9484-eaa9425c82bc",
            "headers": json_type,
            "body": {"phoneNumber": "+44 2079460018x12", "phoneType": "office"},
        },
        {
            "id": "3",
            "method": "DELETE",
            "url": f"{phones.format(3)}/b6332ec1-7057-4abe-9331-3d72feddfe41",
        },
        {
            "id": "4",
            "method": "POST",
            "url": emails.format(4),
            "headers": json_type,
            "body": {"emailAddress": EMAIL},
        },
        {
            "id": "5",
            "method": "PATCH",
            "url": f"{emails.format(5)}/3ddfcfc8-9383-446f-83cc-3ab9be4be18f",
            "headers": json_type,
            "body": {"emailAddress": EMAIL},
        },
        {
            "id": "6",
            "method": "DELETE",
            "url": f"{emails.format(6)}/3ddfcfc8-9383-446f-83cc-3ab9be4be18f",
        },
    ]
    assert METHOD_IDS[Method.MOBILE] == "3179e48a-750b-4051-897c-87b9720928f7"


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_that_is_an_error_is_in_doubt(status: int) -> None:
    """2xx with an error for a body is neither done nor refused: it is read back."""
    answers, _ = written(every(status, body={"error": {"code": "UnknownError"}}), change(1))
    assert answers["account-1/mobile"].acted is None


def test_an_id_cannot_leave_its_place_in_the_address() -> None:
    """Whatever an account id holds, it stays one segment of the path."""
    _, here = written(every(201), change(1, account="a/../b?x#y"))
    assert here.wire.asked[0].items[0]["url"] == "/users/a%2F..%2Fb%3Fx%23y/authentication/phoneMethods"


@pytest.mark.parametrize(
    ("status", "action", "acted"),
    [
        (200, Action.REPLACE, True),
        (201, Action.ADD, True),
        (204, Action.REMOVE, True),
        (400, Action.ADD, False),
        (403, Action.ADD, False),
        (404, Action.ADD, False),
        (404, Action.REPLACE, False),
        (404, Action.REMOVE, None),
        (408, Action.ADD, None),
        (409, Action.ADD, None),
        (424, Action.ADD, None),
        (500, Action.ADD, None),
        (502, Action.REMOVE, None),
        (503, Action.ADD, None),
        (504, Action.REPLACE, None),
        (302, Action.ADD, None),
    ],
)
def test_what_a_status_means_for_a_write(status: int, action: Action, acted: bool | None) -> None:
    """2xx was done, a plain no was not, everything else is in doubt; and each is sent exactly once."""
    answers, here = written(every(status), change(1, action))
    (answer,) = answers.values()
    assert (answer.acted, answer.status) == (acted, status)
    assert len(here.wire.asked) == 1


def test_what_graph_said_comes_along_without_numbers() -> None:
    """Code, request-id and words of a refusal are handed on; a number in the words is masked."""
    error = {
        "code": "badRequest",
        "message": "The phone number +1 2065550100 is not valid.",
        "innerError": {"request-id": "93b6f17e-c05d-4f45-ad2a-6665c708d8a0"},
    }
    answers, _ = written(every(400, body={"error": error}), change(1))
    (answer,) = answers.values()
    assert (answer.code, answer.request_id) == ("badRequest", "93b6f17e-c05d-4f45-ad2a-6665c708d8a0")
    assert "2065550100" not in answer.message
    assert "is not valid" in answer.message


def test_answers_in_any_order_find_their_changes() -> None:
    """Twenty items answered backwards: every change has its own answer."""

    def backwards(asked: Asked) -> Reply:
        answers = [
            {
                "id": item["id"],
                "status": 400,
                "headers": {"Content-Type": "application/json"},
                "body": {"error": {"code": str(item["url"]).split("/")[2]}},
            }
            for item in asked.items
        ]
        return Reply(body={"responses": answers[::-1]})

    changes = [change(n) for n in range(20)]
    answers, here = written(backwards, *changes)
    assert {c.id: c.account.id for c in changes} == {key: a.code for key, a in answers.items()}
    assert len(here.wire.asked) == 1


def test_more_than_twenty_are_refused_before_anything_leaves() -> None:
    """A batch holds twenty: the twenty-first is a caller's mistake, not a request."""
    with pytest.raises(ValueError, match="21 changes"):
        written(every(201), *(change(n) for n in range(21)))


def test_a_missing_item_is_not_known_to_be_done() -> None:
    """An item without an answer, or with two, is in doubt and not sent again."""

    def partly(asked: Asked) -> Reply:
        one, _two, three = (item["id"] for item in asked.items)
        return Reply(
            body={
                "responses": [
                    {"id": one, "status": 201},
                    {"id": three, "status": 201},
                    {"id": three, "status": 400},
                    {"id": "99", "status": 201},
                ]
            }
        )

    answers, here = written(partly, change(1), change(2), change(3))
    assert [answer.acted for answer in answers.values()] == [True, None, None]
    assert len(here.wire.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(drop=True),
        Reply(raw=b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"resp'),
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"),
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]"),
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n{bad}"),
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Reply(raw=b"nonsense\r\n\r\n"),
        Reply(500),
        Reply(502, headers={"Retry-After": "1"}),
        Reply(503, {"error": {"code": "serviceNotAvailable"}}),
        Reply(424, {"error": {"code": "failedDependency"}}),
        Reply(302, headers={"Location": "/v1.0/elsewhere"}),
    ],
    ids=[
        "dropped",
        "half",
        "html",
        "array",
        "gzip",
        "empty",
        "nonsense",
        "500",
        "502",
        "503",
        "424",
        "redirect",
    ],
)
def test_a_write_in_doubt_is_sent_exactly_once(reply: Reply) -> None:
    """Whatever leaves it open whether a batch was acted on: all is in doubt, and nothing is repeated."""
    answers, here = written(lambda _: reply, change(1), change(2))
    assert [answer.acted for answer in answers.values()] == [None, None]
    assert len(here.wire.asked) == 1


def test_only_throttled_items_are_sent_again_and_at_the_time_they_named() -> None:
    """Of three items one is throttled with 2.128 s and one with 0.5 s: these two go again, 2.128 s later."""
    rounds = 0

    def throttling(asked: Asked) -> Reply:
        nonlocal rounds
        rounds += 1
        if rounds > 1:
            return batch_reply(asked, lambda _: {"status": 201})
        waits = {"1": "2.128", "3": "0.5"}
        return batch_reply(
            asked,
            lambda item: (
                {"status": 429, "headers": {"Retry-After": waits[str(item["id"])]}}
                if item["id"] in waits
                else {"status": 201}
            ),
        )

    answers, here = written(throttling, change(1), change(2), change(3))
    assert [answer.acted for answer in answers.values()] == [True, True, True]
    assert [[item["id"] for item in asked.items] for asked in here.wire.asked] == [
        ["1", "2", "3"],
        ["1", "3"],
    ]
    assert sum(here.time.slept) == pytest.approx(2.128)


@pytest.mark.parametrize("status", [200, 424, 429])
def test_item_answers_count_whatever_the_batch_says(status: int) -> None:
    """Microsoft's pages disagree on the status of a batch with a throttled item: both are understood."""
    rounds = 0

    def throttling(asked: Asked) -> Reply:
        nonlocal rounds
        rounds += 1
        first = rounds == 1
        answered = batch_reply(asked, lambda item: {"status": 429 if first and item["id"] == "2" else 201})
        return Reply(status if first else 200, answered.body)

    answers, here = written(throttling, change(1), change(2))
    assert [answer.acted for answer in answers.values()] == [True, True]
    assert [len(asked.items) for asked in here.wire.asked] == [2, 1]


def test_a_batch_throttled_as_a_whole_did_not_happen() -> None:
    """429 to the batch itself: sent again, all of it, after the time it named."""
    rounds = 0

    def throttling(asked: Asked) -> Reply:
        nonlocal rounds
        rounds += 1
        return Reply(429, headers={"Retry-After": "3"}) if rounds == 1 else every(201)(asked)

    answers, here = written(throttling, change(1), change(2))
    assert [answer.acted for answer in answers.values()] == [True, True]
    assert sum(here.time.slept) == pytest.approx(3)


def test_throttling_without_end_is_given_up_as_not_done() -> None:
    """After a quarter of an hour of nothing but 429 changes are refused, truthfully: they never happened."""
    answers, here = written(
        lambda asked: batch_reply(asked, lambda _: {"status": 429, "headers": {"Retry-After": "60"}}),
        change(1),
    )
    (answer,) = answers.values()
    assert (answer.acted, answer.status) == (False, 429)
    assert PATIENCE - 60 <= sum(here.time.slept) <= PATIENCE


def test_no_connection_at_all_is_not_done() -> None:
    """Where nobody listens, a write has certainly not happened; it is tried a few times."""

    async def main() -> tuple[Mapping[str, WriteAnswer], World]:
        async with world(every(201)) as here:
            writer = here.tenant.writer()
            here.wire.close()
            return await writer.write([change(1)]), here

    answers, here = asyncio.run(main())
    (answer,) = answers.values()
    assert (answer.acted, answer.status) == (False, None)
    assert len(here.time.slept) == FAULTS - 1


def test_a_token_refused_twice_ends_the_writing() -> None:
    """401, a fresh token, 401 again: the sign-in is the trouble, and nothing was written."""
    with pytest.raises(SignInError, match="refused the token"):
        written(lambda _: Reply(401, {"error": {"code": "InvalidAuthenticationToken"}}), change(1))


def test_what_was_written_before_a_refused_token_is_not_forgotten() -> None:
    """One item done, the other throttled and then refused with 401: done stays done, the other was not."""
    rounds = 0

    def refusing(asked: Asked) -> Reply:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            return batch_reply(asked, lambda item: {"status": 201 if item["id"] == "1" else 429})
        return Reply(401)

    answers, _ = written(refusing, change(1), change(2))
    assert [(answer.acted, answer.status) for answer in answers.values()] == [(True, 201), (False, 401)]


def test_a_body_is_json_with_its_type() -> None:
    """The batch itself says that it is JSON, and is."""
    _, here = written(every(201), change(1))
    (sent,) = here.wire.asked
    assert sent.line == "POST /v1.0/$batch HTTP/1.1"
    assert sent.headers["content-type"] == "application/json"
    assert set(json.loads(sent.body)) == {"requests"}
