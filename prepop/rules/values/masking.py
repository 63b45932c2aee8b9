"""Hiding phone numbers and addresses: for screens, reports and log lines (CONTRACT section 6, last line).

    +44 7911123456                    +44 ••••••••56
    (206) 555-0100 ext. 12            (•••) •••-•••• ext. 12
    jane.doe@example.org              j•••@example.org
    jane.doe(at)gmail.com             aaaa.aaa(aa)aaaaa.aaa
    O7911 123456 (work)               a9999 999999 (aaaa)

`mask` is for text that is known to be one value. What has the form of a number or of an address keeps what
identifies it; of everything else only the shape is shown, so that there is no spelling that shows through.
`mask_within` is for sentences, in which most digits are no secret: it leaves GUIDs, SIDs, dates and long
hexadecimal ids as they are, and the names that it is given. Both give the same again when they are given
their own result.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

DOT = "•"

# ITU-T E.164 country codes are free of prefixes of each other, so that these few patterns find them:
# what is not of one or two digits has three. (A test compares them with the phone library's table.)
COUNTRY_CODE = re.compile(r"[+＋](?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3})")
_SHOWN_AT_END = 2
_LONGEST_ADDRESS = 320  # 64 before the @, 255 behind it: RFC 5321 section 4.5.3.1
_LONGEST_SHAPE = 40
_FEWEST = 7  # digits of a number: fewer are none

# What may stand between the digits of a number: blanks but line breaks, dashes, brackets, dots, slashes, and
# marks that cannot be seen.
_BETWEEN = (
    r"(?:[^\S\r\n\v\f]|[-().\[\]/*~·⁓∼～\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069"
    r"\u2212\ufeff\uff0d-\uff0f])"
)

# The forms of one value, told by its shape: letters of any script are `a` there, digits `9`. `tel:`, `smtp:`
# and `ext.` are words of the notation, no part of the value.
_NUMBER = re.compile(rf"(?:{_BETWEEN}|\+|＋)*+[9{DOT}](?:{_BETWEEN}|[9{DOT}])*+")
_ADDRESS = re.compile(
    rf"[\s<('\[]*+(?:\"[^\"@]*+\"|\"?[a9!#$%&'*+/=?^_`{{|}}~.{DOT}-]++)"
    r"@((?:[a9_-]++\.)+[a9-]*a[a9-]*)\.?[\s>)'\],;]*+"
)
_BEFORE_NUMBER = re.compile(r"tel(?:\b|(?=[+＋(\d]))[.:]?", re.IGNORECASE)
_BEFORE_ADDRESS = re.compile(r"(?:smtp|mailto):", re.IGNORECASE)
_EXTENSION = re.compile(
    r"[^\S\r\n\v\f]*+(?:x|ext\.?|extension|;ext=)[^\S\r\n\v\f]*+(?=[\d•]{1,7}\Z)", re.IGNORECASE
)

# Digits that no keyboard has (superscripts, circled ones, ...: general category No) and numerals of Chinese.
# `\d` is every decimal digit. A test compares them with Unicode's own table.
_OTHER_DIGITS = (
    "²³¹፩-፱᧚⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒"
    "\U00010a40-\U00010a43\U00010e60-\U00010e68\U00011052-\U0001105a\U0001f100-\U0001f10a"
    "〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸"
)
_DIGIT = rf"[\d{_OTHER_DIGITS}]"

# In log lines also key=value, JSON, URLs, where the @ may stand as %40. The stretch before it must begin
# where such a stretch begins, or a long text without @ would be searched from each of its letters.
_LOCAL = r"[^\s@＠﹫<>,;:\"()\[\]{}=/\\|?&]"
_AT = r"(?:[@＠﹫]|%40|[^\S\r\n\v\f]?[(\[{<][^\S\r\n\v\f]?at[^\S\r\n\v\f]?[)\]}>])"
_LOCAL_PART_WITHIN = re.compile(rf"(?:(?<!{_LOCAL})|(?<=%40))(?:(?!%40){_LOCAL})++(?={_AT})", re.IGNORECASE)
# A # stands for it between two words of which the second is a host, but not in a URL.
_LOCAL_PART_HASHED = re.compile(
    r"(?<![^\s\"'=<,;:(\[{])[\w.+-]++(?=#[\w-]++(?:\.[\w-]++)*\.[a-z]{2,24}(?!\w))", re.IGNORECASE
)

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


# Seven digits or more, with at most three separators between two of them.
_NUMBER_WITHIN = re.compile(rf"[+＋]?+\(?+{_DIGIT}(?:{_BETWEEN}{{0,3}}+{_DIGIT}){{6,}}+")


def mask(text: str) -> str:
    """Mask one value: a phone in normal form, an address, or any raw text of a directory.

    Of a number only a country code behind a + and the last two digits stay; of an address its first letter
    and its domain. Of what has neither form the shape stays, cut to a length, so that a reviewer sees what
    was odd about the value and nothing of the value.
    """
    if len(text) > _LONGEST_ADDRESS:
        return _shape(text)
    if _has_form(_NUMBER, text, _BEFORE_NUMBER, _EXTENSION):
        return _mask_digits(text)
    before = _BEFORE_ADDRESS.match(text)
    start = before.end() if before else 0
    found = _ADDRESS.fullmatch(text[start:].translate(_SHAPES))
    if found and found[1].count("9") < _FEWEST:  # what is full of digits is no domain
        local, at, domain = text[start:].rpartition("@")
        return f"{text[:start]}{_first_letter(local)}{at}{domain}"
    return _shape(text)


def mask_within(text: str, names: Collection[str] = ()) -> str:
    """Mask every address, and everything that may be a phone number, inside a sentence or log line.

    A number is a run of seven digits or more, with separators; so a bare count of a million is masked
    too. GUIDs, SIDs, anchors, hexadecimal ids, dates, times, and IPv4 addresses with a port stay readable.
    names: of servers, accounts and files, and what the engineer typed; they are shown as they are.
    """
    if not (known := _known(frozenset(names))):
        return _masked(text)
    return "".join(piece if index % 2 else _masked(piece) for index, piece in enumerate(known.split(text)))


@lru_cache(maxsize=8)
def _known(names: frozenset[str]) -> re.Pattern[str] | None:
    """Where one of the names stands as a whole. One that masking leaves alone does not cut a text in two."""
    hit = sorted((name for name in names if mask_within(name) != name), key=len, reverse=True)
    return (
        re.compile(rf"(?<![\w+@])(?<!\w[.'+-])({'|'.join(map(re.escape, hit))})(?![.@-]?\w)") if hit else None
    )


def _masked(text: str) -> str:
    for pattern in (_LOCAL_PART_WITHIN, _LOCAL_PART_HASHED):
        text = pattern.sub(lambda local: _first_letter(local[0]), text)
    shown: list[str] = []
    position = 0
    for plain in _NO_SECRET.finditer(text):
        shown += [_NUMBER_WITHIN.sub(_mask_number, text[position : plain.start()]), plain[0]]
        position = plain.end()
    shown.append(_NUMBER_WITHIN.sub(_mask_number, text[position:]))
    return "".join(shown)


# ---------------------------------------------------------------- shapes


class _Shapes(dict[int, int]):
    """What each character is in a shape, by code; found out when it is met."""

    def __missing__(self, code: int) -> int:
        category = unicodedata.category(chr(code))
        if category[0] in "LM":
            shown = "a"
        elif category[0] == "N":
            shown = "9"
        else:  # letters in circles, flags, tags that spell a word unseen
            hidden = category in ("So", "Co", "Cn") or (category == "Cf" and code > 0xFFFF)
            shown = "?" if hidden else chr(code)
        self[code] = ord(shown)
        return self[code]


_SHAPES = _Shapes()


def _shape(text: str) -> str:
    shape = text[:_LONGEST_SHAPE].translate(_SHAPES)
    return shape if len(text) <= _LONGEST_SHAPE else f"{shape[:-1]}…"


def _has_form(form: re.Pattern[str], text: str, before: re.Pattern[str], behind: re.Pattern[str]) -> bool:
    """True for a text that has the form of a value between two words of the notation."""
    start = found.end() if (found := before.match(text)) else 0
    end = found.start() if (found := behind.search(text, start)) else len(text)
    return form.fullmatch(text[start:end].translate(_SHAPES)) is not None


def _first_letter(local_part: str) -> str:
    """`'jane.doe` becomes `'j•••`: marks before the first letter stay, a digit does not."""
    for index, character in enumerate(local_part):
        if character.isalnum():
            return DOT * 3 if character.isnumeric() else f"{local_part[: index + 1]}{DOT * 3}"
    return DOT * 3


def _mask_number(run: re.Match[str]) -> str:
    return _mask_digits(run[0])


def _mask_digits(text: str) -> str:
    """Turn all digits into dots but country codes behind a + and the last two."""
    plain = text if text.isascii() else "".join(map(_ascii_digit, text))
    digits = [index for index, character in enumerate(plain) if character.isnumeric()]
    kept = set(digits[-_SHOWN_AT_END:])
    for code in COUNTRY_CODE.finditer(plain):
        kept.update(range(*code.span()))
    hidden = set(digits) - kept
    return "".join(DOT if index in hidden else character for index, character in enumerate(text))


def _ascii_digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character
