"""The national clouds in one table: where Graph is, who signs in, what is offered there.

Sources: GRAPH section 8 (roots and authorities, from Microsoft's page on national cloud
deployments) and GRAPH section 1, availability (no email methods in the cloud operated by 21Vianet).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from prepop.options import CloudOptions, Environment, is_loopback

VERSION = "v1.0"


@dataclass(frozen=True, slots=True)
class Cloud:
    """One national cloud. `graph` and `authority` are origins without a path."""

    graph: str
    authority: str
    email_methods: bool = True


CLOUDS: Mapping[Environment, Cloud] = {
    Environment.GLOBAL: Cloud("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    Environment.US_GOV: Cloud("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    Environment.US_GOV_DOD: Cloud("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    Environment.CHINA: Cloud(
        "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn", email_methods=False
    ),
}


@dataclass(frozen=True, slots=True)
class GraphRoot:
    """Where this run's requests go.

    base: Graph root with version, no slash at the end. scope: what a token is asked for; a token for an
    own endpoint is good for nothing else, so that none of the real Graph gets there.
    loopback: an emulated tenant on this machine.
    """

    base: str
    authority: str
    scope: str
    loopback: bool
    email_methods: bool


def place(options: CloudOptions) -> GraphRoot:
    """Where requests go under these options, which `settings` has checked."""
    cloud = CLOUDS[options.environment]
    if not options.endpoint:
        return GraphRoot(
            f"{cloud.graph}/{VERSION}", cloud.authority, f"{cloud.graph}/.default", False, cloud.email_methods
        )
    root = options.endpoint.rstrip("/")
    parts = urlsplit(root)
    return GraphRoot(
        f"{root}/{VERSION}",
        cloud.authority,
        f"{parts.scheme}://{parts.netloc}/.default",
        is_loopback(parts.hostname or ""),
        cloud.email_methods,
    )


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL; ("", "", None) for one that has a user name or cannot be read.

    >>> origin("https://Graph.Microsoft.com/v1.0/users")
    ('https', 'graph.microsoft.com', 443)
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ("", "", None)
    if parts.username is not None or parts.password is not None or not parts.hostname:
        return ("", "", None)
    return (parts.scheme, parts.hostname, port or {"https": 443, "http": 80}.get(parts.scheme))
