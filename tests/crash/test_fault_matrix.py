"""Whatever goes wrong between prepop and the tenant: each outcome as CONTRACT section 9 says, and after
recovery the same end state. Through the command line, over real HTTP; no waiting is real.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import monotonic

import pytest

from prepop.model import Method
from prepop.sandbox.graph.faults import (
    Fault,
    error,
    half_body,
    html,
    invalid_json,
    missing_item,
    not_found,
    refused,
    reset_after,
    reset_before,
    slow,
    throttle,
    token_expired,
)
from prepop.sandbox.graph.methods import PHONES
from prepop.sandbox.graph.records import GroupEligibility, MethodConfig, Target
from tests.crash.stage import Batch, Night, signing_in

ALWAYS = 1_000_000
WRITE = "(POST|PATCH|DELETE) users/.*/authentication"
READ = "GET users/.*/authentication"


def in_a_minute() -> str:
    """Retry-After as a date."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)


# What the next command never learns of: it is waited out, sent again or read back within the run.
PASSING: dict[str, Callable[[], Fault]] = {
    "429 with whole seconds": lambda: throttle("2"),
    "429 with a fraction": lambda: throttle("2.128"),
    "429 with a date": lambda: throttle(in_a_minute()),
    "429 without Retry-After": lambda: throttle(""),
    "500": lambda: error(500),
    "502": lambda: error(502),
    "503": lambda: error(503),
    "503 with Retry-After": lambda: error(503, retry_after="1.5"),
    "504": lambda: error(504),
    "500 after it acted": lambda: error(500, acts=True),
    "503 after it acted": lambda: error(503, acts=True),
    "504 after it acted": lambda: error(504, acts=True),
    "reset before it acted": reset_before,
    "reset after it acted": reset_after,
    "half a body": half_body,
    "invalid JSON": invalid_json,
    "HTML 502": html,
    "HTML 502 after it acted": lambda: html(acts=True),
    "HTML 200": lambda: html(200),
    "HTML 200 after it acted": lambda: html(200, acts=True),
    "a slow answer": slow,
    "an expired token": token_expired,
    "an item without answer": lambda: missing_item(acts=False),
    "an item that acted without answer": missing_item,
}
OF_ITEM = ("an item", "500 after", "503 after", "504 after")  # what befalls items alone


def _passes(night: Night) -> None:
    """The night meets every fault that waits, and all is done, once."""
    code, _, err = night.prepop("sync")
    assert code == 0, err
    assert night.world.tenant.faults.pending() == 0
    assert set(night.results()) == {"done"}
    assert set(night.world.written().values()) == {1}
    night.whole()


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_of_an_item_that_passes(night: Night, name: str) -> None:
    """A write of each kind meets it: all is done, nothing is sent twice that had succeeded."""
    for verb in ("POST", "PATCH", "DELETE"):
        night.world.tenant.faults.next(f"{verb} users/.*/authentication", PASSING[name]())
    _passes(night)


@pytest.mark.parametrize("name", [name for name in PASSING if not name.startswith(OF_ITEM)])
def test_a_fault_of_a_batch_that_passes(night: Night, name: str) -> None:
    """A whole batch of writes meets it, and so does a whole batch of reads before."""
    night.world.tenant.faults.next(r"POST \$batch", PASSING[name]())

    def meet(number: int, batch: Batch) -> None:
        if number in (1, 3):
            night.world.tenant.faults.next(r"POST \$batch", PASSING[name]())

    night.watched.on_writes = meet
    _passes(night)


def test_throttling_is_waited_out_as_long_as_asked(night: Night) -> None:
    """Fractional seconds and dates are waited for, neither less nor much more."""
    for dated in (False, True):
        night.time.slept.clear()
        started = monotonic()
        text = in_a_minute() if dated else "2.128"
        night.world.tenant.faults.next(WRITE, throttle(text))
        assert night.prepop("sync")[0] == 0
        waited = sum(night.time.slept)  # in pieces, so that a signal is heard
        if dated:  # a date has whole seconds, and nears while the run gets there
            assert 59 - (monotonic() - started) <= waited <= 65
        else:
            assert 2.128 <= waited <= 3.2
        night.world.tenant.unregister("person0@example.com", Method.EMAIL)
        assert night.prepop("forget", "person0@example.com", "--method", "email")[0] == 0
        night.world.tenant.refresh_report()


