"""What administrators complain about, and what `check` says before they meet it."""

import re

import pytest

from prepop.cli import main
from tests.rules.readiness.conftest import Scene
from tests.sandbox.kinds import Kind, turn_into


def test_synchronised_numbers_do_not_count(scene: Scene) -> None:
    """C1: the number is on the user, and a reset does not use it: said with the count of who can reset
    today.
    """
    says = scene.check().says("reset-today")
    assert "only registered methods do" in says
    assert "have no method that counts" in says


def test_forms_of_numbers_are_counted_and_the_right_one_named(scene: Scene) -> None:
    """C2: how values are written is counted, and what will be registered is said."""
    says = scene.check().says("directory-formats")
    assert "with + and country code" in says
    assert "one space" in says


def test_doubled_prefix_is_repaired_and_not_counted_as_broken(scene: Scene) -> None:
    """C3: +44 0044 ...: a usable value, as many as before."""
    before = scene.check().says("directory-values")
    person = next(one for one in scene.people.people if one.values.get("mobile", [""])[0].startswith("+44"))
    person.values["mobile"] = ["+44 0044" + person.values["mobile"][0][3:]]
    assert scene.check().says("directory-values") == before


def test_extension_is_said_to_be_of_no_use(scene: Scene) -> None:
    """C4: a reset cannot dial an extension; such numbers are counted and left alone."""
    scene.people.people[0].values["telephoneNumber"] = ["+44 20 7183 8750 ext. 12"]
    assert "a reset cannot dial it" in scene.check().says("directory-formats")


def test_sms_sign_in_has_three_consequences(scene: Scene) -> None:
    """C5: the 409 is told before it happens, with the two other consequences, and blocks."""
    turn_into(scene.tenant, Kind.SMS_SIGN_IN)
    says = scene.check().says("method-sms-sign-in")
    for word in ("without a password", "cross-tenant", "409 phoneNumberNotUnique"):
        assert word in says


def test_shared_numbers_are_counted(scene: Scene) -> None:
    """C6: two people with one number are found before an incident."""
    before = scene.check()
    one, two = scene.people.people[:2]
    one.values["mobile"] = two.values["mobile"] = ["+44 7911 123987"]
    after = scene.check()
    assert after["directory-shared"] == "partly"
    assert after.says("directory-shared") != before.says("directory-shared")


def test_alternate_mobile_is_no_help_for_a_reset(scene: Scene) -> None:
    """C7, C8: it takes calls only, needs a mobile, and does not count."""
    scene.mapping += '[alternateMobile]\nfrom = ["otherMobile"]\n'
    told = scene.check()
    assert told["method-alternate"] == "no"
    assert "needs a mobile" in told.says("method-alternate")


def test_both_readings_of_the_quota_are_told(scene: Scene) -> None:
    """C11: the size of the tenant, how long writing takes, and that the table may be read otherwise."""
    says = scene.check().says("permission-quota")
    assert "size S" in says or "size M" in says
    assert "5 requests in 10 seconds" in says


def test_population_is_not_iterated(scene: Scene) -> None:
    """C12: Microsoft asks not to read everybody's methods one by one. `check` reads those of one account, in
    pages everything else; a plan reads the methods only of those on whom a change may follow.
    """
    scene.check()
    asked = scene.tenant.requests.http + scene.tenant.requests.items
    assert {kind: number for kind, number in asked.items() if kind.endswith("Methods")} == {
        "GET users/{}/authentication/phoneMethods": 1,
        "GET users/{}/authentication/emailMethods": 1,
    }
    assert asked["GET reports/authenticationMethods/userRegistrationDetails"] == 1
    for entry in scene.people.people:
        entry.values.pop("mobile", None)
        entry.values.pop("telephoneNumber", None)
        entry.values.pop("extensionAttribute1", None)
    scene.people.people[0].values["mobile"] = ["+44 7400 123456"]  # one change may follow
    config = scene.write()
    scene.tenant.requests.clear()
    assert main(["plan", "-c", str(config)]) == 0
    asked = scene.tenant.requests.http + scene.tenant.requests.items
    assert sum(number for kind, number in asked.items() if kind.endswith("Methods")) <= 2
    assert asked["GET reports/authenticationMethods/userRegistrationDetails"] == 1


