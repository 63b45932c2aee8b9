"""The synchronisation: is it on, is it recent, by which anchor do people and accounts belong together."""

from collections.abc import Iterator
from datetime import timedelta

from prepop.reasons import Reason
from prepop.rules.phrases import counted, duration, share
from prepop.rules.readiness.facts import CloudFacts, ReadinessFacts
from prepop.rules.readiness.population import Population
from prepop.rules.readiness.words import Answer, Group, State, Unread

#: Entra Connect runs every 30 minutes; after these it is late, or broken.
LATE, BROKEN = timedelta(hours=3), timedelta(hours=24)
_G = Group.SYNC


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """Nothing where the tenant could not be reached at all."""
    if isinstance(situation.cloud, Unread):
        return
    yield _on(situation, situation.cloud)
    if situation.scope.groups or situation.scope.exclude_groups:
        yield _groups(situation.cloud)
    if isinstance(situation.population, Unread):
        return
    yield _anchor(situation.population)
    yield _scope(situation.population)
    yield _managed(situation.population)


def _on(situation: ReadinessFacts, cloud: CloudFacts) -> Answer:
    question = "Is the directory synchronised to this tenant, and when was it last?"
    if isinstance(cloud.organisation, Unread):
        return Answer(
            "sync-recent", _G, question, State.UNKNOWN, cloud.organisation.why, cloud.organisation.look
        )
    if not cloud.organisation.synced:
        return Answer(
            "sync-recent",
            _G,
            question,
            State.NO,
            "The tenant says that no directory is synchronised to it: nobody of the directory has an "
            "account.",
            "set up Entra Connect or cloud sync; check cloud.tenant",
            blocks=True,
        )
    last = cloud.organisation.last_sync
    if last is None:
        return Answer(
            "sync-recent",
            _G,
            question,
            State.UNKNOWN,
            "It is on; the tenant does not say when it last ran.",
            "Entra admin centre, Entra Connect, Connect Sync",
        )
    ago = situation.now - last
    says = f"The last one ended {duration(max(0.0, ago.total_seconds()))} ago."
    if ago <= LATE:
        return Answer("sync-recent", _G, question, State.YES, says)
    fix = "on the server of Entra Connect: `Get-ADSyncScheduler`, then the errors in Synchronization Service"
    return Answer("sync-recent", _G, question, State.PARTLY if ago <= BROKEN else State.NO, says, fix)


def _groups(cloud: CloudFacts) -> Answer:
    question = "Can the members of the scope's groups be read?"
    if cloud.unread_groups:
        return Answer(
            "sync-groups",
            _G,
            question,
            State.NO,
            f"No: {'; '.join(cloud.unread_groups)}.",
            "put scope.groups and scope.exclude_groups right: a display name that one group alone has, or an "
            "object id",
            blocks=True,
        )
    counts = ", ".join(f'"{name}" has {counted(len(ids), "member")}' for name, ids in cloud.members.items())
    empty = [name for name, ids in cloud.members.items() if not ids]
    return Answer(
        "sync-groups",
        _G,
        question,
        State.PARTLY if empty else State.YES,
        f"Yes: {counts}.",
        "put people into the empty group, or name another" if empty else "",
    )


def _anchor(found: Population) -> Answer:
    question = "By which anchor do people and accounts belong together?"
    says = (
        f"mS-DS-ConsistencyGuid: {found.own_consistency:,} people have their own, {found.by_consistency:,} "
        "match "
        f"by it. objectGUID: {found.by_guid:,} match ({share(found.by_guid, found.people)}). objectSid: "
        f"{found.by_sid:,}. Matched in all: {found.matched:,} of {found.people:,} "
        f"({share(found.matched, found.people)})."
    )
    if not found.people:
        return Answer("sync-anchor", _G, question, State.UNKNOWN, "No people were read.")
    ambiguous = found.left.get(Reason.MATCH_AMBIGUOUS, 0)
    if not found.matched:
        return Answer(
            "sync-anchor",
            _G,
            question,
            State.NO,
            says,
            "check that directory and tenant belong together, and the source anchor of Entra Connect",
            blocks=True,
        )
    if ambiguous:
        return Answer(
            "sync-anchor",
            _G,
            question,
            State.PARTLY,
            f"{says} {counted(ambiguous, 'person', 'people')} and accounts do not belong to each other "
            "beyond doubt.",
            Reason.MATCH_AMBIGUOUS.fix,
        )
    return Answer("sync-anchor", _G, question, State.YES, says)


def _scope(found: Population) -> Answer:
    question = "Does everybody who was read have an account?"
    without = found.people - found.matched
    if not without:
        return Answer("sync-scope", _G, question, State.YES, "Yes.")
    return Answer(
        "sync-scope",
        _G,
        question,
        State.PARTLY,
        f"{counted(without, 'person', 'people')} of {found.people:,} ({share(without, found.people)}) have "
        "none: "
        "out of the synchronisation's scope, or not synchronised yet.",
        "narrow directory.base and filter to the OUs that Entra Connect synchronises, or widen its OU filter",
    )


def _managed(found: Population) -> Answer:
    question = "Are all matched accounts still synchronised?"
    if not found.unsynced:
        return Answer(
            "sync-managed",
            _G,
            question,
            State.YES,
            "Yes. Whether another Entra Connect server stands in staging mode, Graph does not tell.",
        )
    return Answer(
        "sync-managed",
        _G,
        question,
        State.PARTLY,
        f"{counted(found.unsynced, 'account')} with an anchor of the directory, not synchronised: moved to "
        "the cloud (source of authority), restored, or left over. Their passwords are not written back.",
        "in the Entra admin centre look at 'On-premises sync enabled' of one of them",
    )
