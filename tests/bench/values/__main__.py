"""`python -m tests.bench.values`: the table, for half a million texts."""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import phonenumbers

from tests.bench.values.counting import Answer, Counts, measure, page, texts
from tests.bench.values.countries import countries
from tests.bench.values.engines import Program, Written, library_alone

_HERE = Path(__file__).parents[3]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Ends with 1 where an ordinary spelling became somebody else's number."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.values", description=__doc__)
    parser.add_argument("--texts", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--countries", default="", help="'all', or codes with blanks between; else 60")
    parser.add_argument("--against", type=Path, help="a checkout of an older state, to read in turns")
    parser.add_argument("--show", type=int, default=0, help="so many texts of each kind that went wrong")
    parser.add_argument("--show-left", type=int, default=0, help="so many ordinary ones that were left alone")
    options = parser.parse_args(arguments)

    dice = random.Random(options.seed)
    regions = countries(dice)
    if options.countries == "all":
        regions = sorted(set(phonenumbers.SUPPORTED_REGIONS) - {"TA", "AC"})
    elif options.countries:
        regions = options.countries.split()
    programs = {"now": Program(_HERE)}
    if options.against:
        programs = {"before": Program(options.against.resolve()), **programs}
    engines: dict[str, Callable[[Sequence[Written]], list[str]]] = {
        **{name: program.read for name, program in programs.items()},
        "library alone": library_alone,
    }
    found = measure(texts(regions, dice), options.texts, engines, frozenset({"library alone"}))

    print("\n".join(page(found)))
    print("* no reader could know: the text is a usual spelling of another number")
    for name, program in programs.items():
        count = sum(counts.total() for counts in found[name].by_kind.values())
        print(f"{name}: {count / program.seconds:,.0f} texts a second on one core")
        program.close()
    _countries(found["now"])
    _examples(found["now"], options.show, options.show_left)
    return 1 if found["now"].total(slip=False)[Answer.WRONG] else 0


def _countries(counts: Counts) -> None:
    left = counts.left_too_often()
    print("ordinary spellings left alone more than 1 in 2,000:")
    print("  " + (" ".join(f"{region} {share:.2%}" for region, share in left.items()) or "nowhere"))
    wrong = Counter({region: each[Answer.WRONG] for region, each in counts.slips_by_region.items()})
    print("  wrong by country, all slips: " + " ".join(f"{r} {n}" for r, n in wrong.most_common(12) if n))


def _examples(counts: Counts, wrong: int, left: int) -> None:
    """Texts to look at. They are drawn at random: nobody's, or nobody's that we know."""
    for (kind, answer), examples in sorted(counts.examples.items()):
        if answer is Answer.WRONG or not examples[0][0].slip:
            for text, said in examples[: wrong if answer is Answer.WRONG else left]:
                print(f"  {answer}: {kind}: {text.region} {text.text!r} -> {said}, not {sorted(text.keys)}")


if __name__ == "__main__":
    sys.exit(main())
