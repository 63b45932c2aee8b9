"""Writes `prepop/rules/values/phones/region_names.py`: what the world calls its countries.

    python -m tests.rules.values.make_region_names

Names come from CLDR (the Unicode Consortium's data on languages) by way of `babel`, codes and official
English names from ISO 3166-1 by way of `pycountry`. They become a table in the program, and not a dependency
of it: babel is 30 MB and takes longer to answer than a whole plan of a small company, the table is half a
megabyte and is loaded only where the English names do not do. A name by which two languages know two
countries (`Kongo`) is left out: it says nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import babel
import phonenumbers
import pycountry
from babel import localedata
from babel.core import get_global

from prepop.rules.values.phones import regions

TABLE = Path(regions.__file__).with_name("region_names.py")
_REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
# Shorter ones in Latin letters are codes, or mean something else elsewhere. (日本 is short.)
_SHORTEST_NAME = 3


def table() -> str:
    """The module's text."""
    owners: dict[str, set[str]] = defaultdict(set)
    for region, name in (*_of_cldr(), *_of_iso()):
        owners[regions.plain(name)].add(region)
    codes = dict(_codes())
    taken = {code.lower() for pair in codes.values() for code in pair}
    names: dict[str, list[str]] = defaultdict(list)
    for name, of in sorted(owners.items()):
        known = regions.BY_NAME.get(name)
        short = name.isascii() and len(name) < _SHORTEST_NAME
        if len(of) == 1 and known is None and not short and name not in taken:
            names[next(iter(of))].append(name)
    lines = [
        '"""Names and codes of regions, made by tests/rules/values/make_region_names.py.',
        "",
        f"Source: CLDR by way of babel {babel.__version__}, ISO 3166-1 by way of pycountry.",
        "Names are folded by `regions.plain`; those that `regions` has itself are not repeated.",
        '"""',
        "",
        "# ruff: noqa: E501",
        "# region: ISO 3166-1 alpha-3, number; names, separated by |",
        'TABLE = """',
        *(f"{region} {' '.join(codes[region])} {'|'.join(names[region])}" for region in _REGIONS),
        '"""',
    ]
    return "\n".join(lines) + "\n"


def _of_cldr() -> Iterator[tuple[str, str]]:
    for language in localedata.locale_identifiers():
        own = localedata.load(language, merge_inherited=False)
        for region, name in own.get("territories", {}).items():
            if region in _REGIONS and isinstance(name, str):
                yield region, name


def _of_iso() -> Iterator[tuple[str, str]]:
    for country in pycountry.countries:
        if country.alpha_2 in _REGIONS:
            for kind in ("name", "official_name", "common_name"):
                if name := getattr(country, kind, ""):
                    yield country.alpha_2, name


def _codes() -> Iterator[tuple[str, tuple[str, str]]]:
    """Alpha-3 and number of each region; for those without in ISO, what CLDR has, or -."""
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    for region in _REGIONS:
        country = pycountry.countries.get(alpha_2=region)
        if country is not None:
            yield region, (country.alpha_3, country.numeric)
            continue
        also = [code for code, of in aliases.items() if of == [region] and len(code) == _SHORTEST_NAME]
        letters = min((code for code in also if code.isalpha()), default="-")
        yield region, (letters, min((code for code in also if code.isdigit()), default="-"))


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
