"""The directory: can it be read, does it hold what the mapping names, who may write there."""

from collections import Counter
from collections.abc import Iterator, Sequence

from prepop.options import DirectoryKind, Extension
from prepop.reasons import Reason
from prepop.rules.phrases import counted, cut, share
from prepop.rules.readiness.facts import DirectoryFacts, ReadinessFacts, Server
from prepop.rules.readiness.population import Population, Values
from prepop.rules.readiness.self_writing import self_writable
from prepop.rules.readiness.words import Answer, Group, State, Unread

SOON, VERY_SOON = 45, 14  # days before a certificate ends
_G = Group.DIRECTORY
_READS = "of the directory's own pieces"


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """For each directory, then for all people together."""
    for one in situation.directories:
        about = one.name if len(situation.directories) > 1 else ""
        if one.kind is DirectoryKind.LDAP:
            yield from _server(situation, one, about)
        else:
            yield _export(one, about)
    yield from _people(situation)


def _server(situation: ReadinessFacts, one: DirectoryFacts, about: str) -> Iterator[Answer]:
    yield _reachable(one, about)
    if not one.reached:
        return
    up = [server for server in one.servers if not server.problem]
    yield _certificate(situation, up, about)
    yield _tls(up, about)
    yield _who(one, about)
    yield _signing(one, about)
    yield attributes(one, up, about)
    yield _limits(one, about)
    yield _self_writable(situation, one, about)
    yield _read_only(one, about)


def _reachable(one: DirectoryFacts, about: str) -> Answer:
    down = [server for server in one.servers if server.problem]
    question = "Does every server of the config answer, with a certificate that is trusted?"
    if not down:
        return Answer(
            "directory-reachable", _G, question, State.YES,
            f"{counted(len(one.servers), 'server')}: {cut([s.url for s in one.servers], 3)}.", about=about,
        )  # fmt: skip
    says = " ".join(f"{server.url}: {server.problem}." for server in down)
    fix = next((server.hint for server in down if server.hint), "check directory.url, ca_file and user")
    if one.reached:
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


def _who(one: DirectoryFacts, about: str) -> Answer:
    question = "Who is prepop to the directory?"
    if isinstance(one.who, Unread):
        return Answer(
            "directory-bind", _G, question, State.YES, f"The bind went well ({one.bind}). {one.who.why}",
            about=about,
        )  # fmt: skip
    return Answer("directory-bind", _G, question, State.YES, f"{one.who} ({one.bind}).", about=about)


def _signing(one: DirectoryFacts, about: str) -> Answer:
    question = "Would the reading survive stricter servers (LDAP signing, channel binding)?"
    signing = "Everything goes over TLS, which servers that require LDAP signing accept."
    binding = (  # what ldap3 sends: LIBRARIES section 3
        "A simple bind has no channel binding that a server could ask for."
        if one.bind == "simple"
        else "A Kerberos bind sends the channel binding token (tls-server-end-point) that servers with "
        "LdapEnforceChannelBinding = 2 ask for."
    )
    return Answer("directory-signing", _G, question, State.YES, f"{signing} {binding}", about=about)


def attributes(one: DirectoryFacts, up: Sequence[Server], about: str = "") -> Answer:
    """What the schema says of the mapping's attributes. up: the servers that let us in."""
    question = "Does the schema have each attribute of the mapping, and does this server hold it?"
    if isinstance(one.schema, Unread):
        return Answer("directory-attributes", _G, question, State.UNKNOWN, one.schema.why, about=about)
    missing = [a.name for a in one.schema.values() if not a.known]
    if missing:
        return Answer(
            "directory-attributes", _G, question, State.NO,
            f"The schema has no {' and no '.join(missing)}.",
            "correct the name in the mapping; extensionAttribute1 to 15 come with Exchange's schema",
            blocks=True, about=about,
        )  # fmt: skip
    read_only = any(server.read_only for server in up)
    doubts = [f"{a.name} is not replicated between servers" for a in one.schema.values() if not a.everywhere]
    if read_only:
        doubts += [f"{a.name} is kept from read-only servers" for a in one.schema.values() if a.filtered]
    if one.global_catalog:
        doubts += [f"{a.name} is not in the global catalog" for a in one.schema.values() if not a.catalog]
    hidden = [a.name for a in one.schema.values() if a.confidential and not _seen(one, a.name)]
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
            "directory-attributes", _G, question, State.PARTLY, "; ".join(doubts) + ".", "; ".join(fixes),
            about=about,
        )  # fmt: skip
    says = f"{cut([a.name for a in one.schema.values()], 8)}."
    shut = [
        f"{a.name} ({counted(_seen(one, a.name), 'value')} seen)"
        for a in one.schema.values()
        if a.confidential
    ]
    if shut:
        says += f" Confidential, and this account may read it: {', '.join(shut)}."
    return Answer("directory-attributes", _G, question, State.YES, says, about=about)


