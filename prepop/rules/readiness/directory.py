"""The directory: can it be read, does it hold what the mapping names, who may write there."""

from collections.abc import Iterator, Sequence

from prepop.options import DirectoryKind
from prepop.rules.phrases import counted, cut
from prepop.rules.readiness import people
from prepop.rules.readiness.facts import DirectoryFacts, ReadinessFacts, Server
from prepop.rules.readiness.self_writing import self_writable
from prepop.rules.readiness.words import Answer, Group, State, Unread

SOON, VERY_SOON = 45, 14  # days before a certificate ends
_G = Group.DIRECTORY


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """For each directory, then for all people together."""
    for directory in situation.directories:
        about = directory.name if len(situation.directories) > 1 else ""
        if directory.kind is DirectoryKind.LDAP:
            yield from _server(situation, directory, about)
        else:
            yield _export(directory, about)
    yield from people.answers(situation)


def _server(situation: ReadinessFacts, directory: DirectoryFacts, about: str) -> Iterator[Answer]:
    yield _reachable(directory, about)
    if not directory.reached:
        return
    up = [server for server in directory.servers if not server.problem]
    yield _certificate(situation, up, about)
    yield _tls(up, about)
    yield _who(directory, about)
    yield _signing(directory, about)
    yield attributes(directory, up, about)
    yield _limits(directory, about)
    yield _self_writable(situation, directory, about)
    yield _read_only(directory, about)


def _reachable(directory: DirectoryFacts, about: str) -> Answer:
    down = [server for server in directory.servers if server.problem]
    question = "Does every server of the config answer, with a certificate that is trusted?"
    if not down:
        return Answer(
            "directory-reachable",
            _G,
            question,
            State.YES,
            f"{counted(len(directory.servers), 'server')}: {cut([s.url for s in directory.servers], 3)}.",
            about=about,
        )
    says = " ".join(f"{server.url}: {server.problem}." for server in down)
    fix = next((server.hint for server in down if server.hint), "check directory.url, ca_file and user")
    if directory.reached:
        return Answer("directory-reachable", _G, question, State.PARTLY, says, fix, about=about)
    return Answer("directory-reachable", _G, question, State.NO, says, fix, blocks=True, about=about)


def _certificate(situation: ReadinessFacts, up: list[Server], about: str) -> Answer:
    question = "Do the servers' certificates last?"
    known = [(s.url, s.certificate) for s in up if s.certificate]
    if not known:
        return Answer(
            "directory-certificate", _G, question, State.UNKNOWN, "No certificate was seen.", about=about
        )
    ends = sorted((c.until - situation.now).days for _, c in known)
    says = " ".join(
        f"{url}: {counted((c.until - situation.now).days, 'day')} left, for {cut(c.names, 3) or 'no name'}."
        for url, c in known
    )
    if ends[0] >= SOON:
        return Answer("directory-certificate", _G, question, State.YES, says, about=about)
    fix = "renew the domain controller's certificate; when it ends, every run ends with 40"
    state = State.NO if ends[0] < VERY_SOON else State.PARTLY
    return Answer("directory-certificate", _G, question, state, says, fix, about=about)


def _tls(up: list[Server], about: str) -> Answer:
    question = "Is the connection encrypted with TLS 1.2 or later?"
    versions = sorted({server.tls for server in up if server.tls})
    old = [v for v in versions if v not in ("TLSv1.2", "TLSv1.3")]
    if not versions:
        return Answer("directory-tls", _G, question, State.UNKNOWN, "The version was not told.", about=about)
    says = f"{', '.join(versions)}."
    if old:
        return Answer("directory-tls", _G, question, State.NO, says, "update the server", about=about)
    return Answer("directory-tls", _G, question, State.YES, says, about=about)


