"""How a check is told, and its file."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from prepop.errors import UsageError
from prepop.model import Plan
from prepop.rules.readiness.telling import Told, tell
from prepop.rules.readiness.words import Answer, Group, Readiness, State, Unread
from prepop.rules.summary.readiness import readiness
from prepop.store import readiness_file
from prepop.store.plan_file import canonical_digest
from tests.reports import samples


def told(check: Readiness, plan: Plan | None = None) -> Told:
    """The check as the report of a plan tells it."""
    found = readiness(plan or samples.plural(), check)
    assert isinstance(found, Told)
    return found


def test_failing_answers_come_first_in_their_groups() -> None:
    """Groups in their order; in each blocking, no, partly, unknown; what is well is kept apart."""
    shown = tell(samples.check())
    assert [part.heading for part in shown.parts] == [
        "Directory",
        "Authentication methods",
        "Password writeback",
        "This app: permissions and quota",
    ]
    assert [one.id for one in shown.answers] == [
        "directory-certificate",
        "directory-tls",
        "directory-shared",
        "method-email",
        "method-retirement",
        "method-sms",
        "writeback-rights",
        "writeback-portal",
        "permission-write",
    ]
    assert shown.counts == ((State.NO, 2), (State.PARTLY, 2), (State.UNKNOWN, 1), (State.YES, 4))
    assert shown.blocking == ("method-email", "writeback-rights")


@pytest.mark.parametrize(
    ("blocking", "unknown", "words"),
    [
        (0, 0, "Nothing that can be read stands in the way of a rollout."),
        (1, 0, "1 thing stands in the way of a rollout."),
        (2, 1, "2 things stand in the way of a rollout. 1 answer to look up by hand."),
        (0, 2, "Nothing that can be read stands in the way of a rollout. 2 answers to look up by hand."),
    ],
)
def test_headline_agrees_with_its_numbers(blocking: int, unknown: int, words: str) -> None:
    """Singular and plural."""
    no = Answer("a", Group.SYNC, "?", State.NO, "no", "fix", blocks=True)
    what = Answer("b", Group.SYNC, "?", State.UNKNOWN, "no", "look")
    check = replace(samples.check(), answers=(no,) * blocking + (what,) * unknown)
    assert tell(check).headline == words


def test_same_hour_and_settings_need_no_note() -> None:
    """A check of three hours before, with the same config and mapping, is shown with its date alone."""
    assert told(samples.check()).notes == ()
    assert told(samples.check()).line.startswith("Check of 21 November 2026: 2 things stand in the way")


@pytest.mark.parametrize(
    ("age", "notes"),
    [
        (timedelta(hours=23), ()),
        (timedelta(days=1), ("It was made 1 day before this plan.",)),
        (timedelta(days=-2), ("It was made 2 days after this plan.",)),
        (
            timedelta(days=60),
            (
                "It was made 60 days before this plan.",
                "Much may have changed since: check again before you sign.",
            ),
        ),
    ],
)
def test_old_answers_are_called_old(age: timedelta, notes: tuple[str, ...]) -> None:
    """From a day on the difference is said; from a week on, that it should be asked again."""
    assert told(samples.check(age=age)).notes == notes


def test_check_that_did_not_reach_the_tenant_is_nobodys() -> None:
    """Without a tenant's id nothing says that it belongs to this plan."""
    found = readiness(samples.plural(), replace(samples.check(), tenant_id="", tenant=""))
    assert found == Unread(
        "The check beside this plan is not shown. It did not reach the tenant.",
        "`prepop check --out` into the plan's folder, then `prepop report` of that folder",
    )


def test_texts_of_a_directory_are_inert() -> None:
    """Control characters, direction marks and broken text are something to see, wherever they stand."""
    for one in tell(samples.hostile_check()).answers:
        for text in (one.id, one.about, one.question, one.says, one.fix):
            text.encode()
            assert not {"\x1b", "\u202e", "\n", "\x00"} & set(text)


@pytest.mark.parametrize("check", [samples.check(), samples.hostile_check()])
def test_file_holds_the_whole_check(check: Readiness, tmp_path: Path) -> None:
    """What was written is read back: everything but what does something instead of being seen."""
    path = readiness_file.save(check, tmp_path)
    found = readiness_file.load(path)
    assert replace(found, answers=()) == replace(check, answers=())
    assert found.answers == tell(check).answers
    assert readiness_file.document(found) == json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("made", "yesterday", "made: "),
        ("made", "2026-11-22T02:00:00", "made: has no time zone"),
        ("made", "0001-01-01T00:00:00+14:00", "made: is no moment"),
        ("answers", {}, "answers: "),
        ("answers", [1, 2, 3, 4, 5], "... and 2 more"),
        ("answers", [{"id": "a"}], "answers.0.group: "),
        ("tenant_id", None, "tenant_id: "),
    ],
)
def test_file_of_another_shape_is_refused_with_its_places(
    key: str, value: object, why: str, tmp_path: Path
) -> None:
    """Even where its digest fits: each wrong place is named, never the value there."""
    body = {**readiness_file.document(samples.check()), key: value}
    del body["digest"]
    path = tmp_path / "readiness.json"
    path.write_text(json.dumps({**body, "digest": canonical_digest(body)}), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        readiness_file.load(path)
    assert why in caught.value.message


def test_answer_that_blocks_is_a_no(tmp_path: Path) -> None:
    """A yes that blocks cannot be: the file is refused."""
    yes = replace(samples.check().answers[1], blocks=True)
    path = readiness_file.save(replace(samples.check(), answers=(yes,)), tmp_path)
    with pytest.raises(UsageError, match=r"answers\.0: blocks, and is not no"):
        readiness_file.load(path)


def test_whatever_lies_there_is_no_error(tmp_path: Path) -> None:
    """A folder of that name, nothing at all, brackets without end: a plan's report goes on."""
    assert readiness_file.check_in(tmp_path) is None
    path = tmp_path / "readiness.json"
    path.mkdir()
    assert isinstance(readiness_file.check_in(tmp_path), Unread)
    path.rmdir()
    for text in ("", "[" * 100_000, '{"format": "prepop-readiness/1", "x": ' + "[" * 900 + "]" * 900 + "}"):
        path.write_text(text, encoding="utf-8")
        assert isinstance(readiness_file.check_in(tmp_path), Unread)
