"""What the methods policy of the tenant makes of a night, through the command line."""

from tests.story.stage import Stage, mobiles


def test_a_policy_with_everything_off_makes_nobody_able(stage: Stage) -> None:
    """SMS, Voice and Email off: nothing is written, the finding names the changes; on again they are."""
    for name, number in zip(("ann", "bob"), mobiles(), strict=False):
        stage.hire(name, mobile=number)
    policy = stage.tenant.policy
    policy.sms.enabled = policy.voice.enabled = policy.email.enabled = False
    planned = stage.plan()
    assert {(one["code"], one["measured"]) for one in planned["findings"] if one["level"] == "block"} == {  # type: ignore[attr-defined]
        ("method-disabled", 2)
    }
    assert {one["after"] for one in planned["standings"]} <= {"short", "unknown"}  # type: ignore[attr-defined]
    assert stage.prepop("sync").code == 30
    assert stage.tenant.writes == []
    policy.voice.enabled = True
    assert len(stage.sync()) == 2
