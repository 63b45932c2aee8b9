"""Which attributes people may write on their own entry.

Active Directory's default lets everybody write the property set Personal-Information on himself (MS-ADSC,
defaultSecurityDescriptor of the class user: `OA;;RPWP;77B5B886-944A-11D1-AEBD-0000F80367C1;;PS`), and
telephone numbers belong to it. Which attributes do is read from the schema (attributeSecurityGUID), never
assumed.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from prepop.rules.readiness.facts import Attribute, PeopleDacl
from prepop.rules.readiness.security_descriptor import ANYBODY, SELF, Malformed, Right, held, parse, write


@dataclass(frozen=True, slots=True)
class SelfWritable:
    """An attribute that `people` of `of` may write on themselves. example: the DN of one of them."""

    attribute: str
    people: int
    of: int
    example: str


def self_writable(
    dacls: Collection[PeopleDacl], attributes: Collection[Attribute]
) -> tuple[SelfWritable, ...]:
    """The attributes that people may write on themselves (or anybody on anybody), in the order of their
    names.
    """
    whole = sum(dacl.people for dacl in dacls)
    found = []
    for attribute in sorted((a for a in attributes if a.known and a.id), key=lambda a: a.name.lower()):
        open_to_self = [dacl for dacl in dacls if _may(dacl, right_to_write(attribute))]
        if open_to_self:
            people = sum(dacl.people for dacl in open_to_self)
            found.append(SelfWritable(attribute.name, people, whole, open_to_self[0].example))
    return tuple(found)


def right_to_write(attribute: Attribute) -> Right:
    """Writing one attribute, as the schema describes it."""
    its_set = uuid.UUID(bytes_le=attribute.set_id) if len(attribute.set_id) == 16 else None
    return write(f"Write {attribute.name}", uuid.UUID(bytes_le=attribute.id), its_set)


def _may(dacl: PeopleDacl, right: Right) -> bool:
    try:
        return held(parse(dacl.descriptor), {SELF, *ANYBODY}, right).allowed
    except Malformed:
        return False
