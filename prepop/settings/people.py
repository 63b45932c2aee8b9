"""`[notify.people]`: the mail server and what goes through it. Without the section nobody gets a mail."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult

from prepop.options import PeopleOptions
from prepop.settings import references
from prepop.settings.checking import Section
from prepop.settings.documents import quoted
from prepop.settings.shapes import PeopleShape

_PORTS = {"smtps": 465, "smtp": 587}  # RFC 8314 section 3.3, and submission with STARTTLS (RFC 6409)


def people(
    section: Section[PeopleShape], folder: Path, environ: Mapping[str, str]
) -> tuple[PeopleOptions | None, str]:
    """The options and the password, "" where nobody signs in; None where nobody is told."""
    values = section.values
    password = references.read_secret(
        section, "password", values.password_env, values.password_file, folder, environ
    )
    if not section.given:
        return None, ""
    url = references.split_url(values.server)
    host, scheme = (url.hostname or "", url.scheme) if url is not None else ("", "")
    if not values.server:
        section.mistake("server", 'is missing, such as "smtps://mail.corp.example".')
    elif url is None or scheme not in _PORTS or not host or _has_more(url):
        text = "is not smtps://HOST[:PORT], or smtp://HOST[:PORT] with STARTTLS; the user has its own key."
        section.mistake("server", f"{references.shown_url(values.server)} {text}")
    if not values.sender:
        section.mistake(
            "sender", "is missing: the address that people answer to where something is not theirs."
        )
    elif not _is_address(values.sender):
        section.mistake(
            "sender", f'{quoted(values.sender)} is not an address such as "it-service@corp.example".'
        )
    secret = values.password_env or values.password_file
    if values.user and not secret:
        section.mistake("user", "needs password_env or password_file.", "password_env", "password_file")
    if secret and not values.user:
        key = "password_env" if values.password_env else "password_file"
        section.mistake(key, "needs a user.", "user")
    templates = folder / values.templates if values.templates else None
    if templates is not None and not templates.is_dir():
        section.mistake("templates", f"there is no folder {quoted(values.templates)} (looked in {folder}).")
    port = (url.port if url is not None else None) or _PORTS.get(scheme, 0)
    options = PeopleOptions(
        host=host,
        port=port,
        tls=scheme == "smtps",
        sender=values.sender,
        user=values.user,
        templates=templates,
        most=values.most,
        removals=values.removals,
    )
    return options, password


def _has_more(url: SplitResult) -> bool:
    return bool(url.path.strip("/") or url.query or url.fragment or "@" in url.netloc)


def _is_address(text: str) -> bool:
    from email.errors import HeaderParseError
    from email.headerregistry import Address

    try:
        found = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError):
        return False
    return text.isascii() and "." in found.domain and found.addr_spec == text
