"""Spoils an input: cuts, repeats, swaps, plants what programs stumble over; from one source of chance."""

import random
from typing import TypeVar

PIECES = (
    "\x00", "\x1b[2J", "\u202e", "\ufeff", "\ud83d\ude00", "\u0660\u0661\u0662", "０１２", "\u00a0",
    "\u200b", "\u2028", "\r", "\n", "\r\n", "\n\n", "\t", " ", "  ", "", "'", '"', '""', "\\", "\\u0000",
    "\\ud800", ",", ";", ":", "::", ":<", "=", "#", "- ", "[", "]", "{", "}", "(", ")", "<", ">", "@",
    "@@", ".", "..", "+", "++", "-", "/", "%", "%s", "%00", "*", "~", "|", "&", "$ref", "null", "true",
    "NaN", "Infinity", "-1", "0", "1e999", "9" * 30, "9" * 5000, "[" * 20_000,
    '{"a":' * 20_000, "a." * 20_000, "a" * 300, "a" * 70_000, "\n ", "\n  ",
    "+44", "0044", "(0)", "x12", "ext. 5", "+1 206 555 0100", "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00+23:59", "dn: CN=x", "changetype: delete", "version: 2", "[mobile]",
    "[[directory]]", "from", "\n[limits]\n", '"value": []', "@odata.nextLink", "PREPOP",
    "../../etc/passwd", "ı", "İ", "ß", "é", "e\u0301",
)  # fmt: skip
RAW = (
    b"\xff",
    b"\xff\xfe",
    b"\xc3",
    b"\x00",
    b"\x80\x81",
    b"\xed\xa0\x80",
    b"\n",
    b"\r\n",
    b" ",
    b":",
    b"\xef\xbb\xbf",
)

T = TypeVar("T", str, bytes)


def text(dice: random.Random, base: str) -> str:
    """A text that is a bit, or much, unlike `base`."""
    if dice.random() < 0.03:
        return "".join(dice.choice((dice.choice(PIECES), chr(dice.randrange(1, 0x3000)))) for _ in range(12))
    for _ in range(_times(dice)):
        base = _once(
            dice, base, dice.choice(PIECES), chr(dice.choice((dice.randrange(128), dice.randrange(0xD7FF))))
        )
    return base


def raw(dice: random.Random, base: bytes) -> bytes:
    """The same for bytes."""
    for _ in range(_times(dice)):
        piece = (
            dice.choice(PIECES).encode("utf-8", "surrogatepass") if dice.random() < 0.6 else dice.choice(RAW)
        )
        base = _once(dice, base, piece, bytes([dice.randrange(256)]))
    return base


def _times(dice: random.Random) -> int:
    return dice.choice((0, 1, 1, 1, 2, 2, 3, 5, 8))


def _once(dice: random.Random, base: T, piece: T, one: T) -> T:
    at = dice.randint(0, len(base))
    span = min(len(base), at + dice.choice((1, 1, 2, 5, 20, 200)))
    match dice.randrange(7):
        case 0:
            return base[:at] + base[span:]
        case 1:
            return base[:at] + piece + base[at:]
        case 2:
            return base[:at] + piece + base[span:]
        case 3:
            return base[:at] + base[at:span] * dice.choice((2, 2, 3, 50)) + base[span:]
        case 4:
            return base[:at] + one + base[at + 1 :]
        case 5:
            return base[:at]
        case _:
            other = dice.randint(0, len(base))
            return base[:at] + base[other : other + dice.choice((1, 5, 30))] + base[at:]
