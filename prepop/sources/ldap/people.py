"""People from Active Directory over LDAP.

One reading: the first server that answers, its root entry, a check that the mapping's attributes exist,
then every base to the last page. A server that fails half-way is left for the next URL and the reading
starts again from nothing: pages of two servers are never put together, because the cookies, the
replication state and so the people differ. Nothing is concluded from a reading that did not end.
"""

import difflib
import logging
import re
import shlex
from collections.abc import Callable, Collection, Sequence

import ldap3

from prepop.errors import ConfigError, Incomplete
from prepop.model import DirectoryReading, Person
from prepop.options import Bind, DirectoryOptions, LdapHost
from prepop.ports import Progress
from prepop.rules.readiness.words import Unread
from prepop.rules.values.lengths import bounded
from prepop.sources.entries import (
    GUID,
    STANDARD_ATTRIBUTES,
    Entry,
    guid_text,
    is_person,
    person,
)
from prepop.sources.ldap.catalog import administrators_unseen, refuse_global_catalog
from prepop.sources.ldap.connection import ServerFailed, Timeouts, connected
from prepop.sources.ldap.rights import self_writable
from prepop.sources.ldap.schema import attribute_names
from prepop.sources.ldap.search import (
    MAX_PAGE,
    PEOPLE_FILTER,
    BadFilter,
    NoSuchBase,
    check_base,
    pages,
    read_entry,
)

log = logging.getLogger(__name__)

_SAMPLE = 1000  # people of each base whose rights are looked at for source-self-writable
_ROOT_ATTRIBUTES = ("defaultNamingContext", "schemaNamingContext", "highestCommittedUSN", "dnsHostName")


