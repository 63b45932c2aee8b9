"""Answers that a setting of the tenant turns: each state with what is said of it."""

from datetime import UTC, datetime, timedelta

import pytest

from prepop.options import CloudOptions, DirectoryKind, MappingRules, Region, Scope
from prepop.rules.readiness import judge
from prepop.rules.readiness.directory import attributes
from prepop.rules.readiness.facts import Attribute, DirectoryFacts, ReadinessFacts, Server, Sku
from prepop.rules.readiness.words import State, Unread
from prepop.sandbox.graph.records import MethodConfig, Target
from tests.rules.readiness.conftest import Scene


@pytest.mark.parametrize(
    ("state", "answer", "says"),
    [
        ("disabled", "yes", "it is disabled"),
        ("enabled", "partly", "asks people for microsoftAuthenticator"),
        ("default", "unknown", "Microsoft manages it"),
    ],
)
def test_registration_campaign(scene: Scene, state: str, answer: str, says: str) -> None:
    """On, off, or left to Microsoft, which may ask for passkeys: what it asks for is named as Graph does."""
    scene.tenant.policy.campaign = state
    told = scene.check()
    assert told["method-campaign"] == answer
    assert says in told.says("method-campaign")
    if state == "default":
        assert "passkeys" in told.says("method-campaign")


def test_office_phones_that_are_not_allowed_block(scene: Scene) -> None:
    """Voice is on, calls to office phones are not: what [office] registers could not be used."""
    scene.tenant.policy.office_allowed = False
    told = scene.check()
    assert told.blocks() == ["method-office"]
    assert "Configure: Office" in told.fix("method-office")


def test_administrators_that_may_not_reset(scene: Scene) -> None:
    """Two methods of their own policy either way; that they may not reset at all is said."""
    assert "They may reset." in scene.check().says("reset-admins")
    scene.tenant.admins_may_reset = False
    says = scene.check().says("reset-admins")
    assert "fixed policy of two methods" in says
    assert "They may not reset at all" in says


@pytest.mark.parametrize(("hours", "answer"), [(2, "yes"), (5, "partly"), (48, "no")])
def test_last_synchronisation(scene: Scene, hours: int, answer: str) -> None:
    """Entra Connect runs every half hour: after some hours it is late, after a day broken."""
    scene.tenant.last_sync = datetime.now(UTC) - timedelta(hours=hours)
    told = scene.check()
    assert told["sync-recent"] == answer
    assert "ago" in told.says("sync-recent")


def test_accounts_that_are_managed_in_the_cloud(scene: Scene) -> None:
    """An account that bears an anchor and is not synchronised any more gets no password written back."""
    assert scene.check()["sync-managed"] == "yes"
    next(user for user in scene.tenant.users.values() if user.synced and user.immutable_id).synced = False
    told = scene.check()
    assert told["sync-managed"] == "partly"
    assert told.says("sync-managed").startswith("1 account")
    assert "source of authority" in told.says("sync-managed")


def test_pilot_group_that_is_not_there_blocks(scene: Scene) -> None:
    """A mistyped group would make the night end before it began; one without members finds nobody."""
    assert "sync-groups" not in scene.check().answers
    pilot = scene.tenant.new_group("SSPR pilot")
    scene.more = '[scope]\ngroups = ["SSPR pilto"]\n'
    told = scene.check()
    assert "sync-groups" in told.blocks()
    assert "SSPR pilto" in told.says("sync-groups")
    scene.more = '[scope]\ngroups = ["SSPR pilot"]\n'
    assert scene.check()["sync-groups"] == "partly"
    pilot.members.append(next(iter(scene.tenant.users)))
    told = scene.check()
    assert told["sync-groups"] == "yes"
    assert '"SSPR pilot" has 1 member' in told.says("sync-groups")


