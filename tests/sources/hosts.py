"""Domain controllers as settings would give them to a source."""

from urllib.parse import urlsplit

from prepop.options import LdapHost


def hosts(*urls: str) -> tuple[LdapHost, ...]:
    """Each URL, read."""
    found = []
    for url in urls:
        parts = urlsplit(url)
        tls = parts.scheme == "ldaps"
        found.append(LdapHost(url, parts.hostname or "", parts.port or (636 if tls else 389), tls))
    return tuple(found)
