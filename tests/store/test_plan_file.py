"""`plan.json`: what was decided comes back whole, and nobody edits it unnoticed."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop.errors import OutputError, UsageError
from prepop.model import DirectoryRead, ExtraRead, RunKind
from prepop.store.plan_file import FORMAT, digest, document, load, save
from tests.rules.decisions.world import CALM
from tests.store.made import A, change, full, plan


def test_round_trip(tmp_path: Path) -> None:
    """What is saved is loaded as it was, with its digest."""
    path = tmp_path / "plan.json"
    said = save(full(), path)
    assert load(path) == (full(), said, said)
    assert said == digest(full())
    assert path.stat().st_mode & 0o777 == 0o600


def test_hostile_names_come_back(tmp_path: Path) -> None:
    """Names with quotes, line ends, right-to-left marks and lone surrogates are kept, on one line."""
    name = 'a"\\\n\u2028\u202e<b>\x00\ud800'
    one = change(1, None, A)
    odd = plan(replace(one, account=replace(one.account, name=name)))
    said = save(odd, tmp_path / "plan.json")
    made, again, real = load(tmp_path / "plan.json")
    assert made.changes[0].account.name == name
    assert said == again == real


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two plans of the same input differ in the lines `run` and `created` alone, and not in the digest."""
    one, other = full(), replace(full(), run="other", created=full().created + timedelta(hours=3))
    assert save(one, tmp_path / "a") == save(other, tmp_path / "b") == save(one, tmp_path / "c")
    a, b, c = ((tmp_path / name).read_text().splitlines() for name in "abc")
    assert a == c
    assert [x.split(":")[0] for x, y in zip(a, b, strict=True) if x != y] == ['"run"', '"created"']


def test_the_shape_of_the_contract(tmp_path: Path) -> None:
    """The keys are those of CONTRACT section 10, in its order."""
    save(full(), tmp_path / "plan.json")
    raw = json.loads((tmp_path / "plan.json").read_text())
    keys = [
        "format",
        "run",
        "created",
        "tenant",
        "config_digest",
        "mapping_digest",
        "directory",
        "cloud",
        "totals",
        "findings",
        "changes",
        "left_alone",
        "standings",
        "held",
        "extras",
        "digest",
    ]
    assert list(raw) == keys
    assert raw["format"] == FORMAT == "prepop-plan/1"
    assert raw["created"] == "2026-11-22T02:00:00Z"
    wanted = {
        "id",
        "action",
        "method",
        "account",
        "person",
        "before",
        "after",
        "from",
        "policy",
        "needs",
        "confirmed",
    }
    assert wanted <= raw["changes"][0].keys()
    assert raw["findings"][0].keys() == {"code", "level", "measured", "limit", "population", "text", "next"}
    assert (raw["findings"][0]["level"], raw["findings"][1]["level"]) == ("block", "warn")
    assert {"method", "account", "person", "reason", "detail"} <= raw["left_alone"][0].keys()
    assert (raw["left_alone"][1]["account"], raw["left_alone"][1]["method"]) == (None, None)


def test_what_was_read_has_the_shape_of_the_file(tmp_path: Path) -> None:
    """The parts of a plan are flat objects of words and numbers in the file, several directories by name."""
    reads = (
        DirectoryRead("corp", 7, {"kind": "ldap", "server name": "dc1"}),
        DirectoryRead("corp.lab", 3, {"kind": "csv"}),
    )
    made = replace(full(), directory=reads)
    save(made, tmp_path / "plan.json")
    assert load(tmp_path / "plan.json")[0] == made
    whole = document(made)
    assert whole["directory"] == {
        "corp.kind": "ldap",
        "corp.server name": "dc1",
        "corp.people": 7,
        "corp.lab.kind": "csv",
        "corp.lab.people": 3,
    }
    cloud = whole["cloud"]
    assert isinstance(cloud, dict)
    assert list(cloud) == [
        "tenant_id",
        "tenant_name",
        "environment",
        "accounts",
        "screen",
        "registrations",
        "gates",
        "policy",
        "sms",
        "voice",
        "telephony_configured",
    ]
    assert (cloud["tenant_id"], cloud["sms"], cloud["telephony_configured"]) == ("tenant", "nobody", 0)


def test_what_a_plan_undoes_comes_back(tmp_path: Path) -> None:
    """A plan that undoes a run says so in the file where it always stood, and is a rollback when loaded."""
    made = replace(full(), directory=(), undoes="earlier")
    save(made, tmp_path / "plan.json")
    assert json.loads((tmp_path / "plan.json").read_text())["directory"] == {
        "kind": "journal",
        "undoes": "earlier",
    }
    loaded, said, real = load(tmp_path / "plan.json")
    assert (loaded, said) == (made, real)
    assert (loaded.kind, full().kind) == (RunKind.ROLLBACK, RunKind.APPLY)