def test_people_out_of_the_synchronisations_scope(scene: Scene) -> None:
    """Somebody in the directory without an account is counted."""
    without = scene.check().says("sync-scope")
    gone = next(user for user in scene.tenant.users.values() if user.synced and user.immutable_id)
    del scene.tenant.users[gone.id]
    told = scene.check()
    assert told["sync-scope"] == "partly"
    assert told.says("sync-scope") != without


def test_target_whose_group_is_gone(scene: Scene) -> None:
    """Enabled for a group that was deleted: for nobody, and why."""
    scene.tenant.policy.email = MethodConfig(include=[Target("99999999-0000-0000-0000-000000000000")])
    told = scene.check()
    assert told["method-email"] == "no"
    assert "a group that does not exist" in told.says("method-email")


def test_schema_keeps_an_attribute_from_this_server() -> None:
    """Not replicated, kept from read-only servers, not in the global catalog: each is told as a doubt."""
    facts = DirectoryFacts(
        "directory", DirectoryKind.LDAP, global_catalog=True,
        schema={
            "a": Attribute("a", everywhere=False), "b": Attribute("b", filtered=True),
            "c": Attribute("c", catalog=False), "d": Attribute("d"),
        },
    )  # fmt: skip
    told = attributes(facts, [Server("ldaps://rodc", read_only=True)])
    assert told.answer is State.PARTLY
    assert "a is not replicated" in told.says
    assert "b is kept from read-only servers" in told.says
    assert "c is not in the global catalog" in told.says
    assert "; d" not in told.says
    assert "writable domain controller" in told.fix


@pytest.mark.parametrize(
    ("bind", "answer", "says"),
    [("simple", State.YES, "no channel binding"), ("kerberos", State.YES, "sends the channel binding token")],
)
def test_channel_binding(bind: str, answer: State, says: str) -> None:
    """A simple bind over TLS has none to ask for; a Kerberos bind sends it (LIBRARIES section 3)."""
    facts = DirectoryFacts("directory", DirectoryKind.LDAP, (Server("ldaps://dc1"),), bind=bind)
    nothing = Unread("not asked here")
    situation = ReadinessFacts(
        datetime(2026, 11, 22, tzinfo=UTC), MappingRules(Region(), ()), Scope(), CloudOptions("t"),
        (facts,), nothing, nothing,
    )  # fmt: skip
    (told,) = [one for one in judge(situation) if one.id == "directory-signing"]
    assert told.answer is answer
    assert says in told.says


@pytest.mark.parametrize(
    ("policy", "answer"),
    [
        ({"MaxPageSize": 1000, "MaxQueryDuration": 120}, State.YES),
        ({"MaxPageSize": 50, "MaxQueryDuration": 120}, State.PARTLY),
        ({"MaxPageSize": 1000, "MaxQueryDuration": 10}, State.PARTLY),
    ],
)
def test_query_policy(policy: dict[str, int], answer: State) -> None:
    """Limits far below the defaults are said, with the tool that sets them."""
    facts = DirectoryFacts("directory", DirectoryKind.LDAP, (Server("ldaps://dc1"),), policy=policy)
    nothing = Unread("not asked here")
    situation = ReadinessFacts(
        datetime(2026, 11, 22, tzinfo=UTC), MappingRules(Region(), ()), Scope(), CloudOptions("t"),
        (facts,), nothing, nothing,
    )  # fmt: skip
    (told,) = [one for one in judge(situation) if one.id == "directory-limits"]
    assert told.answer is answer
    assert f"MaxPageSize {policy['MaxPageSize']:,}" in told.says
    assert ("ntdsutil" in told.fix) is (answer is not State.YES)


@pytest.mark.parametrize(
    ("status", "seats", "usable"),
    [("Enabled", 1, True), ("Warning", 1, True), ("Enabled", 0, False), ("Suspended", 5, False)],
)
def test_which_subscription_is_usable(status: str, seats: int, usable: bool) -> None:
    """One seat is enough; none, or one that was suspended, is not."""
    assert Sku("id", "AAD_PREMIUM", status, seats, 0, frozenset()).usable is usable
