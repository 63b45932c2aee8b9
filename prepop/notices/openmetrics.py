"""Figures as a text file that node_exporter's textfile collector takes up (OpenMetrics text format 1.0)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from prepop.files import write_through
from prepop.rules.summary.figures import Figure

_LAST_GOOD = re.compile(r"^prepop_last_good_run_timestamp_seconds ([0-9.e+]+)$", re.MULTILINE)


def write(path: Path, figures: Iterable[Figure]) -> None:
    """Whole or not at all, and readable by others: a collector is another user. Raises OutputError."""
    from prometheus_client import CollectorRegistry, Gauge
    from prometheus_client.openmetrics.exposition import generate_latest

    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for figure in figures:
        names = tuple(name for name, _ in figure.labels)
        if figure.name not in gauges:
            gauges[figure.name] = Gauge(figure.name, figure.about, names, registry=registry)
        gauge = gauges[figure.name]
        (gauge.labels(*(value for _, value in figure.labels)) if names else gauge).set(figure.value)
    content: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]

    def fill(new: Path) -> None:
        new.write_bytes(content)

    write_through(path, fill)
    path.chmod(0o644)


def last_good(path: Path) -> datetime | None:
    """When a run last ended well, as the file of the run before says; None where there is none."""
    try:
        found = _LAST_GOOD.search(path.read_text(encoding="utf-8"))
        return datetime.fromtimestamp(float(found[1]), UTC) if found else None
    except (OSError, ValueError):
        return None
