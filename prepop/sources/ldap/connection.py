"""A signed-in connection to one domain controller: TLS, bind, and what went wrong in plain words.

ldap3's defaults verify no certificate and know no time-outs; everything is set here, once. Certificates
are always verified, and nothing is ever sent without TLS, a Kerberos bind included: ldap3 can neither
sign nor seal, so the answers could be changed on their way. A Kerberos bind is bound to its TLS channel by
a token of the server's certificate, which ldap3 sends (LIBRARIES section 3).
"""

import logging
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPCertificateError, LDAPException, LDAPOperationResult

from prepop.errors import SignInError
from prepop.options import Bind, DirectoryOptions, LdapHost
from prepop.sources.ldap import kerberos

log = logging.getLogger(__name__)

#: What ldap3 lets through when an answer is not LDAP at all, besides its own and the socket's errors.
UNREADABLE = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError)

#: Why Active Directory refused a name and a password: the `data` of LDAP result 49 (Win32 error codes).
SIGN_IN_REFUSED = {
    "525": ("there is no such user", "check user; a UPN, DOMAIN\\user and a DN are understood"),
    "52e": ("wrong user or password", "check user, and the variable or file that holds the password"),
    "530": ("not allowed to sign in at this hour", "lift the logon hours of the account"),
    "531": ("not allowed to sign in from this machine", "lift the workstation list of the account"),
    "532": ("the password has expired", "set a new password"),
    "533": ("the account is disabled", "enable it, or use another account"),
    "701": ("the account has expired", "extend it, or use another account"),
    "773": ("the password must be changed first", "set a password without 'must change at next logon'"),
    "775": ("the account is locked out", "unlock it, and find out who used a wrong password"),
}


class ServerFailed(Exception):
    """One server could not be read to the end; another one may. Never leaves this package."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Whole seconds. `answer`: Active Directory itself gives up a query after 120 (MaxQueryDuration)."""

    connect: int = 10
    answer: int = 130


@contextmanager
def connected(
    to: LdapHost, options: DirectoryOptions, password: str, timeouts: Timeouts
) -> Iterator[ldap3.Connection]:
    """A connection with TLS and a bind, closed at the end.

    Raises ServerFailed where this server cannot be reached or trusted, SignInError where it refuses
    the bind, ConfigError where the settings cannot work anywhere.
    """
    # before anything is sent: a missing package or ticket is not the fault of a server
    how = _simple(options, password) if options.bind is Bind.SIMPLE else kerberos.sasl(to, options, password)
    server = ldap3.Server(
        to.host,
        port=to.port,
        use_ssl=to.tls,
        tls=_Verified(to, options),
        get_info=ldap3.NONE,
        connect_timeout=timeouts.connect,
    )
    connection = ldap3.Connection(
        server,
        client_strategy=ldap3.SYNC,
        read_only=True,
        raise_exceptions=True,
        receive_timeout=timeouts.answer,
        auto_referrals=False,
        auto_range=False,
        return_empty_attributes=False,
        check_names=False,
        auto_bind=ldap3.AUTO_BIND_DEFAULT,
        **how,
    )
    try:
        _open(connection, to, options)
        _bind(connection, to, options)
        yield connection
    finally:
        left = connection.socket  # ldap3 leaves it open where opening or StartTLS failed
        try:
            connection.unbind()
        except (LDAPException, OSError) as error:  # it was broken already, and that was said
            log.debug("%s: closing: %s", to.url, error)
        if left is not None:
            left.close()


# ---------------------------------------------------------------- TLS


class _Verified(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """TLS that verifies authority, time and name, and closes the socket where one of them is wrong.

    ldap3's own comparison of names knows no IP addresses on Python 3.12 and later.
    """

    def __init__(self, to: LdapHost, options: DirectoryOptions) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._to = to
        self._names = (to.host, *options.tls_names)
        self._authorities = str(options.ca_file) if options.ca_file else None

    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = True) -> None:
        """ldap3 calls this for LDAPS and for StartTLS alike, before anything else is sent."""
        context = ssl.create_default_context(cafile=self._authorities)  # verifies; TLS 1.2 or later
        context.check_hostname = False  # compared below: several names may be meant
        name = None if self._to.is_ip else self._to.host
        wrapped = context.wrap_socket(connection.socket, server_hostname=name)  # closes it on failure
        borne = _names(wrapped.getpeercert() or {})
        if not any(_matches(pattern, wanted) for pattern in borne for wanted in self._names):
            wrapped.close()
            raise LDAPCertificateError(f"{_OTHER_NAME}: {', '.join(borne) or 'none'}")
        connection.socket = wrapped


_OTHER_NAME = "names in the certificate"


def _names(certificate: Mapping[str, Any]) -> list[str]:
    """The names in a certificate: alternative names, or the common name of old ones."""
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    subject = [pair for part in certificate.get("subject", ()) for pair in part]
    return names or [value for kind, value in subject if kind == "commonName"]


def _matches(pattern: str, name: str) -> bool:
    """RFC 6125 section 6.4: a star stands for the whole first label, and only there."""
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if pattern.startswith("*.") and pattern.count(".") > 1:
        return name.partition(".")[2] == pattern[2:]
    return pattern == name


