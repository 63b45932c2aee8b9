"""The people of the directory: how many there are, and whether their values can be used."""

from collections import Counter
from collections.abc import Iterator

from prepop.options import DirectoryKind, Extension
from prepop.reasons import Reason
from prepop.rules.phrases import counted, cut, share, visible
from prepop.rules.readiness.facts import ReadinessFacts
from prepop.rules.readiness.population import Population, Values
from prepop.rules.readiness.words import Answer, Group, State, Unread

_G = Group.DIRECTORY


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """For the people of all directories together."""
    for directory in situation.directories:
        if (
            directory.reached
            and isinstance(directory.people, Unread)
            and directory.kind is DirectoryKind.LDAP
        ):
            yield Answer(
                "directory-people",
                _G,
                "Can the people be read to the last page?",
                State.NO,
                directory.people.why,
                directory.people.look,
                blocks=True,
                about=directory.name,
            )
    found = situation.population
    if isinstance(found, Unread):
        yield Answer(
            "directory-values", _G, "How many people have a value that can be used?", State.UNKNOWN, found.why
        )
        return
    yield _objects(situation, found)
    yield from _administrators(situation)
    yield _usable(found)
    yield _formats(situation, found)
    yield _shared(found)
    if found.regions:
        yield _countries(found)


def _objects(situation: ReadinessFacts, found: Population) -> Answer:
    question = "How many people are there?"
    others: Counter[str] = Counter()
    for directory in situation.directories:
        if not isinstance(directory.others, Unread):
            others.update(directory.others)
    beside = ", ".join(f"{number:,} {what}" for what, number in others.items() if number)
    says = (
        f"{counted(found.people, 'person', 'people')}, {found.enabled:,} of them enabled, {found.admins:,} "
        "with "
        f"adminCount. {f'Besides, and never touched: {beside}.' if beside else ''}"
    )
    if found.people:
        return Answer("directory-objects", _G, question, State.YES, says.strip())
    return Answer(
        "directory-objects",
        _G,
        question,
        State.NO,
        says.strip(),
        "check directory.base and directory.filter",
        blocks=True,
    )


def _administrators(situation: ReadinessFacts) -> Iterator[Answer]:
    """Of a server: whether this account sees who is an administrator; a file cannot tell, and says so."""
    for directory in situation.directories:
        if directory.kind is not DirectoryKind.LDAP or isinstance(directory.people, Unread):
            continue
        question = "Does the reading account see who is an administrator of the directory (adminCount)?"
        if not directory.admins_unseen:
            says = "Yes, of accounts that always have it too (krbtgt, the built-in Administrator)."
            yield Answer("directory-admins", _G, question, State.YES, says, about=directory.name)
            continue
        yield Answer(
            "directory-admins",
            _G,
            question,
            State.NO,
            f"No: {visible(directory.admins_unseen)}. Nothing is applied while administrators are not known.",
            "let the reading account read adminCount, on CN=AdminSDHolder,CN=System too",
            blocks=not situation.scope.privileged,
            about=directory.name,
        )


def _usable(found: Population) -> Answer:
    question = "How many people have a value that can be used?"
    says = (
        f"{found.able:,} of {found.people:,} people ({share(found.able, found.people)}) have at least one. "
    )
    says += " ".join(_line(values) for values in found.values)
    if found.able == 0:
        return Answer(
            "directory-values",
            _G,
            question,
            State.NO,
            says,
            _remedy(found) or "name in the mapping the attributes that are filled",
            blocks=True,
        )
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
        (
            " An extension is kept for the office phone, but a reset cannot dial it."
            if kept
            else " A number with an extension is left alone: a reset cannot dial it."
        )
        if "with an extension" in bad
        else ""
    )
    return Answer(
        "directory-formats",
        _G,
        question,
        State.PARTLY,
        f"{says} A number without + belongs to the numbering plan that [region] of the mapping says, never "
        "to "
        f"a guessed one.{extension} What prepop registers is always the form that Entra ID wants: + country "
        "code, one space, digits.",
        "fill the country attribute, or set [region] ou or default in the mapping",
    )


def _shared(found: Population) -> Answer:
    question = "Does each number and address belong to one person?"
    if not found.shared:
        return Answer("directory-shared", _G, question, State.YES, "Yes, of those who were read.")
    return Answer(
        "directory-shared",
        _G,
        question,
        State.PARTLY,
        f"{counted(found.shared, 'value')} stand with several people, {found.sharing:,} in all: a "
        "switchboard, a desk, "
        "or a mistake. Whoever answers there could reset all of them, so they are left alone.",
        "`prepop plan` lists them (value-shared); give each person an own value",
    )


def _countries(found: Population) -> Answer:
    question = "Are the numbers of countries that are expected?"
    most = sorted(found.regions.items(), key=lambda pair: (-pair[1], pair[0]))
    says = f"Usable numbers: {cut([f'{region} {number:,}' for region, number in most], 12)}."
    if found.strange:
        texts = sorted(found.strange.items(), key=lambda pair: (-pair[1], pair[0]))
        return Answer(
            "directory-countries",
            _G,
            question,
            State.PARTLY,
            f"{says} {counted(sum(found.strange.values()), 'person', 'people')} with a country that is not "
            f"understood, so that a number without + is left alone: "
            f"{cut([f'{text} ({number:,})' for text, number in texts], 6)}.",
            "write the ISO code, or the country's name in any language, into that attribute",
        )
    if found.countries_listed:
        says += " Numbers of other countries than trust.countries lists are left alone."
        return Answer("directory-countries", _G, question, State.YES, says)
    if len(most) == 1:
        return Answer("directory-countries", _G, question, State.YES, says)
    return Answer(
        "directory-countries",
        _G,
        question,
        State.PARTLY,
        f"{says} Calls to some country codes are blocked until an administrator opts in, and a number of a "
        "country "
        "where nobody works deserves a look.",
        "list the countries that are right in trust.countries",
    )
