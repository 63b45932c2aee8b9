"""Which tenants a fleet has, and the variables of each.

The variables of a tenant, its secrets among them, stand in a file beside its config: `prepop.env` beside
`prepop.toml`, `contoso.env` beside `contoso.toml`. Each process gets those of its own tenant, and of the
environment of the fleet only what belongs to the machine: no `PREPOP_...` and nobody's secret.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prepop.errors import UsageError
from prepop.files import Untrusted, read_guarded

CONFIG = "prepop.toml"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# what a program needs of the machine it runs on
_MACHINE = (
    "PATH HOME USER LOGNAME SHELL TZ LANG LANGUAGE TMPDIR TEMP TMP SSL_CERT_FILE SSL_CERT_DIR "
    "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy KRB5_CONFIG PYTHONUTF8 "
    "PYTHONOPTIMIZE PYTHONDONTWRITEBYTECODE PYTHONPATH LD_LIBRARY_PATH SYSTEMROOT SYSTEMDRIVE WINDIR "
    "COMSPEC PATHEXT APPDATA LOCALAPPDATA PROGRAMDATA USERPROFILE USERNAME USERDOMAIN "
)
# the machine's own identity in Azure: the same for every tenant
_IDENTITY = (
    "IDENTITY_ENDPOINT IDENTITY_HEADER IMDS_ENDPOINT AZURE_CLIENT_ID AZURE_TENANT_ID "
    "AZURE_AUTHORITY_HOST AZURE_FEDERATED_TOKEN_FILE "
)
_KEPT = frozenset(f"{_MACHINE}{_IDENTITY}".split())


@dataclass(frozen=True, slots=True)
class TenantConfig:
    """One tenant of a fleet. config: the absolute path of its config. name: one of a kind in the fleet."""

    name: str
    config: Path

    @property
    def variables(self) -> Path:
        """The file of its variables; it need not be there."""
        return self.config.with_suffix(".env")


def tenants_of(words: Sequence[str]) -> list[TenantConfig]:
    """The tenants that configs or their folders name, in the order of their paths.

    Whether a config is there is not asked: that is for its own process to say. Raises UsageError where one
    is named twice, which would be two runs of one state.
    """
    paths = [Path(word) / CONFIG if Path(word).is_dir() else Path(word) for word in words]
    configs = sorted(Path(os.path.abspath(path)) for path in paths)  # noqa: PTH100 - links stay as they are named
    real = Counter(path.resolve() for path in configs)
    if twice := [path for path in configs if real[path.resolve()] > 1]:
        raise UsageError(f"the config {twice[0]} is named twice", hint="name each tenant once")
    return [TenantConfig(name, path) for name, path in zip(_names(configs), configs, strict=True)]


def _names(configs: Sequence[Path]) -> list[str]:
    """A short name of each: its folder's for a prepop.toml, else its own, with more of the path where needed.

    Names are also those of folders below --out, so they hold letters, digits, points, dashes.
    """
    parts = [path.parts[1:-1] if path.name == CONFIG else (*path.parts[1:-1], path.stem) for path in configs]
    names: list[str] = []
    for own in parts:
        deep = 1
        while deep < len(own) and sum(own[-deep:] == other[-deep:] for other in parts) > 1:
            deep += 1
        names.append(re.sub(r"[^\w.-]+", "-", "-".join(own[-deep:])).strip(".") or "tenant")
    seen: Counter[str] = Counter()
    for place, name in enumerate(names):
        seen[name.casefold()] += 1
        if seen[name.casefold()] > 1:
            names[place] = f"{name}-{place}"
    return names


def shard_of(tenants: Sequence[TenantConfig], shard: tuple[int, int]) -> list[TenantConfig]:
    """Every Nth tenant, from the one at I on."""
    number, count = shard
    return [tenant for place, tenant in enumerate(tenants) if place % count == number]


def environment_of(tenant: TenantConfig, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a tenant's process: the machine's, and its own variables. Raises UsageError."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in _KEPT or name.startswith("LC_") or (os.name == "nt" and name.upper() in _KEPT)
    }
    return {**kept, **_own(tenant.variables)}


def left_behind(environ: Mapping[str, str]) -> list[str]:
    """Names of variables meant for prepop that no tenant of a fleet gets."""
    return sorted(name for name in environ if name.startswith("PREPOP_"))


def _own(path: Path) -> dict[str, str]:
    doing = f"reading the variables in {path}"
    try:
        text = read_guarded(path, secret=True).decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except Untrusted as error:
        raise UsageError(f"{doing}: it {error.why}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{doing}: it is not UTF-8 text") from error
    except OSError as error:
        raise UsageError(
            f"{doing}: {error.strerror}", hint="let the user that runs prepop read it"
        ) from error
    return _pairs(text.splitlines(), doing)


def _pairs(rows: Iterable[str], doing: str) -> dict[str, str]:
    """NAME=VALUE a line; a value may stand in quotes. No message quotes a line: it may be a secret."""
    found: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        name, sign, value = row.partition("=")
        name, value = name.strip(), value.strip()
        if not sign or not _NAME.fullmatch(name) or "\0" in value:
            raise UsageError(f"{doing}: line {number} is not NAME=VALUE", hint="one variable a line")
        if name in found:
            raise UsageError(f"{doing}: line {number} sets a variable that an earlier line sets too")
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[name] = value
    return found
