"""Password writeback: is it on in the tenant, and may its account do its work in the directory.

Source of the rights and of the minimum password age: Microsoft, "Tutorial: Enable Microsoft Entra
self-service password reset writeback to an on-premises environment". Facts of Graph: GRAPH section 7a.
"""

from collections.abc import Iterator
from datetime import timedelta

from prepop.options import DirectoryKind
from prepop.rules.phrases import counted, cut, duration
from prepop.rules.readiness.facts import CloudFacts, Connector, DirectoryFacts, ReadinessFacts
from prepop.rules.readiness.security_descriptor import (
    ON_PEOPLE,
    RESET_PASSWORD,
    UNEXPIRE_PASSWORD,
    Malformed,
    held,
    parse,
)
from prepop.rules.readiness.words import Answer, Group, State, Unread
from prepop.rules.readiness.writeback_rights import Lack, best, lacks

_G = Group.WRITEBACK
_PORTAL = "Entra admin centre, Password reset, On-premises integration"
_GRANT = "on the Entra Connect server: `Set-ADSyncPasswordWritebackPermissions -ADConnectorAccountDN"
DELEGATED = (
    "signed in as a person: `Connect-MgGraph -Scopes OnPremDirectorySynchronization.Read.All; "
    "(Get-MgDirectoryOnPremiseSynchronization).Features.PasswordWritebackEnabled`"
)


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """The tenant's side, then each directory's."""
    if not isinstance(situation.cloud, Unread):
        yield _on(situation.cloud)
        yield _portal()
    for directory in situation.directories:
        if directory.kind is DirectoryKind.LDAP and directory.reached:
            about = directory.name if len(situation.directories) > 1 else ""
            yield from _directory(directory, about)


def _on(cloud: CloudFacts) -> Answer:
    question = "Does Entra Connect write passwords back?"
    if isinstance(cloud.features, Unread):
        return Answer(
            "writeback-on", _G, question, State.UNKNOWN, cloud.features.why, cloud.features.look or DELEGATED
        )
    if cloud.features.writeback is None:
        return Answer("writeback-on", _G, question, State.UNKNOWN, "Graph does not say.", DELEGATED)
    more = [
        f"{name} {'on' if value else 'off'}"
        for name, value in (
            ("password hash synchronisation", cloud.features.password_hashes),
            ("cloud password policy for synchronised users", cloud.features.cloud_policy),
        )
        if value is not None
    ]
    if (wins := cloud.features.directory_wins) is not None:
        more.append(f"{'the directory' if wins else 'the cloud'} has the last word on the property mobile")
    rest = f" Besides: {', '.join(more)}." if more else ""
    if cloud.features.writeback:
        return Answer("writeback-on", _G, question, State.YES, f"Yes, it last published that it does.{rest}")
    return Answer(
        "writeback-on",
        _G,
        question,
        State.NO,
        f"No: passwordWritebackEnabled is false, so a reset of a synchronised account is refused.{rest}",
        "on the server of Entra Connect: Configure, Customize synchronization options, Optional features, "
        "Password "
        "writeback",
        blocks=True,
    )


def _portal() -> Answer:
    return Answer(
        "writeback-portal",
        _G,
        "Does password reset use the writeback?",
        State.UNKNOWN,
        "The switch of password reset itself, and that of cloud sync, are in no version of Graph. It is "
        "set apart from Entra Connect's: where it is off the portal says that writeback is not enabled, "
        "whatever Entra Connect and the rights of its account say.",
        f"{_PORTAL}: 'Write back passwords to your on-premises directory' must be checked",
    )


def _directory(directory: DirectoryFacts, about: str) -> Iterator[Answer]:
    question = "Which account does the synchronisation use?"
    if isinstance(directory.connectors, Unread):
        yield Answer("writeback-account", _G, question, State.UNKNOWN, directory.connectors.why, about=about)
    elif not directory.connectors:
        yield Answer(
            "writeback-account",
            _G,
            question,
            State.UNKNOWN,
            "No account with a name that Entra Connect (MSOL_...) or cloud sync (provAgentgMSA, pGMSA_...) "
            "gives was found.",
            "Synchronization Service, Connectors, the Active Directory one, Properties, Connect to Active "
            "Directory "
            "Forest: name it in directory.sync_account",
            about=about,
        )
    else:
        chosen = best(directory, directory.connectors)
        rest = [other.name for other in directory.connectors if other is not chosen]
        says = f"{chosen.name}." + (
            f" Others of the kind, perhaps left over: {cut(rest, 4)}." if rest else ""
        )
        yield Answer("writeback-account", _G, question, State.YES, says, about=about)
        yield _rights(directory, chosen, about)
        yield _head(directory, chosen, about)
        yield _admins(directory, chosen, about)
    yield _password_age(directory, about)


