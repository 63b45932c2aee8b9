"""One person, explained."""

import json
from dataclasses import replace

import pytest

from prepop.model import (
    Account,
    LeftAlone,
    Method,
    Person,
    PersonRef,
    Present,
    Unusable,
    Usable,
    Verdict,
    Wanted,
)
from prepop.reasons import Reason
from prepop.reports import explanation_document, render_explanation
from prepop.rules.summary.explanation import Explanation, explain
from tests.reports import samples
from tests.reports.test_forms import CONTROL
from tests.rules.decisions.world import Books

NUMBER, OTHER, ADDRESS = "+44 7400123456", "+44 7400123499", "jane.doe@example.net"
PERSON = Person(
    "corp",
    "CN=Jane Doe,OU=Staff,DC=corp,DC=example",
    "anchor==",
    "guid",
    upn="jane@corp.example",
    name="Jane Doe",
)
ACCOUNT = Account(samples.account(1).id, samples.account(1).upn)

GOOD = Usable(NUMBER, "mobile", "07400 123 456", "GB", ("country GB from c", "national zero removed"))
NEXT = Usable(OTHER, "otherMobile", "07400123499", "GB")
BAD = Unusable(Reason.PHONE_INVALID, "too short", "telephoneNumber", "+44 7400 12")
NONE = Unusable(Reason.NO_VALUE)


def jane(unmask: bool = False) -> Explanation:
    """A mobile that is added, an office number that is unusable, an address that the directory has not."""
    verdicts: tuple[Verdict, ...] = (
        samples.change(1, after=NUMBER),
        samples.alone(1, Reason.PHONE_INVALID, Method.OFFICE, raw=BAD.raw, detail="too short"),
        samples.alone(1, Reason.NO_VALUE, Method.EMAIL),
    )
    wanted = (
        Wanted(Method.MOBILE, GOOD, (GOOD, NEXT)),
        Wanted(Method.OFFICE, BAD, (BAD,)),
        Wanted(Method.EMAIL, NONE),
    )
    present = Present({Method.OFFICE: "+44 7400123488"}, ADDRESS)
    return explain(PERSON, ACCOUNT, wanted, present, verdicts, unmask)


def test_whole_story_on_a_terminal() -> None:
    """Raw value, what each rule made of it, what is registered, the verdict and the sentence why."""
    assert render_explanation(jane(), width=100, colour=False) == (
        """\
person   Jane Doe (enabled)
         CN=Jane Doe,OU=Staff,DC=corp,DC=example
anchor   anchor==
account  user1@example.org (enabled)
         00000000-0000-4000-8000-000000000001

mobile
  mobile: "••••• ••• •56"
    - country GB from c
    - national zero removed
    = +44 ••••••••56
  otherMobile: "•••••••••99"
    = +44 ••••••••99 (usable, not chosen)
  registered: nothing
  add: the method is absent, so the directory's value is added

office
  telephoneNumber: "+44 •••• 12"
    = not usable, phone-invalid: no such number can exist in its numbering plan (too short)
  registered: +44 ••••••••88
  left alone, phone-invalid: no such number can exist in its numbering plan (too short)
  to put it right: correct the number in the directory

email
  directory: the directory has no value
  registered: j•••@example.net
  left alone, no-value: the directory has no value
  to put it right: fill the attribute in the directory, or name another one in the mapping

Numbers and addresses are masked; --unmask shows them.
"""
    )


def test_masked_unless_asked() -> None:
    """Neither form shows a whole value unless asked, and then both do."""
    for text in (render_explanation(jane(), width=80, colour=True), json.dumps(explanation_document(jane()))):
        assert "7400123" not in text
        assert "jane.doe" not in text
    whole = jane(unmask=True)
    for text in (render_explanation(whole, width=80, colour=False), json.dumps(explanation_document(whole))):
        assert NUMBER in text
        assert ADDRESS in text
        assert "masked;" not in text


