"""Tenants of each kind: the answers that their administrators ask for."""

import pytest

from tests.rules.readiness.conftest import Scene
from tests.sandbox.kinds import Kind, turn_into

#: Kind of tenant -> the answers that tell it apart, and what blocks. `*` is what is well in the sample
#: tenant.
WELL = {
    "tenant-reachable": "yes",
    "licence-writeback": "yes",
    "reset-scope": "yes",
    "reset-gates": "yes",
    "method-migration": "yes",
    "method-sms": "yes",
    "method-voice": "yes",
    "method-email": "yes",
    "method-sms-sign-in": "yes",
    "method-office": "yes",
    "writeback-on": "unknown",
    "writeback-portal": "unknown",
    "sync-recent": "yes",
    "permission-auditlog-read-all": "yes",
}
NO_REPORT = {"reset-scope": "unknown", "reset-gates": "unknown", "permission-auditlog-read-all": "no"}
NO_LICENCE = {"licence-writeback": "no", "licence-people": "no", "licence-products": "no", **NO_REPORT}
TABLE: dict[Kind, tuple[dict[str, str], list[str]]] = {
    Kind.FREE: (NO_LICENCE, ["licence-writeback"]),
    Kind.BUSINESS_STANDARD: (NO_LICENCE, ["licence-writeback"]),
    Kind.BUSINESS_PREMIUM: ({"licence-people": "yes"}, []),
    Kind.E3: (NO_LICENCE, ["licence-writeback"]),
    Kind.E3_P1: ({"licence-people": "yes"}, []),
    Kind.P2_PIM: ({"permission-rolemanagement-read-directory": "yes"}, []),
    Kind.ROOMS_ONLY: (
        {"licence-writeback": "no", "licence-products": "no", "permission-auditlog-read-all": "yes"},
        ["licence-writeback"],
    ),
    Kind.PRE_MIGRATION: (
        {
            "method-migration": "no",
            "method-sms": "unknown",
            "method-voice": "unknown",
            "method-email": "unknown",
        },
        [],
    ),
    Kind.MIGRATING: ({"method-migration": "partly", "method-email": "unknown"}, []),
    Kind.MIGRATED: ({}, []),
    Kind.EMAIL_FOR_NOBODY: ({"method-email": "no"}, ["method-email"]),
    Kind.EMAIL_FOR_A_GROUP: ({"method-email": "partly"}, []),
    Kind.SMS_SIGN_IN: ({"method-sms-sign-in": "no"}, ["method-sms-sign-in"]),
    Kind.RESET_OFF: ({"reset-scope": "no"}, ["reset-scope"]),
    Kind.TWO_GATES: ({"reset-gates": "no"}, []),
    Kind.REPORT_DENIED: (NO_REPORT, []),
    Kind.WRITEBACK_DENIED: ({"writeback-on": "unknown"}, []),
    Kind.WRITEBACK_READABLE: ({"writeback-on": "yes"}, []),
    Kind.WRITEBACK_OFF: ({"writeback-on": "no"}, ["writeback-on"]),
    Kind.NOT_SYNCED: ({"sync-recent": "no"}, ["sync-recent"]),
    Kind.CHINA: ({"method-email": "no"}, []),
}


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_of_tenant_gets_its_answers(scene: Scene, kind: Kind) -> None:
    """Exactly the answers that tell this kind apart differ; 30 where one of them blocks, else 0."""
    turn_into(scene.tenant, kind)
    if kind is Kind.CHINA:
        scene.mapping = scene.mapping.replace('[email]\nfrom = ["extensionAttribute1"]\n', "")
        scene.more = 'environment = "china"\n'
    told = scene.check()
    different, blocking = TABLE[kind]
    expected = {**WELL, **different}
    assert {ident: told[ident] for ident in expected} == expected
    assert told.blocks() == blocking
    assert told.code == (30 if blocking else 0)


def test_every_kind_has_a_row() -> None:
    """A kind that is added gets a row."""
    assert set(TABLE) == set(Kind)


def test_business_standard_and_premium_in_words(scene: Scene) -> None:
    """Standard: named, and what to buy; Premium: named as the one with P1."""
    turn_into(scene.tenant, Kind.BUSINESS_STANDARD)
    told = scene.check()
    assert "Microsoft 365 Business Standard: no Entra ID P1" in told.says("licence-products")
    assert "Business Premium" in told.fix("licence-writeback")
    turn_into(scene.tenant, Kind.BUSINESS_PREMIUM)
    assert "Microsoft 365 Business Premium: reset with writeback" in scene.check().says("licence-products")


def test_e3_by_itself_is_not_enough(scene: Scene) -> None:
    """Office 365 E3 holds no P1, beside it Entra ID P1 does."""
    turn_into(scene.tenant, Kind.E3_P1)
    says = scene.check().says("licence-products")
    assert "Office 365 E3: no Entra ID P1" in says
    assert "Microsoft Entra ID P1: reset with writeback" in says


def test_rooms_are_not_counted(scene: Scene) -> None:
    """Teams Rooms Pro holds P1, and nobody may reset with it."""
    turn_into(scene.tenant, Kind.ROOMS_ONLY)
    assert "for rooms and shared devices, not counted" in scene.check().says("licence-products")


def test_email_for_nobody_is_the_trap_that_is_named(scene: Scene) -> None:
    """Enabled without a target reads as switched on; it is said to be for nobody."""
    turn_into(scene.tenant, Kind.EMAIL_FOR_NOBODY)
    assert "enabled, but for nobody" in scene.check().says("method-email")


def test_targets_are_resolved_against_the_scope(scene: Scene) -> None:
    """Email for a pilot group: of the accounts in scope so many are covered; the pilot alone is all
    covered.
    """
    turn_into(scene.tenant, Kind.EMAIL_FOR_A_GROUP)
    assert scene.check()["method-email"] == "partly"
    scene.more = '[scope]\ngroups = ["SSPR pilot"]\n'
    assert scene.check()["method-email"] == "yes"


def test_writeback_denied_says_where_to_look(scene: Scene) -> None:
    """403 is unknown, with the delegated command, never a guess."""
    told = scene.check()
    assert "OnPremDirectorySynchronization.Read.All" in told.fix("writeback-on")
    assert "On-premises integration" in told.fix("writeback-portal")
