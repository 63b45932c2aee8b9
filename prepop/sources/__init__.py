"""Directories that people are read from: Active Directory over LDAP, LDIF and CSV exports."""

from collections.abc import Collection

from prepop.options import DirectoryKind, DirectoryOptions, MatchBy
from prepop.ports import DirectorySource


def open_directory(
    options: DirectoryOptions, password: str = "", match: Collection[MatchBy] = ()
) -> DirectorySource:
    """The source that one `[directory]` block describes. Nothing is read or connected to yet.

    match: `scope.match`, which says what a list of people must hold.

    Imports happen here and not above, so that a run on an LDIF file loads neither ldap3 nor pandas.
    """
    match options.kind:
        case DirectoryKind.LDAP:
            from prepop.sources.ldap.people import ActiveDirectory

            return ActiveDirectory(options, password)
        case DirectoryKind.LDIF:
            from prepop.sources.ldif_file import Ldif

            return Ldif(options)
        case DirectoryKind.CSV:
            from prepop.sources.csv_file import Table

            return Table(options, match)
