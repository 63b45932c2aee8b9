"""A user who changes what prepop wrote, and changes it back, has registered it."""

import json
from pathlib import Path

import pytest

from prepop.model import Method
from tests.crash.stage import Night

UPN = "person0@example.com"


def _state(night: Night) -> dict[str, bytes]:
    folder: Path = night.world.folder / "state"
    return {one.name: one.read_bytes() for one in folder.glob("prepop.db*") if one.name != "prepop.db-shm"}


@pytest.mark.parametrize("seen_by", ["sync", "plan and apply"])
def test_what_a_user_took_back_by_hand_is_kept(night: Night, seen_by: str) -> None:
    """Under `follow`, a value that the user registered stays, although prepop wrote the same one once."""
    world = night.world
    assert night.prepop("sync")[0] == 0
    (who,) = (user.id for user in world.tenant.users.values() if user.upn == UPN)
    ours = world.tenant.phones[who][Method.MOBILE]
    other = next(
        phones[Method.MOBILE] for id_, phones in world.tenant.phones.items()
        if id_ != who and phones.get(Method.MOBILE)
    )  # fmt: skip

    night.time.at += 86400
    world.tenant.register(who, Method.MOBILE, other)
    before = _state(night)
    out = world.folder / "reviewed"
    assert night.prepop("plan", "--out", str(out))[0] == 0
    assert _state(night) == before, "a preview has written the state"
    made = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert "changed-since" in {one["reason"] for one in made["left_alone"]}
    words = ["sync"] if seen_by == "sync" else ["apply", str(out / "plan.json")]
    assert night.prepop(*words)[0] == 0

    night.time.at += 86400
    world.tenant.register(who, Method.MOBILE, ours)
    export = world.folder / "people.ldif"
    text = export.read_text(encoding="utf-8")
    assert text.count(ours) == 1
    export.write_text(text.replace(ours, ours[:-1] + str((int(ours[-1]) + 1) % 10)), encoding="utf-8")
    world.tenant.writes.clear()
    assert night.prepop("sync")[0] == 0
    assert world.tenant.phones[who][Method.MOBILE] == ours
    assert world.tenant.writes == []
    assert "changed-since" in night.prepop("explain", UPN)[1]