@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
def test_a_person_changes_a_method_while_its_write_is_held_up(night: Night, verb: str) -> None:
    """A write that throttling holds up beyond 30 seconds is compared anew: the person's own value stays."""
    tenant = night.world.tenant
    tenant.faults.next(f"{verb} users/.*/phoneMethods", throttle("40"))

    def change(batch: Batch) -> None:
        held = next(one for one in batch if one["method"] == verb and "phoneMethods" in one["url"])
        _, _, user, _, _, kind = held["url"].split("/")
        where = (user, PHONES[kind])
        tenant.register(*where, "+44 7400100200")
        night.world.own[where] = "+44 7400100200"
        night.world.wanted.pop(where, None)

    _next_writes(night, change)
    code, _, err = night.prepop("sync")
    assert code in (0, 20), err  # what needs the change is not tried
    assert night.results().pop("moved-on") == 1
    assert not [one for one in tenant.writes if (one.user, one.method) in night.world.own]
    assert set(night.world.own) & {(one.user, one.method) for one in tenant.writes} == set()


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        pytest.param(throttle("1"), "failed", id="429 for ever"),
        pytest.param(error(503), "unknown", id="503 for ever"),
        pytest.param(error(503, acts=True), "done", id="503 for ever, having acted"),
        pytest.param(reset_before(), "unknown", id="reset for ever"),
        pytest.param(reset_after(), "done", id="reset for ever, having acted"),
        pytest.param(missing_item(acts=False), "unknown", id="never an answer"),
        pytest.param(token_expired(), "failed", id="401 for ever"),
        pytest.param(html(), "unknown", id="HTML for ever"),
        pytest.param(not_found(), "failed", id="404 though it is there"),
    ],
)
def test_a_fault_that_stays(night: Night, fault: Fault, result: str) -> None:
    """One method cannot be written: its changes are named, the rest is done, the next sync mends it."""
    night.world.tenant.faults.next("PATCH users/.*/emailMethods", fault, ALWAYS)
    code, _, _ = night.prepop("sync")
    met = [
        one for one in night.outcomes().values() if one["action"] == "replace" and one["method"] == "email"
    ]
    assert met
    if fault.kind in ("reset", "html"):  # takes every other item of its batch along
        assert {one["result"] for one in met} == {result}
        assert {one["result"] for one in night.outcomes().values()} <= {result, "done"}
    else:
        assert {one["result"] for one in met} == {result}
        others = [one for one in night.outcomes().values() if one not in met]
        assert {one["result"] for one in others} == {"done"}
    assert code == (0 if result == "done" else 20)
    assert set(night.world.written().values()) == {1}
    _mended(night)


def _mended(night: Night) -> None:
    night.world.tenant.faults._script.clear()
    assert night.prepop("sync")[0] == 0
    night.whole()


@pytest.mark.parametrize(
    "fault", [error(503), reset_before(), html(), throttle("1")], ids=lambda f: str(f.kind)
)
def test_the_read_before_the_write_fails(night: Night, fault: Fault) -> None:
    """What cannot be read right before the write is not tried: exit 20, mended by the next sync."""
    assert night.prepop("plan", "--out", str(night.world.folder / "out"))[0] == 0
    night.world.tenant.faults.next(READ, fault, ALWAYS)
    assert night.prepop("apply", str(night.world.folder / "out" / "plan.json"))[0] == 20
    assert set(night.results()) == {"not-tried"}
    assert night.world.tenant.writes == []
    _mended(night)


def test_nobodys_methods_are_found(night: Night) -> None:
    """404 for every account that was just listed is no night without work: exit 40, mended later."""
    night.world.tenant.faults.next(READ, not_found(), ALWAYS)
    code, _, err = night.prepop("sync")
    assert (code, night.world.tenant.writes) == (40, [])
    assert "just listed" in err
    _mended(night)


def test_the_tenant_cannot_be_read(night: Night) -> None:
    """A list that never comes whole: exit 40 and nothing written; the same run mended later."""
    night.world.tenant.faults.next("GET users$", half_body(), ALWAYS)
    assert night.prepop("sync")[0] == 40
    assert night.world.tenant.writes == []
    _mended(night)


def test_answers_in_any_order(night: Night) -> None:
    """Items of a batch are told apart by id, whatever their order."""
    night.world.tenant.faults.shuffled = True
    assert night.prepop("sync")[0] == 0
    assert set(night.results()) == {"done"}
    night.whole()


