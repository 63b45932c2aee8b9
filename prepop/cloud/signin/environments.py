"""The national clouds in one table: where Graph is, who signs in, what is offered there.

Sources: GRAPH section 8 (roots and authorities, from Microsoft's page on national cloud
deployments) and GRAPH section 1, availability (no email methods in the cloud operated by 21Vianet).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from prepop.errors import ConfigError
from prepop.options import CloudOptions, Credential, Environment

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
    own https endpoint is good for nothing else. loopback: an emulated tenant on this machine.
    """

    base: str
    authority: str
    scope: str
    loopback: bool
    email_methods: bool


def place(options: CloudOptions) -> GraphRoot:
    """Where requests go under these options.

    Raises ConfigError for an endpoint that is no URL, is plain http beyond loopback, or has the version in
    it, and for `credential = "none"` anywhere but on loopback.
    """
    cloud = CLOUDS[options.environment]
    if not options.endpoint:
        if options.credential is Credential.NONE:
            raise ConfigError(['cloud.credential: "none" is for an endpoint on loopback only'])
        return GraphRoot(
            f"{cloud.graph}/{VERSION}", cloud.authority, f"{cloud.graph}/.default", False, cloud.email_methods
        )
    root = options.endpoint.rstrip("/")
    where = f"cloud.endpoint: {root!r}"
    try:
        parts = urlsplit(root)
        _ = parts.port  # a port that is no number raises here
    except ValueError as error:
        raise ConfigError([f"{where}: {error}"]) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError([f"{where} is not an address such as https://graph.microsoft.com"])
    if parts.username is not None or parts.password is not None:
        raise ConfigError(["cloud.endpoint: no user name or password belongs into an endpoint"])
    if parts.path.rstrip("/").endswith(("/v1.0", "/beta")):
        raise ConfigError([f"{where}: leave the version out; prepop adds {VERSION} itself"])
    loopback = is_loopback(parts)
    if parts.scheme == "http" and not loopback:
        raise ConfigError([f"{where}: http is for loopback (127.0.0.1) only; use https"])
    if options.credential is Credential.NONE and not loopback:
        raise ConfigError(['cloud.credential: "none" is for an endpoint on loopback only'])
    scope = f"{cloud.graph if loopback else f'{parts.scheme}://{parts.netloc}'}/.default"
    return GraphRoot(f"{root}/{VERSION}", cloud.authority, scope, loopback, cloud.email_methods)


def is_loopback(parts: SplitResult) -> bool:
    """True for localhost and for the loopback addresses; no name is looked up."""
    host = parts.hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


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
