"""What `check` finds in a real domain controller: its servers, schema, policies, and who may do what."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from prepop.model import Method, Privileged
from prepop.options import CloudOptions, DirectoryOptions, MappingRules, MethodRule, Region, Scope, Trust
from prepop.reports.terminal.readiness import render_readiness
from prepop.rules.readiness import directory as directory_rules
from prepop.rules.readiness import writeback as writeback_rules
from prepop.rules.readiness.facts import DirectoryFacts, ReadinessFacts
from prepop.rules.readiness.population import population
from prepop.rules.readiness.telling import tell
from prepop.rules.readiness.words import Answer, Readiness, State, Unread
from prepop.rules.readiness.writeback_rights import Lack, best, lacks
from prepop.sources.ldap.connection import Timeouts, connected
from prepop.sources.ldap.posture import open_posture
from prepop.sources.ldap.rights import self_writable
from prepop.sources.ldap.search import read_entry
from tests.rules.readiness.descriptors import object_sid, packed, set_dacl
from tests.sources.hosts import hosts
from tests.sources.samba import DomainController

USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
RESET = f"(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;{USER};SID)"
CHANGE = f"(OA;CIIO;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;{USER};SID)"
LOCKOUT = f"(OA;CIIO;WP;28630ebf-41d5-11d1-a9c1-0000f80367c1;{USER};SID)"
PWD_LAST_SET = f"(OA;CIIO;WP;bf967a0a-0de6-11d0-a285-00aa003049e2;{USER};SID)"
READABLE = "(A;CI;RPLCRC;;;AU)(A;CI;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)"
MAPPING = MappingRules(
    Region(),
    (
        MethodRule(Method.MOBILE, ("mobile",)),
        MethodRule(Method.EMAIL, ("extensionAttribute1",)),
    ),
)


def quiet(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Place:
    """The OUs of these tests, and the account of an Entra Connect."""

    dc: DomainController
    good: str
    blocked: str
    short: str
    msol: str

    @property
    def options(self) -> DirectoryOptions:
        return self.dc.options(base=(self.good, self.blocked, self.short))

    def look(self, options: DirectoryOptions | None = None) -> DirectoryFacts:
        return open_posture(options or self.options, self.dc.reader_password).look(MAPPING.attributes, quiet)


@pytest.fixture(scope="module")
def place(samba_dc: DomainController) -> Iterator[Place]:
    """An OU with all rights delegated, one that inherits nothing, one with one right missing, an
    administrator.
    """
    dc, made = samba_dc, []

    def add(dn: str, classes: str, **values: str) -> str:
        dc.add(dn, {"objectClass": [classes], **{key: [value] for key, value in values.items()}})
        made.append(dn)
        return dn

    def user(name: str, where: str, **values: str) -> str:
        more = {"sAMAccountName": name, "userAccountControl": "544", "mobile": "+49 1512 3456789", **values}
        return add(f"CN={name},{where}", "user", **more)

    top = add(f"OU=Rights,{dc.base}", "organizationalUnit")
    good = add(f"OU=Good,{top}", "organizationalUnit")
    blocked = add(f"OU=Blocked,{top}", "organizationalUnit")
    short = add(f"OU=Short,{dc.base}", "organizationalUnit")
    group = add(f"CN=rights-writeback,CN=Users,{dc.base}", "group", sAMAccountName="rights-writeback")
    msol = user("MSOL_0123456789ab", f"CN=Users,{dc.base}", description="of Entra Connect")
    dc.modify(group, {"member": [msol]})
    by_group, own = object_sid(dc, group), object_sid(dc, msol)
    # reset by way of a group, the rest directly
    rights = RESET.replace("SID", by_group) + (CHANGE + LOCKOUT + PWD_LAST_SET).replace("SID", own)
    set_dacl(dc, top, f"D:{READABLE}{rights}")
    set_dacl(dc, blocked, f"D:P{READABLE}")
    set_dacl(dc, short, f"D:{READABLE}{(RESET + CHANGE + LOCKOUT).replace('SID', own)}")
    for number in range(3):
        user(f"r.good{number}", good)
    user("r.blocked", blocked)
    user("r.short", short)
    admin = user("r.admin", good, adminCount="1")
    set_dacl(dc, admin, f"D:P{READABLE}")  # what SDProp makes of it within the hour
    yield Place(dc, good, blocked, short, msol)
    for dn in reversed(made):
        dc.delete(dn)


@pytest.fixture(scope="module")
def facts(place: Place) -> DirectoryFacts:
    """The directory, looked at once."""
    return place.look()


def situation(facts: DirectoryFacts, **changes: object) -> ReadinessFacts:
    """That directory in a situation without a tenant."""
    assert not isinstance(facts.people, Unread)
    counted = population(facts.people, (), MAPPING, Scope(), Trust(), frozenset(), Privileged({}), {})
    whole = ReadinessFacts(
        now=datetime(2026, 11, 22, tzinfo=UTC),
        mapping=MAPPING,
        scope=Scope(),
        options=CloudOptions("contoso.onmicrosoft.com"),
        directories=(facts,),
        cloud=Unread("no tenant here"),
        population=counted,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def answers(facts: DirectoryFacts, **changes: object) -> dict[str, Answer]:
    """What is said of the directory, by id."""
    whole = situation(facts, **changes)
    return {one.id: one for one in (*directory_rules.answers(whole), *writeback_rules.answers(whole))}


# ---------------------------------------------------------------- writeback's rights


def found(facts: DirectoryFacts) -> list[Lack]:
    assert not isinstance(facts.connectors, Unread)
    return list(lacks(facts, best(facts, facts.connectors)))


def test_exactly_the_missing_rights_are_found(place: Place, facts: DirectoryFacts) -> None:
    """The blocked OU lacks all, the short one lacks one right, the administrator is told apart, nobody
    else.
    """
    told = {(lack.container, lack.people, lack.admins): (set(lack.rights), lack.why) for lack in found(facts)}
    whole = {"Reset password", "Write lockoutTime", "Write pwdLastSet"}
    # changing it is everybody's right by the default of the class, which the administrator has lost too
    assert told == {
        (place.blocked, 1, 0): (whole, f"inheritance is off on {place.blocked}"),
        (place.good, 1, 1): (
            {*whole, "Change password"},
            "adminSDHolder: inheritance is off on accounts with adminCount",
        ),
        (place.short, 1, 0): ({"Write pwdLastSet"}, "nothing grants it"),
    }


def test_rights_are_told_in_words_with_a_remedy(place: Place, facts: DirectoryFacts) -> None:
    """Two of five people cannot be written to: partly, with places, reasons and a command."""
    told = answers(facts)
    rights = told["writeback-rights"]
    assert rights.answer is State.PARTLY
    assert not rights.blocks
    assert "Not on 2 people of 5" in rights.says
    assert f"{place.short} (1 person): no Write pwdLastSet; nothing grants it." in rights.says
    assert "Set-ADSyncPasswordWritebackPermissions" in rights.fix
    assert told["writeback-account"].says == "MSOL_0123456789ab."
    assert "for 1 of 1 person with adminCount" in told["writeback-admins"].says


def test_rights_that_nobody_gets_block(place: Place) -> None:
    """Where nobody's password can be written back, a rollout is blocked."""
    told = answers(place.look(place.dc.options(base=(place.blocked,))))
    assert told["writeback-rights"].answer is State.NO
    assert told["writeback-rights"].blocks
    assert "switch inheritance on" in told["writeback-rights"].fix


