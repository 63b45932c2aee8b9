"""The second night in this process: command line, a tenant over real HTTP, time that only sleep moves."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

import prepop.cloud
from prepop.cli import main
from prepop.clock import SystemClock
from prepop.options import CloudOptions, Credential, Secrets
from prepop.sandbox.graph.server import LoopbackServer
from tests.certificates import loopback_certificate
from tests.cloud.opening import Time
from tests.crash.world import Company, Current, World
from tests.sandbox.authority import Authority

_APP = "11111111-2222-3333-4444-555555555555"

Batch = list[Mapping[str, Any]]


class Watched(Current):
    """Shows every batch that writes to `on_writes` before the tenant gets it, and counts them.

    on_acted: called when the tenant has acted on such a batch, whether or not its client is still there.
    """

    on_writes: Callable[[int, Batch], None] | None = None
    on_acted: Callable[[int], None] | None = None
    write_batches = 0
    wrong: list[Exception]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].endswith("/$batch"):
            await super().__call__(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client is gone
            body, more = body + message.get("body", b""), message.get("more_body", False)
        items = json.loads(body)["requests"]
        writes = any(item["method"] != "GET" for item in items)
        if writes:
            self.write_batches += 1
        number = self.write_batches
        if writes and self.on_writes:
            try:
                await asyncio.to_thread(self.on_writes, number, items)
            except Exception as error:  # noqa: BLE001 - kept for the test; the client waits for an answer
                self.wrong.append(error)
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await super().__call__(scope, again, send)
        if writes and self.on_acted:
            self.on_acted(number)


@dataclass(slots=True)
class Night:
    """One second night, and what is typed in it."""

    world: World
    watched: Watched
    time: Time
    url: str
    capsys: pytest.CaptureFixture[str]
    said: list[str] = field(default_factory=list)

    def prepop(self, *words: str) -> tuple[int, str, str]:
        """Type a command: exit code, standard output, standard error."""
        self.capsys.readouterr()
        code = main([*words, "-c", str(self.world.config)])
        out, err = self.capsys.readouterr()
        self.said += [out, err]
        assert code != 1, err
        assert not self.watched.wrong, self.watched.wrong
        return code, out, err

    def outcomes(self) -> dict[str, Mapping[str, Any]]:
        """What became of each change of the newest run, by change id."""
        newest = json.loads(self.prepop("runs", "--json")[1])["runs"][0]["run"]
        rows = json.loads(self.prepop("runs", newest, "--json")[1])["changes"]
        return {row["id"]: row for row in rows}

    def results(self) -> dict[str, int]:
        """How many changes of the newest run came to which result."""
        counts = json.loads(self.prepop("runs", "--json")[1])["runs"][0]["counts"]
        assert isinstance(counts, dict)
        return counts

    def whole(self) -> None:
        """Everything that must hold when all is said and done."""
        assert self.world.present() == self.world.wanted | self.world.own
        assert self.world.ledger_disagrees() == []
        before = len(self.world.tenant.writes)
        assert self.prepop("plan", "--exit-code")[0] == 0, "the next plan is not empty"
        assert len(self.world.tenant.writes) == before


def first_night(folder: Path, url: str, current: Current) -> World:
    """A company after its first sync, with what its directory wants since."""
    company = Company()
    world = World(folder, company.tenant(), own=company.own)
    folder.mkdir(mode=0o700)
    current.tenant = world.tenant
    world.write_config(url)
    company.write(folder)
    code = main(["sync", "-q", "-c", str(world.config)])  # not inside the assert, which -O leaves out
    assert code == 0
    company.move()
    company.write(folder)
    world.wanted = company.wanted()
    world.tenant.writes.clear()
    return world


@dataclass(slots=True)
class House:
    """A server and the template of all nights; `night` makes one."""

    template: World
    watched: Watched
    server: LoopbackServer
    nights: int = 0

    def night(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> Night:
        """The second night once more, with time in our hands."""
        self.nights += 1
        world = self.template.again(folder / f"night{self.nights}")
        self.watched.tenant = world.tenant
        self.watched.on_writes = self.watched.on_acted = None
        self.watched.write_batches, self.watched.wrong = 0, []
        time = Time()
        fake_time(monkeypatch, time)
        return Night(world, self.watched, time, self.server.url, capsys)


def fake_time(monkeypatch: pytest.MonkeyPatch, time: Time) -> None:
    """Let nobody really wait: the one clock of the client and the steps moves by waiting alone."""
    opened = partial(prepop.cloud.open_tenant, chance=lambda: 1.0)
    monkeypatch.setattr(prepop.cloud, "open_tenant", opened)
    started = datetime.now(UTC)
    monkeypatch.setattr(SystemClock, "elapsed", lambda _: time.at)
    monkeypatch.setattr(SystemClock, "now", lambda _: started + timedelta(seconds=time.at - 1000))
    monkeypatch.setattr(SystemClock, "pause", lambda _, seconds: time.pause(seconds))


@contextmanager
def signing_in(
    night: Night, folder: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> Iterator[LoopbackServer]:
    """From now on the night's tenant wants tokens, and its commands have the secret that buys them, over TLS.

    They have it by the opener, not by the config: that lets no real credential near an endpoint on loopback.
    """
    tenant, config = night.world.tenant, night.world.config
    opening = prepop.cloud.open_tenant
    files = loopback_certificate(folder)
    authority = Authority(tenant, interval=0)
    authority.register_secret(_APP, secret)
    tenant.require_token = True
    text = config.read_text(encoding="utf-8").replace("contoso.onmicrosoft.com", tenant.id)
    config.write_text(text, encoding="utf-8")
    with LoopbackServer(authority.app(), cert=files / "cert.pem", key=files / "key.pem") as server:

        def opened(options: CloudOptions, _: Secrets, **more: Any) -> Any:
            signed = replace(options, credential=Credential.SECRET, client_id=_APP)
            ours = Secrets(client_secret=secret)
            return opening(signed, ours, authority=server.url, ca_file=files / "ca.pem", **more)

        monkeypatch.setattr(prepop.cloud, "open_tenant", opened)
        yield server


def modes(folder: Path) -> dict[str, int]:
    """The modes of everything in a folder that others may read or enter."""
    return {
        str(path.relative_to(folder)): path.stat().st_mode & 0o777
        for path in [folder, *folder.rglob("*")]
        if os.name == "posix" and path.stat().st_mode & 0o077
    }