def _seen(one: DirectoryFacts, attribute: str) -> int:
    """People on whom this attribute was seen."""
    people = () if isinstance(one.people, Unread) else one.people
    return sum(bool(person.values.get(attribute.lower())) for person in people)


def _limits(one: DirectoryFacts, about: str) -> Answer:
    question = "Which limits does the server's query policy set?"
    if isinstance(one.policy, Unread):
        return Answer(
            "directory-limits", _G, question, State.UNKNOWN, one.policy.why,
            "ntdsutil, 'ldap policies', 'show values'", about=about,
        )  # fmt: skip
    shown = [
        f"{name} {one.policy[name]:,}"
        for name in ("MaxPageSize", "MaxValRange", "MaxQueryDuration", "MaxResultSetSize")
        if name in one.policy
    ]
    says = f"{', '.join(shown)}. prepop reads in pages and ranges and stops where a page does not end well."
    seconds = one.policy.get("MaxQueryDuration", 120)
    page = one.policy.get("MaxPageSize", 1000)
    if seconds < 30 or page < 100:
        return Answer(
            "directory-limits", _G, question, State.PARTLY, says,
            "these are far below the defaults (MaxPageSize 1000, MaxQueryDuration 120): set them again with "
            "ntdsutil, 'ldap policies'",
            about=about,
        )  # fmt: skip
    return Answer("directory-limits", _G, question, State.YES, says, about=about)


def _self_writable(situation: ReadinessFacts, one: DirectoryFacts, about: str) -> Answer:
    question = "Are the values that prepop would register safe from the people themselves?"
    if isinstance(one.dacls, Unread) or isinstance(one.schema, Unread):
        why = one.dacls.why if isinstance(one.dacls, Unread) else "The schema could not be read."
        return Answer(
            "directory-self-writable", _G, question, State.UNKNOWN, why,
            "`dsacls DN-OF-A-PERSON`: look for SELF with WRITE PROPERTY on 'Personal Information'",
            about=about,
        )  # fmt: skip
    names = {a.lower() for rule in situation.mapping.rules for a in rule.attributes}
    found = self_writable(one.dacls, [one.schema[name] for name in names if name in one.schema])
    if not found:
        return Answer(
            "directory-self-writable", _G, question, State.YES,
            "Nobody may write the mapping's attributes on their own entry.", about=about,
        )  # fmt: skip
    says = ", ".join(f"{one_.attribute} ({one_.people:,} of {one_.of:,} people)" for one_ in found)
    return Answer(
        "directory-self-writable", _G, question, State.NO,
        f"People may write on their own entry: {says}. Whoever sits at an unlocked desk, or holds a stolen "
        "password, can plant a number there, and a nightly run makes it a way to reset the password.",
        "take SELF's write on Personal-Information (77b5b886-944a-11d1-aebd-0000f80367c1) away, or keep the "
        "values in an attribute outside that property set; until then set trust.cool_down_days and review "
        "each plan",
        about=about,
    )  # fmt: skip


def _read_only(one: DirectoryFacts, about: str) -> Answer:
    question = "Can the account that prepop reads with only read?"
    if isinstance(one.writable, Unread):
        return Answer("directory-read-only", _G, question, State.UNKNOWN, one.writable.why, about=about)
    if one.writable:
        return Answer(
            "directory-read-only", _G, question, State.NO,
            f"It may write on people: {cut(one.writable, 6)}.",
            "prepop never writes to a directory: give it an ordinary account without delegated rights",
            about=about,
        )  # fmt: skip
    says = "It may write nothing on the people that were looked at."
    return Answer("directory-read-only", _G, question, State.YES, says, about=about)


def _export(one: DirectoryFacts, about: str) -> Answer:
    question = "Can the export be read?"
    if isinstance(one.people, Unread):
        return Answer(
            "directory-reachable", _G, question, State.NO, one.people.why, one.people.look, blocks=True,
            about=about,
        )  # fmt: skip
    return Answer(
        "directory-reachable", _G, question, State.YES,
        f"{counted(len(one.people), 'person', 'people')} from an export ({one.kind}). What only a server can "
        "tell (rights, policies, writeback) is not known from a file."
        + "".join(f" Nor are {what} known: {meaning}." for what, meaning in one.not_known.items()),
        about=about,
    )  # fmt: skip


# ---------------------------------------------------------------- people and values


def _people(situation: ReadinessFacts) -> Iterator[Answer]:
    for one in situation.directories:
        if one.reached and isinstance(one.people, Unread) and one.kind is DirectoryKind.LDAP:
            yield Answer(
                "directory-people", _G, "Can the people be read to the last page?", State.NO,
                one.people.why, one.people.look, blocks=True, about=one.name,
            )  # fmt: skip
    found = situation.population
    if isinstance(found, Unread):
        yield Answer(
            "directory-values", _G, "How many people have a value that can be used?", State.UNKNOWN, found.why
        )
        return
    yield _objects(situation, found)
    yield _usable(found)
    yield _formats(situation, found)
    yield _shared(found)
    if found.regions:
        yield _countries(found)