def _next_writes(night: Night, act: Callable[[Batch], None], at: int = 1) -> None:
    """Do something while a batch of writes is on its way."""
    night.watched.on_writes = lambda number, batch: act(batch) if number == at else None


@pytest.mark.parametrize("status", [409, 400])
def test_a_user_registers_between_read_and_write(night: Night, status: int) -> None:
    """Graph refuses the addition; the user's own value stays, that change has moved on, the rest is done."""
    tenant = night.world.tenant
    tenant.unverified = replace(tenant.unverified, duplicate_status=status)
    night.time.slept.clear()

    def register(batch: Batch) -> None:
        alone = [w for w, _ in night.world.wanted if (w, Method.ALTERNATE_MOBILE) not in night.world.wanted]
        added = next(one for one in batch if one["method"] == "POST" and one["url"].split("/")[2] in alone)
        user = added["url"].split("/")[2]
        tenant.register(user, added["body"]["phoneType"], "+44 7400100200")
        where = (user, Method(added["body"]["phoneType"]))
        night.world.own[where] = "+44 7400100200"
        del night.world.wanted[where]

    _next_writes(night, register)
    assert night.prepop("sync")[0] == 0
    assert len(night.world.own) == 3
    assert night.results().pop("moved-on") == 1
    night.watched.on_writes = None
    assert night.prepop("sync")[0] == 0
    night.whole()


def test_the_same_value_is_registered_between_read_and_write(night: Night) -> None:
    """A 409 on a value that is there as wanted is read back: done."""
    tenant = night.world.tenant
    tenant.unverified = replace(tenant.unverified, duplicate_status=409)

    def register(batch: Batch) -> None:
        added = next(item for item in batch if item["method"] == "POST" and "phoneMethods" in item["url"])
        user = added["url"].split("/")[2]
        tenant.register(user, added["body"]["phoneType"], added["body"]["phoneNumber"])

    _next_writes(night, register)
    assert night.prepop("sync")[0] == 0
    assert set(night.results()) == {"done"}
    night.whole()


@pytest.mark.parametrize("stores", [True, False])
def test_409_of_sms_sign_in(night: Night, stores: bool) -> None:
    """phoneNumberNotUnique is settled by reading back: done (with a note) where it was stored, or failed."""
    tenant = night.world.tenant
    tenant.permissions.discard("Policy.Read.AuthenticationMethod")
    tenant.permissions.discard("Policy.Read.All")
    tenant.policy.sms = MethodConfig(include=[Target(sign_in=True)])
    tenant.unverified = replace(tenant.unverified, collision_stores=stores)
    there = night.world.present()
    where = next(w for w in night.world.wanted if w[1] is Method.MOBILE and w not in there)
    tenant.sms_names[night.world.wanted[where].replace(" ", "")[1:]] = "somebody else"
    code, _, err = night.prepop("sync")
    met = night.outcomes()[f"{where[0]}/{where[1]}"]
    assert (met["status"], met["code"]) == (409, "phoneNumberNotUnique"), err
    if stores:
        assert (code, met["result"], met["note"]) == (0, "done", "sms-sign-in-not-unique")
        night.whole()
        return
    assert (code, met["result"]) == (20, "failed")
    assert max(night.time.slept) >= 4, "it was not looked at once more after some seconds"
    tenant.sms_names.clear()
    _mended(night)


def test_an_account_is_deleted_in_mid_run(night: Night) -> None:
    """Its changes fail by name, all others are done, and the next plan does not know it any more."""
    gone: list[str] = []

    def delete(batch: Batch) -> None:
        gone.append(batch[0]["url"].split("/")[2])
        night.world.tenant.delete_user(gone[0])

    _next_writes(night, delete)
    assert night.prepop("sync", "--accept", "too-many-unmatched=1")[0] == 20
    for key, one in night.outcomes().items():
        if key.startswith(gone[0]):
            assert one["result"] in ("failed", "not-tried")
            assert one["result"] == "not-tried" or one["status"] == 404
        else:
            assert one["result"] == "done"
    night.watched.on_writes = None
    for where in [w for w in night.world.wanted if w[0] == gone[0]]:
        del night.world.wanted[where]
    tenant = night.world.tenant
    tenant.phones.pop(gone[0])
    tenant.emails.pop(gone[0], None)
    assert night.prepop("plan", "--exit-code")[0] == 0
    assert night.world.present() == night.world.wanted | night.world.own


