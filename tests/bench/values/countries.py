"""Which countries are drawn from.

The most people: United Nations, World Population Prospects 2024, medium variant for 2025.
"""

import random
import re
from functools import cache

import phonenumbers

MOST_PEOPLE = tuple(
    re.findall(
        r"\w+",
        """
    IN CN US ID PK NG BR BD RU ET MX JP EG PH CD VN IR TR DE TH
    GB TZ FR ZA IT KE MM CO KR SD UG ES DZ IQ AR AF YE CA PL MA
    """,
    )
)
MORE = 20
# No mobile numbers of their own, or none at all.
_WITHOUT = {"TA", "AC"}


def countries(dice: random.Random) -> list[str]:
    """The 40 with the most people, and 20 more at random."""
    rest = sorted(set(phonenumbers.SUPPORTED_REGIONS) - set(MOST_PEOPLE) - _WITHOUT)
    return [*MOST_PEOPLE, *sorted(dice.sample(rest, MORE))]


@cache
def neighbours(region: str) -> tuple[str, ...]:
    """Regions of the same zone of country codes (+3 and +4 are one: Europe), with another code.

    A zone is a part of the world: who works abroad mostly comes from there.
    """
    code = phonenumbers.country_code_for_region(region)
    return tuple(
        other
        for other in sorted(phonenumbers.SUPPORTED_REGIONS)
        if other not in _WITHOUT
        and _zone(phonenumbers.country_code_for_region(other)) == _zone(code)
        and phonenumbers.country_code_for_region(other) != code
    ) or ("GB", "MX", "FR")


def _zone(code: int) -> str:
    return str(code)[0].replace("4", "3")
