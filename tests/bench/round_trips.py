"""Requests of a night against the least possible, and against the usual loop, on the same sandbox:

    python -m tests.bench.round_trips [--people N ...] [--seed N] [--faults]      (500 and 5000 people)

Every client is a process of its own (so that its CPU seconds are its own, imports included) and talks to the
tenant over HTTP on loopback, where a request takes about a millisecond; in reality it takes a hundred. So the
seconds below are those of the machine, and the requests are what a real night waits for.

    first night      prepop sync, nothing written before
    report lagging   prepop sync right after: the report does not show yet what was written
    quiet night      prepop sync once the report has caught up
    the usual loop   two GETs an account and a POST a change, one by one, on a fresh copy of the tenant

Without --faults nothing goes wrong, pages are full and there are no quotas, so that the counts are those of
the work alone. With it the tenant is as awkward as in `prepop demo`; the lower bound still counts full pages
and no faults.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from prepop.sandbox.graph.server import SandboxServer
from tests.bench.cost import Counts, PlannedChange, lower_bound, planned, stage, take


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. bound: None where there is none to hold it against."""

    name: str
    counts: Counts
    wall: float
    cpu: float
    bound: Counts | None
    writes: int


def _timed(*words: str) -> tuple[float, float]:
    """Run `python -m words`; wall seconds, and CPU seconds of that process."""
    before, start = os.times(), time.monotonic()
    ended = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - start, os.times()
    if ended.returncode:
        raise SystemExit(f"{words[0]} {words[1]} ended with {ended.returncode}:\n{ended.stderr}")
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return wall, cpu


def nights(folder: Path, people: int, seed: int, *, faults: bool) -> tuple[list[Row], list[PlannedChange]]:
    """prepop's three nights, and what the first one wrote."""
    place, _, tenant = stage(folder, people, seed, faults=faults)
    rows: list[Row] = []
    with SandboxServer(tenant) as server:
        config = str(place.write(server.url))

        def night(name: str) -> None:
            before, report = len(tenant.writes), dict(tenant.report)
            wall, cpu = _timed("prepop", "sync", "-q", "-c", config)
            written = len(tenant.writes) - before
            changes = planned(folder)
            first = changes if not rows else work
            # what the report does not show yet has to be read live
            lagging = [c for c in first if not _shown(report.get(c.account), c.method)]
            bound = lower_bound(tenant, lagging, changes)
            rows.append(Row(name, take(tenant), wall, cpu, bound, written))

        work: list[PlannedChange] = []
        night("first night")
        work = planned(folder)
        night("report lagging")
        tenant.refresh_report()
        night("quiet night")
    return rows, work


def _shown(row: object, method: str) -> bool:
    words = {"mobile": "mobilePhone", "alternateMobile": "alternateMobilePhone", "office": "officePhone"}
    return row is not None and words.get(method, method) in getattr(row, "methods", ())


def usual_loop(folder: Path, people: int, seed: int, work: list[PlannedChange], *, faults: bool) -> Row:
    """The same work on a fresh copy of the same tenant."""
    _, _, tenant = stage(folder, people, seed, faults=faults)
    accounts = [user.id for user in tenant.users.values() if user.enabled and user.synced]
    file = folder / "work.json"
    changes = [(c.account, c.method, c.after) for c in work]
    file.write_text(json.dumps({"accounts": accounts, "changes": changes}), encoding="utf-8")
    with SandboxServer(tenant) as server:
        wall, cpu = _timed("tests.bench.usual_loop", server.url, str(file))
    return Row("the usual loop", take(tenant), wall, cpu, None, len(tenant.writes))


def table(rows: list[Row]) -> str:
    """The table, with the ratios to the lower bound and to the usual loop."""
    loop = rows[-1]
    lines = [
        f"{'':16}{'requests':>9}{'bound':>7}{'ratio':>7}{'items':>8}{'bound':>8}{'a batch':>8}"
        f"{'writes':>8}{'wall s':>8}{'CPU s':>7}{'loop requests':>15}{'loop wall':>11}"
    ]
    for row in rows:
        counts, bound = row.counts, row.bound
        batches = counts.kinds["POST $batch"]
        least = (bound.requests, bound.items) if bound else ("", "")
        lines.append(
            f"{row.name:16}{counts.requests:>9}{least[0]:>7}"
            f"{f'{counts.requests / bound.requests:.2f}' if bound else '':>7}"
            f"{counts.items:>8}{least[1]:>8}{f'{counts.items / batches:.1f}' if batches else '':>8}"
            f"{row.writes:>8}{row.wall:>8.1f}{row.cpu:>7.1f}"
            f"{f'x {loop.counts.requests / counts.requests:.0f}':>15}{f'x {loop.wall / row.wall:.1f}':>11}"
        )
    return "\n".join(lines)


def main(sizes: list[int], seed: int, *, faults: bool) -> None:
    """Measure at each size, and print the tables."""
    for people in sizes:
        with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
            rows, work = nights(Path(first), people, seed, faults=faults)
            rows.append(usual_loop(Path(second), people, seed, work, faults=faults))
        print(f"{people} people, seed {seed}, {'awkward tenant' if faults else 'no faults'}")
        print(table(rows) + "\n", flush=True)
        for row in rows:
            kinds = ", ".join(f"{kind} {count}" for kind, count in row.counts.kinds.most_common())
            print(f"  {row.name}: {kinds}")
        print(flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", action="store_true", help="a tenant that throttles, fails and drops")
    given = parser.parse_args()
    main(given.people, given.seed, faults=given.faults)
