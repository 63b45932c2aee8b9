"""The figures of a run, in a file that Prometheus takes, with labels from fixed lists."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from prepop.cli import main
from prepop.cli.measuring import certificate_ends
from prepop.cli.place import Place
from prepop.clock import SystemClock
from prepop.model import Ending
from prepop.reasons import FindingCode, Reason
from prepop.rules.summary.figures import STEPS
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of
from prepop.store.lock import only_run
from tests.certificates import loopback_certificate

RULES = Path(__file__).parents[2] / "jobs" / "prometheus" / "prepop-rules.yml"
DASHBOARD = RULES.with_name("prepop-dashboard.json")
Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A config of twelve people whose runs write figures."""
    people = sample(12, 3)
    monkeypatch.setenv("PREPOP_METRICS__TEXTFILE", str(tmp_path / "prepop.prom"))
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        yield tmp_path


def run(place: Path, code: int) -> Samples:
    """A night that ends so; what its file says, read by the library's own parser."""
    assert main(["sync", "-c", str(place / "prepop.toml")]) == code
    found: Samples = {}
    text = (place / "prepop.prom").read_text(encoding="utf-8")
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        for one in family.samples:
            found[one.name, tuple(one.labels.values())] = one.value
    return found


def test_a_good_night(place: Path) -> None:
    """How it ended, when, how long it took, who can reset before and after, and each change."""
    told = run(place, 0)
    assert told["prepop_run_exit_code", ()] == 0
    assert told["prepop_run_ended", ("done",)] == 1
    assert told["prepop_last_good_run_timestamp_seconds", ()] == told["prepop_run_timestamp_seconds", ()]
    assert told["prepop_people", ()] == 12
    assert told["prepop_accounts_able", ("after",)] >= told["prepop_accounts_able", ("before",)]
    changes = {labels: count for (name, labels), count in told.items() if name == "prepop_changes"}
    assert changes
    assert {labels[2] for labels in changes} == {"done"}


def test_the_last_good_run_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night that is locked out or blocked says so, and still when the last good one was."""
    good = run(place, 0)["prepop_last_good_run_timestamp_seconds", ()]
    with only_run(place / "state", "another", SystemClock().now()):
        locked = run(place, 50)
    assert locked["prepop_run_ended", ("locked",)] == 1
    assert locked["prepop_last_good_run_timestamp_seconds", ()] == pytest.approx(good)
    assert ("prepop_people", ()) not in locked
    monkeypatch.setenv("PREPOP_LIMITS__SOURCE_SHRINK", "0")
    assert run(place, 0)["prepop_last_good_run_timestamp_seconds", ()] > good


def test_labels_are_of_fixed_lists(place: Path) -> None:
    """However many people there are, there are as many series; nobody is named."""
    told = run(place, 0)
    assert {labels for name, labels in told if name == "prepop_left_alone"} == {(r.value,) for r in Reason}
    assert {labels for name, labels in told if name == "prepop_finding"} == {(f.value,) for f in FindingCode}
    assert {labels for name, labels in told if name == "prepop_run_ended"} == {(e.value,) for e in Ending}
    text = (place / "prepop.prom").read_text(encoding="utf-8")
    assert not [one for one in sample(12, 3).people if one.upn in text or one.name in text]
    assert (place / "prepop.prom").stat().st_mode & 0o777 == 0o644


def test_a_file_that_cannot_be_written_changes_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A warning that names the file; the night is as good as it was."""
    (place / "in-the-way").mkdir()
    (place / "in-the-way" / "x").touch()
    monkeypatch.setenv("PREPOP_METRICS__TEXTFILE", str(place / "in-the-way"))
    assert main(["sync", "-c", str(place / "prepop.toml")]) == 0
    assert "in-the-way" in capsys.readouterr().err


def test_when_a_certificate_ends(tmp_path: Path) -> None:
    """Read from the file of the sign-in; what is no PEM certificate is not known."""
    ends = certificate_ends(loopback_certificate(tmp_path) / "cert.pem")
    assert ends is not None
    assert ends > SystemClock().now()
    (tmp_path / "no.pem").write_text("nonsense", encoding="utf-8")
    assert certificate_ends(tmp_path / "no.pem") is None
    assert certificate_ends(None) is None


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
def test_the_alert_rules(place: Path) -> None:
    """Prometheus' own tool takes the rules and the file, and each figure that a rule asks for is there."""
    checked = subprocess.run(
        ["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    told = run(place, 0)
    text = (place / "prepop.prom").read_text(encoding="utf-8")
    taken = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert taken.returncode == 0, taken.stdout + taken.stderr
    asked = set(re.findall(r"prepop_[a-z_]+", "\n".join(re.findall(r"expr: .*", RULES.read_text("utf-8")))))
    assert asked - {"prepop_credential_expires_timestamp_seconds"} <= {name for name, _ in told}


def test_the_report_tells_of_a_certificate_that_ends(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the terminal of the night too."""
    soon = SystemClock().now() + timedelta(days=9, hours=1)
    monkeypatch.setattr("prepop.cli.publish.certificate_ends", lambda path: soon)
    run(place, 0)
    assert f"runs out on {soon:%Y-%m-%d}, in 9 days" in " ".join(capsys.readouterr().out.split())


def test_what_was_asked_of_graph_and_how_long_each_step_took(place: Path) -> None:
    """Requests, what was refused for sending too fast, a share of the quota, the steps by their names."""
    told = run(place, 0)
    assert told["prepop_graph_requests", ()] >= 3
    assert told["prepop_graph_throttled", ()] == 0
    assert 0 < told["prepop_write_quota_share", ()] < 0.05
    changes = sum(count for (name, _), count in told.items() if name == "prepop_changes")
    assert told["prepop_write_quota_share", ()] * 3000 == pytest.approx(changes), "3,000 in 150 s are allowed"
    steps = {labels[0] for name, labels in told if name == "prepop_step_duration_seconds"}
    assert {"reading people", "reading accounts", "reading methods", "writing"} <= steps
    assert steps <= set(STEPS)
    quiet = run(place, 0)
    assert ("prepop_write_quota_share", ()) not in quiet, "nothing was written"


def test_every_query_of_the_dashboard_finds_something(place: Path) -> None:
    """Each metric that a panel asks for is one that a night writes, with the labels that it names."""
    told = run(place, 0)
    names = {name for name, _ in told} | {"prepop_credential_expires_timestamp_seconds"}
    text = (place / "prepop.prom").read_text(encoding="utf-8")
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(queries) >= 10
    for query in queries:
        (name,) = re.findall(r"prepop_\w+", query)
        assert name in names, query
        for label in set(re.findall(r"(\w+)(?:=~?\"|\) \()", query)) - {"instance"}:
            assert f"{name}{{" in text, query
            assert re.search(rf"{name}\{{[^}}]*{label}=", text), query
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(set(places)) == len(places)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
def test_every_query_of_the_dashboard_is_promql(tmp_path: Path) -> None:
    """Prometheus itself reads each of them, as the expression of a rule."""
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    rules = [{"record": f"query:{n}", "expr": q.replace("$instance", ".*")} for n, q in enumerate(queries)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))
    checked = subprocess.run(
        ["promtool", "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
