"""`prepop check` as it is typed: exit codes, output, and that it changes nothing."""

import json
import re
import socket
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from prepop.cli import main
from prepop.model import Method
from prepop.sandbox.graph.records import AuditRecord
from tests.rules.readiness.conftest import Scene, Told
from tests.sandbox.kinds import Kind, turn_into


def test_tenant_that_does_not_answer_ends_with_40(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory is still told about; the tenant is a no with its reason."""
    monkeypatch.setattr("prepop.cloud.wire.retrying.FAULTS", 2)  # patience itself is tested elsewhere
    with socket.socket() as held:  # a port that nobody listens on
        held.bind(("127.0.0.1", 0))
        scene.serve = lambda tenant: f"http://127.0.0.1:{held.getsockname()[1]}"
        told = scene.check()
    assert told.code == 40
    assert told["tenant-reachable"] == "no"
    assert told["directory-reachable"] == "yes"
    assert "from an export (ldif)" in told.says("directory-reachable")
    assert "sync-recent" not in told.answers


def test_directory_that_does_not_answer_ends_with_40(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tenant is still judged in full; the server is named with what to look at."""
    monkeypatch.setenv("PREPOP_LDAP_PASSWORD", "x")
    config = scene.write()
    text = config.read_text(encoding="utf-8")
    block = text[text.index("[directory]") : text.index("[cloud]")]
    ldap = """[directory]
url = "ldaps://127.0.0.1:1"
base = "DC=corp,DC=example"
bind = "simple"
user = "svc@corp.example"
password_env = "PREPOP_LDAP_PASSWORD"
"""
    config.write_text(text.replace(block, ldap), encoding="utf-8")
    scene.capsys.readouterr()
    assert main(["check", "--json", "-c", str(config)]) == 40
    told = {one["id"]: one for one in json.loads(scene.capsys.readouterr().out)["answers"]}
    assert told["directory-reachable"]["answer"] == "no"
    assert "127.0.0.1:1" in told["directory-reachable"]["says"]
    assert told["licence-writeback"]["answer"] == "yes"
    assert told["directory-values"]["answer"] == "unknown"


def test_export_that_cannot_be_read_is_told(scene: Scene) -> None:
    """A person without objectGUID in the export: the tenant is still judged, and it blocks."""
    config = scene.write()
    export = scene.folder / "people.ldif"
    export.write_text(re.sub(r"(?m)^objectGUID.*\n", "", export.read_text()), encoding="utf-8")
    scene.capsys.readouterr()
    code = main(["check", "-c", str(config)])
    out = scene.capsys.readouterr().out
    assert code == 30
    assert "NO, blocks" in out
    assert "objectGUID" in out
    assert "licence-writeback" in out


def test_nothing_is_written_anywhere(scene: Scene) -> None:
    """No state folder, no write in the tenant, no file beside the config."""
    config = scene.write()
    before = sorted(path.name for path in scene.folder.iterdir())
    assert main(["check", "-c", str(config)]) == 0
    assert sorted(path.name for path in scene.folder.iterdir()) == before
    assert scene.tenant.writes == []
    asked = {*scene.tenant.requests.http, *scene.tenant.requests.items} - {"POST $batch"}
    assert {kind.split()[0] for kind in asked} == {"GET"}


def test_failing_answers_come_first_and_no_number_is_shown(scene: Scene) -> None:
    """In each group blocking answers lead; no whole phone number or address of a person is on the screen."""
    turn_into(scene.tenant, Kind.EMAIL_FOR_NOBODY)
    config = scene.write()
    scene.capsys.readouterr()
    assert main(["check", "-c", str(config)]) == 30
    out = scene.capsys.readouterr().out
    methods = out[out.index("Authentication methods") :]
    assert methods.index("method-email") < methods.index("method-retirement") < methods.index("method-sms")
    assert "1 thing stands in the way of a rollout." in out
    values = [value for entry in scene.people.people for many in entry.values.values() for value in many]
    numbers = [value for value in values if sum(c.isdigit() for c in value) >= 8 or "@" in value]
    assert len(numbers) > 40
    assert [value for value in numbers if value in out] == []


def test_document_is_for_programs(scene: Scene) -> None:
    """--json: format, blocking ids, and every answer with the same keys."""
    told = scene.check()
    assert told.document["format"] == "prepop-readiness/1"
    assert told.document["blocking"] == []
    keys = {frozenset(answer) for answer in told.answers.values()}
    assert keys == {
        frozenset({"id", "group", "about", "question", "answer", "says", "fix", "blocks"}),
    }
    assert all(answer["says"] for answer in told.answers.values())


def test_each_no_has_a_remedy_and_each_unknown_a_place(scene: Scene) -> None:
    """In every kind of tenant: a no or an unknown that says nothing of what to do does not exist."""
    for kind in (Kind.FREE, Kind.PRE_MIGRATION, Kind.EMAIL_FOR_NOBODY, Kind.SMS_SIGN_IN, Kind.WRITEBACK_OFF):
        turn_into(scene.tenant, kind)
        told = scene.check()
        silent = [
            ident
            for ident, answer in told.answers.items()
            if answer["answer"] in ("no", "unknown") and not answer["fix"]
        ]
        assert silent == ["licence-products"] * ("licence-products" in silent), (kind, silent)


def test_run_without_proof_is_a_usage_error(scene: Scene) -> None:
    """`check RUN` is refused with what was meant; an unknown run with the ones that there are."""
    told = scene.check("20260101T000000Z-abcd")
    assert told.code == 2
    assert "--proof" in told.err
    assert scene.check("--proof", "nonsense").code == 2


# ---------------------------------------------------------------- proof


def written(scene: Scene, days: float = 2) -> Told:
    """Sync a pilot, let days pass and the report catch up, and ask for proof."""
    scene.more = "[trust]\nshared_value_max = 5\n"
    config = scene.write()
    assert main(["sync", "-c", str(config)]) == 0
    scene.tenant.refresh_report()
    with sqlite3.connect(scene.folder / "state" / "prepop.db") as database:
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        database.execute("UPDATE run SET started = ?, finished = ?", (at, at))
    database.close()
    return scene.check("--proof")


def test_methods_that_count_are_proved(scene: Scene) -> None:
    """C1: a day after the pilot everybody written is registered, and a sentence says that methods count
    here.
    """
    told = written(scene)
    assert told["proof-counts"] == "yes"
    assert "Methods written by prepop count here." in told.says("proof-counts")
    assert told["proof-held"] == "yes"


def test_methods_that_do_not_count_are_listed(scene: Scene) -> None:
    """The opposite tenant: written, held, and nobody registered: no, it blocks, and the people are named."""
    written(scene)
    scene.tenant.report = {
        ident: replace(row, sspr_registered=False) for ident, row in scene.tenant.report.items()
    }
    told = scene.check("--proof")
    assert told["proof-counts"] == "no"
    assert told.code == 30
    someone = next(scene.tenant.users[write.user].upn for write in scene.tenant.writes)
    names = sorted({scene.tenant.users[write.user].upn for write in scene.tenant.writes})
    assert someone in names
    assert any(name in told.says("proof-counts") for name in names)


def test_one_method_where_two_are_asked_proves_nothing(scene: Scene) -> None:
    """C17: with two gates, accounts that got one method are not counted as a failure of the idea."""
    scene.mapping = '[mobile]\nfrom = ["mobile"]\n[region]\nfrom = ["c"]\n'
    scene.tenant.gates = 2
    for ident in scene.tenant.users:
        scene.tenant.emails.pop(ident, None)
        scene.tenant.phones[ident].clear()
    scene.more = ""
    written(scene)
    scene.more = "gates = 2\n" + scene.more
    told = scene.check("--proof")
    assert told["proof-counts"] == "unknown"
    assert "gates" in told.fix("proof-counts")


def test_run_of_today_is_too_young(scene: Scene) -> None:
    """The report is hours old: a run of an hour ago gives no verdict, not even when it is named."""
    told = written(scene, days=0.04)
    assert told["proof-counts"] == "unknown"
    with sqlite3.connect(scene.folder / "state" / "prepop.db") as database:
        (run,) = database.execute("SELECT id FROM run").fetchone()
    database.close()
    named = scene.check("--proof", run)
    assert named["proof-counts"] == "unknown"
    assert "not a day" in named.says("proof-counts")


def test_no_run_is_told_as_such(scene: Scene) -> None:
    """Before any pilot there is nothing to prove, and nothing is made up."""
    told = scene.check("--proof")
    assert told["proof-counts"] == "unknown"
    assert told.code == 0


def test_method_that_was_removed_since_is_seen(scene: Scene) -> None:
    """What people threw away is not held any more: partly."""
    written(scene)
    who = next(iter(scene.tenant.writes)).user
    for method in list(scene.tenant.phones[who]):
        scene.tenant.unregister(who, method)
    scene.tenant.unregister(who, Method.EMAIL)
    scene.tenant.refresh_report()
    told = scene.check("--proof")
    assert told["proof-held"] == "partly"


def test_what_people_did_is_the_first_line(scene: Scene) -> None:
    """Resets of those whom the run wrote: who tried, who did it, who failed and why; of others nothing."""
    written(scene)
    users = sorted({write.user for write in scene.tenant.writes})
    before = datetime.now(UTC) - timedelta(days=9)
    hour = datetime.now(UTC) - timedelta(hours=1)
    others = next(iter(set(scene.tenant.users) - set(users)))
    scene.tenant.audits += [
        AuditRecord(users[0], hour, "Self-service password reset flow activity progress"),
        AuditRecord(users[0], hour),
        AuditRecord(users[1], hour, result="failure", reason="OnPremisesConnectivityError"),
        AuditRecord(users[2], hour, result="failure", reason="x"),
        AuditRecord(users[2], hour),
        AuditRecord(users[3], before),
        AuditRecord(others, hour, result="failure", reason="of somebody else"),
    ]
    told = scene.check("--proof")
    assert told["proof-resets"] == "partly"
    says = told.says("proof-resets")
    assert "3 tried a reset since: 2 did it, 1 failed." in says
    assert "OnPremisesConnectivityError (1)" in says
    assert "somebody else" not in says
    assert str(told.document["headline"]).startswith(says)
    assert next(iter(told.answers)) == "proof-resets"


def test_a_reset_is_found_by_its_own_name_too(scene: Scene) -> None:
    """A tenant that calls the service otherwise still shows its resets."""
    written(scene)
    who = scene.tenant.writes[0].user
    scene.tenant.audits.append(AuditRecord(who, datetime.now(UTC), service="SSPR"))
    assert scene.check("--proof")["proof-resets"] == "yes"


def test_no_reset_is_no_proof(scene: Scene) -> None:
    """Nobody tried: not known, and what to do."""
    told = written(scene)
    assert told["proof-resets"] == "unknown"
    assert "ask somebody" in told.fix("proof-resets")


def test_an_audit_log_that_may_not_be_read(scene: Scene) -> None:
    """Without the permission the answer says so, and the rest is proved all the same."""
    written(scene)
    scene.tenant.permissions.discard("AuditLog.Read.All")
    assert scene.check("--proof")["proof-resets"] == "unknown"


def test_the_directory_alone_needs_no_app(scene: Scene) -> None:
    """Before the app is registered the directory half is answered; the tenant is not asked, which is said."""
    config = scene.write()
    text = config.read_text(encoding="utf-8")
    first, _, rest = text.partition("[cloud]")
    config.write_text(first + "[" + rest.partition("\n[")[2], encoding="utf-8")
    requests = scene.tenant.requests.http.total()
    scene.capsys.readouterr()
    assert main(["check", "-c", str(config)]) == 2
    assert "cloud.tenant" in scene.capsys.readouterr().err
    assert main(["check", "--directory", "--json", "-c", str(config)]) == 0
    answers = {row["id"]: row for row in json.loads(scene.capsys.readouterr().out)["answers"]}
    assert answers["tenant-reachable"]["answer"] == "unknown"
    assert "40 people" in answers["directory-objects"]["says"]
    assert scene.tenant.requests.http.total() == requests
    assert main(["check", "--directory", "--proof", "-c", str(config)]) == 2