def _rights(directory: DirectoryFacts, connector: Connector, about: str) -> Answer:
    question = "May it set the passwords of the people?"
    if isinstance(directory.dacls, Unread):
        return Answer(
            "writeback-rights",
            _G,
            question,
            State.UNKNOWN,
            directory.dacls.why,
            f"`dsacls DN-OF-A-PERSON | findstr {connector.name}`",
            about=about,
        )
    found = [lack for lack in lacks(directory, connector) if lack.people > lack.admins]
    everybody = sum(group.people - group.admins for group in directory.dacls)
    short = sum(lack.people - lack.admins for lack in found)
    names = ", ".join(right.name for right in ON_PEOPLE)
    if not everybody:
        return Answer("writeback-rights", _G, question, State.UNKNOWN, "No people were read.", about=about)
    if not found:
        return Answer(
            "writeback-rights",
            _G,
            question,
            State.YES,
            f"{names}: on all {everybody:,} people who are not administrators.",
            about=about,
        )
    says = f"Not on {counted(short, 'person', 'people')} of {everybody:,}: {' '.join(map(_told, found[:5]))}"
    if len(found) > 5:
        says += f" ... and {len(found) - 5} more places."
    return Answer(
        "writeback-rights",
        _G,
        question,
        State.NO if short == everybody else State.PARTLY,
        says,
        _remedy(found, connector),
        blocks=short == everybody,
        about=about,
    )


def _told(lack: Lack) -> str:
    people = counted(lack.people - lack.admins, "person", "people")
    return f"{lack.container} ({people}): no {', no '.join(lack.rights) or 'right'}; {lack.why}."


def _remedy(found: list[Lack], connector: Connector) -> str:
    grant = f'{_GRANT} "{connector.dn}"`'
    if any("inheritance is off" in lack.why for lack in found):
        return f"switch inheritance on there (Security, Advanced, Enable inheritance), then {grant}"
    if any("denies" in lack.why for lack in found):
        return "remove the entry that denies it (Security, Advanced, type Deny)"
    return (
        f"{grant} (Change password is granted to Everyone by default: give it back where it was taken away)"
    )


def _head(directory: DirectoryFacts, connector: Connector, about: str) -> Answer:
    question = "Has it 'Unexpire password' on the head of the domain?"
    if isinstance(directory.head, Unread):
        return Answer("writeback-domain-head", _G, question, State.UNKNOWN, directory.head.why, about=about)
    dn, raw = directory.head
    try:
        grant = held(parse(raw), connector.sids, UNEXPIRE_PASSWORD)
    except Malformed as error:
        return Answer("writeback-domain-head", _G, question, State.UNKNOWN, f"{dn}: {error}.", about=about)
    if grant.allowed:
        return Answer("writeback-domain-head", _G, question, State.YES, f"Yes, on {dn}.", about=about)
    return Answer(
        "writeback-domain-head",
        _G,
        question,
        State.NO,
        f"No, not on {dn}{' (an entry denies it)' if grant.denied else ''}: expired passwords cannot be "
        "reset.",
        f"Active Directory Users and Computers, {dn}, Security, Advanced: {connector.name}, 'This object "
        "and all descendant "
        "objects', Unexpire Password",
        about=about,
    )


def _admins(directory: DirectoryFacts, connector: Connector, about: str) -> Answer:
    question = "What about accounts that adminSDHolder protects?"
    if isinstance(directory.dacls, Unread):
        return Answer("writeback-admins", _G, question, State.UNKNOWN, directory.dacls.why, about=about)
    admins = sum(group.admins for group in directory.dacls)
    short = sum(lack.admins for lack in lacks(directory, connector))
    if not admins:
        return Answer(
            "writeback-admins", _G, question, State.YES, "Nobody who was read has adminCount.", about=about
        )
    if short == 0:
        return Answer(
            "writeback-admins",
            _G,
            question,
            State.PARTLY,
            f"It may set the password of everybody with adminCount ({admins:,})"
            f"{_by_holder(directory, connector)}: whoever has hold of it has hold of the domain.",
            "take its rights off CN=AdminSDHolder,CN=System (`Set-ADSyncPasswordWritebackPermissions "
            "-SkipAdminSdHolders`)",
            about=about,
        )
    return Answer(
        "writeback-admins",
        _G,
        question,
        State.PARTLY,
        f"Nothing is written back for {short:,} of {counted(admins, 'person', 'people')} with adminCount: "
        "adminSDHolder takes inherited rights away within the hour. For administrators that is right, and "
        "prepop leaves them alone.",
        "for people who are administrators no more: clear adminCount and enable inheritance on their entry",
        about=about,
    )


def _by_holder(directory: DirectoryFacts, connector: Connector) -> str:
    """Whether adminSDHolder itself, the pattern of those accounts, grants it; "" where that is not known."""
    if isinstance(directory.admin_holder, Unread):
        return ""
    try:
        grants = held(parse(directory.admin_holder), connector.sids, RESET_PASSWORD).allowed
    except Malformed:
        return ""
    return ", since adminSDHolder grants it" if grants else ", though adminSDHolder does not grant it"


def _password_age(directory: DirectoryFacts, about: str) -> Answer:
    question = "May a password be reset on the day on which it was changed?"
    age = directory.password_age
    if isinstance(age, Unread):
        return Answer("writeback-password-age", _G, question, State.UNKNOWN, age.why, about=about)
    note = "Fine-grained policies may say otherwise for some."
    if age <= timedelta(0):
        return Answer(
            "writeback-password-age",
            _G,
            question,
            State.YES,
            f"Yes, the domain's minimum password age is 0. {note}",
            about=about,
        )
    return Answer(
        "writeback-password-age",
        _G,
        question,
        State.PARTLY,
        f"The domain's minimum password age is {duration(age.total_seconds())}: a reset within that time "
        "after the last "
        f"change is refused. {note}",
        "Default Domain Policy, Account Policies, Password Policy: Minimum password age 0",
        about=about,
    )
