"""The digests change with what decides a plan, and with nothing else."""

from pathlib import Path

import pytest

from prepop.settings import load
from tests.settings.conftest import RIGHT, RIGHT_MAPPING


def _digests(
    folder: Path, config: str = RIGHT, mapping: str = RIGHT_MAPPING, **environ: str
) -> tuple[str, str]:
    folder.mkdir(exist_ok=True)
    (folder / "prepop.toml").write_text(config)
    (folder / "map.toml").write_text(mapping)
    settings = load(folder / "prepop.toml", environ)
    return settings.config_digest, settings.mapping_digest


REFORMATTED = """\
# the same in other words
cloud = { tenant = "Contoso.onmicrosoft.com" , gates = 1 }
"mapping" = 'map.toml'
[[directory]]
base = [ "OU=Staff,DC=corp,DC=example", ]   # a list of one
url  = ["ldaps://dc1.corp.example"]
[limits]
additions = "20%,500"
[scope]
"""


def test_form_makes_no_difference(folder: Path) -> None:
    """Comments, order, spelled-out defaults, lists of one and another place on disk change nothing."""
    plain = _digests(folder)
    assert (
        _digests(folder / "moved", REFORMATTED, '[mobile] # x\npolicy = "fill"\nfrom = ["Mobile"]\n') == plain
    )


@pytest.mark.parametrize(
    "line",
    [
        "[state]\ndir = 'other'",
        "[state]\nkeep_days = 7",
        "[report]\ndir = 'other'\nformats = []",
        "requests_in_flight = 9",
        "credential = 'azure-cli'\nclient_id = '00000000-0000-0000-0000-000000000001'",
    ],
)
def test_what_decides_no_plan(folder: Path, line: str) -> None:
    """Places of state and reports, speed, and the way of signing in are not in the digest."""
    assert _digests(folder, f"{RIGHT}{line}\n") == _digests(folder)


@pytest.mark.parametrize(
    "line",
    [
        "environment = 'usgov'",
        "endpoint = 'https://graph.example'",
        "screen = 'live'",
        "gates = 2",
        "telephony_provider = true",
        "[scope]\ngroups = ['Pilot']",
        "[scope]\nexclude_groups = ['Pilot']",
        "[scope]\nusers = ['Pilot']",
        "[scope]\nprotected = ['Pilot']",
        "[scope]\nmatch = ['sid', 'anchor']",
        "[scope]\nguests = true",
        "[scope]\ndisabled = true",
        "[scope]\nprivileged = true",
        *(f"[limits]\n{key} = 1" for key in ("additions", "replacements", "removals", "unmatched", "unread")),
        *(f"[limits]\n{key} = 1" for key in ("source_shrink", "cloud_shrink", "min_population", "failures")),
        "[limits]\nunreadable = 1",
        "[trust]\nshared_value_max = 2",
        "[trust]\ncool_down_days = 1",
        "[trust]\ncountries = ['DE']",
        "[trust]\nextra_domains = ['example.org']",
    ],
)
def test_what_decides_a_plan(folder: Path, line: str) -> None:
    """Every key that decides a plan changes the config's digest, and not that of the mapping."""
    config, mapping = _digests(folder)
    other_config, other_mapping = _digests(folder, f"{RIGHT}{line}\n")
    assert other_config != config
    assert other_mapping == mapping


@pytest.mark.parametrize("key", ["URL", "BASE", "FILTER"])
def test_the_directory_decides_a_plan(folder: Path, key: str) -> None:
    """Which people are read changes the config's digest, wherever it was set."""
    value = {"URL": "ldaps://dc9", "BASE": "DC=other", "FILTER": "(a=b)"}[key]
    assert _digests(folder, **{f"PREPOP_DIRECTORY__{key}": value})[0] != _digests(folder)[0]


@pytest.mark.parametrize(
    "mapping",
    [
        '[mobile]\nfrom = "otherMobile"',
        '[mobile]\nfrom = ["mobile", "otherMobile"]',
        '[mobile]\nfrom = "mobile"\npolicy = "follow"',
        '[mobile]\nfrom = "mobile"\nremove = "own"',
        '[mobile]\nfrom = "mobile"\nseveral = "first"',
        '[alternateMobile]\nfrom = "mobile"',
        '[mobile]\nfrom = "mobile"\n[region]\nfrom = "c"',
        '[mobile]\nfrom = "mobile"\n[region]\ndefault = "DE"',
        '[mobile]\nfrom = "mobile"\n[region.ou]\n"OU=A" = "DE"',
    ],
)
def test_what_changes_a_mapping(folder: Path, mapping: str) -> None:
    """Every key of a mapping changes its digest, and not that of the config."""
    config, plain = _digests(folder)
    other_config, other = _digests(folder, mapping=mapping)
    assert other != plain
    assert other_config == config


def test_the_extension_changes_a_mapping(folder: Path) -> None:
    """`extension` of office is a key like the others."""
    office = '[office]\nfrom = "telephoneNumber"\n'
    assert _digests(folder, mapping=office) != _digests(folder, mapping=f'{office}extension = "keep"\n')
