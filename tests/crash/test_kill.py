"""A run that is killed at any instruction is finished by the next command, and nothing is done twice.

The process is killed for real (SIGKILL), at each state of the journal and at points drawn from a seed: at
any passing of the journal, the writer and the wire, between any steps of SQLite's machine, and by the
tenant's side while it holds a request, before or after it acted.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from prepop.sandbox.graph.server import LoopbackServer
from tests.crash.world import Company, Current, World

TRIALS = 80
SEED = 20261122

JOURNAL = [f"{n}:{w}" for n in ("begin", "sent", "settled", "finish") for w in ("before", "commit", "after")]
POINTS = [*JOURNAL, "write:before", "write:after", "http:before", "http:after", "report:before", "vm"]
ON_THE_WAY = ["vm", "vm", "http:before", "http:after", "finish:before", "finish:commit", "settled:after"]
OF_SERVER = ["server:before", "server:after"]

Trap = tuple[str, int] | None


class Zygote:
    """The process that forks for every command."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        self.child = 0

    def run(self, world: World, words: Sequence[str], trap: Trap = None) -> dict[str, Any]:
        """Run one command; the answer has its `code`, or the `signal` that ended it, and its `events`."""
        assert self.process.stdin
        order = {"words": list(words), "folder": str(world.folder), "trap": trap}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.child = int(self._said()["pid"])
        self.process.stdin.write("\n")  # now the server knows whom it kills: go
        self.process.stdin.flush()
        return self._said()

    def warm(self, world: World, words: Sequence[str]) -> None:
        """Let it import and keep all that this command needs."""
        assert self.process.stdin
        self.process.stdin.write(
            json.dumps({"warm": True, "words": words, "folder": str(world.folder)}) + "\n"
        )
        self.process.stdin.flush()
        self._said()

    def _said(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the zygote died"
        said = json.loads(line)
        assert isinstance(said, dict)
        return said

    def close(self) -> None:
        """End it."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=600)
        self.process.stdout.close()


class Deadly:
    """Between socket and tenant: kills the client at some request, before or after the tenant acted."""

    def __init__(self, inner: Current, zygote: Zygote) -> None:
        self._inner, self._zygote = inner, zygote
        self.at, self.left, self.seen = "", 0, 0

    def set(self, at: str = "", count: int = 0) -> None:
        """Arm it, or not."""
        self.at, self.left, self.seen = at, count, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen += 1
        self.left -= 1
        now = self.left == 0
        if now and self.at == "server:before":
            os.kill(self._zygote.child, signal.SIGKILL)
        answers: list[Any] = []

        async def hold(message: Any) -> None:
            answers.append(message)

        await self._inner(scope, receive, hold)
        if now and self.at == "server:after":
            os.kill(self._zygote.child, signal.SIGKILL)
        for message in answers:
            await send(message)


@dataclass(slots=True)
class Theatre:
    """Where every trial is played."""

    zygote: Zygote
    current: Current
    deadly: Deadly
    template: World
    folder: Path
    events: dict[str, dict[str, int]]  # of a command that nobody kills: passings by point

    def trial(self, name: str) -> World:
        """The second night, once more from its beginning."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        world = self.template.again(self.folder / name)
        self.current.tenant = world.tenant
        self.deadly.set()
        return world

    def killed(self, world: World, words: Sequence[str], point: str, count: int) -> bool:
        """Run a command that is killed there; False where it ended before it came there."""
        of_server = point.startswith("server")
        if of_server:
            self.deadly.set(point, count)
        said = self.zygote.run(world, words, None if of_server else (point, count))
        self.deadly.set()
        return bool(said["signal"] == signal.SIGKILL)


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """The first night is over, the second night's plan is made, and nothing of it is applied."""
    folder = tmp_path_factory.mktemp("crash")
    company = Company()
    template = World(folder / "template", company.tenant(), own=company.own)
    template.folder.mkdir(mode=0o700)
    zygote = Zygote()
    current = Current(template.tenant)
    deadly = Deadly(current, zygote)
    with LoopbackServer(deadly) as server:
        try:
            template.write_config(server.url)
            company.write(template.folder)
            zygote.warm(template, ["plan"])
            assert zygote.run(template, ["sync"])["code"] == 0, (template.folder / "stderr").read_text()
            company.move()
            company.write(template.folder)
            template.wanted = company.wanted()
            template.tenant.writes.clear()
            assert zygote.run(template, ["plan", "--out", str(template.folder / "out")])["code"] == 0
            (template.folder / "out" / "plan.json").rename(folder / "plan.json")
            theatre = Theatre(zygote, current, deadly, template, folder, {})
            for verb in ("apply", "sync"):
                world = theatre.trial(f"whole-{verb}")
                done = zygote.run(world, words(theatre, verb), ("vm", 0))
                assert done["code"] == 0
                theatre.events[verb] = {**done["events"], **dict.fromkeys(OF_SERVER, deadly.seen)}
                agree(theatre, world)
            yield theatre
        finally:
            zygote.close()


def words(theatre: Theatre, verb: str) -> list[str]:
    """What is typed."""
    return ["apply", str(theatre.folder / "plan.json")] if verb == "apply" else ["sync"]


def agree(theatre: Theatre, world: World) -> None:
    """Everything that must hold after recovery."""
    said = (world.folder / "stderr").read_text(encoding="utf-8") if (world.folder / "stderr").exists() else ""
    assert "Traceback" not in said, said
    assert world.present() == world.wanted | world.own
    twice = [where for where, times in world.written().items() if times > 1]
    assert not twice, "written twice"
    assert world.ledger_disagrees() == []
    assert not list(world.folder.rglob("*.part")), "half a file is left"
    before = len(world.tenant.writes)
    assert theatre.zygote.run(world, ["plan", "--exit-code"])["code"] == 0, "the next plan is not empty"
    assert len(world.tenant.writes) == before


def recover(theatre: Theatre, world: World, verb: str, how: str) -> None:
    """Type what a person would type, or let the next night come."""
    if how == "resume":
        assert theatre.zygote.run(world, ["resume"])["code"] == 0, (world.folder / "stderr").read_text()
        if world.present() != world.wanted | world.own:
            # killed before the run was open: then nothing was sent, and it is typed again
            assert not world.tenant.writes, "resume has left something undone"
            assert theatre.zygote.run(world, words(theatre, verb))["code"] == 0
    else:
        assert theatre.zygote.run(world, ["sync"])["code"] == 0, (world.folder / "stderr").read_text()


@pytest.mark.parametrize("verb", ["apply", "sync"])
@pytest.mark.parametrize("point", [*POINTS[:-1], *OF_SERVER])
def test_killed_at_every_state(theatre: Theatre, point: str, verb: str) -> None:
    """Killed where it passes this point first and last, resume and the next sync each make it whole."""
    last = theatre.events[verb][point]
    for count, how in ((1, "resume"), (last, "sync")):
        world = theatre.trial("state")
        assert theatre.killed(world, words(theatre, verb), point, count)
        recover(theatre, world, verb, how)
        agree(theatre, world)


def test_killed_anywhere(theatre: Theatre, capsys: pytest.CaptureFixture[str]) -> None:
    """Killed at points drawn from a seed, some a second time while recovering: always made whole."""
    dice = random.Random(SEED)
    kills: Counter[str] = Counter()
    for number in range(TRIALS):
        verb, how = dice.choice(("apply", "sync")), dice.choice(("resume", "sync"))
        world = theatre.trial("any")
        point = dice.choice([*POINTS, "vm", "vm", "vm", *OF_SERVER])
        count = dice.randint(1, theatre.events[verb][point])
        story = [f"trial {number}: {verb} killed at {point} {count}, then {how}"]
        assert theatre.killed(world, words(theatre, verb), point, count), story
        kills[point] += 1
        while dice.random() < 0.55:
            again = dice.choice(ON_THE_WAY)
            times = dice.randint(1, max(1, theatre.events[verb][again] // 6))
            story.append(f"{how} killed at {again} {times}")
            kills[again] += theatre.killed(world, [how], again, times)
        try:
            recover(theatre, world, verb, how)
            agree(theatre, world)
        except AssertionError as error:
            raise AssertionError(f"{'; '.join(story)}: {error}") from error
    with capsys.disabled():
        fixed = 4 * (len(POINTS) - 1 + len(OF_SERVER))
        print(
            f"\n{fixed} kills at fixed points, {kills.total()} at drawn ones: {dict(sorted(kills.items()))}"
        )
    assert fixed + kills.total() >= 200
