"""Guards of extra files: one that lost rows says of people what is not so."""

from collections.abc import Iterable
from dataclasses import replace

from prepop.model import Finding
from prepop.reasons import FindingCode
from prepop.rules.decisions.bounds import accept_text, allowed, exceeds
from prepop.rules.decisions.situation import Situation

_LOOK = "See what the export was asked for."


def extra_sizes(found: Iterable[Finding], situation: Situation) -> Iterable[Finding]:
    """The findings of directory and tenant, and those of extra files; of one code one, with all numbers."""
    both: dict[FindingCode, Finding] = {finding.code: finding for finding in found}
    for finding in _each(situation):
        known = both.get(finding.code)
        both[finding.code] = _together(known, finding) if known else finding
    return both.values()


def _each(situation: Situation) -> Iterable[Finding]:
    limits = situation.limits
    before = {size.name.lower(): size.rows for size in situation.last.extras} if situation.last else {}
    for name, now in situation.extras.items():
        was = before.get(name.lower(), 0)
        gone = was - now
        if now == 0:
            text = f"Extra file {name} has no rows."
            yield Finding(FindingCode.SOURCE_EMPTY, 0, 1, was or None, text, _LOOK)
        elif gone > 0 and exceeds(limits.source_shrink, gone, was, limits.min_population):
            code = FindingCode.SOURCE_SHRANK
            bound = allowed(limits.source_shrink, was, limits.min_population)
            text = f"Extra file {name} has {gone:,} fewer rows than in the last complete run: "
            text += f"{now:,} instead of {was:,}."
            yield Finding(code, gone, bound, was, text, f"{_LOOK} {accept_text(code, gone)}")


def _together(one: Finding, other: Finding) -> Finding:
    """Two findings of one code are accepted together, at the sum of what they measure."""
    measured = (one.measured or 0) + (other.measured or 0)
    then = f"{_LOOK} Check base and filter too."
    if one.code.can_be_accepted and measured:
        then += f" {accept_text(one.code, measured)}"
    return replace(one, measured=measured, text=f"{one.text} {other.text}", next=then)
