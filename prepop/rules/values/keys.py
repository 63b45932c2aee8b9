"""Normal form of phone numbers and addresses, and the form under which two of them are the same.

    phone("07911 123456", "GB").text           +44 7911123456
    email(" Jane@Example.ORG ").text           Jane@example.org
    comparison_key(method, "+447911123456")    +447911123456, with the space or without

How phones are read stands in `phones` (numbering plans) and `phone_text` (taking a text apart), addresses
in `emails`. Everything is pure and never raises; each distinct text is worked out once, within a bound.
"""

import re
from typing import assert_never

from prepop.model import Family, Method
from prepop.rules.values.emails import EmailAddress, email
from prepop.rules.values.names import ascii_case
from prepop.rules.values.phones import PhoneNumber, phone
from prepop.rules.values.phones.plans import Kind
from prepop.rules.values.phones.text import LONGEST_TEXT, Rejected, fold

__all__ = [
    "EmailAddress",
    "Kind",
    "PhoneNumber",
    "Rejected",
    "comparison_key",
    "email",
    "normal_key",
    "phone",
]


def comparison_key(method: Method, text: str) -> str:
    """The form under which a present value and a wanted one are equal.

    Takes any text, also one that Graph returns and no rule would accept. Of a phone: +, country code,
    national digits, `x` and extension, however it was spaced or prefixed. Of an address: ASCII letters
    in lower case, the domain in ASCII. Where nothing can be read, the text without blanks and punctuation.
    """
    match method.family:
        case Family.PHONE:
            return _phone_key(text)
        case Family.EMAIL:
            return _email_key(text)
        case _:
            assert_never(method.family)


def normal_key(method: Method, value: str) -> str:
    """The comparison key of a value that is in normal form already, without reading it again."""
    match method.family:
        case Family.PHONE:
            return value.replace(" ", "")
        case Family.EMAIL:
            return ascii_case(value)
        case _:
            assert_never(method.family)


def _phone_key(text: str) -> str:
    number = phone(text, None)
    if isinstance(number, PhoneNumber):
        return number.key
    # Placeholders, satellite numbers and what is no number: digits, letters and + are what tells them apart.
    plain = ascii_case(fold(text[: 4 * LONGEST_TEXT]))
    return "".join(character for character in plain if character.isalnum() or character in "+*#@;,")


# Written so, an address is its own normal form but for upper and lower case.
_PLAIN_ADDRESS = re.compile(r"[a-z0-9._+-]+@[a-z0-9.-]+", re.ASCII | re.IGNORECASE)


def _email_key(text: str) -> str:
    if _PLAIN_ADDRESS.fullmatch(text):
        return ascii_case(text)
    address = email(text)
    if isinstance(address, EmailAddress):
        return address.key
    return ascii_case(text.strip())