class ActiveDirectory:
    """One `[directory]` block of kind `ldap`."""

    def __init__(
        self, options: DirectoryOptions, password: str = "", *, timeouts: Timeouts | None = None
    ) -> None:
        self.name = options.name
        self._options = options
        self._password = password
        self._timeouts = timeouts or Timeouts()
        self._hosts = options.hosts
        self._query = f"(&{PEOPLE_FILTER}{options.filter})"

    def read(self, attributes: Collection[str], progress: Progress) -> DirectoryReading:
        """Every person below the bases: see `ports.DirectorySource`."""
        asked = list(attributes)
        return self._first(lambda to: self._read_from(to, asked, progress))

    def administrators(self, progress: Progress) -> DirectoryReading:
        """One small search of the whole domain: who became an administrator may have been moved away."""
        return self._first(lambda to: self._administrators_from(to, progress))

    def _first(self, read: Callable[[LdapHost], DirectoryReading]) -> DirectoryReading:
        failures: list[str] = []
        hint = ""
        for to in self._hosts:
            try:
                return read(to)
            except ServerFailed as error:
                log.warning('directory "%s": %s: %s', self.name, to.url, error)
                failures.append(f"{to.url}: {error}")
                hint = hint or error.hint
        tried = "\n".join(f"  {failure}" for failure in failures)
        raise Incomplete(
            f'directory "{self.name}": no server could be read to the end:\n{tried}',
            hint=hint or "see what the servers say, then run again",
        )

    def _read_from(self, to: LdapHost, asked: Sequence[str], progress: Progress) -> DirectoryReading:
        wanted = list({name.lower(): name for name in (*asked, *STANDARD_ATTRIBUTES)}.values())
        people: dict[str, Person] = {}
        with connected(to, self._options, self._password, self._timeouts) as connection:
            root = _root(connection)
            refuse_global_catalog(connection)
            self._check_schema(connection, root["schemaNamingContext"], asked)
            try:
                for base in self._options.base:
                    check_base(connection, base)
                for base in self._options.base:
                    log.info("%s", self._by_hand(to, base, wanted))
                    for page in pages(connection, base, self._query, wanted, size=self._options.page_size):
                        for entry in page:
                            self._take(entry, asked, people)
                        progress("reading people", len(people), None)
            except NoSuchBase as error:
                raise ConfigError(
                    [f'directory "{self.name}": base {str(error)!r} does not exist on {to.url}'],
                    hint=f"this directory begins at {root['defaultNamingContext']}",
                ) from error
            except BadFilter as error:
                own = self._options.filter
                raise ConfigError(
                    [f'directory "{self.name}": filter {own!r}: {to.url} answers: {error}']
                ) from error
            unseen = self._administrators_unseen(connection, root["defaultNamingContext"])
            writable = self._self_writable(connection, root["schemaNamingContext"], asked)
        progress("reading people", len(people), len(people))
        log.info('directory "%s": %d people from %s, read in full', self.name, len(people), to.url)
        return DirectoryReading(
            directory=self.name,
            people=tuple(people[guid] for guid in sorted(people)),  # servers promise no order
            described={
                "kind": "ldap",
                "server": to.url,
                "server name": root["dnsHostName"],
                "base": " | ".join(self._options.base),
                "filter": self._query,
                "highestCommittedUSN": root["highestCommittedUSN"],
                "by hand": self._by_hand(to, self._options.base[0], wanted),
            },
            self_writable=writable,
            admins_unseen=unseen,
        )

    def _administrators_from(self, to: LdapHost, progress: Progress) -> DirectoryReading:
        people: dict[str, Person] = {}
        with connected(to, self._options, self._password, self._timeouts) as connection:
            domain = _root(connection)["defaultNamingContext"]
            refuse_global_catalog(connection)
            query = f"(&{PEOPLE_FILTER}(adminCount>=1))"
            for page in pages(connection, domain, query, STANDARD_ATTRIBUTES, size=self._options.page_size):
                for entry in page:
                    self._take(entry, (), people)
            unseen = self._administrators_unseen(connection, domain)
        return DirectoryReading(self.name, tuple(people.values()), admins_unseen=unseen)

    def _administrators_unseen(self, connection: ldap3.Connection, domain: str) -> str:
        """Why administrators of the domain might not be seen, although every domain has some; or ""."""
        if why := administrators_unseen(connection, domain):
            log.warning('directory "%s": %s', self.name, why)
            return f'directory "{self.name}": {why}'
        return ""

    def _self_writable(
        self, connection: ldap3.Connection, schema: str, attributes: Collection[str]
    ) -> tuple[str, ...]:
        """Where an intruder in a person's session could plant a number; of a sample, each run."""
        found = self_writable(connection, self._options, schema, attributes, at_most=_SAMPLE)
        if isinstance(found, Unread):
            log.info('directory "%s": who may write attributes is not known: %s', self.name, found.why)
            return ()
        return tuple(f"{each.attribute} ({each.people} of {each.of} people looked at)" for each in found)

    def _take(self, entry: Entry, asked: Sequence[str], people: dict[str, Person]) -> None:
        if GUID not in entry.attributes:
            raise Incomplete(
                f'directory "{self.name}": {entry}: objectGUID cannot be read',
                hint="let the reading account read the whole entry",
            )
        if not is_person(entry):
            return
        guid = guid_text(entry)
        if guid in people:
            raise ServerFailed(f"{entry} came twice: pages overlap, or it was moved during the reading")
        people[guid] = person(entry, directory=self.name, asked=asked)

    def _by_hand(self, to: LdapHost, base: str, wanted: Sequence[str]) -> str:
        """The same question for the administrator's own ldapsearch, without the secret."""
        options = self._options
        words = [f"LDAPTLS_CACERT={shlex.quote(str(options.ca_file))}"] if options.ca_file else []
        words += ["ldapsearch", "-H", shlex.quote(to.url), *([] if to.tls else ["-ZZ"])]
        words += (
            ["-Y", "GSSAPI"] if options.bind is Bind.KERBEROS else ["-D", shlex.quote(options.user), "-W"]
        )
        words += ["-E", f"pr={min(options.page_size, MAX_PAGE)}/noprompt", "-b", shlex.quote(base)]
        return " ".join([*words, shlex.quote(self._query), *wanted])

    # ------------------------------------------------------------ schema

    def _check_schema(self, connection: ldap3.Connection, schema: str, asked: Sequence[str]) -> None:
        """Are the mapping's attributes, and those of the filter, known to this directory?

        An unknown attribute is not an error to a server: it just never has a value, and in a filter it
        matches nobody. So it is looked up first; the whole list of names is read only where one is missing.
        """
        in_filter = re.findall(r"\(\s*([A-Za-z][A-Za-z0-9-]*)\s*(?::[^=()]*)?[<>~]?=", self._options.filter)
        names = {name.lower(): name for name in (*in_filter, *asked)}
        probe = {**names, "samaccountname": "sAMAccountName"}  # there in every directory
        known = attribute_names(connection, schema, probe.values()) if schema else {}
        if "samaccountname" not in known:
            log.warning('directory "%s": the schema cannot be read; attribute names go unchecked', self.name)
            return
        missing = [names[key] for key in names if key not in known]
        if not missing:
            return
        every = attribute_names(connection, schema, ())
        mistakes = []
        for name in missing:
            near = difflib.get_close_matches(name.lower(), every, n=1, cutoff=0.75)
            where = "filter" if name in in_filter else "mapping or [[extra]]"
            guess = f' Did you mean "{every[near[0]]}"?' if near else ""
            mistakes.append(f'directory "{self.name}": {where}: the schema has no attribute "{name}".{guess}')
        raise ConfigError(mistakes)


def _root(connection: ldap3.Connection) -> dict[str, str]:
    """What the server says of itself (rootDSE)."""
    attributes = read_entry(connection, "", _ROOT_ATTRIBUTES).attributes
    found = {name: attributes.get(name.lower(), (b"",))[0] for name in _ROOT_ATTRIBUTES}
    return {name: bounded(value.decode("utf-8", "replace")) for name, value in found.items()}
