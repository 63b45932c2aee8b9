"""What the mapping makes of a person: for each method one usable value, or why there is none.

Values pass three gates: is it a number or address at all (`keys`), may this method have such a one
(here), and is it the only one its attribute offers (here). Whether several people share it is counted
over everybody (`sharing`), and whether it is too young is for `difference`.
"""

from dataclasses import replace
from functools import lru_cache
from typing import assert_never

from prepop.model import Account, Candidate, CellKind, Family, Method, Person, Unusable, Usable, Wanted
from prepop.options import Extension, MappingRules, MethodRule, Region, Several, Trust
from prepop.reasons import Reason
from prepop.rules.decisions.cells import cell_amiss, is_number, lost_text, only_reading
from prepop.rules.phrases import visible
from prepop.rules.values.distinguished_names import ancestors, rdns
from prepop.rules.values.keys import Kind, PhoneNumber, Rejected, comparison_key, email, normal_key, phone
from prepop.rules.values.names import ascii_case
from prepop.rules.values.phones.regions import NO_COUNTRY, names_none, region_named

_REFUSED_KINDS = {
    Kind.TOLL_FREE: Reason.PHONE_TOLLFREE,
    Kind.PREMIUM: Reason.PHONE_PREMIUM,
    Kind.SHARED_COST: Reason.PHONE_TYPE,
    Kind.PERSONAL: Reason.PHONE_TYPE,  # follow-me numbers: at premium rates, and not known where they end
    Kind.PAGER: Reason.PHONE_TYPE,
    Kind.COMPANY: Reason.PHONE_TYPE,
    Kind.VOICEMAIL: Reason.PHONE_TYPE,
}
_LONGEST_SHOWN = 60
_ISO_DIGITS = 3  # of a country's number in ISO 3166-1
_MOBILE_KINDS = (Kind.MOBILE, Kind.FIXED_OR_MOBILE)


def wanted(
    person: Person, account: Account | None, rules: MappingRules, trust: Trust, domains: frozenset[str]
) -> tuple[Wanted, ...]:
    """What the mapping wants for this person: one answer a rule, in the order of `Method`.

    The first attribute with a usable value wins. Equal values are one; several different ones in one
    attribute are `value-several`, or the first in sorted order. Where no attribute has a usable value the
    answer is that of the first attribute that had any. `candidates` name every value of every attribute.

    account: its own addresses count as the person's too; None where the person has none.
    domains: the tenant's verified domains.
    """
    home = region_of(person, rules.region)
    in_order = sorted(rules.rules, key=lambda rule: _ORDER[rule.method])
    return tuple(_wanted_by(rule, person, account, home, trust, domains) for rule in in_order)


_ORDER = {method: place for place, method in enumerate(Method)}


def _wanted_by(
    rule: MethodRule,
    person: Person,
    account: Account | None,
    home: tuple[str | None, str],
    trust: Trust,
    domains: frozenset[str],
) -> Wanted:
    """Try the rule's attributes in order."""
    candidates: list[Candidate] = []
    result: Candidate | None = None
    first_failure: Unusable | None = None
    for attribute in rule.attributes:
        here: list[Candidate] = []
        amiss = cell_amiss(person, attribute, rule.method)
        if amiss is not None:
            here.append(amiss)
        for raw in () if amiss else _values(person, attribute):
            match rule.method.family:
                case Family.PHONE:
                    here.append(_phone_of(person, raw, attribute, rule, home, trust))
                case Family.EMAIL:
                    here.append(_email_candidate(raw, attribute, person, account, trust, domains))
                case _:
                    assert_never(rule.method.family)
        candidates += here
        if result is None and (usable := [c for c in here if isinstance(c, Usable)]):
            result = _choose(usable, rule, attribute)
        if first_failure is None:
            first_failure = next((c for c in here if isinstance(c, Unusable)), None)
    return Wanted(rule.method, result or first_failure or Unusable(Reason.NO_VALUE), tuple(candidates))


def _values(person: Person, attribute: str) -> list[str]:
    """An attribute's values that are not blank, in an order that LDAP cannot disturb."""
    return sorted(value for value in person.values.get(attribute.lower(), ()) if value.strip())


def _choose(usable: list[Usable], rule: MethodRule, attribute: str) -> Candidate:
    """One of an attribute's usable values, where they are the same or the rule lets us take the first."""
    distinct: dict[str, Usable] = {}
    for value in usable:
        distinct.setdefault(normal_key(rule.method, value.value), value)
    if len(distinct) == 1 or rule.several is Several.FIRST:
        return min(distinct.values(), key=lambda value: value.value)
    return Unusable(
        Reason.VALUE_SEVERAL, f"{len(distinct)} different usable values", attribute, usable[0].raw
    )


# ---------------------------------------------------------------- phones


def _phone_of(
    person: Person,
    raw: str,
    attribute: str,
    rule: MethodRule,
    home: tuple[str | None, str],
    trust: Trust,
) -> Candidate:
    """A number as text, or in a cell that has lost what stood before its digits."""
    if not is_number(person, attribute):
        return _phone_candidate(raw, attribute, rule, home, trust)
    text = only_reading(raw, home[0])
    if text is None:
        return Unusable(Reason.PHONE_UNREADABLE, CellKind.NUMBER, attribute, raw)
    found = _phone_candidate(text, attribute, rule, home, trust)
    return replace(found, raw=raw, notes=(*found.notes, "the cell is a number, and has one reading"))


