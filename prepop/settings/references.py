"""Follows a key to what it names: a variable, a file, a host.

What stands where a secret's place belongs (`*_env`, and `*_file` of a secret or a certificate) may be the
secret itself, put in the wrong place. So it stands in no message, not even in part, unless a file of that
name is there.
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from prepop.files import Untrusted, link_of_others, others_can_write, read_guarded
from prepop.settings.checking import Section
from prepop.settings.documents import quoted
from prepop.settings.shapes import Shape

log = logging.getLogger(__name__)

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
# Key Vault in the global cloud, of the US government and of 21Vianet; names: 3 to 24, and 1 to 127 characters
_VAULT = re.compile(r"[a-z][a-z0-9-]{1,22}[a-z0-9]\.vault\.(azure\.net|usgovcloudapi\.net|azure\.cn)")
_SECRET_PATH = re.compile(r"/secrets/[A-Za-z0-9-]{1,127}(/[0-9a-f]{32})?/?")
_DER = b"\x30"  # a SEQUENCE, as which every PFX begins


def read_secret(
    section: Section[Shape], stem: str, variable: str, file: str, folder: Path, environ: Mapping[str, str]
) -> str:
    """The secret that `STEM_env` (`variable`) or `STEM_file` (`file`) leads to; "" where neither is given.

    Everything that keeps it from being read is noted as a mistake of that key. Of a file one line end
    at its end is not part of the secret: editors and `echo` add it. `folder` is that of the config.
    """
    env_key, file_key = f"{stem}_env", f"{stem}_file"
    if variable and file:
        section.mistake(file_key, f"{env_key} is given too; keep one of them.", env_key)
        return ""
    if variable:
        secret = environ.get(variable)
        if not secret:
            state = "is not set" if secret is None else "is empty"
            section.mistake(env_key, f"the environment variable that it names {state}.")
            return ""
        return secret
    if file:
        content = _read(section, file_key, file, folder)
        if content is None:
            return ""
        try:
            secret = content.decode("utf-8")
        except UnicodeDecodeError:
            section.mistake(file_key, f"{quoted(file)} is not UTF-8 text.")
            return ""
        secret = re.sub(r"\r?\n\Z", "", secret)
        if not secret:
            section.mistake(file_key, f"{quoted(file)} is empty.")
        return secret
    return ""


def vault_secret(section: Section[Shape], stem: str, text: str) -> str:
    """The URL of a secret in Key Vault, as Azure shows it; "" where none is given.

    Only the hosts of Key Vault are taken: a token goes there. What stands here is never quoted.
    """
    if not text:
        return ""
    url = split_url(text)
    right = (
        url is not None
        and url.scheme == "https"
        and url.netloc.lower() == (url.hostname or "").lower()
        and _VAULT.fullmatch(url.netloc.lower())
        and _SECRET_PATH.fullmatch(url.path)
        and not url.query
        and not url.fragment
    )
    if not right:
        section.mistake(
            f"{stem}_vault",
            "is not the address of a secret, such as https://NAME.vault.azure.net/secrets/NAME.",
        )
        return ""
    return text


def certificate(section: Section[Shape], key: str, file: str, folder: Path) -> Path | None:
    """The file of a certificate with its private key, PEM or PFX; None where none is named."""
    if not file:
        return None
    content = _read(section, key, file, folder)
    if content is None:
        return None
    kinds = {kind.split()[-1] for kind in _PEM.findall(content)}
    if not content.startswith(_DER):
        missing = [
            name
            for name, word in (("certificate", b"CERTIFICATE"), ("private key", b"KEY"))
            if word not in kinds
        ]
        if missing:
            text = f"{quoted(file)} holds no {' and no '.join(missing)}: a PEM or PFX file has both."
            section.mistake(key, text)
    return (folder / file).absolute()


def authorities(section: Section[Shape], key: str, file: str, folder: Path) -> Path | None:
    """The file of the certificates (PEM) that are trusted; None where none is named."""
    path = _existing_file(section, key, file, folder)
    if path is None:
        return None
    import ssl  # not for those who name no authority: it costs a start

    try:
        if others := others_can_write(path) or link_of_others(path):
            section.mistake(key, f"{quoted(file)} {others}.")
        ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        section.mistake(
            key,
            f"{quoted(file)} holds no PEM certificate "
            "(of a DER file: openssl x509 -inform der -in FILE -out ca.pem).",
        )
    except OSError as error:
        section.mistake(key, f"{quoted(file)} cannot be read: {error.strerror}.")
    return path


def export(section: Section[Shape], key: str, file: str, folder: Path) -> Path | None:
    """An export of the directory. Other accounts usually write it, so prepop only warns of that."""
    path = _existing_file(section, key, file, folder)
    if path is not None and (others := others_can_write(path) or link_of_others(path)):
        log.warning("%s %s: whoever writes it decides whose number goes where", path, others)
    return path


def _read(section: Section[Shape], key: str, file: str, folder: Path) -> bytes | None:
    """The content of a file that holds a secret; None, and a mistake, where it cannot be had."""
    try:
        return read_guarded(folder / file, secret=True)
    except Untrusted as error:
        section.mistake(key, f"{quoted(file)} {error.why}.")
    except FileNotFoundError:
        section.mistake(key, f"the file that it names is not there (looked in {folder}).")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no usable path"
        section.mistake(key, f"the file that it names cannot be read: {why}.")
    return None


def _existing_file(section: Section[Shape], key: str, value: str, folder: Path) -> Path | None:
    if not value:
        return None
    path = (folder / value).absolute()
    try:
        if path.is_file():
            return path
        exists = path.exists()
    except (OSError, ValueError) as error:
        section.mistake(key, f"{quoted(value)} cannot be looked at: {getattr(error, 'strerror', error)}.")
        return None
    section.mistake(key, f"{quoted(value)} is {'no file' if exists else f'not there (looked in {folder})'}.")
    return None


# ---------------------------------------------------------------- hosts


def split_url(text: str) -> SplitResult | None:
    """The parts of a URL, None where it cannot be divided or has an impossible port."""
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        return None
    return url


def shown_url(text: str) -> str:
    """A URL as a mistake may show it: without what could be a user and a password."""
    return "an address with a user in it" if "@" in text else quoted(text)
