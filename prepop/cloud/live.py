"""Methods as they are now: one batch item for each family of each account.

One account that alone cannot be read stops nobody else:

    answer of its item                                 what the account is
    a list                                             Present
    404                                                gone
    403, 400, another plain no                         Unreadable, with Graph's words
    5xx, 408, 424, or none, after all tries            Unreadable, which may be the service's trouble
    a phone of an unknown kind, or without a number    Unreadable: it may be in the way of what is wanted

What concerns more than one account raises Incomplete: 403 for everybody (the permission is missing), masked
numbers (the role is missing), throttling without end, no answer at all.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from prepop.cloud import parsing, urls
from prepop.cloud.reading import Reading, Refused
from prepop.cloud.wire.answers import Fate, Fields, GraphAnswer
from prepop.cloud.wire.batch import MISSING, Item
from prepop.cloud.wire.statuses import ReadMeaning, is_gone, of_read, said, unread
from prepop.model import Families, Family, Present, Unreadable
from prepop.ports import Progress
from prepop.rules.readiness.permission_table import to_read

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Question:
    """One family of one account."""

    account: str
    family: Family

    @property
    def item(self) -> Item:
        return Item("GET", urls.methods(self.family, self.account))

    @property
    def what(self) -> str:
        match self.family:
            case Family.PHONE:
                return "phones"
            case Family.EMAIL:
                return "email method"
            case _:
                assert_never(self.family)


@dataclass(slots=True)
class _Found:
    """What is known of one account so far."""

    present: Present
    gone: bool = False
    unreadable: Unreadable | None = None


class LiveMethods:
    """Reads them. names: UPN by account id, for messages; as many as are known."""

    def __init__(self, reading: Reading, *, email_methods: bool) -> None:
        self.names: dict[str, str] = {}
        self._reading = reading
        self._email_methods = email_methods

    async def read(
        self, asked: Mapping[str, Families], progress: Progress
    ) -> Mapping[str, Present | Unreadable | None]:
        """See `ports.TenantReader.present`. A cloud without email methods is not asked for them: there
        `email` stays unread (None).
        """
        questions = [
            _Question(account, family)
            for account, families in asked.items()
            for family in families.each
            if family is not Family.EMAIL or self._email_methods
        ]
        done = 0

        def settled(_place: int, _fate: Fate) -> None:
            nonlocal done
            done += 1
            progress("reading methods", done, len(questions))

        fates = await self._reading.many([question.item for question in questions], each=settled)
        answered = list(zip(questions, fates, strict=True))
        self._refuse_missing_permission(answered)
        found = {account: _Found(Present()) for account in asked}
        for question, fate in answered:
            await self._take(question, fate, found[question.account])
        return {
            account: None if state.gone else state.unreadable or state.present
            for account, state in found.items()
        }

    def _refuse_missing_permission(self, answered: list[tuple[_Question, Fate]]) -> None:
        """403 of everybody who is there: the permission is missing, not an account."""
        for family in Family:
            there = [
                (question, fate)
                for question, fate in answered
                if question.family is family and not is_gone(fate)
            ]
            if there and all(of_read(fate) is ReadMeaning.LACKING for _, fate in there):
                question, fate = there[0]
                raise unread(self._doing(question), fate, to_read(question.family))

    async def _take(self, question: _Question, fate: Fate, found: _Found) -> None:
        if is_gone(fate):
            found.gone = True
            return
        if fate == MISSING or (isinstance(fate, GraphAnswer) and _one_accounts_trouble(fate)):
            found.unreadable = self._unreadable(question, fate, outage=True)
            return
        try:
            listed = await self._reading.listed_item(
                question.item, fate, self._doing(question), to_read(question.family)
            )
            found.present = _with(found.present, question, listed)
        except Refused as refused:
            found.unreadable = self._unreadable(question, refused.answer)
        except parsing.NotUnderstood as error:
            found.unreadable = Unreadable(f"reading its {question.what}: {error}")

    def _unreadable(self, question: _Question, fate: Fate, *, outage: bool = False) -> Unreadable:
        """Without the request-id, which is another one each time and would make each plan another one; the
        log has it.
        """
        log.info("%s: %s", self._doing(question), fate)
        if isinstance(fate, GraphAnswer):
            heard = f"Graph answered {f'{fate.status} {fate.code}'.rstrip()}: {said(fate)}"
        else:
            heard = str(fate)
        return Unreadable(f"reading its {question.what}: {heard}", outage)

    def _doing(self, question: _Question) -> str:
        name = self.names.get(question.account)
        who = f"{name} ({question.account})" if name else question.account
        return f"reading the {question.what} of account {who}"


def _one_accounts_trouble(fate: GraphAnswer) -> bool:
    """A fault of this item alone, after all tries; throttling, and a fault of the whole batch, are not."""
    return not fate.whole and of_read(fate) is ReadMeaning.AGAIN


def _with(present: Present, question: _Question, listed: list[Fields]) -> Present:
    created = {**present.created, **parsing.created(listed, question.family)}
    match question.family:
        case Family.PHONE:
            return Present(parsing.phones(listed, question.account), present.email, created)
        case Family.EMAIL:
            return Present(present.phones, parsing.address(listed), created)
        case _:
            assert_never(question.family)
