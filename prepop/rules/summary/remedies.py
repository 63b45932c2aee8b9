"""What would put right the values that are left alone, found out by trying it.

Pure, and works from the plan alone (the raw texts in the evidence), so that a report of an old plan can
say it too. A remedy is a hint for a person who knows the numbers: a default country that makes a number
valid may make it a stranger's, and the sentence says so.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from prepop.model import LeftAlone
from prepop.reasons import Reason
from prepop.rules.phrases import counted
from prepop.rules.values.keys import PhoneNumber, Rejected, phone
from prepop.rules.values.phones.regions import NO_COUNTRY

# Reading one text costs some 100 us, and there are over 200 country codes: they are ranked on a few texts,
# and the best of them tried on many. Beyond that many the sentence says how many were tried.
SAMPLE = 40
MOST = 2000
BEST = 4

_REGION_LAST = re.compile(r" of ([A-Z]{2})\Z")  # `a mobile number of FR`, as rules.mapping says it


def remedies(left_alone: Iterable[LeftAlone], usual: Sequence[str] = ()) -> Mapping[Reason, tuple[str, ...]]:
    """Sentences by reason. `usual`: the regions of the plan's own numbers, most frequent first.

    They decide between regions that make equally many numbers valid.
    """
    raws: dict[Reason, list[str]] = defaultdict(list)
    regions: Counter[str] = Counter()
    stated: Counter[str] = Counter()
    several = 0
    for alone in left_alone:
        match alone.reason:
            case Reason.PHONE_NO_COUNTRY if NO_COUNTRY in alone.detail:
                stated[alone.detail.partition(f", {NO_COUNTRY}")[0]] += 1
            case Reason.PHONE_NO_COUNTRY:
                raws[alone.reason].append(alone.evidence.raw)
            case Reason.PHONE_COUNTRY_NOT_ALLOWED:
                regions[_region(alone)] += 1
            case Reason.VALUE_SEVERAL:
                several += 1
            case _:
                pass
    found: dict[Reason, tuple[str, ...]] = {}
    if raws[Reason.PHONE_NO_COUNTRY]:
        found[Reason.PHONE_NO_COUNTRY] = _default_region(raws[Reason.PHONE_NO_COUNTRY], usual)
    if stated:
        most = ", ".join(f"{text} ({counted(count, 'number')})" for text, count in _most(stated)[:BEST])
        found[Reason.PHONE_NO_COUNTRY] = (
            *found.get(Reason.PHONE_NO_COUNTRY, ()),
            f"No default counts where a country is stated and not understood: {most}"
            f"{' and more' if len(stated) > BEST else ''}. Write the ISO code or the country's name there.",
        )
    if regions:
        found[Reason.PHONE_COUNTRY_NOT_ALLOWED] = tuple(
            f'{counted(count, "number")}: add "{region}" to trust.countries'
            for region, count in _most(regions)
        )
    if several:
        found[Reason.VALUE_SEVERAL] = (
            f'{"It" if several == 1 else f"All {several:,}"} would be taken up with several = "first"',
        )
    return {reason: sentences for reason, sentences in found.items() if sentences}


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _region(alone: LeftAlone) -> str:
    """The region of a number that may not be used: from the evidence, the number, or the rule's detail."""
    number = phone(alone.evidence.raw, None)
    said = _REGION_LAST.search(alone.detail)
    return (
        alone.evidence.region
        or (number.region if isinstance(number, PhoneNumber) else "")
        or (said[1] if said else "?")
    )


def _default_region(raws: Sequence[str], usual: Sequence[str]) -> tuple[str, ...]:
    """`131 of these 137 numbers become valid with region.default = "US"`."""
    texts = sorted(filter(None, raws))
    if not texts:
        return ()
    valid = lru_cache(maxsize=None)(_valid)
    regions = _candidates(usual)
    sample = _spread(texts, SAMPLE)
    best = sorted(regions, key=lambda region: -sum(valid(text, region) for text in sample))[:BEST]
    tried = _spread(texts, MOST)
    counts = {region: sum(valid(text, region) for text in tried) for region in best}
    best.sort(key=lambda region: -counts[region])
    top, most = best[0], counts[best[0]]
    if not most:
        return ()
    if len(texts) > len(tried):
        of_all = f"{most:,} of {len(tried):,} tried, of these {len(raws):,} numbers, become"
    elif len(raws) == 1:
        of_all = "This number becomes"
    else:
        of_all = f"{most:,} of these {len(raws):,} numbers {'becomes' if most == 1 else 'become'}"
    also = [region for region in best[1:] if counts[region] == most]
    more = " and more" if len(also) == BEST - 1 else ""
    rival = f", and as many with {', '.join(also)}{more}: the texts alone cannot tell" if also else ""
    return (
        f'{of_all} valid with region.default = "{top}"{rival}. '
        "Look at some of them first: a wrong country makes a number valid and a stranger's.",
    )


def _spread(texts: Sequence[str], most: int) -> Sequence[str]:
    """At most so many of them, evenly from first to last: the same for the same plan."""
    return texts if len(texts) <= most else [texts[place * len(texts) // most] for place in range(most)]


def _candidates(usual: Sequence[str]) -> list[str]:
    """One region for each country code, the usual ones first: regions that share a code (GB and Jersey, US
    and Canada) read a number alike, and the one after which the code is named stands for them.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, country_code_for_region

    main = [regions[0] for regions in COUNTRY_CODE_TO_REGION_CODE.values() if regions[0].isalpha()]
    alike: dict[int, str] = {}
    for region in (*usual, *main):
        alike.setdefault(int(country_code_for_region(region)), region)
    return list(alike.values())


def _valid(text: str, region: str) -> bool:
    return not isinstance(phone(text, region), Rejected)
