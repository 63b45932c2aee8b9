"""Attributes as the schema of a directory describes them: MS-ADTS 3.1.1.2.3 (attributeSchema)."""

from collections.abc import Collection, Mapping

import ldap3
from ldap3.utils.conv import escape_filter_chars

from prepop.rules.readiness.facts import Attribute
from prepop.sources.entries import Entry
from prepop.sources.ldap.search import BadFilter, NoSuchBase, number, pages, text

_NOT_REPLICATED, _CONFIDENTIAL, _FILTERED = 0x1, 0x80, 0x200  # MS-ADTS 2.2.9 and 2.2.10


def attribute_names(connection: ldap3.Connection, schema: str, names: Collection[str]) -> dict[str, str]:
    """Which of these attributes the schema has, by lower case; all for no names. {} where unreadable."""
    query = "(objectClass=attributeSchema)"
    if names:
        query = "(|" + "".join(f"(lDAPDisplayName={escape_filter_chars(name)})" for name in names) + ")"
    try:
        return {
            value.decode().lower(): value.decode()
            for page in pages(connection, schema, query, ["lDAPDisplayName"], scope=ldap3.LEVEL)
            for entry in page
            for value in entry.attributes.get("ldapdisplayname", ())
        }
    except (NoSuchBase, BadFilter):
        return {}


def described(
    connection: ldap3.Connection, schema: str, attributes: Collection[str]
) -> Mapping[str, Attribute]:
    """Each attribute as the schema describes it, by lower case; one that is not there is `known=False`."""
    names = {name.lower(): name for name in attributes}
    if not names:
        return {}
    query = "(|" + "".join(f"(lDAPDisplayName={escape_filter_chars(name)})" for name in names.values()) + ")"
    wanted = (
        "lDAPDisplayName",
        "schemaIDGUID",
        "attributeSecurityGUID",
        "searchFlags",
        "systemFlags",
        "isMemberOfPartialAttributeSet",
    )
    found: dict[str, Attribute] = {}
    for page in pages(connection, schema, query, wanted, scope=ldap3.LEVEL):
        for entry in page:
            described = _attribute(entry)
            found[described.name.lower()] = described
    return {key: found.get(key, Attribute(name, known=False)) for key, name in names.items()}


def _attribute(entry: Entry) -> Attribute:
    search, system = number(entry.attributes, "searchflags"), number(entry.attributes, "systemflags")
    return Attribute(
        text(entry.attributes, "ldapdisplayname"),
        id=entry.attributes.get("schemaidguid", (b"",))[0],
        set_id=entry.attributes.get("attributesecurityguid", (b"",))[0],
        confidential=bool(search & _CONFIDENTIAL),
        everywhere=not system & _NOT_REPLICATED,
        filtered=bool(search & _FILTERED),
        catalog=text(entry.attributes, "ismemberofpartialattributeset").upper() == "TRUE",
    )
