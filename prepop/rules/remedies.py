"""What would put right the values that are left alone, found out by trying it.

Pure, and works from the plan alone (the raw texts in the evidence), so that a report of an old plan can
say it too. A remedy is a hint for a person who knows the numbers: a default country that makes a number
valid may make it a stranger's, and the sentence says so.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from prepop.model import LeftAlone
from prepop.reasons import Reason
from prepop.rules.normalise import Rejected, phone
from prepop.rules.phrases import counted

Readable = Callable[[str, str], bool]

# Regions are ranked on so many texts, and only the best of them are tried on all.
SAMPLE = 200
BEST = 4


def remedies(left_alone: Iterable[LeftAlone], usual: Sequence[str] = ()) -> Mapping[Reason, tuple[str, ...]]:
    """Sentences by reason. `usual`: the regions of the plan's own numbers, most frequent first.

    They decide between regions that make equally many numbers valid (US and Canada share a plan).
    """
    raws: dict[Reason, list[str]] = defaultdict(list)
    regions: Counter[str] = Counter()
    several = 0
    for alone in left_alone:
        match alone.reason:
            case Reason.PHONE_NO_COUNTRY:
                raws[alone.reason].append(alone.evidence.raw)
            case Reason.PHONE_COUNTRY_NOT_ALLOWED:
                regions[alone.evidence.region or "?"] += 1
            case Reason.VALUE_SEVERAL:
                several += 1
            case _:
                pass
    found: dict[Reason, tuple[str, ...]] = {}
    if raws[Reason.PHONE_NO_COUNTRY]:
        found[Reason.PHONE_NO_COUNTRY] = _default_region(raws[Reason.PHONE_NO_COUNTRY], usual)
    if regions:
        found[Reason.PHONE_COUNTRY_NOT_ALLOWED] = tuple(
            f'{counted(count, "number")}: add "{region}" to trust.countries'
            for region, count in sorted(regions.items(), key=lambda item: (-item[1], item[0]))
        )
    if several:
        found[Reason.VALUE_SEVERAL] = (
            f'{"It" if several == 1 else f"All {several:,}"} would be taken up with several = "first"',
        )
    return {reason: sentences for reason, sentences in found.items() if sentences}


def _default_region(raws: Sequence[str], usual: Sequence[str]) -> tuple[str, ...]:
    """`131 of these 137 numbers become valid with region.default = "US"`."""
    texts = Counter(raw for raw in raws if raw)
    if not texts:
        return ()
    valid = lru_cache(maxsize=None)(_valid)
    rank = {region: place for place, region in enumerate(usual)}
    # The most frequent texts first, then in sorted order: the same sample for the same plan.
    sample = sorted(texts, key=lambda text: (-texts[text], text))[:SAMPLE]
    order = sorted(
        _regions(),
        key=lambda region: (
            -sum(valid(text, region) for text in sample),
            rank.get(region, len(rank)),
            region,
        ),
    )
    counts = {
        region: sum(count for text, count in texts.items() if valid(text, region)) for region in order[:BEST]
    }
    best = sorted(counts, key=lambda region: (-counts[region], rank.get(region, len(rank)), region))
    top = best[0]
    if not counts[top]:
        return ()
    of_all = (
        "This number becomes"
        if len(raws) == 1
        else f"{counts[top]:,} of these {len(raws):,} numbers {'becomes' if counts[top] == 1 else 'become'}"
    )
    also = [region for region in best[1:] if counts[region] == counts[top]]
    if also:
        more = " and more" if len(also) == BEST - 1 else ""
        rival = f", and as many with {', '.join(also)}{more}: the texts alone cannot tell"
    else:
        rival = ""
    return (
        f'{of_all} valid with region.default = "{top}"{rival}. '
        "Look at some of them first: a wrong country makes a number valid and a stranger's.",
    )


def _regions() -> Sequence[str]:
    from phonenumbers import SUPPORTED_REGIONS

    return sorted(SUPPORTED_REGIONS)


def _valid(text: str, region: str) -> bool:
    return not isinstance(phone(text, region), Rejected)
