"""The commands beside a job have what the job has; with stand-ins for what only a machine or cluster has."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.jobs.test_jobs import FILES, JOBS, _kubernetes, _unit

SYSTEMCTL = """#!/bin/sh
[ "$*" = "cat prepop.service" ] && cat "$UNIT" || exit 9
"""
SYSTEMD_RUN = """#!/bin/sh
for word; do printf '%s\\n' "$word"; done
exit 30
"""
KUBECTL = """#!/bin/sh
case "$*" in
  *"create job"*) cat "$JOB" ;;
  *"create -f -"*) cat >"$CREATED" ;;
  *logs*) echo "the answer" ;;
  *"get pod"*) echo 30 ;;
  *) exit 9 ;;
esac
"""


def _stand_in(folder: Path, **programs: str) -> str:
    """A PATH on which these programs stand first."""
    for name, text in programs.items():
        path = folder / name.replace("_", "-")
        path.write_text(text)
        path.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_systemd_by_hand_has_what_the_service_has(tmp_path: Path) -> None:
    """Every property of the unit and of its drop-in but what starts and ends it; no specifier is left."""
    unit = tmp_path / "unit"
    unit.write_text(
        "# /etc/systemd/system/prepop.service\n"
        + FILES["systemd/prepop.service"]
        + "\n# /etc/systemd/system/prepop.service.d/override.conf\n[Service]\n"
        "ExecStart=\nExecStart=/opt/prepop/bin/prepop sync --dry-run\nLoadCredential=\n"
    )
    answer = subprocess.run(
        [JOBS / "systemd" / "prepop-by-hand", "apply", "a b.json", "--digest", "x"],
        env={"PATH": _stand_in(tmp_path, systemctl=SYSTEMCTL, systemd_run=SYSTEMD_RUN), "UNIT": str(unit)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (30, ""), "the exit code is prepop's"
    words = answer.stdout.splitlines()
    place = words.index("--")
    assert words[place + 1 :] == ["/opt/prepop/bin/prepop", "apply", "a b.json", "--digest", "x"]
    properties = [
        word.removeprefix("--property=") for word in words[:place] if word.startswith("--property=")
    ]
    names = {line.split("=")[0] for line in properties}
    there = set(_unit("prepop.service")["Service"])
    assert names == there - {"Type", "ExecStart", "TimeoutStartSec", "TimeoutStopSec"}
    assert "Environment=PREPOP_STATE__DIR=/var/lib/prepop/state" in properties
    at = "/run/credentials/prepop-by-hand.service"
    assert f"Environment=PREPOP_DIRECTORY__PASSWORD_FILE={at}/ldap-password" in properties
    assert "--unit=prepop-by-hand.service" in words
    assert properties[-1] == "LoadCredential=", "what systemctl edit changed comes last"
    assert not any("%" in line for line in properties)


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "jq"))), reason="jq is not installed")
def test_kubernetes_by_hand_has_what_the_job_has(tmp_path: Path) -> None:
    """The pod is the job's but for its words, which reach it as they were typed."""
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "x"},
        "spec": _kubernetes("CronJob")["spec"]["jobTemplate"]["spec"],
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    created = tmp_path / "created.json"
    words = ["apply", "/var/lib/prepop/a b.json", "--accept", 'x="1"', "--json"]
    answer = subprocess.run(
        [JOBS / "kubernetes" / "prepop-by-hand", *words],
        env={
            "PATH": _stand_in(tmp_path, kubectl=KUBECTL),
            "JOB": str(tmp_path / "job.json"),
            "CREATED": str(created),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout) == (30, "the answer\n"), answer.stderr
    made = json.loads(created.read_text())
    [container] = made["spec"]["template"]["spec"]["containers"]
    assert container.pop("args") == words
    wanted = json.loads(json.dumps(job))
    del wanted["spec"]["template"]["spec"]["containers"][0]["args"]
    assert made["spec"]["ttlSecondsAfterFinished"] > 0
    del made["spec"]["ttlSecondsAfterFinished"]
    assert made == wanted


@pytest.mark.parametrize("name", ["systemd/prepop-by-hand", "kubernetes/prepop-by-hand"])
def test_they_can_be_started(name: str) -> None:
    """Scripts are scripts: bash reads them, and they may be run."""
    assert os.access(JOBS / name, os.X_OK)
    assert subprocess.run(["bash", "-n", JOBS / name], check=False).returncode == 0


def test_logs_do_not_grow_for_ever() -> None:
    """cron's log is turned over and readable by its user alone; the Windows task keeps two nights."""
    text = FILES["cron/logrotate"]
    assert "/var/log/prepop/prepop.log {" in text
    assert "create 0600 prepop prepop" in text
    assert "{ date -u -Iseconds; " in FILES["cron/prepop"], "each night begins with its date"
    task = FILES["windows/prepop-task.xml"]
    assert "&gt;&gt;" not in task
    assert "move /y" in task


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")
def test_logrotate_takes_its_file(tmp_path: Path) -> None:
    """logrotate reads the file without a complaint."""
    text = FILES["cron/logrotate"].replace("su prepop prepop", "").replace("prepop prepop", "")
    (tmp_path / "conf").write_text(text.replace("/var/log/prepop", str(tmp_path)))
    (tmp_path / "prepop.log").write_text("a night\n")
    answer = subprocess.run(
        ["logrotate", "--debug", "--state", tmp_path / "state", tmp_path / "conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "error" not in answer.stderr
