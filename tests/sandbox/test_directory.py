"""The sample directory and its tenant: all from the seed, and with the mess that it promises."""

from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from prepop.model import Method, Person
from prepop.options import DirectoryKind, DirectoryOptions
from prepop.rules.values.keys import PhoneNumber, phone
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.people.directory import SampleDirectory, move_a_few, sample, tenant
from prepop.sandbox.people.numbers import REGIONS, Numbers, spellings
from prepop.sources import open_directory

ATTRIBUTES = ("c", "co", "mobile", "otherMobile", "telephoneNumber", "extensionAttribute1")


@pytest.fixture(scope="module")
def here() -> SampleDirectory:
    return sample(1500, seed=4)


def read(directory: SampleDirectory, path: Path) -> tuple[Person, ...]:
    directory.write_ldif(path)
    options = DirectoryOptions(name="sample", kind=DirectoryKind.LDIF, path=path)
    return open_directory(options).read(ATTRIBUTES, lambda *_: None).people


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """One seed, one file and one tenant; another seed, another."""
    files = [tmp_path / name for name in ("a.ldif", "b.ldif", "c.ldif")]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        sample(80, seed).write_ldif(file)
    one, two, other = (file.read_bytes() for file in files)
    assert one == two != other
    first, second = (tenant(sample(80, 1), 1) for _ in range(2))
    assert (first.users, first.phones, first.emails) == (second.users, second.phones, second.emails)
    assert first.assignments == second.assignments


def test_the_reader_of_ldif_finds_every_person_again(here: SampleDirectory, tmp_path: Path) -> None:
    """What is written as ldapsearch does is read whole: values, anchors, flags, and people only."""
    people = read(here, tmp_path / "people.ldif")
    assert len(people) == len(here.people)
    found = {p.sam: p for p in people}
    users = {u.sam: u for u in tenant(here, 4).users.values() if u.synced}
    same = 0
    for entry in here.people:
        person = found[entry.sam]
        assert (person.dn, person.name, person.disabled) == (entry.dn, entry.name, entry.disabled)
        assert person.admin_count is entry.admin_count
        assert person.values.get("mobile", ()) == tuple(entry.values.get("mobile", ()))
        assert person.when_changed == entry.when_changed
        if entry.sam in users:
            assert users[entry.sam].sid == person.sid
            same += users[entry.sam].immutable_id == person.anchor
    assert same > 0.95 * len(users)


def test_numbers_are_valid_unique_and_of_their_kind(here: SampleDirectory) -> None:
    """Every number an entry really means is valid, given out once, and mobiles may be mobiles."""
    given = Counter(n.e164 for entry in here.people for n in entry.numbers.values())
    assert set(given.values()) == {1}
    for entry in here.people:
        for attribute, number in entry.numbers.items():
            parsed = phonenumbers.parse(number.e164)
            assert phonenumbers.is_valid_number(parsed), number
            if attribute != "telephoneNumber":
                kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
                assert phonenumbers.number_type(parsed) in kinds, number


def test_every_spelling_means_its_number() -> None:
    """prepop reads each of the spellings, in every country of the sample, as the number that was meant."""
    import random

    numbers = Numbers(random.Random(9))
    for region in REGIONS:
        number = numbers.mobile(region)
        assert len(spellings(number)) >= 23
        for text in spellings(number):
            got = phone(text, region)
            assert isinstance(got, PhoneNumber), (region, text, got)
            assert got.text == number.normal, (region, text)


def test_the_mess_is_there(here: SampleDirectory) -> None:
    """Each kind of trouble occurs among 1,500 people, and most people are plain all the same."""
    stories = Counter((a, s) for e in here.people for a, s in e.story.items())
    expected = {
        "mobile": {"landline", "two", "note", "placeholder", "cut short", "toll-free", "satellite", "text"},
        "otherMobile": {"several"},
        "telephoneNumber": {"shared", "extension", "placeholder"},
        "extensionAttribute1": {"own", "tenant", "invalid", "two", "shared"},
        "c": {"missing", "wrong"},
    }
    for attribute, kinds in expected.items():
        assert kinds <= {s for a, s in stories if a == attribute}, attribute
    assert sum("mobile" in e.numbers for e in here.people) > 0.6 * len(here.people)
    assert len({e.region for e in here.people}) == len(REGIONS)
    assert any(e.disabled for e in here.people)
    assert any(e.admin_count for e in here.people)
    assert any(e.consistency for e in here.people)
    names = "".join(e.name for e in here.people)
    assert all(odd in names for odd in ("<script>", "=HYPERLINK", "ü", "ع", '"', ",", "\u202e"))


def test_the_tenant_has_every_kind_of_account(here: SampleDirectory) -> None:
    """Guests, disabled, strangers, people without account; every way to privilege; methods already there."""
    made = tenant(here, 4)
    synced = [u for u in made.users.values() if u.synced]
    assert 0.9 * len(here.people) < len(synced) < len(here.people)
    assert any(u.guest for u in made.users.values())
    assert any(not u.enabled for u in synced)
    assert any(not u.synced and not u.guest for u in made.users.values())
    held = {a.principal for a in made.assignments}
    assert held & set(made.groups)
    assert held & {u.id for u in synced}
    assert made.eligible
    assert any(g.role_assignable and g.owners for g in made.groups.values())
    assert any(set(g.members) & set(made.groups) for g in made.groups.values() if g.role_assignable)
    by_sam = {e.sam: e for e in here.people}
    kinds: Counter[str] = Counter()
    for user in synced:
        number = by_sam[user.sam].numbers.get("mobile")
        present = made.phones[user.id].get(Method.MOBILE)
        if number and present:
            spelled = present.replace(" ", "") == number.e164
            kinds["equal" if present == number.normal else "spelled" if spelled else "other"] += 1
    assert min(kinds["equal"], kinds["spelled"], kinds["other"]) > 5
    assert made.emails
    assert len(made.report) == sum(u.enabled for u in made.users.values())


def test_a_few_move_and_nobody_else(here: SampleDirectory) -> None:
    """Later on a few people have a first, another or no mobile; all others are as they were."""
    later = move_a_few(here, seed=4, count=6)
    pairs = list(zip(here.people, later.people, strict=True))
    changed = [after.sam for before, after in pairs if before.values != after.values]
    assert sorted(changed) == sorted(line.split()[0] for line in later.moved)
    assert len(changed) == 6
    assert {line.split(" ", 1)[1] for line in later.moved} == {
        "has a mobile now",
        "has another mobile",
        "has no mobile any more",
    }
    assert move_a_few(here, seed=4, count=6).moved == later.moved


def test_the_tenant_is_awkward_unless_told_otherwise(here: SampleDirectory) -> None:
    """A tenant made for a sample has the default faults of its seed; with Faults.none() it has none."""
    assert tenant(sample(5), 9).faults == Faults.default(9)
    assert tenant(sample(5), 9, faults=Faults.none()).faults.shares == Faults.none().shares
    assert len(here.others) > 0


def test_small_samples_stand(tmp_path: Path) -> None:
    """No people, one or two people make a directory and a tenant too."""
    for count in (0, 1, 2):
        small = sample(count)
        small.write_ldif(tmp_path / "small.ldif")
        assert len(small.people) == count
        assert tenant(small, 1).users
        assert len(move_a_few(small).people) == count
