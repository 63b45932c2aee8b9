"""Email addresses in the form in which they are registered (CONTRACT section 6).

RFC 5321/5322 and IDNA rules are those of `email-validator`, strict and without DNS; on top of it what a
directory holds around an address (`smtp:`, a display name, blanks), and domains that no mail reaches.
The domain comes out in ASCII and lower case, the local part as written: only its own server knows
whether upper and lower case differ there.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import email_validator

from prepop.reasons import Reason
from prepop.rules.values.fillers import fills_a_field, likely_domain
from prepop.rules.values.names import ascii_case
from prepop.rules.values.phones.text import Rejected

_LONGEST_TEXT = 500  # an address has 254 characters at most (RFC 5321), a display name some more
_MEMO = 200_000  # as in `phones`: full is full

# Never delegated in the public DNS, or not meant for mail. email-validator itself refuses local, test,
# invalid, localhost, arpa and onion. RFC 2606 (example), RFC 6762 appendix G (intranet, internal,
# private, corp, home, lan), ICANN board resolutions 2018.02.04.12 (corp, home, mail) and 2024.07.29.06
# (internal), RFC 9476 (alt).
_NO_MAIL = frozenset(
    re.findall(r"\w+", "example intranet internal private corp home lan mail alt localdomain domain")
)

_PREFIX = re.compile(r"(?:mailto|smtp|e-?mail)\s*:\s*(?:/{2})?", re.IGNORECASE)
_WITH_NAME = re.compile(r"[^<>@]*<([^<>]*)>")
# Marks that cannot be seen and carry no meaning in a domain (unlike the joiners U+200C and U+200D); but not
# U+202E, which turns round what is seen.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202d\u2060-\u2069\ufeff]")
# Old routes to another host (jane%example.net@..., host!jane@...), and what a spreadsheet calls a formula.
_ROUTE = re.compile(r"[%!]|^=")
# What may stand before the @ beyond doubt (RFC 5321: 64 characters); for the rest the library is asked.
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_SURELY_SHORT = 200
# Scripts with letters that look like each other's. No registry mixes them in one label (UTS 39, 5.1);
# somebody who buys a domain to receive another's mail does.
_ALIKE = frozenset(("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"))


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address that mail can reach as far as its form tells. text: ASCII, domain in lower case."""

    text: str
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The form under which it is compared: `keys.comparison_key`."""
        return ascii_case(self.text)


_remembered: dict[str, EmailAddress | Rejected] = {}


def email(text: str) -> EmailAddress | Rejected:
    """Bring one directory value into normal form, or say why it has none. Never raises.

    `email-invalid`: no address that mail reaches; `email-placeholder`: nobody's address.
    """
    found = _remembered.get(text)
    if found is None:
        found = _read(text)
        if len(_remembered) < _MEMO and len(text) <= _LONGEST_TEXT:
            _remembered[text] = found
    return found


def _read(text: str) -> EmailAddress | Rejected:
    if len(text) > _LONGEST_TEXT:
        return _rejected(f"longer than {_LONGEST_TEXT} characters")
    notes: list[str] = []
    address = _INVISIBLE.sub("", text)
    if address != text:
        notes.append("invisible characters left out")
    address = address.strip().strip(";,").strip()
    if address[:1] == address[-1:] == "'":
        address = address[1:-1].strip()
    if prefix := _PREFIX.match(address):
        address = address[prefix.end() :]
    if named := _WITH_NAME.fullmatch(address):
        address = named[1].strip()
        notes.append("left out: the name before the address")
    if address.count("@") > 1:
        return _rejected("more than one @: two addresses, or none")
    if "#ext#" in ascii_case(address):
        return _rejected("the sign-in name of a guest, not an address")
    local, _, domain = address.rpartition("@")
    plain = _PLAIN_LOCAL.fullmatch(local) and len(address) <= _SURELY_SHORT
    if plain and not (local.isalpha() and not local.islower()):  # the library lowers Postmaster and its like
        known = _of_domain(domain)
    else:
        try:
            found = _validated(address)
        except (email_validator.EmailNotValidError, UnicodeError) as error:
            return _rejected(_plain(error))
        if found.local_part.startswith("'"):
            return _rejected("a quotation mark before the address")
        if _ROUTE.search(found.local_part):
            return _rejected("marks before the @ that lead mail elsewhere")
        if "?" in found.local_part:
            return _rejected("a ? before the @: an export in ASCII lost a letter there, most likely")
        local, known = found.local_part, _of_domain(domain)
    if isinstance(known, Rejected):
        return known
    if fills_a_field(local, known):
        return Rejected(Reason.EMAIL_PLACEHOLDER, "words that fill a field, nobody's address")
    return EmailAddress(f"{local}@{known}", tuple(notes))


@lru_cache(maxsize=4096)
def _of_domain(domain: str) -> str | Rejected:
    """A domain in ASCII and lower case, or why no address there is taken. Few domains hold most addresses."""
    try:
        found = _validated(f"x@{domain}")
    except (email_validator.EmailNotValidError, UnicodeError) as error:
        return _rejected(_plain(error))
    if any(_mixes_scripts(label) for label in found.domain.split(".")):
        return _rejected("a domain in letters of different scripts that look alike")
    normal = found.ascii_domain.lower()
    top = normal.rpartition(".")[2]
    if top in _NO_MAIL or len(top) == 1:
        return _rejected(f"no mail reaches a domain that ends in .{top}")
    if meant := likely_domain(normal):
        return _rejected(f"a slip in the domain: {meant} is meant, most likely")
    return normal


def _validated(address: str) -> email_validator.ValidatedEmail:
    return email_validator.validate_email(
        address, check_deliverability=False, strict=True, allow_smtputf8=False
    )


def _mixes_scripts(label: str) -> bool:
    if label.isascii():
        return False
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in label if letter.isalpha()}
    return len(scripts & _ALIKE) > 1


def _rejected(detail: str) -> Rejected:
    return Rejected(Reason.EMAIL_INVALID, detail)


def _plain(error: Exception) -> str:
    """What is wrong, in our words: the library's quote parts of the address."""
    said = str(error)
    for clue, words in _CLUES:
        if clue in said:
            return words
    return "not a well-formed address"


_CLUES = (
    ("must have an @-sign", "no @"),
    ("special-use or reserved", "no mail reaches such a domain"),
    ("too long", "too long"),
    ("before the @-sign", "something before the @ that cannot stand there"),
    ("after the @-sign", "something after the @ that cannot stand there"),
)