def _phone_candidate(
    raw: str, attribute: str, rule: MethodRule, home: tuple[str | None, str], trust: Trust
) -> Candidate:
    region, where = home
    number = phone(raw, region)
    if isinstance(number, Rejected):
        detail = number.detail
        if where and number.reason is Reason.PHONE_NO_COUNTRY:
            detail = f"{where}; {detail}"
        return Unusable(number.reason, detail, attribute, raw, number.notes)
    notes = number.notes
    if number.assumed:
        notes = (*notes, f"country {region} from {where}")
    if refused := _refused(number, rule, trust):
        reason, detail = refused
        return Unusable(reason, detail, attribute, raw, notes, number.region)
    value = number.text
    if number.extension:
        if rule.extension is Extension.KEEP:
            value = f"{number.text}x{number.extension}"
        else:
            notes = (*notes, "extension dropped")
    return Usable(value, attribute, raw, number.region, notes)


def _refused(number: PhoneNumber, rule: MethodRule, trust: Trust) -> tuple[Reason, str] | None:
    """Why a method may not have this number, although the number exists."""
    what = f"a {number.kind} number of {number.region}"
    if reason := _REFUSED_KINDS.get(number.kind):
        return reason, what
    if number.extension and (not rule.method.takes_extension or rule.extension is Extension.LEAVE_ALONE):
        # GRAPH section 1: extensions are supported for office phones only
        return Reason.PHONE_EXTENSION, f"an extension of {len(number.extension)} digits"
    if _only_mobiles(rule.method) and number.kind not in _MOBILE_KINDS:
        return Reason.PHONE_NOT_MOBILE, what
    # By region, not by calling code: +1 is the United States, and Caribbean islands known for toll fraud.
    if trust.countries and number.region not in trust.countries:
        return Reason.PHONE_COUNTRY_NOT_ALLOWED, what
    return None


def _only_mobiles(method: Method) -> bool:
    """Whether a method's number must be that of a mobile."""
    match method:
        case Method.MOBILE | Method.ALTERNATE_MOBILE:
            return True
        case Method.OFFICE | Method.EMAIL:
            return False
        case _:
            assert_never(method)


# ---------------------------------------------------------------- addresses


def _email_candidate(
    raw: str,
    attribute: str,
    person: Person,
    account: Account | None,
    trust: Trust,
    domains: frozenset[str],
) -> Candidate:
    address = email(raw)
    if isinstance(address, Rejected):
        return Unusable(address.reason, address.detail, attribute, raw, address.notes)
    if at_own_mailbox(address.key, person, account):
        return Unusable(Reason.EMAIL_OWN_ADDRESS, "", attribute, raw, address.notes)
    # Only a domain that is itself verified: Entra lists every subdomain that it serves, and one that it
    # does not list (alumni.contoso.com) may well be somebody else's mail.
    domain = address.text.rpartition("@")[2]
    if domain in domains or domain in _in_ascii(trust.extra_domains):
        return Unusable(Reason.EMAIL_TENANT_DOMAIN, f"in {domain}", attribute, raw, address.notes)
    return Usable(address.text, attribute, raw, "", address.notes)


def at_own_mailbox(key: str, person: Person, account: Account | None) -> bool:
    """Whether mail to an address arrives where its owner cannot read it without the password. `key` is its
    comparison key."""
    own = (*person.own_addresses, person.upn)
    if account is not None:
        own = (*own, *account.own_addresses, account.upn)
    mailbox = _mailbox(key)
    return any(mailbox == _mailbox(comparison_key(Method.EMAIL, mine.strip())) for mine in own)


def _mailbox(key: str) -> str:
    """An address without its tag: mail to jane+reset@ arrives at jane@, as Exchange Online does it."""
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


@lru_cache(maxsize=16)
def _in_ascii(domains: tuple[str, ...]) -> frozenset[str]:
    """Domains as they stand in a normal address: lower case, international ones as xn--."""
    return frozenset(
        comparison_key(Method.EMAIL, f"x@{domain.strip().lstrip('@.')}").rpartition("@")[2]
        for domain in domains
    )


# ---------------------------------------------------------------- a person's country


def region_of(person: Person, region: Region) -> tuple[str | None, str]:
    """The numbering plan of a person's numbers without +, and where that is known from.

    The person's own country first (ISO code or name), then the longest OU that the mapping names, then its
    default. (None, "") where nothing says it: then it is not guessed. Where the person's country is stated
    and not understood, it is not that of the OU or the default either: (None, which text).
    """
    stated = ""
    for attribute in region.attributes:
        if lost := lost_text(person, attribute):
            stated = stated or f"{attribute}: {lost}"
            continue
        texts = [text for text in person.values.get(attribute.lower(), ()) if not names_none(text)]
        named = {_country(attribute, text) for text in texts}
        if len(named) == 1 and (only := named.pop()) is not None:
            return only, attribute
        if texts and not stated:
            quoted = ", ".join(f'"{visible(text.strip()[:_LONGEST_SHOWN])}"' for text in sorted(texts))
            stated = f"{attribute} says {quoted}, {NO_COUNTRY}"
    if stated:
        return None, stated
    if region.ou:
        table = _by_ou(region.ou)
        for ancestor in ancestors(person.dn):
            if ancestor in table:
                return table[ancestor]
    if region.default:
        return region.default, "region.default"
    return None, ""


def _country(attribute: str, text: str) -> str | None:
    """The region that a person's attribute names.

    Only `countryCode` is a number without its zeros (40: Austria). Elsewhere 40 is what is dialled: Romania.
    """
    short = text.strip().isdecimal() and len(text.strip()) < _ISO_DIGITS
    return None if short and ascii_case(attribute) != "countrycode" else region_named(text)


@lru_cache(maxsize=16)
def _by_ou(table: tuple[tuple[str, str], ...]) -> dict[tuple[str, ...], tuple[str, str]]:
    return {rdns(dn): (region, f"ou {dn}") for dn, region in table}