def test_nobody_has_to_know_method_ids(scene: Scene) -> None:
    """C16: "what is the second GUID?" A whole run of thousands needs one command, and neither what it says
    nor its files name the ids of methods.
    """
    scene.more = "[trust]\nshared_value_max = 5\n"
    config = scene.write()
    scene.capsys.readouterr()
    assert main(["sync", "-c", str(config)]) == 0
    said = scene.capsys.readouterr()
    assert len(scene.tenant.writes) > 20
    files = [
        path for path in (scene.folder / "reports").rglob("*") if path.suffix in (".json", ".csv", ".html")
    ]
    assert files
    for text in (said.out, said.err, *(path.read_text(encoding="utf-8-sig") for path in files)):
        for ident in ("3179e48a", "b6332ec1", "e37fc753", "3ddfcfc8"):  # GRAPH sections 1 and 2
            assert ident not in text


def test_who_has_no_method_is_open_to_whoever_comes_first(scene: Scene) -> None:
    """C20: registration is first come, first served: people without any method are counted, and what that
    means is said; where there are none, it is not.
    """
    says = scene.check().says("reset-today")
    assert int(re.findall(r"([\d,]+) have no method", says)[0]) > 0
    assert "open to whoever signs in first" in says
    for user in scene.tenant.users.values():
        scene.tenant.emails[user.id] = "somebody@example.org"
    scene.tenant.refresh_report()
    assert "whoever signs in first" not in scene.check().says("reset-today")


def test_report_is_called_old(scene: Scene) -> None:
    """C13: what comes from the registration report says how old that is."""
    assert "hours old" in scene.check().says("reset-scope")


def test_second_method_is_missed(scene: Scene) -> None:
    """C17: where two methods are asked, one is not enough, and nobody is asked for the other."""
    turn_into(scene.tenant, Kind.TWO_GATES)
    told = scene.check()
    assert told["reset-gates"] == "no"
    assert "cloud.gates = 2" in told.fix("reset-gates")


def test_what_each_method_serves_stands_in_its_question(scene: Scene) -> None:
    """C18: which method is for what."""
    questions = {ident: str(answer["question"]) for ident, answer in scene.check().answers.items()}
    assert "text messages" in questions["method-sms"]
    assert "for a reset only" in questions["method-email"]


def test_countries_are_counted_until_they_are_listed(scene: Scene) -> None:
    """C22: numbers of several countries are shown; with an allow-list the question is settled."""
    told = scene.check()
    assert told["directory-countries"] == "partly"
    assert "opts in" in told.says("directory-countries")
    scene.more = '[trust]\ncountries = ["GB", "DE"]\n'
    assert scene.check()["directory-countries"] == "yes"


def test_writeback_not_enabled_although_everything_is_set(scene: Scene) -> None:
    """The first question of all: the portal's own switch is named, which no version of Graph shows."""
    turn_into(scene.tenant, Kind.WRITEBACK_READABLE)
    told = scene.check()
    assert told["writeback-on"] == "yes"
    assert told["writeback-portal"] == "unknown"
    assert "Write back passwords to your on-premises directory" in told.fix("writeback-portal")


@pytest.mark.parametrize(("wins", "says"), [(True, "the directory has"), (False, "the cloud has")])
def test_whose_mobile_wins(scene: Scene, wins: bool, says: str) -> None:
    """bypassDirSyncOverridesEnabled = true: the directory's mobile over what was set in the cloud."""
    turn_into(scene.tenant, Kind.WRITEBACK_READABLE)
    scene.tenant.sync.directory_wins = wins
    assert f"{says} the last word on the property mobile" in scene.check().says("writeback-on")


def test_retirement_is_dated(scene: Scene) -> None:
    """Phones stop on 1 February 2027 unless the tenant has a provider, which Graph cannot confirm.

    Five months later for Global Administrators and external users; internal guests are neither.
    """
    told = scene.check()
    assert told["method-retirement"] == "partly"
    assert "1 July 2027 for Global Administrators and external users, internal guests not" in told.says(
        "method-retirement"
    )
    scene.more = "telephony_provider = true\n"
    assert scene.check()["method-retirement"] == "yes"
