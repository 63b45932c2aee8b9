"""What is read out of one answer: waits, codes, ids."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from prepop.cloud.parsing import account
from prepop.cloud.wire.answers import GraphAnswer


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("2.128", 2.128),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("-3", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_in_seconds(said: str, seconds: float | None) -> None:
    """Whole and fractional seconds are understood; nonsense is as if nothing was said."""
    assert GraphAnswer(429, {"retry-after": said}).retry_after == seconds


def test_retry_after_as_a_date_goes_by_the_servers_clock() -> None:
    """A date is held against the answer's own Date, so that a wrong clock here does no harm."""
    headers = {"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}
    assert GraphAnswer(429, headers).retry_after == 30.0


@pytest.mark.parametrize(
    "said", ["Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 99999999999999999999 23:59:59 GMT", "1e308"]
)
def test_no_date_is_too_far_to_be_read(said: str) -> None:
    """The end of all calendars is a very long wait, or none that was told; never an OverflowError."""
    waits = GraphAnswer(429, {"retry-after": said, "date": said}).retry_after
    assert waits is None or waits >= 0


def test_retry_after_as_a_date_without_a_date() -> None:
    """Without the server's clock our own has to do; a date that has passed is no wait."""
    ahead = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    waits = GraphAnswer(429, {"retry-after": ahead}).retry_after
    assert waits is not None
    assert 80 < waits <= 90
    assert GraphAnswer(429, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}).retry_after == 0.0


def test_error_words_and_ids() -> None:
    """Code, message and the item's own request-id come out; the header's id stands in where it has none."""
    error = {
        "code": "accessDenied",
        "message": "Request Authorization failed",
        "innerError": {"request-id": "abc"},
    }
    answer = GraphAnswer(403, {"request-id": "outer"}, {"error": error})
    assert (answer.code, answer.message, answer.request_id) == (
        "accessDenied",
        "Request Authorization failed",
        "abc",
    )
    assert GraphAnswer(403, {"request-id": "outer"}).request_id == "outer"
    assert str(answer) == "403 accessDenied (request-id abc)"


@pytest.mark.parametrize("body", [None, [], "x", 3, {"error": "text"}, {"error": {"innerError": 5}}])
def test_odd_bodies_are_no_trouble(body: object) -> None:
    """Whatever JSON comes instead of an error object, there is just no code in it."""
    answer = GraphAnswer(500, {}, body)
    assert (answer.code, answer.message, answer.request_id) == ("", "", "")


def test_endless_texts_of_a_tenant_are_cut_where_they_enter() -> None:
    """Names of megabytes, and an error whose code and words have no end, become short; a next link stays."""
    long = "x" * 5_000_000
    found = account({"id": "1", "displayName": long, "userPrincipalName": long, "proxyAddresses": [long]})
    said = GraphAnswer(400, {"request-id": long}, {"error": {"code": long, "message": long}})
    texts = [found.name, found.upn, *found.own_addresses, said.code, said.message, said.request_id, str(said)]
    assert max(map(len, texts)) < 3000
    assert found.name.startswith("xxx")
