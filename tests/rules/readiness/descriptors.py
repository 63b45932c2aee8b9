"""Security descriptors for tests, written in SDDL and made into bytes by Samba's own code, not by
prepop's.
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import ldap3
import pytest
from ldap3.protocol.microsoft import security_descriptor_control

from tests.sources.samba import DomainController

SAMBA_PYTHON = "/usr/bin/python3"
DOMAIN_SID = "S-1-5-21-1111111111-2222222222-3333333333"

_PACK = """
import json, sys
from samba.dcerpc import security
from samba.ndr import ndr_pack
domain, texts = json.load(sys.stdin)
sid = security.dom_sid(domain)
json.dump([ndr_pack(security.descriptor.from_sddl(text, sid)).hex() for text in texts], sys.stdout)
"""


def packed(texts: Sequence[str], domain: str = DOMAIN_SID) -> list[bytes]:
    """Self-relative descriptors of these SDDL texts; skips where Samba's Python modules are not there."""
    if not Path("/usr/sbin/samba").exists():
        pytest.skip("no Samba: its code is what makes descriptors here")
    done = subprocess.run(
        [SAMBA_PYTHON, "-I", "-c", _PACK],
        input=json.dumps([domain, list(texts)]),
        capture_output=True,
        text=True,
        check=True,
    )
    return [bytes.fromhex(one) for one in json.loads(done.stdout)]


def set_dacl(dc: DomainController, dn: str, sddl: str) -> None:
    """Put this DACL on an entry, as an administrator would; the server adds what is inherited."""
    (raw,) = packed([sddl], object_sid(dc, dc.base))
    put_dacl(dc, dn, raw)


def put_dacl(dc: DomainController, dn: str, raw: bytes) -> None:
    """The same with a descriptor as bytes, such as one that `dacl` gave."""
    with dc.administrator() as connection:
        connection.modify(
            dn,
            {"nTSecurityDescriptor": [(ldap3.MODIFY_REPLACE, [raw])]},
            controls=security_descriptor_control(sdflags=4),
        )


def dacl(dc: DomainController, dn: str) -> bytes:
    """The descriptor of an entry, its DACL alone, as the server sends it."""
    with dc.administrator() as connection:
        connection.search(
            dn,
            "(objectClass=*)",
            ldap3.BASE,
            attributes=["nTSecurityDescriptor"],
            controls=security_descriptor_control(sdflags=4),
        )
        raw = connection.response[0]["raw_attributes"]["nTSecurityDescriptor"][0]
        assert isinstance(raw, bytes)
        return raw


def object_sid(dc: DomainController, dn: str) -> str:
    """The SID of an entry as text, decoded by ldap3."""
    from ldap3.protocol.formatters.formatters import format_sid

    with dc.administrator() as connection:
        connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["objectSid"])
        return str(format_sid(connection.response[0]["raw_attributes"]["objectSid"][0]))
