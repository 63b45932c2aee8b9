"""How well a file fits, in words for reports and logs. No key and no name of a person is shown whole."""

from collections.abc import Mapping

from prepop.rules.extras.joining import Fit
from prepop.rules.phrases import cut


def facts(fit: Fit) -> Mapping[str, str]:
    """What is said of one file, by what it is called; what is nothing is left out."""
    said = {
        "joined by": f"{fit.key} = {fit.attribute}",
        "people with a row": f"{fit.fitting:,} of {fit.people:,}",
        "people without a row": _some(fit.people_alone, fit.example_people),
        f"people without {fit.attribute}": _some(fit.keyless),
        "rows without a person": _some(fit.rows_alone, fit.example_rows),
        "rows without a key": _some(fit.rows_keyless),
        "people whose key is not theirs alone": _some(fit.several),
        "rows that differ from a person by leading zeros only": _some(fit.by_zeros),
    }
    return {name: text for name, text in said.items() if text}


def sentence(fit: Fit) -> str:
    """The same in one sentence."""
    parts = [f"{name}: {text}" for name, text in facts(fit).items() if name != "joined by"]
    return f"{fit.key} fits {fit.attribute} in {fit.fitting:,} of {fit.rows:,} rows ({'; '.join(parts)})."


def _some(number: int, examples: tuple[str, ...] = ()) -> str:
    if not number:
        return ""
    return f"{number:,}" + (f" (such as {cut(examples, len(examples))})" if examples else "")
