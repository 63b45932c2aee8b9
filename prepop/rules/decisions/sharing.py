"""Values that several people hold: nobody gets one, since whoever answers it could reset their passwords.

Counted are people, over everybody who was read, in scope or not, and over every mapped attribute: phones
together, addresses together. Who holds a value in a text that cannot be read holds it all the same:

    others have +44 7911123456        this person's text      holds it
                                      07911 123456            where no country is known for the person
                                      07911 123456 (Jane)     with a note
                                      07911123456 / 020 ...   as one of several numbers
                                      +44 7911 12345          no: other digits

Of such a text the national digits are compared, since its country is in doubt: at the end of a group of
digits, whatever stands before them (a country code, a trunk zero). An address is looked for as a word.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import assert_never

from prepop.model import Family, Method, Person
from prepop.options import Extension, MappingRules
from prepop.rules.decisions.mapping import region_of
from prepop.rules.values.keys import Rejected, email, normal_key, phone
from prepop.rules.values.masking import COUNTRY_CODE
from prepop.rules.values.phones.text import fold

ValueKey = tuple[Family, str]
"""Family and comparison key: phones count together whatever the method, addresses too."""

_LONGEST_TEXT = 1_000  # of an unreadable one; what stands behind is looked at no more
_LONGEST_NUMBER = 15  # E.164; more digits in one group are several numbers, or none
_STRETCH = re.compile(r"\d[\d\s()\[\]./-]*")
_GROUP = re.compile(r"\d+")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:|\"'@]++@[^\s<>()\[\],;:|\"'@]+")


def shared(people: Iterable[Person], rules: MappingRules, limit: int) -> Mapping[ValueKey, int]:
    """Values that more than `limit` people hold, with how many do."""
    counts: Counter[ValueKey] = Counter()
    doubtful: list[Held] = []
    for person in people:
        held = holdings(person, rules)
        counts.update(held.values)
        if held.unread:
            doubtful.append(held)
    by_digits = _by_national_digits(counts)
    lengths = sorted({len(digits) for digits in by_digits})
    for held in doubtful:
        endings = chain.from_iterable(_endings(text, lengths) for text in held.unread)
        also = set(chain.from_iterable(by_digits.get(digits, ()) for digits in endings))
        counts.update(also - held.values)
    return {key: count for key, count in counts.items() if count > limit}


def value_key(method: Method, value: str) -> ValueKey:
    """The key under which `shared` counts a value in normal form."""
    return method.family, normal_key(method, value)


@dataclass(frozen=True, slots=True)
class Held:
    """What one person holds. unread: texts with digits that should be phones and cannot be read."""

    values: frozenset[ValueKey]
    unread: tuple[str, ...] = ()


def holdings(person: Person, rules: MappingRules) -> Held:
    """Everything that every mapped attribute of a person holds, for counting who shares what.

    Also values that a method would refuse: a stranger's number in `homePhone` is a stranger's number.
    An extension tells numbers apart only where the mapping keeps it; else colleagues behind one switchboard
    would each be given the same number. Of a text that is no address, each address in it.
    """
    region, _ = region_of(person, rules.region)
    values: set[ValueKey] = set()
    unread: list[str] = []
    for rule in rules.rules:
        for text in chain.from_iterable(person.values.get(name.lower(), ()) for name in rule.attributes):
            match rule.method.family:
                case Family.PHONE:
                    number = phone(text, region)
                    if not isinstance(number, Rejected):
                        key = number.key if rule.extension is Extension.KEEP else number.key.partition("x")[0]
                        values.add((Family.PHONE, key))
                    elif _GROUP.search(text):
                        unread.append(text)
                case Family.EMAIL:
                    values.update((Family.EMAIL, key) for key in _addresses(text))
                case _:
                    assert_never(rule.method.family)
    return Held(frozenset(values), tuple(unread))


def _addresses(text: str) -> Iterator[str]:
    whole = email(text)
    if not isinstance(whole, Rejected):
        yield whole.key
        return
    for word in _ADDRESS.findall(text[:_LONGEST_TEXT]):
        address = email(word)
        if not isinstance(address, Rejected):
            yield address.key


def _by_national_digits(keys: Iterable[ValueKey]) -> Mapping[str, Sequence[ValueKey]]:
    """Phones by their digits without country code; one with an extension has an x there, and is not met."""
    found: dict[str, list[ValueKey]] = {}
    for key in keys:
        family, number = key
        if family is Family.PHONE:
            found.setdefault(COUNTRY_CODE.sub("", number, count=1), []).append(key)
    return found


def _endings(text: str, lengths: Sequence[int]) -> Iterator[str]:
    """The digits, in each of these lengths, that a text has up to the end of each group."""
    for stretch in _STRETCH.findall(fold(text[:_LONGEST_TEXT])):
        groups = _GROUP.findall(stretch)
        digits = "".join(groups)
        for group, end in zip(groups, accumulate(map(len, groups)), strict=True):
            glued = len(group) > _LONGEST_NUMBER
            for last in range(end - len(group) + 1, end + 1) if glued else (end,):
                yield from (digits[last - length : last] for length in lengths if length <= last)
