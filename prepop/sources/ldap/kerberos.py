"""`bind = "kerberos"`: GSSAPI, and SSPI on Windows.

On Windows nothing is fetched and no ticket cache is asked: SSPI signs in as the account that runs prepop, a
group managed service account say, whose password nobody knows. ldap3 speaks to it through winkerberos, and
sends the token of the server's certificate there too (LIBRARIES section 3). No test has seen a Windows: a
stand-in for winkerberos, made of GSSAPI, takes this way against a real domain controller.
"""

import importlib.util
import sys
from typing import Any

import ldap3

from prepop.errors import ConfigError, SignInError
from prepop.options import DirectoryOptions, LdapHost

_PLATFORM = sys.platform


def on_sspi() -> bool:
    """True where Windows itself signs in. Whoever installed gssapi there wants that: ldap3 takes it first."""
    return _PLATFORM == "win32" and importlib.util.find_spec("gssapi") is None


def ticket_errors() -> tuple[type[Exception], ...]:
    """What the library of this system raises where it gets no ticket."""
    if on_sspi():
        from winkerberos import GSSError as SspiError

        return (SspiError,)
    from gssapi.raw.misc import GSSError

    return (GSSError,)


def sasl(to: LdapHost, options: DirectoryOptions, password: str) -> dict[str, Any]:
    """How ldap3 is to sign in: with the ticket that is there, or with one fetched for user and password.

    Raises ConfigError where the package is missing, or where SSPI is given a password; SignInError.
    """
    package = "winkerberos" if on_sspi() else "gssapi"
    if importlib.util.find_spec(package) is None:
        raise ConfigError(
            [f'directory "{options.name}": bind = "kerberos" needs the Python package {package}'],
            hint='install prepop[kerberos], or set bind = "simple" with user and password_env',
        )
    host = options.tls_names[0] if to.is_ip else to.host  # with an address settings asks for tls_names
    if on_sspi():
        if password:
            raise ConfigError(
                [f'directory "{options.name}": bind = "kerberos" takes no password on Windows'],
                hint="run prepop as the account that reads the directory, and take the password away",
            )
        return {
            "authentication": ldap3.SASL,
            "sasl_mechanism": ldap3.KERBEROS,
            "sasl_credentials": (host,),
        }
    import gssapi

    doing = f'directory "{options.name}": getting a Kerberos ticket for {options.user or "the ticket cache"}'
    try:
        if not password:
            credentials = gssapi.raw.acquire_cred(None, usage="initiate").creds
        else:
            user, at, realm = options.user.partition("@")
            principal = gssapi.raw.import_name(f"{user}{at}{realm.upper()}".encode(), gssapi.NameType.user)
            credentials = gssapi.raw.acquire_cred_with_password(
                principal, password.encode(), usage="initiate"
            ).creds
    except gssapi.raw.misc.GSSError as error:
        raise no_ticket(doing, error) from error
    return {
        "authentication": ldap3.SASL,
        "sasl_mechanism": ldap3.KERBEROS,
        "sasl_credentials": (host, None, credentials),
    }


def no_ticket(doing: str, error: Exception) -> SignInError:
    """What the library said of a ticket that it did not get, and what to try."""
    words = " ".join(str(error).split())
    hint = "see the System log of this machine" if on_sspi() else "see klist, and the [realms] of krb5.conf"
    for sign, advice in (
        ("Preauthentication failed", "wrong password: check the variable or file that holds it"),
        ("Password incorrect", "wrong password: check the variable or file that holds it"),
        ("not found in Kerberos database", "check user and the host name in url (its name is ldap/HOST)"),
        ("No Kerberos credentials", "run kinit, set KRB5_CLIENT_KTNAME to a keytab, or give a password_env"),
        ("No credentials cache", "run kinit, set KRB5_CLIENT_KTNAME to a keytab, or give a password_env"),
        ("revoked", "the account is locked or disabled"),
        ("Clock skew", "set the clock of this machine"),
        ("Cannot contact any KDC", "check the [realms] of krb5.conf and the firewall (port 88)"),
        ("target is unknown", "check the host name in url (its name is ldap/HOST)"),  # SEC_E_TARGET_UNKNOWN
        ("No credentials are available", "run prepop as a domain account or a gMSA"),  # SEC_E_NO_CREDENTIALS
        ("No authority could be contacted", "check that this machine reaches a domain controller"),
        ("expired", "the password or the ticket has expired"),
    ):
        if sign in words:
            hint = advice
            break
    return SignInError(f"{doing}: {words}", hint=hint)