def test_all_rights_are_a_plain_yes(place: Place) -> None:
    """Where only an OU with everything delegated is read, the answer is yes."""
    told = answers(place.look(place.dc.options(base=(place.good,), filter="(!(adminCount=1))")))
    assert told["writeback-rights"].answer is State.YES


def test_named_account_is_the_one_that_is_judged(place: Place) -> None:
    """directory.sync_account names the account where it has a name of its own; a wrong name is said."""
    facts = place.look(
        place.dc.options(base=(place.good,), sync_account=f"CORP\\{place.dc.reader.split('@')[0]}")
    )
    told = answers(facts)
    assert told["writeback-account"].says == "svc-reader."
    assert told["writeback-rights"].answer is State.NO
    wrong = answers(place.look(place.dc.options(base=(place.good,), sync_account="nobody")))
    assert wrong["writeback-account"].answer is State.UNKNOWN
    assert '"nobody"' in wrong["writeback-account"].says


def test_unexpire_password_is_looked_for_on_the_head_of_the_domain(
    place: Place, facts: DirectoryFacts
) -> None:
    """Active Directory grants it to everybody by default; taken away, it is missed."""
    assert answers(facts)["writeback-domain-head"].answer is State.YES
    assert not isinstance(facts.head, Unread)
    dn, _ = facts.head
    (bare,) = packed([f"D:{READABLE}"])
    told = answers(replace(facts, head=(dn, bare)))["writeback-domain-head"]
    assert told.answer is State.NO
    assert place.dc.base in told.fix


def test_administrators_within_reach_are_called_out(place: Place, facts: DirectoryFacts) -> None:
    """Where adminSDHolder grants the synchronisation's account a reset, it holds the domain: said so."""
    assert not isinstance(facts.connectors, Unread)
    assert not isinstance(facts.dacls, Unread)
    own = next(sid for sid in facts.connectors[0].sids if sid.startswith("S-1-5-21-"))
    rights = "".join(
        part.replace("CIIO", "").replace("SID", own) for part in (RESET, CHANGE, LOCKOUT, PWD_LAST_SET)
    )
    (open_,) = packed([f"D:P{READABLE}{rights.replace(USER, '')}"])
    admins = tuple(replace(one, descriptor=open_) for one in facts.dacls if one.admins)
    told = answers(replace(facts, dacls=admins, admin_holder=open_))["writeback-admins"]
    assert "since adminSDHolder grants it" in told.says
    assert "SkipAdminSdHolders" in told.fix


