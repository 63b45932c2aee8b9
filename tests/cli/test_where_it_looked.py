"""Verbs that find no state say which folder they looked in; what `init` writes a service can read."""

import sys
from pathlib import Path

import pytest

from prepop.cli import main


def config(folder: Path) -> Path:
    """A config whose tenant nobody asks."""
    (folder / "people.ldif").write_text("version: 1\n")
    (folder / "mapping.toml").write_text('[mobile]\nfrom = ["mobile"]\n')
    path = folder / "prepop.toml"
    path.write_text(
        'mapping = "mapping.toml"\n[directory]\nkind = "ldif"\npath = "people.ldif"\n'
        '[cloud]\ntenant = "contoso.onmicrosoft.com"\nendpoint = "http://127.0.0.1:9"\ncredential = "none"\n'
    )
    return path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["runs"], 0),
        (["runs", "20260101T000000Z-0000"], 2),
        (["rollback", "20260101T000000Z-0000"], 2),
        (["check", "--proof", "20260101T000000Z-0000"], 2),
        (["resume"], 0),
        (["purge", "--older-than", "30", "--dry-run"], 0),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_it_says_where_it_looked(
    words: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The whole path, though the config was named by a short one: root's is not the job's."""
    config(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main([*words, "-c", "prepop.toml"]) == code
    said = capsys.readouterr()
    assert str(tmp_path / "state") in " ".join((said.out + said.err).split())


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_init_writes_what_a_service_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Config and mapping hold no secret: another user reads them, nobody else writes; whole paths."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.pem").write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
    file = Path("etc") / "prepop" / "prepop.toml"
    words = ["--url", "ldaps://dc1.corp.example", "--base", "DC=corp", "--tenant", "contoso.example"]
    words += ["--credential", "certificate", "--certificate-file", "app.pem", "--no-try"]
    assert main(["init", str(file), *words]) == 0, capsys.readouterr().err
    assert f"Wrote {tmp_path / file}" in capsys.readouterr().out
    for path in (file, file.with_name("mapping.toml")):
        assert path.stat().st_mode & 0o777 == 0o644
    assert file.parent.stat().st_mode & 0o777 == 0o755
    assert f'certificate_file = "{tmp_path / "app.pem"}"' in file.read_text()