def _open(connection: ldap3.Connection, to: LdapHost, options: DirectoryOptions) -> None:
    try:
        connection.open(read_server_info=False)
        if not to.tls and not connection.start_tls(read_server_info=False):
            raise ServerFailed("StartTLS was refused", "use ldaps://")
    except (LDAPException, OSError, *UNREADABLE) as error:
        raise _reach(error, to, options) from error


def _reach(error: Exception, to: LdapHost, options: DirectoryOptions) -> ServerFailed:
    """Why a server could not be reached or trusted, and what to do about it."""
    words = str(error)
    trusted = f"the certificates in {options.ca_file}" if options.ca_file else "this machine's trust store"
    if _OTHER_NAME in words:
        borne = words[words.rfind(_OTHER_NAME) + len(_OTHER_NAME) + 2 :]
        return ServerFailed(
            f"the certificate is for another name than {to.host} (it bears: {borne})",
            "write the name of the certificate into url, or into tls_names where that is meant",
        )
    if "certificate has expired" in words:
        return ServerFailed(
            "the certificate has expired", "renew the domain controller's certificate; check the clock"
        )
    if "certificate is not yet valid" in words:
        return ServerFailed("the certificate is not valid yet", "check the clock of this machine")
    if "CERTIFICATE_VERIFY_FAILED" in words or "certificate verify failed" in words:
        detail = words[words.find("verify failed:") :].removeprefix("verify failed:").split("(_ssl")[0]
        return ServerFailed(
            f"the certificate is not signed by {trusted}:{detail.rstrip()}",
            "set ca_file to the certificate (PEM) of the authority that signed it",
        )
    if "startTLS failed" in words or "LDAPStartTLSError" in words:
        return ServerFailed(f"StartTLS was refused: {words}", "use ldaps://")
    if "WRONG_VERSION_NUMBER" in words or "wrong version number" in words:
        return ServerFailed("no TLS is spoken on this port", _other_port(to))
    if to.tls and to.port in _STARTTLS_PORTS:  # a server that speaks plain LDAP hangs up, or waits
        return ServerFailed(f"cannot be reached: {words}", _other_port(to))
    if "timed out" in words:
        return ServerFailed("no answer within the time-out", "check host, port and firewall")
    return ServerFailed(f"cannot be reached: {words}", "check host, port and firewall")


_STARTTLS_PORTS = {389, 3268}


def _other_port(to: LdapHost) -> str:
    if to.port in _STARTTLS_PORTS:
        return (
            f"port {to.port} speaks TLS only after StartTLS: write ldap://{to.host} with start_tls = true, "
            "or ldaps:// without a port (636)"
        )
    return "check the port in url"


# ---------------------------------------------------------------- bind


def _bind(connection: ldap3.Connection, to: LdapHost, options: DirectoryOptions) -> None:
    who = options.user or "the ticket's owner"
    doing = f'directory "{options.name}": signing in to {to.url} as {who}'
    ticket_errors: tuple[type[Exception], ...] = ()
    if options.bind is Bind.KERBEROS:
        ticket_errors = kerberos.ticket_errors()
    try:
        done = connection.bind(read_server_info=False)
    except ticket_errors as error:
        raise kerberos.no_ticket(doing, error) from error
    except LDAPOperationResult as error:
        if isinstance(error.__context__, ticket_errors):  # ldap3 aborts the bind; the refusal hides why
            raise kerberos.no_ticket(doing, error.__context__) from error
        if error.result in (51, 52):  # busy, unavailable: another server may answer
            raise ServerFailed(f"bind: {error.description}") from error
        raise _refused(doing, int(error.result), error.description, str(error.message)) from error
    except (LDAPException, OSError, *UNREADABLE) as error:
        raise ServerFailed(f"bind: {error}") from error
    if not done:
        raise _refused(doing, int(connection.result["result"]), str(connection.result["description"]), "")


def _refused(doing: str, code: int, description: str, message: str) -> SignInError:
    if "80090346" in message:
        return SignInError(
            f"{doing}: the server wants channel binding, and what it got does not match its certificate",
            hint="something between here and the server may be replacing its certificate; connect directly",
        )
    if code == 8:
        return SignInError(
            f"{doing}: the server wants signing that this bind cannot offer",
            hint='use ldaps:// with bind = "simple", or let the server accept Kerberos over TLS',
        )
    found = re.search(r"\bdata ([0-9a-f]+)\b", message)
    reason, hint = SIGN_IN_REFUSED.get(found[1] if found else "", (description, ""))
    more = f" (data {found[1]})" if found else ""
    return SignInError(f"{doing}: {reason}: LDAP result {code}{more}", hint=hint)


def _simple(options: DirectoryOptions, password: str) -> dict[str, Any]:
    if not options.user or not password:
        # a server takes an empty password for an anonymous bind, which "succeeds"; settings lets none through
        raise ValueError("a simple bind without a user or a password")
    return {"authentication": ldap3.SIMPLE, "user": options.user, "password": password}
