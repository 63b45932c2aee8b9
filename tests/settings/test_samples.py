"""What comes with prepop loads, is taught, and is in the wheel."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from prepop.model import Method, Policy
from prepop.options import (
    Credential,
    DirectoryKind,
    Extension,
    Limits,
    MatchBy,
    Remove,
    ReportFormat,
    Scope,
    Several,
    Trust,
)
from prepop.settings import load
from prepop.settings.checking import known_keys
from prepop.settings.environment import SECTIONS
from prepop.settings.mapping_file import read_mapping
from prepop.settings.samples import default_mapping
from prepop.settings.shapes import OfficeShape, RegionShape
from prepop.settings.template import config_template, demo_config
from tests.settings.conftest import RIGHT, Mistakes

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(file.name for file in (ROOT / "mappings").glob("*.toml"))
README = (ROOT / "mappings" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_right(name: str) -> None:
    """No mapping that comes with prepop has a mistake."""
    rules, document = read_mapping(ROOT / "mappings" / name, name)
    assert document.mistakes == ()
    assert rules.rules


def test_the_default_only_adds() -> None:
    """The default mapping replaces and removes nothing, and guesses no country."""
    rules, _ = read_mapping(ROOT / "mappings" / "default.toml", "default.toml")
    assert {rule.method for rule in rules.rules} == {Method.MOBILE, Method.OFFICE}
    assert {rule.policy for rule in rules.rules} == {Policy.FILL}
    assert {rule.remove for rule in rules.rules} == {Remove.NEVER}
    assert rules.region.default == ""


def test_what_the_default_has_as_comments_is_right_too(folder: Path) -> None:
    """Taking the # away from the offered lines, and otherMobile out of [mobile] as it says, is right."""
    text = re.sub(r"(?m)^# (?=\[|from|ou|default)", "", default_mapping())
    text = text.replace('from = ["mobile", "otherMobile"]', 'from = ["mobile"]')
    (folder / "all.toml").write_text(text)
    rules, document = read_mapping(folder / "all.toml", "all.toml")
    assert document.mistakes == ()
    assert [rule.method for rule in rules.rules] == list(Method)


def test_the_readme_teaches_every_key_and_word() -> None:
    """Every key, method and choice of a mapping is in mappings/README.md, and every sample is named."""
    for key in {*known_keys(RegionShape), *known_keys(OfficeShape)}:
        assert f"`{key}`" in README
    for method in Method:
        assert f"`[{method}]`" in README
    for word in [*Policy, *Several, *Remove, *Extension]:
        assert f'"{word}"' in README
    for name in SAMPLES:
        assert f"`{name}`" in README


@pytest.mark.parametrize("number", range(len(re.findall(r"```toml", README))))
def test_every_example_of_the_readme_is_right(folder: Path, number: int) -> None:
    """Each TOML block of the README is a mapping, or becomes one with a method."""
    text = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)[number]
    if not any(f"[{method}]" in text for method in Method):
        text += '\n[mobile]\nfrom = "mobile"\n'
    (folder / "example.toml").write_text(text)
    assert read_mapping(folder / "example.toml", "example.toml")[1].mistakes == ()


def test_the_template_has_the_defaults(folder: Path) -> None:
    """What `config_template` writes loads, and says what would be true without it."""
    (folder / "prepop.toml").write_text(config_template(mapping="map.toml"))
    settings = load(Path("prepop.toml"), {})
    assert settings.limits == Limits()
    assert settings.scope == Scope()
    assert settings.trust == Trust()
    assert settings.formats == tuple(ReportFormat)
    assert settings.scope.match == (MatchBy.ANCHOR, MatchBy.SID)


def test_the_template_names_every_key() -> None:
    """Every key but those of `_file` twins is in the template, if only as a comment."""
    text = config_template()
    for section, shape in SECTIONS.items():
        for key in known_keys(shape):
            if not key.endswith(("password_file", "secret_file")) and (section, key) != ("cloud", "endpoint"):
                assert re.search(rf"\b{key}\b", text), f"{section}.{key}"


@pytest.mark.parametrize("key", ["incremental", "full_every_days"])
def test_a_key_without_effect_is_none(mistakes: Mistakes, key: str) -> None:
    """Every run reads the directory in full: keys that said otherwise are unknown."""
    assert key not in config_template()
    (found,) = mistakes(RIGHT.replace("[cloud]", f"{key} = 7\n[cloud]"))
    assert found.startswith(f"prepop.toml:7: directory.{key}: unknown key.")


def test_awkward_words_in_the_template(folder: Path) -> None:
    """Quotes, backslashes and letters of any script in an answer stay what they are."""
    name = 'OU=Zoë\\, \\"x\\",DC=corp'
    (folder / "prepop.toml").write_text(config_template(mapping="map.toml", base=name), encoding="utf-8")
    assert load(Path("prepop.toml"), {}).directories[0].base == (name,)


def test_the_config_of_the_rehearsal(folder: Path) -> None:
    """demo_config is a config of a sandbox on loopback, with state and reports beside it."""
    (folder / "people.ldif").write_text("")
    text = demo_config(Path("people.ldif"), Path("map.toml"), "http://127.0.0.1:8080")
    (folder / "prepop.toml").write_text(text)
    settings = load(Path("prepop.toml"), {})
    assert settings.cloud.credential is Credential.NONE
    assert settings.cloud.endpoint == "http://127.0.0.1:8080"
    assert settings.cloud.tenant == "contoso.onmicrosoft.com"
    [directory] = settings.directories
    assert (directory.kind, directory.path) == (DirectoryKind.LDIF, folder / "people.ldif")
    assert (settings.state_dir, settings.report_dir) == (folder / "state", folder / "reports")


@pytest.mark.parametrize("verb", ["demo", "sandbox"])
def test_the_config_says_what_wrote_it(verb: str) -> None:
    """The first line names the verb that wrote the config."""
    text = demo_config(Path("people.ldif"), Path("map.toml"), "http://127.0.0.1:8080", verb=verb)
    assert text.startswith(f"# prepop {verb} wrote this: ")


def test_the_wheel_has_the_mappings_and_the_documents(tmp_path: Path) -> None:
    """An installed prepop has the same mappings and documents without a checkout."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True, cwd=ROOT)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    script = "from prepop.settings.samples import default_mapping; print(default_mapping())"
    answer = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); {script}",
        ],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
    )
    assert answer.stdout == f"{default_mapping()}\n"
    installed = tmp_path / "installed" / "prepop" / "settings" / "mappings"
    assert sorted(file.name for file in installed.glob("*.toml")) == SAMPLES
    there = {path.relative_to(tmp_path / "installed") for path in (tmp_path / "installed").rglob("*.md")}
    documents = {path.relative_to(ROOT) for path in (ROOT / "prepop").rglob("*.md")}
    assert documents <= there
    assert Path("prepop/cloud/GRAPH.md") in documents
