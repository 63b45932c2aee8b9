"""Hiding phone numbers and addresses: for screens, reports and log lines (CONTRACT section 6, last line).

    +44 7911123456                    +44 ••••••••56
    (206) 555-0100 ext. 12            (•••) •••-•••• ext. 12
    jane.doe@example.org              j•••@example.org
    Jane <jane@example.org> 555 0100  Jane <j•••@example.org> ••• ••00

`mask` is for text that is known to be one value. `mask_within` is for sentences, in which most digits
are no secret: it leaves GUIDs, SIDs, dates and long hexadecimal ids as they are.
Both give the same again when they are given their own result.
"""

import re
import unicodedata
from collections.abc import Iterable

DOT = "•"

# ITU-T E.164 country codes are free of prefixes of each other, so that these few patterns find them:
# what is not of one or two digits has three. (A test compares them with the phone library's table.)
COUNTRY_CODE = re.compile(r"[+＋](?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3})")
_SHOWN_AT_END = 2

# The stretch before an @ that can be a local part. It must begin where such a stretch begins, or a long
# text without @ would be searched from each of its letters.
_LOCAL_PART = re.compile(r'(?<![^\s@<>,;:"()\[\]])(?:[^\s@<>,;:"()\[\]]++|"[^"@]*+")(?=@)')
# In log lines also key=value, JSON, URLs (where @ may stand as %40).
_LOCAL_PART_WITHIN = re.compile(
    r"(?:(?<![^\s@<>,;:\"()\[\]{}=/\\|?&])|(?<=%40))(?:(?!%40)[^\s@<>,;:\"()\[\]{}=/\\|?&])++(?=@|%40)",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"@([\w.\-]*+)")

# What a sentence may show although it is full of digits. A bare IPv4 address is masked: 91.234.50.10 is
# one, and an Uzbek mobile.
_NO_SECRET = re.compile(
    r"""
      (?<![0-9A-Za-z]) [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} (?![0-9A-Za-z])  # GUID
    | (?<![0-9A-Za-z]) (?=[0-9]*+[a-f]) [0-9a-f]{16,}+ (?![0-9A-Za-z])               # digest, trace id
    | (?<![0-9A-Za-z+/]) [0-9A-Za-z+/]{22}==  # anchor: base64, 16 bytes
    | (?<![0-9A-Za-z]) S-1-[0-9]{1,2}(?:-[0-9]{1,10}){1,8} (?![0-9A-Za-z])           # SID
    | (?<![0-9A-Za-z]) AADSTS[0-9]{4,8} (?![0-9A-Za-z])                              # Entra ID's error code
    | (?<![0-9A-Za-z+.]) (?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])  # ISO 8601, logging
        (?: [T\ _] (?:[01][0-9]|2[0-3]):[0-5][0-9] (?: :[0-6][0-9](?:[.,][0-9]{1,9})? )?
            (?: Z | [+-][0-9]{2}:?[0-9]{2} )? )? (?![0-9])
    | (?<![0-9A-Za-z+.]) (?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])    # compact; LDAP time
        [T_-]?(?:[01][0-9]|2[0-3])[0-5][0-9][0-6][0-9] (?: Z | (?:\.[0-9]{1,9}Z) | (?![0-9.]) )
    | (?<![0-9A-Za-z.]) [0-9]{1,3}(?:\.[0-9]{1,3}){3} (?=:[0-9])                      # IPv4 and port
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Seven digits or more, with at most three separators between two of them: blanks but line breaks,
# dashes, brackets, dots, slashes, and marks that cannot be seen.
_NUMBER_WITHIN = re.compile(
    r"[+＋]?+\(?+\d"
    r"(?:(?:[^\S\r\n\v\f]|[-().\[\]/*~·⁓∼～\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069"
    r"\u2212\ufeff\uff0d-\uff0f]){0,3}+\d){6,}+"
)


def mask(text: str) -> str:
    """Mask one value: a phone in normal form, an address, or any raw text of a directory.

    Of all digits only a country code behind a + and the last two stay; of an address its first letter
    and its domain. Other letters stay, so that a reviewer sees what was odd about the value.
    """
    text = _LOCAL_PART.sub(_first_letter, text)
    shown: list[str] = []
    position = 0
    for domain in _DOMAIN.finditer(text):  # digits of a domain are no secret
        last = domain[1].rpartition(".")[2]
        if "." in domain[1] and any(letter.isalpha() for letter in last):
            shown += [_mask_digits(text[position : domain.start()]), domain[0]]
            position = domain.end()
    shown.append(_mask_digits(text[position:]))
    return "".join(shown)


def mask_within(text: str) -> str:
    """Mask every address, and everything that may be a phone number, inside a sentence or log line.

    A number is a run of seven digits or more, with separators; so a bare count of a million is masked
    too. GUIDs, SIDs, anchors, hexadecimal ids, dates, times, and IPv4 addresses with a port stay readable.
    """
    text = _LOCAL_PART_WITHIN.sub(_first_letter, text)
    shown: list[str] = []
    position = 0
    for plain in _NO_SECRET.finditer(text):
        shown += [_NUMBER_WITHIN.sub(_mask_number, text[position : plain.start()]), plain[0]]
        position = plain.end()
    shown.append(_NUMBER_WITHIN.sub(_mask_number, text[position:]))
    return "".join(shown)


def mask_around(plain: Iterable[str], text: str) -> str:
    """`mask_within`, but for these names: they are shown as they are, control characters escaped.

    For what the engineer typed, and for names of accounts that are near it. A number in the place of a name
    is none, and stays masked.
    """
    names = sorted({name for name in plain if any(map(str.isalpha, name))}, key=len, reverse=True)
    if not names:
        return mask_within(text)
    parts = re.split("(" + "|".join(map(re.escape, names)) + ")", text)
    return "".join(
        "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in part)
        if place % 2
        else mask_within(part)
        for place, part in enumerate(parts)
    )


def _first_letter(local_part: re.Match[str]) -> str:
    """`'jane.doe` becomes `'j•••`: marks before the first letter stay, a digit does not."""
    text = local_part[0]
    for index, character in enumerate(text):
        if character.isalnum():
            return DOT * 3 if character.isdecimal() else f"{text[: index + 1]}{DOT * 3}"
    return DOT * 3


def _mask_number(run: re.Match[str]) -> str:
    return _mask_digits(run[0])


def _mask_digits(text: str) -> str:
    """Turn all digits into dots but country codes behind a + and the last two."""
    plain = text if text.isascii() else "".join(map(_ascii_digit, text))
    digits = [index for index, character in enumerate(plain) if "0" <= character <= "9"]
    kept = set(digits[-_SHOWN_AT_END:])
    for code in COUNTRY_CODE.finditer(plain):
        kept.update(range(*code.span()))
    hidden = set(digits) - kept
    return "".join(DOT if index in hidden else character for index, character in enumerate(text))


def _ascii_digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character
