"""Mails to people over kills and recoveries: each change is told once, none twice, none lost.

The process is killed for real around each line that it writes down, and by the mail server while it holds
the end of a mail. Only there nobody can know whether the mail was taken: it is counted as unknown, and not
sent again.
"""

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from prepop.sandbox.graph.server import LoopbackServer
from tests.crash.test_kill import Zygote
from tests.crash.world import Company, Current, World
from tests.notices.post_office import PostOffice, post_office

PEOPLE = 8
POINTS = [
    *(f"mail-{name}:{when}" for name in ("begin", "ended") for when in ("before", "after")),
    *("finish:before", "finish:after", "settled:after", "report:before"),
    *("office:before", "office:after"),
]


@dataclass(slots=True)
class Theatre:
    """Where every trial is played: the first night of a small company."""

    zygote: Zygote
    current: Current
    template: World
    office: PostOffice
    folder: Path

    def trial(self) -> World:
        """Once more from the beginning, with an empty mailbox."""
        number = sum(1 for _ in self.folder.glob("trial-*"))
        world = self.template.again(self.folder / f"trial-{number}")
        self.current.tenant = world.tenant
        self.office.mails.clear()
        self.office.at_end = lambda address: None
        return world

    def killed(self, world: World, words: list[str], point: str, count: int) -> bool:
        """Run a command that is killed there."""
        trap = None if point.startswith("office") else (point, count)
        if trap is None:
            self.office.at_end = self._deadly(point, count)
        said = self.zygote.run(world, words, trap)
        self.office.at_end = lambda address: None
        return bool(said["signal"] == signal.SIGKILL)

    def _deadly(self, point: str, count: int) -> Callable[[str], str | None]:
        seen = 0

        def at_end(address: str) -> str | None:
            nonlocal seen
            seen += 1
            if seen != count:
                return None
            os.kill(self.zygote.child, signal.SIGKILL)
            return "hang up" if point == "office:before" else "keep and hang up"

        return at_end


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """Nothing has happened yet."""
    folder = tmp_path_factory.mktemp("mails")
    company = Company(people=PEOPLE)
    template = World(folder / "template", company.tenant(), own=company.own)
    template.folder.mkdir(mode=0o700)
    company.write(template.folder)
    template.wanted = company.wanted()
    current = Current(template.tenant)
    with (
        pytest.MonkeyPatch.context() as patch,
        LoopbackServer(current) as server,
        post_office(folder) as office,
    ):
        patch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
        people = f'[notify.people]\nserver = "smtps://localhost:{office.port}"\nsender = "it@example.com"\n'
        template.write_config(server.url, people)
        zygote = Zygote()
        try:
            zygote.warm(template, ["plan"])
            yield Theatre(zygote, current, template, office, folder)
        finally:
            zygote.close()


def agree(theatre: Theatre, world: World, kills: int) -> int:
    """Everything that must hold at the end; the answer is how many mails are in doubt."""
    with sqlite3.connect(world.folder / "state" / "prepop.db") as database:
        mails = dict(database.execute("SELECT id, state FROM mail").fetchall())
        told = Counter(row[0] for row in database.execute("SELECT mail FROM change WHERE result = 'done'"))
    database.close()
    assert told.total() == len(world.wanted)
    assert None not in told, "a change that nobody was told of"
    assert told.keys() == mails.keys()
    taken = Counter(str(mail["Message-ID"]) for mail in theatre.office.mails)
    assert max(taken.values()) == 1, "told twice"
    assert taken.keys() <= mails.keys()
    in_doubt = [id_ for id_, state in mails.items() if state == "unknown"]
    assert set(mails.values()) <= {"sent", "unknown"}
    assert {id_ for id_, state in mails.items() if state == "sent"} <= taken.keys(), "lost"
    for mail in theatre.office.mails:
        text = mail.get_content()
        assert text.count("\n- ") == told[str(mail["Message-ID"])]
    assert len(in_doubt) <= kills
    return len(in_doubt)


@pytest.mark.parametrize("how", ["resume", "sync"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_while_people_are_told(theatre: Theatre, point: str, how: str) -> None:
    """At the first passing and at the third; then a person resumes, or the next night comes."""
    for count in (1, 3) if point.startswith(("mail", "office")) else (1,):
        world = theatre.trial()
        assert theatre.killed(world, ["sync"], point, count)
        if how == "resume":
            assert theatre.zygote.run(world, ["resume"])["code"] == 0, (world.folder / "stderr").read_text()
        assert theatre.zygote.run(world, ["sync"])["code"] == 0, (world.folder / "stderr").read_text()
        assert world.present() == world.wanted | world.own
        in_doubt = agree(theatre, world, 1)
        cut = ("mail-begin:after", "mail-ended:before", "office:before", "office:after")
        assert in_doubt == (point in cut)


def test_a_mail_in_doubt_is_said(theatre: Theatre) -> None:
    """By the next run, once, and by `prepop runs` for good."""
    world = theatre.trial()
    assert theatre.killed(world, ["sync"], "office:after", 2)
    (world.folder / "stderr").unlink(missing_ok=True)
    theatre.zygote.run(world, ["sync"])
    said = (world.folder / "stderr").read_text(encoding="utf-8")
    assert "1 mail it is not known whether it left" in said
    theatre.zygote.run(world, ["sync"])
    assert (world.folder / "stderr").read_text(encoding="utf-8").count("not known whether it left") == 1
