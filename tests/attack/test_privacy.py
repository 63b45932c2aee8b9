"""A whole story leaves no whole number, address, password, token or key behind, but where it must.

Everything that prepop left is searched: its output, its log in both forms, its state (the database's raw
bytes and its write-ahead log), its reports. Whole values stand only in `plan.json`, which is the owner's.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from prepop.model import Method
from prepop.sandbox.graph.faults import Faults, error, half_body, html, invalid_json, not_found, reset_after
from prepop.sandbox.graph.server import LoopbackServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.people.numbers import Number, spellings
from tests.crash.stage import House, Night, Watched, first_night, modes, signing_in

SECRET = "s3cret-of-the-privacy-story"
PASSWORD = "hunter2-of-the-directory"


@pytest.fixture
def night(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Night]:
    """A second night of a tenant that wants tokens, with a directory password in the environment."""
    watched = Watched(SandboxTenant())
    with LoopbackServer(watched) as server:
        template = first_night(tmp_path / "template", server.url, watched)
        made = House(template, watched, server).night(tmp_path, capsys, monkeypatch)
        text = made.world.config.read_text(encoding="utf-8")
        text = text.replace('["json"]', '["html", "xlsx", "csv", "json"]')
        made.world.config.write_text(text, encoding="utf-8")
        monkeypatch.setenv("PREPOP_PRIVACY_PASSWORD", PASSWORD)
        with signing_in(made, tmp_path, monkeypatch, SECRET):
            yield made


def test_nothing_is_left_behind(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan, apply, sync, explain, report, runs, rollback, failing runs, with -v and both forms of log."""
    world, tenant = night.world, night.world.tenant
    before, tokens = set(world.present().values()), set(tenant.tokens)
    wanted = set(world.wanted.values()) | set(world.own.values())
    out = str(world.folder / "out")

    def say(*words: str) -> int:
        tokens.update(tenant.tokens)
        code = night.prepop(*words)[0]
        tokens.update(tenant.tokens)
        return code

    assert say("plan", "-v", "--out", out) == 0
    assert say("explain", "person0@example.com", "-v") == 0
    assert say("explain", "person4@example.com", "--json") == 0
    # everything goes wrong that can, and the tenant quotes what it was sent
    for fault in (half_body(), invalid_json(), html(200), reset_after(), error(500)):
        tenant.faults.next("(POST|PATCH) users/.*phoneMethods", fault)
    tenant.faults.next("PATCH users/.*emailMethods", not_found(), 100)
    _quoting(monkeypatch)
    assert say("apply", f"{out}/plan.json", "-v", "--log-format", "json") == 20
    tenant.faults = Faults.default(3)
    assert say("sync", "-v", "--json") == 0
    tenant.faults = Faults.none()
    newest = str(night.prepop("runs")[1]).split("\n")[1].split()[0]
    for words in (
        ["runs"],
        ["runs", newest],
        ["runs", newest, "--json", "-v"],
        ["report", newest],
        ["report", out],
    ):
        assert say(*words) == 0
    assert say("rollback", newest, "-v") == 0
    assert say("rollback", newest, "--apply", "-v", "--log-format", "json") == 0
    tenant.faults.next("GET users$", invalid_json(), 1000)
    assert say("sync", "-v") == 40
    tenant.faults = Faults.none()
    tenant.user("person0@example.com").immutable_id = "+44 7400 100200"
    say("plan", "-v")
    _directories_that_fail(night, monkeypatch)

    after = set(world.present().values())
    key = (world.folder / "state" / "prepop.key").read_text(encoding="ascii").strip()
    texts = [SECRET, PASSWORD, *tokens]
    assert len(tokens) >= 2
    needles = [*_spellings(before | wanted | after), *texts, key]
    assert len(needles) > 500
    haystacks = dict(_left_behind(night))
    assert sum(name.endswith(".html") for name in haystacks) >= 4
    found = {
        name: sum(needle in text for needle in needles)
        for name, text in haystacks.items()
        if any(needle in text for needle in needles)
    }
    assert found == {"state/prepop.key": 1}
    assert modes(world.folder / "state") == {}
    assert {name for name in modes(world.folder / "reports") if name != "."} == set()


