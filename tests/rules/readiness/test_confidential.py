"""Attributes that the schema marks confidential, on a real domain controller: absent is not empty."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from prepop.model import Method, Privileged
from prepop.options import CloudOptions, MappingRules, MethodRule, Region, Scope, Trust
from prepop.rules.readiness import directory as directory_rules
from prepop.rules.readiness.facts import ReadinessFacts
from prepop.rules.readiness.population import population
from prepop.rules.readiness.words import Answer, State, Unread
from prepop.sources.ldap.posture import open_posture
from tests.rules.readiness.descriptors import dacl, object_sid, put_dacl, set_dacl
from tests.sources.samba import DomainController

HIDDEN = "unixUserPassword"  # searchFlags 128 in the schema as it comes, and may stand on every person
HIDDEN_ID = "612cb747-c0e8-4f92-9221-fdd5f15b550d"
MAPPING = MappingRules(Region(), (MethodRule(Method.MOBILE, (HIDDEN,)),))


@pytest.fixture
def private(samba_dc: DomainController) -> Iterator[str]:
    """Somebody with a private number that is marked confidential."""
    dn = samba_dc.people["k.comma"].dn
    before = dacl(samba_dc, dn)
    samba_dc.modify(dn, {HIDDEN: ["+44 7400 123456"]})
    yield dn
    put_dacl(samba_dc, dn, before)
    samba_dc.modify(dn, {HIDDEN: []})


def look(dc: DomainController) -> tuple[dict[str, Answer], int]:
    """What is said of the directory, and how many people have a value there."""
    options = dc.options(filter="(sAMAccountName=k.comma)")
    facts = open_posture(options, dc.reader_password).look([HIDDEN], lambda stage, done, total: None)
    assert not isinstance(facts.people, Unread)
    counted = population(facts.people, (), MAPPING, Scope(), Trust(), frozenset(), Privileged({}), {})
    situation = ReadinessFacts(
        datetime(2026, 11, 22, tzinfo=UTC), MAPPING, Scope(), CloudOptions("contoso.onmicrosoft.com"),
        (facts,), Unread("no tenant here"), counted,
    )  # fmt: skip
    told = {one.id: one for one in directory_rules.answers(situation)}
    return told, sum(bool(one.values) for one in facts.people)


def test_what_may_not_be_read_is_not_called_empty(samba_dc: DomainController, private: str) -> None:
    """C19: the server answers as if there were no value. The schema gives it away: that nobody has one is
    said to mean nothing, with the right that is missing.
    """
    told, seen = look(samba_dc)
    assert seen == 0
    assert told["directory-attributes"].answer is State.PARTLY
    assert f"{HIDDEN} is confidential" in told["directory-attributes"].says
    assert "none may mean no right" in told["directory-attributes"].says
    assert f"Control Access on {HIDDEN}" in told["directory-attributes"].fix


def test_what_may_be_read_is_a_plain_yes(samba_dc: DomainController, private: str) -> None:
    """With the right granted the value is read, and the mark is only mentioned."""
    reader = object_sid(samba_dc, f"CN=svc-reader,CN=Users,{samba_dc.base}")
    set_dacl(samba_dc, private, f"D:(A;;RPLCRC;;;AU)(OA;;RPCR;{HIDDEN_ID};;{reader})")
    told, seen = look(samba_dc)
    assert seen == 1
    assert told["directory-attributes"].answer is State.YES
    assert f"this account may read it: {HIDDEN} (1 value seen)" in told["directory-attributes"].says