SECRET = "s3cret-of-the-fault-matrix"


def test_the_token_ends_in_mid_run(night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are revoked between two batches: a new one is fetched, all is done, and none is shown."""
    tenant = night.world.tenant
    issued_tokens: set[str] = set()

    def revoke(batch: Batch) -> None:
        issued_tokens.update(tenant.tokens)
        tenant.tokens.clear()

    _next_writes(night, revoke, at=2)
    with signing_in(night, tmp_path, monkeypatch, SECRET):
        code, _, err = night.prepop("sync", "-v")
        assert code == 0, err
        assert set(night.results()) == {"done"}
        assert set(night.world.written().values()) == {1}
        assert issued_tokens
        night.whole()
        issued_tokens.update(tenant.tokens)
    everything = "".join(night.said)
    assert not [token for token in issued_tokens if token in everything]
    assert SECRET not in everything


# ---------------------------------------------------------------- one bad thing stops nobody else


def _left_alone(night: Night) -> dict[str, tuple[str, str]]:
    """What the newest plan leaves alone as a whole: reason and detail by account id."""
    newest = json.loads(night.prepop("runs", "--json")[1])["runs"][0]["run"]
    file = night.world.folder / "reports" / newest / "plan.json"
    if not file.exists():  # a quiet night leaves none: it would be this one
        file = night.world.folder / "looked" / "plan.json"
        assert night.prepop("plan", "--out", str(file.parent))[0] == 0
    plan = json.loads(file.read_text(encoding="utf-8"))
    return {
        one["account"]["id"]: (one["reason"], one["detail"])
        for one in plan["left_alone"]
        if one["account"] and one["method"] is None
    }


def _changing(night: Night) -> str:
    """An account of which the second night changes something."""
    there = night.world.present()
    return next(
        who for (who, method), value in night.world.wanted.items() if there.get((who, method)) != value
    )


def _served_but(night: Night, bad: str) -> None:
    """Everybody but this account has what the directory wants, and of it nothing was written."""
    there = night.world.present()
    served = {where: value for where, value in there.items() if where[0] != bad}
    meant = {w: v for w, v in (night.world.wanted | night.world.own).items() if w[0] != bad}
    assert served == meant
    assert bad not in {write.user for write in night.world.tenant.writes}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (refused(403), "403 accessDenied"),
        (refused(400), "400 badRequest: The request is invalid."),
        (error(500), "500 generalException"),
        (missing_item(acts=False), "without an answer to this item"),
    ],
    ids=["403", "400", "500", "no answer"],
)
def test_one_account_cannot_be_read(night: Night, fault: Fault, words: str) -> None:
    """It is left alone with what Graph said, everybody else is served, and the night ends well."""
    bad = _changing(night)
    night.world.tenant.faults.next(f"GET users/{bad}/authentication", fault, ALWAYS)
    code, _, err = night.prepop("sync")
    assert code == 0, err
    assert set(night.results()) == {"done"}
    reason, detail = _left_alone(night)[bad]
    assert reason == "account-unreadable"
    assert words in detail
    assert bad in err
    _served_but(night, bad)
    _mended(night)


@pytest.mark.parametrize("number", ["+44 7400100200", None], ids=["of a new kind", "without a number"])
def test_one_account_has_an_odd_phone(night: Night, number: str | None) -> None:
    """A phone that nobody knows may be in the way: that account is left alone, and nobody else."""
    bad = _changing(night)
    kind = "unknownFutureValue" if number else "mobile"
    night.world.tenant.odd_phones[bad] = [{"phoneType": kind, "phoneNumber": number, "id": "new-kind"}]
    assert night.prepop("sync")[0] == 0
    assert _left_alone(night)[bad][0] == "account-unreadable"
    _served_but(night, bad)
    night.world.tenant.odd_phones.clear()
    _mended(night)


def test_nobodys_methods_may_be_read(night: Night) -> None:
    """403 of everybody is the permission: exit 40 with its name, nothing written; mended later."""
    night.world.tenant.faults.next("GET users/.*/phoneMethods", refused(403), ALWAYS)
    code, _, err = night.prepop("sync")
    assert (code, night.world.tenant.writes) == (40, [])
    assert "UserAuthMethod-Phone.Read.All" in err
    _mended(night)


def test_more_accounts_than_allowed_cannot_be_read(night: Night) -> None:
    """More than limits.unreadable are no accident of single accounts: exit 40, nothing written."""
    config = night.world.config.read_text(encoding="utf-8")
    night.world.config.write_text(config.replace("[limits]", '[limits]\nunreadable = "1"'), encoding="utf-8")
    for bad in list(night.world.tenant.users)[:2]:
        night.world.tenant.faults.next(f"GET users/{bad}/authentication", refused(400), ALWAYS)
    code, _, err = night.prepop("sync")
    assert (code, night.world.tenant.writes) == (40, [])
    assert "limits.unreadable allows 1" in err
    _mended(night)


def test_a_member_of_a_restricted_unit(night: Night) -> None:
    """Where no app may write nothing is tried, night after night, and the others are served."""
    bad = _changing(night)
    night.world.tenant.users[bad].restricted = True
    for _ in range(2):
        assert night.prepop("sync")[0] == 0
    assert _left_alone(night)[bad] == ("restricted-unit", "")
    assert night.world.tenant.requests.answers[403] == 0
    _served_but(night, bad)


def test_a_refusal_in_graphs_own_words(night: Night) -> None:
    """What Graph says of a refused write stands in the outcome and in the log."""
    night.world.tenant.faults.next("POST users/.*/authentication", refused(403))
    code, _, err = night.prepop("sync")
    assert code == 20
    [failed] = [one for one in night.outcomes().values() if one["result"] == "failed"]
    assert "Graph said: Request Authorization failed" in failed["note"]
    assert "Request Authorization failed" in err
    assert f"@example.com ({failed['id'].partition('/')[0]})" in err
    _mended(night)


@pytest.mark.parametrize("times", [3, 40])  # of all lists together, which are read side by side
def test_page_tokens_expire(night: Night, times: int) -> None:
    """A list is begun again three times; then it is an incomplete reading that says what helps."""
    night.world.tenant.faults.largest_page = 10
    night.world.tenant.expiring_pages = times
    code, _, err = night.prepop("sync")
    if times == 3:
        assert code == 0, err
        night.whole()
        return
    assert (code, night.world.tenant.writes) == (40, [])
    assert "Directory_ExpiredPageToken" in err
    night.world.tenant.expiring_pages = 0
    _mended(night)


@pytest.mark.parametrize("fault", [error(500), error(504), refused(400)], ids=["500", "504", "400"])
def test_the_registration_report_fails(night: Night, fault: Fault) -> None:
    """It only saves reads: everybody is read live, and the plan says why."""
    config = night.world.config.read_text(encoding="utf-8")
    night.world.config.write_text(config.replace('screen = "live"', 'screen = "report"'), encoding="utf-8")
    night.world.tenant.faults.next("GET reports/", fault, ALWAYS)
    code, _, err = night.prepop("sync")
    assert code == 0, err
    assert f"registration report: Graph answered {fault.status}" in err
    night.world.config.write_text(config, encoding="utf-8")
    night.whole()


def test_somebody_is_eligible_for_a_group_with_a_role(night: Night) -> None:
    """Who could make himself an administrator is left alone; where it is not known, nothing is written."""
    tenant = night.world.tenant
    bad = _changing(night)
    group = tenant.new_group("tier 0", role_assignable=True)
    tenant.assign("Global Administrator", group.id)
    tenant.group_eligible = [GroupEligibility(group.id, bad, "owner")]
    tenant.permissions.discard("PrivilegedEligibilitySchedule.Read.AzureADGroup")
    code, _, err = night.prepop("sync")
    assert (code, tenant.writes) == (30, [])
    assert "PrivilegedEligibilitySchedule.Read.AzureADGroup" in err
    tenant.permissions.add("PrivilegedEligibilitySchedule.Read.AzureADGroup")
    assert night.prepop("sync")[0] == 0
    reason, detail = _left_alone(night)[bad]
    assert (reason, detail) == ("privileged-role", "Global Administrator, as eligible owner of tier 0")
    _served_but(night, bad)


def test_a_tenant_without_any_role_assignment(night: Night) -> None:
    """There is no such tenant: who is privileged is not known, and nothing is written."""
    night.world.tenant.assignments.clear()
    code, _, err = night.prepop("sync")
    assert (code, night.world.tenant.writes) == (30, [])
    assert "privileged-unknown" in err
