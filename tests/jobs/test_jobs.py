"""The files in jobs/ are what their schedulers take, and start a prepop that exists."""

import configparser
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import trustme
import yaml

from prepop.cli import VERBS, app
from prepop.cli.options import hoist
from prepop.errors import Exit
from prepop.options import Credential
from prepop.settings import load
from prepop.settings.documents import Document
from prepop.settings.environment import overlay

JOBS = Path(__file__).parents[2] / "jobs"
FILES = {
    path.relative_to(JOBS).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(JOBS.rglob("*"))
    if path.is_file()
}
README = FILES["README.md"]
CRON = FILES["cron/prepop"]
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def _kubernetes(kind: str) -> Any:
    documents = yaml.safe_load_all(FILES["kubernetes/prepop.yaml"])
    return next(document for document in documents if document["kind"] == kind)


def _every_manifest() -> list[Any]:
    names = [name for name in FILES if name.startswith("kubernetes/") and name.endswith(".yaml")]
    return [document for name in names for document in yaml.safe_load_all(FILES[name])]


def _pod() -> Any:
    return _kubernetes("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def _unit(name: str) -> configparser.RawConfigParser:
    """A systemd unit; keys that stand several times are joined with line breaks."""

    class Several(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:
            if isinstance(value, list) and key in self:
                self[key].extend(value)
            else:
                super().__setitem__(key, value)

    unit = configparser.RawConfigParser(strict=False, delimiters="=", dict_type=Several)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(FILES[f"systemd/{name}"])
    return unit


def _arguments() -> dict[str, list[str]]:
    """The words behind `prepop` in each job and in each example of the README."""
    text = "".join(node.text or "" for node in _task().iter(f"{TASK}Arguments"))
    found = {
        "systemd": shlex.split(_unit("prepop.service")["Service"]["ExecStart"])[1:],
        "systemd, dry run": _behind("bin/prepop", FILES["systemd/prepop.service"].split("[Unit]")[0]),
        "cron": _behind("bin/prepop", CRON),
        "windows": _behind(r'prepop\.exe"', text.replace("\\", "/")),
        "kubernetes": _pod()["containers"][0]["args"],
    }
    by_hand = r"(?m)^(?:jobs/kubernetes/)?prepop(?:-by-hand)? ((?!--files).*)$"
    for number, line in enumerate(re.findall(by_hand, README)):
        found[f"README {number}"] = shlex.split(line, comments=True)
    return found


def _behind(program: str, text: str) -> list[str]:
    line = re.search(rf"{program} ([^;>]*)", text)
    assert line, f"no {program} in {text!r}"
    return shlex.split(line[1])


def _task() -> ElementTree.Element:
    return ElementTree.fromstring(FILES["windows/prepop-task.xml"])  # noqa: S314 - our own file


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("place", sorted(_arguments()))
def test_every_command_line_is_understood(place: str) -> None:
    """Every verb and option that a job or the README types exists."""
    group: Any = app
    words = hoist(["0f" * 32 if word == "DIGEST" else word for word in _arguments()[place]])
    context = group.make_context("prepop", list(words))
    verb = next(word for word in words if word in VERBS)
    group.get_command(context, verb).make_context(verb, words[words.index(verb) + 1 :], parent=context)


def test_every_exit_code_says_what_to_do() -> None:
    """The README has one row for each exit code, and none for a code that does not exist."""
    rows = re.findall(r"(?m)^\| (\d+) \| (.+) \| (.+) \|$", README)
    assert [int(code) for code, _, _ in rows] == sorted(Exit)
    assert all(what and todo for _, what, todo in rows)


def test_only_keys_that_exist_are_set_from_outside() -> None:
    """Every PREPOP_SECTION__KEY that a job or the README names is a key."""
    names = set(re.findall(r"PREPOP_[A-Z]+__[A-Z_]+", "\n".join(FILES.values())))
    names -= {"PREPOP_SECTION__KEY"}
    assert "PREPOP_STATE__DIR" in names
    document = Document("prepop.toml", {"directory": [{"name": "corp"}]})
    overlay(document, dict.fromkeys(names, "x"))
    assert document.mistakes == ()


def test_the_readme_names_every_file() -> None:
    """No job lies there without a word on it."""
    for name in FILES:
        assert name == "README.md" or f"`{name}`" in README


def test_every_job_ends_by_itself() -> None:
    """prepop has a time that is shorter than the scheduler's own limit, which would end it harder."""
    for place in ("systemd", "cron", "windows"):
        words = _arguments()[place]
        assert words[words.index("--max-duration") + 1] == "3h"
    assert _unit("prepop.service")["Service"]["TimeoutStartSec"] == "4h"
    assert _task().findtext(f".//{TASK}ExecutionTimeLimit") == "PT4H"
    assert _kubernetes("CronJob")["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 4 * 3600


# ---------------------------------------------------------------- one by one


def test_the_service_is_fenced_in() -> None:
    """It runs as nobody in particular, writes only its own folder, and gets secrets from systemd."""
    service = _unit("prepop.service")["Service"]
    for key in ("DynamicUser", "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
        assert service[key] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectory"] == "prepop"
    assert service["CapabilityBoundingSet"] == ""
    assert "ldap-password:/etc/prepop/secrets/ldap-password" in service["LoadCredential"]
    assert _unit("prepop.timer")["Timer"]["Persistent"] == "true"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """systemd-analyze finds nothing wrong, but that the program is not installed here."""
    text = FILES["systemd/prepop.service"].replace("/opt/prepop/bin/prepop", "/bin/true")
    (tmp_path / "prepop.service").write_text(text)
    (tmp_path / "prepop.timer").write_text(FILES["systemd/prepop.timer"])
    answer = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "prepop.service", tmp_path / "prepop.timer"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_the_service_fenced_in(tmp_path: Path) -> None:
    """systemd's own measure of what a service could do is OK: below 2 of 10."""
    text = FILES["systemd/prepop.service"].replace("/opt/prepop/bin/prepop", "/bin/true")
    (tmp_path / "prepop.service").write_text(text)
    answer = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", tmp_path / "prepop.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout[-200:] + answer.stderr


def test_the_cron_file() -> None:
    """One line of five fields, a user and a command without a %, which cron would turn into a line break."""
    [line] = [line for line in CRON.splitlines() if re.match(r"[\d*]", line)]
    *times, user, command = line.split(None, 6)
    assert all(re.fullmatch(r"[\d*/,-]+", field) for field in times)
    assert user == "prepop"
    assert "%" not in command
    assert subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0


def test_the_task_is_off_until_it_has_its_account() -> None:
    """The XML is text without a declaration, switched off, alone at a time, and makes up for a lost night."""
    task = _task()
    assert task.tag == f"{TASK}Task"
    assert "<?xml" not in FILES["windows/prepop-task.xml"]
    settings = task.find(f"{TASK}Settings")
    assert settings is not None
    assert settings.findtext(f"{TASK}Enabled") == "false"
    assert settings.findtext(f"{TASK}MultipleInstancesPolicy") == "IgnoreNew"
    assert settings.findtext(f"{TASK}StartWhenAvailable") == "true"
    assert task.find(f"{TASK}Triggers/{TASK}CalendarTrigger/{TASK}ScheduleByDay") is not None
    assert task.findtext(f"{TASK}Principals/{TASK}Principal/{TASK}RunLevel") == "LeastPrivilege"
    assert task.findtext(f"{TASK}Actions/{TASK}Exec/{TASK}Command") == r"%SystemRoot%\System32\cmd.exe"


def test_the_registering_script_gives_the_account() -> None:
    """The script registers this XML, gives it a gMSA and closes the folder; its brackets are balanced."""
    script = FILES["windows/Register-PrepopTask.ps1"]
    for word in (
        "prepop-task.xml",
        "Register-ScheduledTask",
        "-LogonType Password",
        "/inheritance:r",
        "#Requires",
    ):
        assert word in script
    code = re.sub(r"(?s)<#.*?#>|(?m:^\s*#.*$)", "", script)
    for left, right in ("()", "{}", "[]"):
        assert code.count(left) == code.count(right)


def test_the_pod_is_fenced_in() -> None:
    """One at a time, never again by itself, as nobody, on a root that it cannot write to."""
    job = _kubernetes("CronJob")["spec"]
    pod = _pod()
    [container] = pod["containers"]
    assert job["concurrencyPolicy"] == "Forbid"
    assert job["suspend"] is True
    assert job["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
    labels = job["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    assert labels["azure.workload.identity/use"] == "true"
    assert pod["serviceAccountName"] == _kubernetes("ServiceAccount")["metadata"]["name"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }
    assert f"USER {pod['securityContext']['runAsUser']}:" in FILES["kubernetes/Dockerfile"]


@pytest.mark.parametrize("manifest", _every_manifest(), ids=lambda each: each["metadata"]["name"])
def test_the_cluster_takes_every_manifest(manifest: Any) -> None:
    """The schema of the Kubernetes API knows each field of each manifest, and takes what stands in it."""
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_every_pod_is_fenced_in() -> None:
    """Those of a fleet too run as nobody, on a root that they cannot write to, and once."""
    jobs = [each["spec"]["jobTemplate"]["spec"] for each in _every_manifest() if each["kind"] == "CronJob"]
    assert len(jobs) == 3
    for job in jobs:
        assert job.get("backoffLimit", job.get("backoffLimitPerIndex")) == 0
        pod = job["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["restartPolicy"] == "Never"
        [container] = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]


def test_each_pod_of_a_fleet_takes_its_own_shard() -> None:
    """As many shards as pods, each told its number by the cluster; the command is one that prepop takes."""
    [job] = [
        each["spec"]["jobTemplate"]["spec"]
        for each in _every_manifest()
        if each["metadata"]["name"] == "prepop-fleet" and each["kind"] == "CronJob"
    ]
    [container] = job["template"]["spec"]["containers"]
    environ = {item["name"]: item for item in container["env"]}
    assert environ["SHARD"]["valueFrom"]["fieldRef"]["fieldPath"] == (
        "metadata.annotations['batch.kubernetes.io/job-completion-index']"
    )
    assert int(environ["SHARDS"]["value"]) == job["completions"] == job["parallelism"]
    assert job["completionMode"] == "Indexed"
    shell = container["args"][0].replace("$SHARD/", "0/").replace("$SHARDS", environ["SHARDS"]["value"])
    words = shlex.split(shell.removeprefix("exec prepop "))
    group: Any = app
    context = group.make_context("prepop", hoist(words))
    behind = hoist(words)[hoist(words).index("fleet") + 1 :]
    group.get_command(context, "fleet").make_context("fleet", behind, parent=context)


def test_the_config_in_the_cluster_is_right(tmp_path: Path) -> None:
    """What the pod mounts, laid out as it mounts it, is a config that loads, with what the webhook adds."""
    authority = trustme.CA().cert_pem.bytes().decode()
    content = {**_kubernetes("ConfigMap")["data"], "corp-ca.pem": authority, "password": "pass word\n"}
    [config] = [volume for volume in _pod()["volumes"] if volume["name"] == "config"]
    for source in config["projected"]["sources"]:
        [(_, mounted)] = source.items()
        every = [{"key": key, "path": key} for key in _kubernetes("ConfigMap")["data"]]
        for item in mounted.get("items", every):
            (tmp_path / item["path"]).parent.mkdir(exist_ok=True)
            (tmp_path / item["path"]).write_text(content[item["key"]])
    environ = {item["name"]: item["value"] for item in _pod()["containers"][0]["env"]}
    (tmp_path / "token").write_text("x")
    client = _kubernetes("ServiceAccount")["metadata"]["annotations"]["azure.workload.identity/client-id"]
    given = {"AZURE_CLIENT_ID": client, "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token")}
    settings = load(tmp_path / "prepop.toml", {**environ, **given})
    assert settings.cloud.credential is Credential.WORKLOAD_IDENTITY
    assert settings.cloud.client_id == client
    assert settings.secrets.ldap_passwords == {"directory": "pass word"}
    assert settings.state_dir == Path("/var/lib/prepop/state")
    assert settings.directories[0].ca_file == tmp_path / "ca" / "corp-ca.pem"
