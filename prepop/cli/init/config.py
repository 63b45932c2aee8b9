"""The config that `prepop init` writes: what was said, as text, as settings, and on the disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prepop.errors import ConfigError
from prepop.files import folder_for_all_to_enter, write_for_all_to_read, write_owner_only
from prepop.options import Bind, Credential, Settings

MAPPING = "mapping.toml"


@dataclass(frozen=True, slots=True)
class InitWishes:
    """What the options said, and then the answers. Empty: not said."""

    url: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    ca_file: str = ""
    tls_name: tuple[str, ...] = ()
    bind: str = ""
    user: str = ""
    password_env: str = "PREPOP_LDAP_PASSWORD"  # noqa: S105 - the name of a variable
    tenant: str = ""
    environment: str = ""
    credential: str = ""
    client_id: str = ""
    certificate_file: str = ""
    secret_env: str = "PREPOP_CLIENT_SECRET"  # noqa: S105 - the name of a variable
    extra: str = ""
    extra_key: str = ""
    extra_attribute: str = ""
    group: str = ""
    protected: tuple[str, ...] = ()
    region: str = ""
    email: str = ""


def config_text(wanted: InitWishes, mapping: str = MAPPING) -> str:
    """The commented config."""
    from prepop.settings.template import config_template, filled, with_extra

    values: dict[tuple[str, str], str | bool | Sequence[str]] = {
        ("", "mapping"): mapping,
        ("directory", "url"): wanted.url,
        ("directory", "base"): wanted.base,
        ("cloud", "tenant"): wanted.tenant,
    }
    if any(url.startswith("ldap://") for url in wanted.url):
        values["directory", "start_tls"] = True
    if wanted.bind == Bind.SIMPLE:
        values["directory", "password_env"] = wanted.password_env
    if wanted.credential == Credential.SECRET:
        values["cloud", "secret_env"] = wanted.secret_env
    for section, key, value in (
        ("directory", "ca_file", wanted.ca_file),
        ("directory", "tls_names", wanted.tls_name),
        ("directory", "bind", wanted.bind),
        ("directory", "user", wanted.user),
        ("cloud", "environment", wanted.environment),
        ("cloud", "credential", wanted.credential),
        ("cloud", "client_id", wanted.client_id),
        ("cloud", "certificate_file", wanted.certificate_file),
    ):
        if value:
            values[section, key] = value
    if wanted.group:
        values["scope", "groups"] = (wanted.group,)
    if wanted.protected:
        values["scope", "protected"] = wanted.protected
    text = filled(config_template(), values)
    if wanted.extra and wanted.extra_key:
        text = with_extra(text, str(Path(wanted.extra).absolute()), wanted.extra_key, wanted.extra_attribute)
    return text


def mapping_text(wanted: InitWishes) -> str:
    """The commented mapping, with the country and the address that were said."""
    from prepop.settings.samples import default_mapping
    from prepop.settings.template import filled

    text = default_mapping()
    if wanted.email:
        text = text.replace("# [email] ", "[email]   ")
        text = filled(text, {("email", "from"): (wanted.email,)})
    return filled(text, {("region", "default"): wanted.region}) if wanted.region else text


def settings_of(wanted: InitWishes, file: Path, environ: Mapping[str, str], *, overlay: str = "") -> Settings:
    """What `load` makes of this config where it will stand, with the mapping that is there or will be.

    Only while it is read, it stands there under another name. overlay: the section whose variables
    (`PREPOP_CLOUD__...`) count, as they will for `check`; "" for none, so that they hide no mistake.
    Raises ConfigError with every mistake, each with the place that it will have in `file`.
    """
    from prepop.settings import load

    folder = file.absolute().parent
    trial, mapping = file.with_name(f".{file.name}.trial"), folder / MAPPING
    trial_mapping = folder / f".{MAPPING}.trial"
    kept = {
        name: value
        for name, value in environ.items()
        if name != "PREPOP_MAPPING"
        and (not name.startswith("PREPOP_") or "__" not in name or name.startswith(f"PREPOP_{overlay}__"))
    }
    try:
        if not mapping.exists():
            write_owner_only(trial_mapping, mapping_text(wanted).encode())
            mapping = trial_mapping
        write_owner_only(trial, config_text(wanted, mapping.name).encode())
        return load(trial, kept)
    except ConfigError as error:
        mistakes = [mistake.replace(str(trial), str(file)) for mistake in error.mistakes]
        raise ConfigError(mistakes, hint=error.hint) from error
    finally:
        trial.unlink(missing_ok=True)
        trial_mapping.unlink(missing_ok=True)


def write(wanted: InitWishes, file: Path, environ: Mapping[str, str]) -> Settings:
    """Write config and mapping, once `load` has read them. What is missing or wrong so far behind the
    credential (a secret, a certificate, the app's id) is not a mistake. Raises ConfigError, and has written
    nothing then. Both hold no secret, and the service that reads them may be another user: all may read.
    """
    folder = file.absolute().parent
    folder_for_all_to_enter(folder)
    whole = replace(wanted, credential=Credential.AZURE_CLI.value)  # it needs nothing more
    try:
        settings = settings_of(whole, file, {**environ, wanted.password_env: "x", wanted.secret_env: "x"})
    except ConfigError as error:
        raise ConfigError(error.mistakes, hint="nothing was written") from error
    if not (folder / MAPPING).exists():
        write_for_all_to_read(folder / MAPPING, mapping_text(wanted).encode())
    write_for_all_to_read(file, config_text(wanted).encode())
    return settings