def test_left_alone_as_a_whole() -> None:
    """A person without account, or whose account is left alone whole, is told so once."""
    ref = PersonRef(PERSON.anchor, PERSON.dn)
    found = explain(PERSON, None, (), None, (LeftAlone(None, None, ref, Reason.NO_ACCOUNT),))
    text = render_explanation(found, width=100, colour=False)
    assert "account  none found" in text
    assert "left alone, no-account: no account in the tenant belongs to this person" in text
    assert explanation_document(found)["account"] is None


def test_not_read_is_not_nothing() -> None:
    """Where present methods were not read that is said, and nothing is claimed."""
    found = explain(PERSON, ACCOUNT, (Wanted(Method.MOBILE, GOOD, (GOOD,)),), None, ())
    assert found.methods[0].present is None
    assert "registered: not read" in render_explanation(found, width=100, colour=False)
    assert explanation_document(found)["methods"][0]["present"] is None  # type: ignore[index]


def test_hostile_texts_are_inert() -> None:
    """Nothing that a directory holds does anything to the terminal."""
    for text in samples.HOSTILE:
        odd = Usable(text, text, text, "", (text,))
        person = Person("corp", text, text, text, upn=text, name=text)
        found = explain(person, ACCOUNT, (Wanted(Method.EMAIL, odd, (odd,)),), Present({}, text), (), True)
        assert not CONTROL.search(render_explanation(found, width=60, colour=False))
        json.dumps(explanation_document(found)).encode()


def test_only_a_usable_value_is_chosen() -> None:
    """What is wanted is marked; a value that cannot be used is not, though it decided the answer."""
    chosen = {(tried.attribute, tried.chosen) for method in jane().methods for tried in method.tried}
    assert chosen == {("mobile", True), ("otherMobile", False), ("telephoneNumber", False), ("", False)}


@pytest.mark.parametrize(
    ("present", "key", "said"),
    [
        (NUMBER, NUMBER, "in run run1, 2026-11-22 02:00 UTC"),
        (None, NUMBER, "in run run1, 2026-11-22 02:00 UTC; it was taken away since"),
        ("+1 2015550123", NUMBER, "in run run1, 2026-11-22 02:00 UTC; it was changed since"),
    ],
)
def test_what_prepop_wrote_there(present: str | None, key: str, said: str) -> None:
    """`explain` shows in which run prepop wrote the method, and what became of it since."""
    ledger = Books().wrote(ACCOUNT.id, Method.MOBILE, key)
    ledger.entries[ACCOUNT.id, Method.MOBILE] = replace(ledger.entries[ACCOUNT.id, Method.MOBILE], run="run1")
    has = Present({Method.MOBILE: present} if present else {}, "")
    told = explain(PERSON, ACCOUNT, (Wanted(Method.MOBILE, GOOD, (GOOD,)),), has, (), ledger=ledger.ledger)
    assert told.methods[0].wrote == said
    assert f"prepop wrote there {said}" in render_explanation(told, width=100, colour=False)
    assert explanation_document(told)["methods"][0]["written_by_prepop"] == said  # type: ignore[index]


def test_country_and_readings_are_shown() -> None:
    """Which country decided, and every way in which the digits are a number."""
    raw = "0015124815793"
    doubt = Unusable(Reason.PHONE_UNREADABLE, "a zero may have been typed twice", "mobile", raw)
    wanted = (Wanted(Method.MOBILE, doubt, (doubt,)),)
    found = explain(PERSON, ACCOUNT, wanted, None, (), home=("DE", "co"))
    shown = render_explanation(found, width=160, colour=False)
    assert "country  DE, from co" in shown
    assert "- read as +1 ••••••••93, fixed or mobile number of US, 00 read as +" in shown
    assert "- read as +49 •••••••••93, mobile number of DE, as a number of that country" in shown
    assert "a zero may have been typed twice" in shown
    strange = explain(PERSON, ACCOUNT, wanted, None, (), home=(None, 'co says "Narnia"'))
    assert 'country  co says "Narnia"' in render_explanation(strange, width=100, colour=False)
