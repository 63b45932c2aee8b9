"""The one table of what an answer means."""

import pytest

from prepop.cloud.wire.answers import GraphAnswer, NoAnswer
from prepop.cloud.wire.statuses import ReadMeaning, WriteMeaning, is_gone, of_read, of_write, words
from prepop.model import Action

R, W = ReadMeaning, WriteMeaning


@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (200, R.GOOD, W.DONE),
        (204, R.GOOD, W.DONE),
        (302, R.REFUSED, W.UNKNOWN),
        (400, R.REFUSED, W.REFUSED),
        (401, R.TOKEN, W.TOKEN),
        (403, R.LACKING, W.REFUSED),
        (404, R.GONE, W.REFUSED),
        (408, R.AGAIN, W.UNKNOWN),
        (409, R.REFUSED, W.LATE),
        (412, R.REFUSED, W.REFUSED),
        (424, R.AGAIN, W.UNKNOWN),
        (429, R.GATE, W.GATE),
        (500, R.AGAIN, W.UNKNOWN),
        (504, R.AGAIN, W.UNKNOWN),
        (600, R.AGAIN, W.UNKNOWN),
        (0, R.AGAIN, W.UNKNOWN),
    ],
)
def test_status(status: int, read: ReadMeaning, write: WriteMeaning) -> None:
    """Each status means one thing for a read and one for a write."""
    assert of_read(GraphAnswer(status)) is read
    assert of_write(GraphAnswer(status)) is write


@pytest.mark.parametrize("action", Action)
def test_what_a_write_did_adds_to_its_answer(action: Action) -> None:
    """A refused addition may be there by now, a removal of what is gone may have been done: both are read."""
    assert of_write(GraphAnswer(400), action) is (W.TAKEN if action is Action.ADD else W.REFUSED)
    assert of_write(GraphAnswer(404), action) is (W.LATE if action is Action.REMOVE else W.REFUSED)


def test_no_answer() -> None:
    """What never left is sent again; what left may have been done, and is read back."""
    assert of_write(NoAnswer("no connection", sent=False)) is W.UNSENT
    assert of_write(NoAnswer("lost")) is W.UNKNOWN
    assert of_read(NoAnswer("lost")) is R.AGAIN


def test_a_success_must_be_readable_and_whole() -> None:
    """A 2xx with half a body, or with an error in it, is no success of a read and none of a write."""
    half = GraphAnswer(200, readable=False)
    late = GraphAnswer(200, body={"error": {"code": "generalException"}})
    assert (of_read(half), of_write(half)) == (R.AGAIN, W.UNKNOWN)
    assert (of_read(late), of_write(late)) == (R.REFUSED, W.UNKNOWN)


@pytest.mark.parametrize("meaning", W)
def test_only_what_did_not_happen_is_sent_again(meaning: WriteMeaning) -> None:
    """Nothing that may have been done is sent a second time by the client."""
    assert meaning.final or meaning.acted is False


def test_a_404_to_a_whole_batch_says_nothing_of_an_account() -> None:
    """Only an item's own 404 means that what it asks for is gone."""
    assert is_gone(GraphAnswer(404))
    assert not is_gone(GraphAnswer(404, whole=True))
    assert not is_gone(NoAnswer("lost"))


def test_graphs_words_are_masked_escaped_and_short() -> None:
    """What a service says may quote a value, hold a control character, or be endless."""
    said = "No +1 206 555 0100 for jane.doe@example.org\x1b[2J\nprepop: done" + "x" * 1_000_000
    answer = GraphAnswer(400, body={"error": {"code": "bad\x1b[31m" + "y" * 500, "message": said}})
    assert len(words(answer)) == 300
    assert words(answer).startswith("No +1 ")
    for part in ("0100", "jane.doe", "\x1b", "\n"):
        assert part not in words(answer)
    assert "\x1b" not in answer.code
    assert len(answer.code) <= 110