def test_an_undoing_cannot_be_slipped_in(tmp_path: Path) -> None:
    """A key "undoes" beside the others makes no rollback of a plan, and is covered by the digest."""
    (tmp_path / "plan.json").write_text(json.dumps(WHOLE | {"undoes": "x", "digest": digest(full())}))
    made, said, real = load(tmp_path / "plan.json")
    assert made.undoes is None
    assert said != real


# ---------------------------------------------------------------- edited by hand

WHOLE: dict[str, Any] = json.loads(json.dumps(document(full())))
Place = tuple[str | int, ...]


def places(value: Any, here: Place = ()) -> list[Place]:
    """The way to each value of a document that is no container."""
    match value:
        case dict():
            return [one for key, inner in value.items() for one in places(inner, (*here, key))]
        case list():
            return [one for at, inner in enumerate(value) for one in places(inner, (*here, at))]
        case _:
            return [here]


LEAVES = places(WHOLE)
UNCOVERED = {("run",), ("created",)}


def edited(place: Place, value: object) -> dict[str, Any]:
    """The document with another value at this place."""
    whole: dict[str, Any] = json.loads(json.dumps(WHOLE))
    inner: Any = whole
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return whole


def at(place: Place) -> Any:
    """The value at this place."""
    inner: Any = WHOLE
    for step in place:
        inner = inner[step]
    return inner


def read(tmp: Path, whole: object) -> tuple[str, str] | None:
    """Both digests of a document that was written by hand, None where it is no plan at all."""
    path = tmp / "edited.json"
    path.write_text(json.dumps(whole))
    try:
        _, said, real = load(path)
    except UsageError:
        return None
    return said, real


@CALM
@given(st.data())
def test_no_edit_goes_unnoticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Any other value at any place is refused, or changes the digest; only run and created may differ."""
    place = data.draw(st.sampled_from(LEAVES))
    before = at(place)
    if isinstance(before, str) and before and data.draw(st.booleans()):
        where = data.draw(st.integers(0, len(before) - 1))
        letter = data.draw(st.characters(exclude_categories=()))
        value: object = before[:where] + letter + before[where + 1 :]
    else:
        value = data.draw(st.none() | st.booleans() | st.integers() | st.text() | st.just([]) | st.just({}))
    whole = edited(place, value) | {"digest": digest(full())}
    answer = read(tmp_path_factory.getbasetemp(), whole)
    if answer is not None:
        said, real = answer
        same = json.dumps(value) == json.dumps(before) or place in UNCOVERED
        assert (said == real) == same, place


@pytest.mark.parametrize("what", ["changes", "left_alone", "findings", "standings"])
def test_taking_rows_out_is_noticed(tmp_path: Path, what: str) -> None:
    """A row that is deleted, doubled or moved is refused, or changes the digest."""
    rows = WHOLE[what]
    for other in (rows[:-1], [*rows, rows[0]], rows[::-1]):
        answer = read(tmp_path, WHOLE | {what: other, "digest": digest(full())})
        assert other == rows or answer is None or answer[0] != answer[1]


def test_unknown_fields_are_noticed(tmp_path: Path) -> None:
    """A field that prepop did not write is covered by the digest, wherever it stands."""
    for whole in (WHOLE | {"extra": 1}, edited(("changes", 0, "account", "extra"), 1)):
        answer = read(tmp_path, whole | {"digest": digest(full())})
        assert answer is None or answer[0] != answer[1]


def test_another_layout_is_the_same_plan(tmp_path: Path) -> None:
    """The digest is of the content: keys in another order and other blanks change nothing."""
    turned = dict(reversed(list((WHOLE | {"digest": digest(full())}).items())))
    (tmp_path / "plan.json").write_text(json.dumps(turned, indent=7))
    made, said, real = load(tmp_path / "plan.json")
    assert (made, said) == (full(), real)


# ---------------------------------------------------------------- not a plan at all

WITH_DIGEST = WHOLE | {"digest": digest(full())}
DEEP = 100_000
HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"PLAN",
    "truncated": json.dumps(WITH_DIGEST).encode()[:-40],
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "another format": json.dumps(WITH_DIGEST | {"format": "prepop-plan/2"}).encode(),
    "no digest": json.dumps(WHOLE).encode(),
    "digest is a number": json.dumps(WHOLE | {"digest": 7}).encode(),
    "not UTF-8": b'{"format": "\xff\xfe"}',
    "deep lists": b"[" * DEEP,
    "deep and closed": b"[" * DEEP + b"]" * DEEP,
    "deep in a field": b'{"format": "prepop-plan/1", "digest": "d", "x": ' + b"[" * 400 + b"]" * 400 + b"}",
    "deeper in a field": b'{"format": "prepop-plan/1", "digest": "d", "x": ' + b"[" * 900 + b"]" * 900 + b"}",
    "endless number": b'{"format": ' + b"9" * 10_000 + b"}",
    "no changes": json.dumps({k: v for k, v in WITH_DIGEST.items() if k != "changes"}).encode(),
    "changes are a text": json.dumps(WITH_DIGEST | {"changes": "none"}).encode(),
    "a change is a text": json.dumps(WITH_DIGEST | {"changes": ["one"]}).encode(),
    "an unknown method": json.dumps(edited(("changes", 0, "method"), "fax") | {"digest": "d"}).encode(),
    "created is a text": json.dumps(WITH_DIGEST | {"created": "yesterday"}).encode(),
    "created without zone": json.dumps(WITH_DIGEST | {"created": "2026-11-22T02:00:00"}).encode(),
    "created beyond time": json.dumps(WITH_DIGEST | {"created": "9999-12-31T23:59:59-14:00"}).encode(),
    "totals are missing": json.dumps(WITH_DIGEST | {"totals": {}}).encode(),
    "an addition of nothing": json.dumps(edited(("changes", 0, "after"), None) | {"digest": "d"}).encode(),
    "an addition of an empty text": json.dumps(
        edited(("changes", 0, "after"), "") | {"digest": "d"}
    ).encode(),
    "a replacement of nothing": json.dumps(edited(("changes", 2, "before"), None) | {"digest": "d"}).encode(),
    "a removal that writes": json.dumps(edited(("changes", 3, "after"), A) | {"digest": "d"}).encode(),
    "two changes of one id": json.dumps(
        edited(("changes", 2, "id"), WHOLE["changes"][0]["id"]) | {"digest": "d"}
    ).encode(),
    "a need that is not there": json.dumps(edited(("changes", 1, "needs"), "x") | {"digest": "d"}).encode(),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_plan_is_a_usage_error(tmp_path: Path, content: bytes) -> None:
    """Whatever is wrong with the file, the answer names the file and what to do, and is no traceback."""
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        load(path)
    assert str(path) in error.value.message
    assert error.value.hint
    assert len(error.value.message) < 5_000


@CALM
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Random bytes are a usage error."""
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        load(path)