def _who(directory: DirectoryFacts, about: str) -> Answer:
    question = "Who is prepop to the directory?"
    if isinstance(directory.who, Unread):
        return Answer(
            "directory-bind",
            _G,
            question,
            State.YES,
            f"The bind went well ({directory.bind}). {directory.who.why}",
            about=about,
        )
    return Answer(
        "directory-bind", _G, question, State.YES, f"{directory.who} ({directory.bind}).", about=about
    )


def _signing(directory: DirectoryFacts, about: str) -> Answer:
    question = "Would the reading survive stricter servers (LDAP signing, channel binding)?"
    signing = "Everything goes over TLS, which servers that require LDAP signing accept."
    binding = (  # what ldap3 sends: LIBRARIES section 3
        "A simple bind has no channel binding that a server could ask for."
        if directory.bind == "simple"
        else "A Kerberos bind sends the channel binding token (tls-server-end-point) that servers with "
        "LdapEnforceChannelBinding = 2 ask for."
    )
    return Answer("directory-signing", _G, question, State.YES, f"{signing} {binding}", about=about)


def attributes(directory: DirectoryFacts, up: Sequence[Server], about: str = "") -> Answer:
    """What the schema says of the mapping's attributes. up: the servers that let us in."""
    question = "Does the schema have each attribute of the mapping, and does this server hold it?"
    if isinstance(directory.schema, Unread):
        return Answer("directory-attributes", _G, question, State.UNKNOWN, directory.schema.why, about=about)
    missing = [a.name for a in directory.schema.values() if not a.known]
    if missing:
        return Answer(
            "directory-attributes",
            _G,
            question,
            State.NO,
            f"The schema has no {' and no '.join(missing)}.",
            "correct the name in the mapping; extensionAttribute1 to 15 come with Exchange's schema",
            blocks=True,
            about=about,
        )
    read_only = any(server.read_only for server in up)
    doubts = [
        f"{a.name} is not replicated between servers" for a in directory.schema.values() if not a.everywhere
    ]
    if read_only:
        doubts += [
            f"{a.name} is kept from read-only servers" for a in directory.schema.values() if a.filtered
        ]
    if directory.global_catalog:
        doubts += [
            f"{a.name} is not in the global catalog" for a in directory.schema.values() if not a.catalog
        ]
    hidden = [a.name for a in directory.schema.values() if a.confidential and not _seen(directory, a.name)]
    doubts += [
        f"{name} is confidential (searchFlags 128) and nobody has a value there that this account may see: "
        "without the right to read it every value looks absent, so none may mean no right"
        for name in hidden
    ]
    if doubts:
        fixes = (
            ["read from a writable domain controller (ports 389, 636)"] if len(doubts) > len(hidden) else []
        )
        if hidden:
            fixes.append(
                f"grant this account Read Property and Control Access on {' and '.join(hidden)} of people "
                "(Ldp.exe, Browse, Security, Security descriptor), or map an attribute that is not so marked"
            )
        return Answer(
            "directory-attributes",
            _G,
            question,
            State.PARTLY,
            "; ".join(doubts) + ".",
            "; ".join(fixes),
            about=about,
        )
    says = f"{cut([a.name for a in directory.schema.values()], 8)}."
    shut = [
        f"{a.name} ({counted(_seen(directory, a.name), 'value')} seen)"
        for a in directory.schema.values()
        if a.confidential
    ]
    if shut:
        says += f" Confidential, and this account may read it: {', '.join(shut)}."
    return Answer("directory-attributes", _G, question, State.YES, says, about=about)


def _seen(directory: DirectoryFacts, attribute: str) -> int:
    """People on whom this attribute was seen."""
    read = () if isinstance(directory.people, Unread) else directory.people
    return sum(bool(person.values.get(attribute.lower())) for person in read)