def _spellings(values: set[str]) -> Iterator[str]:
    """Every way in which the value may stand somewhere: digits alone, the national part, quoted for a URL."""
    for value in values:
        if "@" in value:
            yield value
            yield value.replace("@", "%40")
            yield value.partition("@")[0]
            continue
        code, _, national = value[1:].partition(" ")
        number = Number("GB", int(code), national)
        yield national
        yield from (one.strip() for one in spellings(number))


def _left_behind(night: Night) -> Iterator[tuple[str, str]]:
    """Name and text of everything that was left, but for the input and plan.json."""
    yield "said", "\n".join(night.said)
    folder = night.world.folder
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (
            not path.is_file()
            or name in ("people.ldif", "mapping.toml", "prepop.toml")
            or path.name == "plan.json"
        ):
            continue
        raw = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                raw = b"\n".join(book.read(one) for one in book.namelist())
        yield name, raw.decode("utf-8", "replace")
        yield f"{name} as UTF-16", raw.decode("utf-16-le", "replace")


def _quoting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graph's words on an error quote what was sent, as real ones may."""
    from prepop.sandbox.graph import service
    from prepop.sandbox.graph.wire import Ask, GraphError, Reply

    plain = service.error_answer

    def quoting(failure: GraphError, ask: Ask) -> Reply:
        said = GraphError(
            failure.status,
            failure.code,
            f"{failure.message} Request: {ask.path} {ask.body}",
            repeats=failure.repeats,
        )
        said.headers = failure.headers
        return plain(said, ask)

    monkeypatch.setattr(service, "error_answer", quoting)


def _directories_that_fail(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that is not there, an export that is cut in a number, numbers where names should be."""
    config = night.world.config.read_text(encoding="utf-8")
    ldap = re.sub(
        r'kind = "ldif"\npath = "people.ldif"',
        'kind = "ldap"\nurl = ["ldap://127.0.0.1:1"]\nstart_tls = true\nbase = ["DC=example,DC=com"]\n'
        'bind = "simple"\nuser = "svc@example.com"\npassword_env = "PREPOP_PRIVACY_PASSWORD"',
        config,
    )
    night.world.config.write_text(ldap, encoding="utf-8")
    assert night.prepop("sync", "-v")[0] == 40
    night.world.config.write_text(config, encoding="utf-8")
    export = night.world.folder / "people.ldif"
    whole = export.read_text(encoding="utf-8")
    for cut in range(200, len(whole), len(whole) // 7):
        export.write_text(whole[:cut], encoding="utf-8")
        night.prepop("plan", "-v")
    export.write_text(re.sub(r"(?m)^mobile: ", "mobile ", whole), encoding="utf-8")
    assert night.prepop("plan", "-v")[0] in (2, 40)
    export.write_text(whole, encoding="utf-8")
    values = "\n".join(f'    "{value}",' for value in night.world.wanted.values() if "+" in value)
    night.world.config.write_text(f"{config}\n[scope]\nusers = [\n{values}\n]\n", encoding="utf-8")
    assert night.prepop("plan", "-v")[0] == 2
    night.world.config.write_text(config, encoding="utf-8")


def test_unmask_shows_whole_values(night: Night) -> None:
    """The opposite, so that the search above is known to see: with --unmask whole values stand in reports."""
    assert night.prepop("plan", "--unmask")[0] == 0
    values = {value for where, value in night.world.wanted.items() if where[1] is Method.MOBILE}
    for name, text in _left_behind(night):
        if name.endswith(("report.html", "report.csv", "report.xlsx")):
            assert any(value in text for value in values), name