def _objects(situation: ReadinessFacts, found: Population) -> Answer:
    question = "How many people are there?"
    others: Counter[str] = Counter()
    for one in situation.directories:
        if not isinstance(one.others, Unread):
            others.update(one.others)
    beside = ", ".join(f"{number:,} {what}" for what, number in others.items() if number)
    says = (
        f"{counted(found.people, 'person', 'people')}, {found.enabled:,} of them enabled, {found.admins:,} "
        "with "
        f"adminCount. {f'Besides, and never touched: {beside}.' if beside else ''}"
    )
    if found.people:
        return Answer("directory-objects", _G, question, State.YES, says.strip())
    return Answer(
        "directory-objects", _G, question, State.NO, says.strip(),
        "check directory.base and directory.filter", blocks=True,
    )  # fmt: skip


def _usable(found: Population) -> Answer:
    question = "How many people have a value that can be used?"
    says = (
        f"{found.able:,} of {found.people:,} people ({share(found.able, found.people)}) have at least one. "
    )
    says += " ".join(_line(values) for values in found.values)
    if found.able == 0:
        return Answer(
            "directory-values", _G, question, State.NO, says,
            _remedy(found) or "name in the mapping the attributes that are filled",
            blocks=True,
        )  # fmt: skip
    state = State.YES if found.able == found.people else State.PARTLY
    return Answer("directory-values", _G, question, state, says.strip(), _remedy(found))


def _line(values: Values) -> str:
    return f"{values.attribute} for {values.method}: {values.have:,} have it, {values.usable:,} usable."


def _remedy(found: Population) -> str:
    worst: Counter[Reason] = Counter()
    for values in found.values:
        worst.update(values.refused)
    if not worst:
        return ""
    reason, number = worst.most_common(1)[0]
    return f"most often ({number:,} values) {reason.value}: {reason.fix}"


def _formats(situation: ReadinessFacts, found: Population) -> Answer:
    question = "Are the values written so that nothing has to be assumed?"
    forms: Counter[str] = Counter()
    kept = {rule.method for rule in situation.mapping.rules if rule.extension is not Extension.LEAVE_ALONE}
    for values in found.values:
        forms.update(values.formats)
    if not forms:
        return Answer("directory-formats", _G, question, State.UNKNOWN, "There is no value to look at.")
    says = ", ".join(f"{number:,} {what}" for what, number in forms.most_common()) + "."
    bad = [
        what
        for what in ("without country code", "with an extension", "short, as an extension")
        if forms[what]
    ]
    if not bad:
        return Answer("directory-formats", _G, question, State.YES, says)
    extension = (
        " An extension is kept for the office phone, but a reset cannot dial it." if kept else
        " A number with an extension is left alone: a reset cannot dial it."
    ) if "with an extension" in bad else ""  # fmt: skip
    return Answer(
        "directory-formats", _G, question, State.PARTLY,
        f"{says} A number without + belongs to the numbering plan that [region] of the mapping says, never "
        "to "
        f"a guessed one.{extension} What prepop registers is always the form that Entra ID wants: + country "
        "code, one space, digits.",
        "fill the country attribute, or set [region] ou or default in the mapping",
    )  # fmt: skip


def _shared(found: Population) -> Answer:
    question = "Does each number and address belong to one person?"
    if not found.shared:
        return Answer("directory-shared", _G, question, State.YES, "Yes, of those who were read.")
    return Answer(
        "directory-shared", _G, question, State.PARTLY,
        f"{counted(found.shared, 'value')} stand with several people, {found.sharing:,} in all: a "
        "switchboard, a desk, "
        "or a mistake. Whoever answers there could reset all of them, so they are left alone.",
        "`prepop plan` lists them (value-shared); give each person an own value",
    )  # fmt: skip


def _countries(found: Population) -> Answer:
    question = "Are the numbers of countries that are expected?"
    most = sorted(found.regions.items(), key=lambda one: (-one[1], one[0]))
    says = f"Usable numbers: {cut([f'{region} {number:,}' for region, number in most], 12)}."
    if found.strange:
        texts = sorted(found.strange.items(), key=lambda one: (-one[1], one[0]))
        return Answer(
            "directory-countries", _G, question, State.PARTLY,
            f"{says} {counted(sum(found.strange.values()), 'person', 'people')} with a country that is not "
            f"understood, so that a number without + is left alone: "
            f"{cut([f'{text} ({number:,})' for text, number in texts], 6)}.",
            "write the ISO code, or the country's name in any language, into that attribute",
        )  # fmt: skip
    if found.countries_listed:
        says += " Numbers of other countries than trust.countries lists are left alone."
        return Answer("directory-countries", _G, question, State.YES, says)
    if len(most) == 1:
        return Answer("directory-countries", _G, question, State.YES, says)
    return Answer(
        "directory-countries", _G, question, State.PARTLY,
        f"{says} Calls to some country codes are blocked until an administrator opts in, and a number of a "
        "country "
        "where nobody works deserves a look.",
        "list the countries that are right in trust.countries",
    )  # fmt: skip