@CALM
@given(st.integers(0, len(json.dumps(WITH_DIGEST)) - 1))
def test_any_cut(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    """A file that was cut anywhere is a usage error."""
    path = tmp_path_factory.getbasetemp() / "cut.json"
    path.write_text(json.dumps(WITH_DIGEST)[:length])
    with pytest.raises(UsageError):
        load(path)


@pytest.mark.parametrize("path", ["absent.json", ".", "absent/plan.json"])
def test_a_file_that_cannot_be_read(tmp_path: Path, path: str) -> None:
    """A missing file or a folder is a usage error that says so."""
    with pytest.raises(UsageError, match="reading the plan"):
        load(tmp_path / path)


def test_all_mistakes_are_named_without_values(tmp_path: Path) -> None:
    """Every wrong place is named at once, and no value that stands there."""
    whole = WITH_DIGEST | {"tenant": 7, "created": "secret-value", "changes": [{"id": "secret-value"}]}
    (tmp_path / "plan.json").write_text(json.dumps(whole))
    with pytest.raises(UsageError) as error:
        load(tmp_path / "plan.json")
    for place in ("tenant", "created", "changes.0."):
        assert place in error.value.message
    assert "secret-value" not in error.value.message


def test_a_plan_that_cannot_be_written(tmp_path: Path) -> None:
    """If the place of the plan is taken by a folder, the error names it and nothing else is left."""
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(OutputError, match=r"plan\.json"):
        save(full(), tmp_path / "plan.json")
    assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.skipif(os.name == "nt", reason="file modes of POSIX")
def test_a_plan_that_others_can_write_is_shown_and_not_believed(tmp_path: Path) -> None:
    """Mode 0666: whoever can write it decides whose number goes where; only `report` takes it."""
    path = tmp_path / "plan.json"
    save(full(), path)
    path.chmod(0o666)
    with pytest.raises(UsageError, match="can be written by others") as caught:
        load(path)
    assert str(path) in caught.value.message
    assert load(path, only_shown=True)[0] == full()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("link", [True, False])
def test_a_plan_of_another_user_is_not_believed(tmp_path: Path, link: bool) -> None:
    """Its owner can change it any time; and whoever made a link decides which plan is read."""
    path = tmp_path / "plan.json"
    save(full(), tmp_path / "real.json")
    path.symlink_to(tmp_path / "real.json") if link else path.hardlink_to(tmp_path / "real.json")
    os.chown(path, 4711, 0, follow_symlinks=False)
    with pytest.raises(UsageError, match="another user"):
        load(path)


def test_extra_files_come_back(tmp_path: Path) -> None:
    """What was read beside the directory stands in the plan and comes back; an older plan has none."""
    read = ExtraRead("hr", 7, ("Personnel no.", "E-Mail"), {"kind": "xlsx", "rows": "7"})
    made = replace(full(), extras=(read,))
    save(made, tmp_path / "plan.json")
    back, said, real = load(tmp_path / "plan.json")
    assert back.extras == (read,)
    assert said == real
    whole = json.loads((tmp_path / "plan.json").read_text())
    del whole["extras"]
    (tmp_path / "plan.json").write_text(json.dumps(whole))
    (tmp_path / "plan.json").chmod(0o600)
    assert load(tmp_path / "plan.json")[0].extras == ()
