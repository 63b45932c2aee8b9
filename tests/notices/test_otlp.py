"""Figures reach a collector over real HTTP, as OpenTelemetry's own messages; one that fails stops nothing."""

import gzip
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.cli.place import Place
from prepop.errors import OutputError
from prepop.notices.otlp import send
from prepop.rules.summary.figures import Figure
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra otlp is not installed")

Told = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Collector:
    """Takes what is posted to it, or answers with another status."""

    def __init__(self, status: int = 200) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                zipped = self.headers.get("Content-Encoding") == "gzip"
                collector.bodies.append(gzip.decompress(body) if zipped else body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *said: object) -> None:
                """Nothing on standard error."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """As a config names it."""
        return f"http://127.0.0.1:{self.server.server_port}/v1/metrics"

    @property
    def told(self) -> Told:
        """What came, by name and labels."""
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

        found: Told = {}
        for body in self.bodies:
            message = ExportMetricsServiceRequest.FromString(body)
            for resource in message.resource_metrics:
                named = {one.key: one.value.string_value for one in resource.resource.attributes}
                assert named["service.name"] == "prepop"
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        for point in metric.gauge.data_points:
                            labels = tuple((one.key, one.value.string_value) for one in point.attributes)
                            found[metric.name, labels] = point.as_double
        return found

    def close(self) -> None:
        """Nobody listens there any more."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that takes everything."""
    made = Collector()
    yield made
    made.close()


def test_figures_arrive_with_their_labels(collector: Collector) -> None:
    """Each as a gauge."""
    figures = [
        Figure("prepop_people", "people", 12.0),
        Figure("prepop_changes", "changes", 3.0, (("method", "mobile"), ("outcome", "done"))),
        Figure("prepop_changes", "changes", 1.0, (("method", "email"), ("outcome", "failed"))),
    ]
    send(collector.url, figures)
    assert collector.told == {
        ("prepop_people", ()): 12.0,
        ("prepop_changes", (("method", "mobile"), ("outcome", "done"))): 3.0,
        ("prepop_changes", (("method", "email"), ("outcome", "failed"))): 1.0,
    }


def test_a_night_tells_the_collector(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`metrics.otlp` alone, without a file."""
    monkeypatch.setenv("PREPOP_METRICS__OTLP", collector.url)
    people = sample(12, 3)
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        assert main(["sync", "-c", str(tmp_path / "prepop.toml")]) == 0
    assert collector.told["prepop_run_exit_code", ()] == 0
    assert collector.told["prepop_people", ()] == 12


def test_a_collector_that_refuses_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The night ends as it ended; a line says that the figures were not taken."""
    refusing = Collector(403)
    monkeypatch.setenv("PREPOP_METRICS__OTLP", refusing.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret-of-the-collector")
    people = sample(12, 3)
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        assert main(["sync", "-c", str(tmp_path / "prepop.toml")]) == 0
    refusing.close()
    said = capsys.readouterr()
    assert "sending figures to the collector: it did not take them" in said.err
    assert "s3cret" not in said.err + said.out


def test_nobody_there_is_an_error_in_time(caplog: pytest.LogCaptureFixture) -> None:
    """Said in one line; the library's own words stay out of the log."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(OutputError, match="did not take them"):
        send("http://127.0.0.1:9/v1/metrics", [Figure("prepop_people", "people", 1.0)], 0.1)
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]
