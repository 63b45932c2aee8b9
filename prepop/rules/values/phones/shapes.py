"""Texts of digits that are no phone number: machine addresses, dates, times, prices, GUIDs.

Only where the shape is unmistakable: `06.24.81.57.93` is a French number, `472.83.149` a Norwegian one and
`20.24.81.57` a Danish one. What only may be an address (`91.234.50.10`) is held against the usual grouping
of the number that it would be (`doubts`).

    172.16.74.157, 127.0.0.1           of a network that no phone number looks like: private, own machine
    00:1b:44:11:3a:b7                  a MAC (IPv6 has colons and letters, and is no number by these)
    2020-11-19, 20.06.1976, 6/20/1976  a date, in any of the usual orders
    20201119103000                     a moment, as LDAP writes it
    08:30, 08:30-17:00                 times
    1.234,56   1,234.56   12.50 €      prices
    3179e48a-750b-4051-897c-...        a GUID
"""

import re

_YEAR = r"(?:19|20)\d\d"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]?\d|2[0-3])[:.][0-5]\d(?::[0-5]\d)?"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
OCTET = re.compile(_OCTET)
_PRIVATE = (
    rf"(?:10|127)(?:\.{_OCTET}){{3}}|(?:192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.{_OCTET}){{2}}"
)
_NONE = re.compile(
    rf"""
      (?P<address> (?:{_PRIVATE}) (?: /\d\d? | :\d+ )? )
    | (?P<mac> [0-9a-f]{{2}}(?::[0-9a-f]{{2}}){{5}} | (?=[^a-f]*[a-f]) [0-9a-f]{{2}}(?:-[0-9a-f]{{2}}){{5}} )
    | (?P<date> (?: {_YEAR}(?P<a>[-./]){_MONTH}(?P=a){_DAY} | {_DAY}(?P<b>[-./]){_MONTH}(?P=b){_YEAR}
              | {_MONTH}(?P<c>[-./]){_DAY}(?P=c){_YEAR} ) (?: [ T]{_CLOCK} )? )
    | (?P<moment> {_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d )
    | (?P<time> {_CLOCK} (?: [ ]?-[ ]? {_CLOCK} )? )
    | (?P<price> \d{{1,3}}(?:\.\d{{3}})+,\d\d | \d{{1,3}}(?:,\d{{3}})+\.\d\d | \d{{1,5}},\d\d
               | [$€£¥][ ]?\d[\d.,]* | \d[\d.,]*[ ]?[$€£¥] )
    | (?P<guid> \{{?[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\}}? )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SAID = {
    "address": "a machine's address",
    "mac": "a machine's address",
    "date": "a date",
    "moment": "a moment in time",
    "time": "a time of day",
    "price": "a price",
    "guid": "a GUID",
}


def other_than_phone(text: str) -> str:
    """What a text is, where it is unmistakably no phone number; else ""."""
    found = _NONE.fullmatch(text)
    return _SAID[found.lastgroup or ""] if found else ""