def _limits(directory: DirectoryFacts, about: str) -> Answer:
    question = "Which limits does the server's query policy set?"
    if isinstance(directory.policy, Unread):
        return Answer(
            "directory-limits",
            _G,
            question,
            State.UNKNOWN,
            directory.policy.why,
            "ntdsutil, 'ldap policies', 'show values'",
            about=about,
        )
    shown = [
        f"{name} {directory.policy[name]:,}"
        for name in ("MaxPageSize", "MaxValRange", "MaxQueryDuration", "MaxResultSetSize")
        if name in directory.policy
    ]
    says = f"{', '.join(shown)}. prepop reads in pages and ranges and stops where a page does not end well."
    seconds = directory.policy.get("MaxQueryDuration", 120)
    page = directory.policy.get("MaxPageSize", 1000)
    if seconds < 30 or page < 100:
        return Answer(
            "directory-limits",
            _G,
            question,
            State.PARTLY,
            says,
            "these are far below the defaults (MaxPageSize 1000, MaxQueryDuration 120): set them again with "
            "ntdsutil, 'ldap policies'",
            about=about,
        )
    return Answer("directory-limits", _G, question, State.YES, says, about=about)


def _self_writable(situation: ReadinessFacts, directory: DirectoryFacts, about: str) -> Answer:
    question = "Are the values that prepop would register safe from the people themselves?"
    if isinstance(directory.dacls, Unread) or isinstance(directory.schema, Unread):
        why = directory.dacls.why if isinstance(directory.dacls, Unread) else "The schema could not be read."
        return Answer(
            "directory-self-writable",
            _G,
            question,
            State.UNKNOWN,
            why,
            "`dsacls DN-OF-A-PERSON`: look for SELF with WRITE PROPERTY on 'Personal Information'",
            about=about,
        )
    names = {a.lower() for rule in situation.mapping.rules for a in rule.attributes}
    found = self_writable(
        directory.dacls, [directory.schema[name] for name in names if name in directory.schema]
    )
    if not found:
        return Answer(
            "directory-self-writable",
            _G,
            question,
            State.YES,
            "Nobody may write the mapping's attributes on their own entry.",
            about=about,
        )
    says = ", ".join(f"{own.attribute} ({own.people:,} of {own.of:,} people)" for own in found)
    return Answer(
        "directory-self-writable",
        _G,
        question,
        State.NO,
        f"People may write on their own entry: {says}. Whoever sits at an unlocked desk, or holds a stolen "
        "password, can plant a number there, and a nightly run makes it a way to reset the password.",
        "take SELF's write on Personal-Information (77b5b886-944a-11d1-aebd-0000f80367c1) away, or keep the "
        "values in an attribute outside that property set; until then set trust.cool_down_days and review "
        "each plan",
        about=about,
    )


def _read_only(directory: DirectoryFacts, about: str) -> Answer:
    question = "Can the account that prepop reads with only read?"
    if isinstance(directory.writable, Unread):
        return Answer("directory-read-only", _G, question, State.UNKNOWN, directory.writable.why, about=about)
    if directory.writable:
        return Answer(
            "directory-read-only",
            _G,
            question,
            State.NO,
            f"It may write on people: {cut(directory.writable, 6)}.",
            "prepop never writes to a directory: give it an ordinary account without delegated rights",
            about=about,
        )
    says = "It may write nothing on the people that were looked at."
    return Answer("directory-read-only", _G, question, State.YES, says, about=about)


def _export(directory: DirectoryFacts, about: str) -> Answer:
    question = "Can the export be read?"
    if isinstance(directory.people, Unread):
        return Answer(
            "directory-reachable",
            _G,
            question,
            State.NO,
            directory.people.why,
            directory.people.look,
            blocks=True,
            about=about,
        )
    return Answer(
        "directory-reachable",
        _G,
        question,
        State.YES,
        f"{counted(len(directory.people), 'person', 'people')} from an export ({directory.kind}). "
        "What only a server can tell (rights, policies, writeback) is not known from a file."
        + "".join(f" Nor are {what} known: {meaning}." for what, meaning in directory.not_known.items()),
        about=about,
    )