def test_minimum_password_age_is_told(place: Place, facts: DirectoryFacts) -> None:
    """A day's minimum age, which is Windows' default, makes resets fail on the same day."""
    place.dc.modify(place.dc.base, {"minPwdAge": [str(-24 * 3600 * 10_000_000)]})
    try:
        now = place.look(place.dc.options(base=(place.good,)))
    finally:
        place.dc.modify(place.dc.base, {"minPwdAge": ["0"]})
    assert now.password_age == timedelta(days=1)
    told = answers(now)["writeback-password-age"]
    assert told.answer is State.PARTLY
    assert "1 day" in told.says
    assert answers(facts)["writeback-password-age"].answer is State.YES


# ---------------------------------------------------------------- what people may write


def test_self_writable_attributes_are_found(place: Place, facts: DirectoryFacts) -> None:
    """C21: mobile is in Personal-Information, which everybody may write on himself; the administrator and an
    attribute outside of the set are not open."""
    told = answers(facts)["directory-self-writable"]
    assert told.answer is State.NO
    assert "mobile (" in told.says
    assert "extensionAttribute1" not in told.says


def test_self_writable_for_planning(place: Place) -> None:
    """The same over a connection that is open already, for the finding source-self-writable."""
    with connected(place.options.hosts[0], place.options, place.dc.reader_password, Timeouts()) as connection:
        schema = (
            read_entry(connection, "", ["schemaNamingContext"]).attributes["schemanamingcontext"][0].decode()
        )
        found = self_writable(connection, place.options, schema, ["mobile", "extensionAttribute1"])
    assert not isinstance(found, Unread)
    assert [each.attribute for each in found] == ["mobile"]
    assert found[0].people == 5
    assert found[0].of == 6


def test_account_that_only_reads_is_told_from_one_that_writes(place: Place, facts: DirectoryFacts) -> None:
    """The reader may write nothing; the administrator may, and is called out."""
    assert answers(facts)["directory-read-only"].answer is State.YES
    strong = open_posture(replace(place.options, user=place.dc.admin), place.dc.admin_password)
    told = answers(strong.look(MAPPING.attributes, quiet))["directory-read-only"]
    assert told.answer is State.NO


# ---------------------------------------------------------------- the server itself


def test_server_is_described(place: Place, facts: DirectoryFacts) -> None:
    """URL, TLS, certificate, limits and schema are read from the server, not assumed."""
    (server,) = facts.servers
    assert server.url == place.dc.url
    assert server.problem == ""
    assert server.tls in ("TLSv1.2", "TLSv1.3")
    assert server.certificate is not None
    assert place.dc.host in server.certificate.names
    told = answers(facts)
    for ident in ("directory-reachable", "directory-certificate", "directory-tls", "directory-attributes"):
        assert told[ident].answer is State.YES, told[ident]
    assert told["directory-limits"].answer is State.YES
    assert "MaxPageSize 1,000" in told["directory-limits"].says


def test_certificate_that_ends_soon_is_said(facts: DirectoryFacts) -> None:
    """45 days before the end partly, 14 days before it no."""
    end = facts.servers[0].certificate
    assert end is not None
    for days, state in ((46, State.YES), (44, State.PARTLY), (13, State.NO)):
        told = answers(facts, now=end.until - timedelta(days=days))["directory-certificate"]
        assert told.answer is state, days


def test_server_that_is_down_is_named_and_the_other_one_read(place: Place) -> None:
    """One URL of two is dead: partly; both: no, and the directory counts as not reached."""
    dead = "ldaps://127.0.0.1:1"
    some = place.look(replace(place.options, hosts=hosts(dead, place.dc.url)))
    assert some.reached
    assert answers(some)["directory-reachable"].answer is State.PARTLY
    assert dead in answers(some)["directory-reachable"].says
    none = place.look(replace(place.options, hosts=hosts(dead)))
    assert not none.reached


def test_everything_reads_well_on_a_terminal(place: Place, facts: DirectoryFacts) -> None:
    """The whole of it in 100 columns: no line longer, and nothing of a value in it."""
    check = Readiness(datetime(2026, 11, 22, tzinfo=UTC), "", "", "", "", tuple(answers(facts).values()))
    text = render_readiness(tell(check), width=100, colour=False)
    assert max(map(len, text.splitlines())) <= 100
    assert "1512 3456789" not in text


def test_wrong_password_is_told_as_such(place: Place) -> None:
    """A refused bind is a no with the reason, not an exception."""
    facts = open_posture(place.options, "wrong").look(MAPPING.attributes, quiet)
    assert not facts.reached
    assert "wrong user or password" in facts.servers[0].problem


def test_attribute_that_the_schema_lacks_blocks(place: Place) -> None:
    """A spelling mistake in the mapping is found before anybody waits for values."""
    facts = open_posture(place.options, place.dc.reader_password).look(["mobil"], quiet)
    assert not isinstance(facts.schema, Unread)
    assert not facts.schema["mobil"].known
    whole = situation(replace(facts, people=()), mapping=MAPPING)
    told = {one.id: one for one in directory_rules.answers(whole)}["directory-attributes"]
    assert told.blocks
    assert "mobil" in told.says
