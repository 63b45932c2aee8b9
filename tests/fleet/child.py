"""Stands in for prepop in a tenant's process: does what the first word of its config says."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

config = Path(sys.argv[sys.argv.index("-c") + 1])
how = config.read_text().split()[0] if config.exists() else "missing"
seen = config.with_name("seen.json")
seen.write_text(json.dumps({"environ": dict(os.environ), "words": sys.argv[1:]}))

match how:
    case "fine":
        answer = {
            "tenant": f"{config.parent.name}.example",
            "run": "20260101T000000Z-0000",
            "headline": "2 methods were added.",
            "outcomes": {"done": 2, "failed": 0},
            "able": {"population": 9, "today": 3, "after": 5},
            "findings": [{"code": "people-missing", "level": "warn", "measured": 7}],
            "reports": str(config.parent),
        }
        print(json.dumps(answer))
    case "blocked":
        print("not JSON at all")
        print("prepop: somebody+447911123456 is called +44 7911 123456", file=sys.stderr)
        sys.exit(30)
    case "bug":
        print("Traceback (most recent call last):", file=sys.stderr)
        sys.exit(1)
    case "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    case "odd":
        sys.exit(77)
    case "closes":  # hangs, and ends when it is asked to
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
        if (ready := seen.with_name("ready")).exists():
            ready.write_text("now")
        while True:
            signal.pause()
    case "hangs":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        again = subprocess.Popen(["sleep", "600"])  # what is ignored stays so over exec
        seen.with_name("grandchild").write_text(str(again.pid))
        while True:
            signal.pause()
    case "missing":
        print(f"prepop: {config}: there is no such file.", file=sys.stderr)
        sys.exit(2)
