"""Extra files beside the directory: CSV exports and workbooks of HR, payroll, an office list."""

from prepop.options import ExtraOptions
from prepop.ports import ExtraSource


def open_extra(options: ExtraOptions) -> ExtraSource:
    """The file that one `[[extra]]` block describes. Nothing is opened yet."""
    from prepop.sources.extra.file import ExtraFile

    return ExtraFile(options)
