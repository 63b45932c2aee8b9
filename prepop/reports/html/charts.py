"""Small inline SVG bars. Colours come from the page's style sheet by class, so that they follow dark mode.

A bar of one number is one `<rect>`: six charting libraries were measured at 4 KB to 4.8 MB a chart. The words
beside a bar are HTML, not SVG text, so that they keep their size on a narrow screen and on paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from prepop.rules.phrases import share

_BAR = Markup(
    '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" {}>'
    '<rect class="track" width="100" height="8"/><rect class="{}" width="{:.2f}" height="8"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `value` out of `whole`; kind is the class of its colour."""

    name: str
    value: int
    whole: int
    kind: str = "fill"


def bars(lines: Sequence[Bar], title: str) -> Markup:
    """Horizontal bars with their numbers; each bar has the same in words for those who cannot see it."""
    rows = Markup("").join(_row(bar) for bar in lines)
    return Markup('<figure class="chart"><figcaption>{}</figcaption>{}</figure>').format(title, rows)


def meter(value: int, whole: int) -> Markup:
    """A thin bar beside a number that says the same, so it is hidden from screen readers."""
    return _BAR.format(Markup('aria-hidden="true"'), "fill", _length(value, whole))


def _row(bar: Bar) -> Markup:
    words = f"{bar.value:,} of {bar.whole:,} ({share(bar.value, bar.whole)})"
    label = Markup('role="img" aria-label="{}: {}"').format(bar.name, words)
    return Markup('<div><span aria-hidden="true">{}</span>{}<span aria-hidden="true">{}</span></div>').format(
        bar.name,
        _BAR.format(label, bar.kind, _length(bar.value, bar.whole)),
        f"{bar.value:,} ({share(bar.value, bar.whole)})",
    )


def _length(value: int, whole: int) -> float:
    """In hundredths; whatever is not zero can be seen."""
    return max(1.0, 100 * min(value, whole) / whole) if value and whole else 0.0
