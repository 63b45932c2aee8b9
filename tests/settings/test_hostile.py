"""No text, however odd, makes `load` do anything but load or say what is wrong."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.errors import ConfigError
from prepop.options import Settings
from prepop.settings import load
from prepop.settings.checking import known_keys
from prepop.settings.environment import SECTIONS
from tests.settings.conftest import RIGHT, RIGHT_MAPPING

MAPPING_KEYS = ["from", "ou", "default", "several", "policy", "remove", "extension", "form"]
MAPPING_SECTIONS = ["region", "mobile", "alternateMobile", "office", "email", "mobil"]
KEYS = sorted({key for shape in SECTIONS.values() for key in known_keys(shape)} | {"password", "x y", "é"})

TEXTS = ["", "ldap", "ldif", "simple", "none", "secret", "certificate", "1%", "500, 20%", "-1", "UK", "DE"]
PLACES = [
    "ldap://x",
    "ldaps://[::1",
    "http://[v1.x]",
    "http://localhost:0",
    "OU=a",
    "=",
    "\\,",
    ".",
    "..",
    "/",
]
ODD = [
    "\x00",
    "\x1b[2J",
    "a" * 300,
    "a/" * 3000,
    "~",
    "sid",
    "first",
    "keep",
    "(a=b)",
    "()",
    "١٢",
    "9" * 5000,
]
WORDS = st.sampled_from([*TEXTS, *PLACES, *ODD])
SCALARS = st.one_of(
    WORDS,
    st.text(max_size=20),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
)


def _toml(value: object) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value) + '"'
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + "}"
        case _:
            return "1979-05-27T07:32:00Z"


VALUES = st.recursive(
    st.one_of(SCALARS, st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


def _documents(sections: list[str], keys: list[str]) -> st.SearchStrategy[str]:
    """TOML texts of known and unknown keys with values of any type."""
    table = st.one_of(VALUES, st.dictionaries(st.sampled_from(keys), VALUES, max_size=6))
    blocks = st.one_of(table, st.lists(table, max_size=3))
    return st.dictionaries(st.sampled_from([*sections, "mapping", ""]), blocks, max_size=5).map(
        lambda document: "".join(f"{_toml(key)} = {_toml(value)}\n" for key, value in document.items())
    )


def _load(config: str, mapping: str, environ: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prepop.toml").write_bytes(config.encode("utf-8", "surrogatepass"))
        (folder / "map.toml").write_bytes(mapping.encode("utf-8", "surrogatepass"))
        try:
            loaded = load(folder / "prepop.toml", environ)
        except ConfigError as error:
            said = error.mistakes
        else:
            said = ("loaded",)
            assert isinstance(loaded, Settings)
    assert said
    assert all(mistake.isprintable() for mistake in said), repr(said)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        _documents(list(SECTIONS), KEYS), st.text(max_size=80), st.text("[]{}=\"'\\.#,a1\n \r", max_size=40)
    )
)
def test_any_config(config: str) -> None:
    """A config of any keys and values loads or is refused, with mistakes that can be printed."""
    _load(config, RIGHT_MAPPING, {"PREPOP_MAPPING": "map.toml"})


@settings(max_examples=150, deadline=None)
@given(st.one_of(_documents(MAPPING_SECTIONS, MAPPING_KEYS), st.text(max_size=60)))
def test_any_mapping(mapping: str) -> None:
    """So does a mapping."""
    _load(RIGHT, mapping, {})


ENVIRON_KEYS = st.one_of(
    st.sampled_from(
        [f"{section}__{key}".upper() for section, shape in SECTIONS.items() for key in known_keys(shape)]
    ),
    st.text("ACDEILMORST_", max_size=12),
    st.just("MAPPING"),
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(ENVIRON_KEYS.map("PREPOP_".__add__), st.one_of(WORDS, st.text(max_size=12)), max_size=5)
)
def test_any_environment(environ: dict[str, str]) -> None:
    """So does an environment."""
    _load(RIGHT, RIGHT_MAPPING, environ)
