"""People hear by mail of what was changed on their own accounts: once, in their language, nothing whole."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.cli.place import Place
from prepop.errors import Incomplete
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of
from tests.notices.post_office import PASSWORD, USER, PostOffice, post_office


@dataclass
class Job:
    """A config with a mail server, the tenant behind it, and what people were sent."""

    folder: Path
    tenant: SandboxTenant
    office: PostOffice
    capsys: pytest.CaptureFixture[str]

    def typed(self, *words: str) -> int:
        """One command; the answer is its exit code."""
        self.office.mails.clear()
        return main([*words, "-c", str(self.folder / "prepop.toml")])

    @property
    def written(self) -> set[str]:
        """The mailboxes of the accounts that were written to, ever."""
        return {self.tenant.users[write.user].mail for write in self.tenant.writes}

    def run(self) -> str:
        """The newest run."""
        made = (self.folder / "reports").iterdir()
        return max(made, key=lambda path: path.stat().st_ctime_ns).name  # ids of one second are in no order


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Job]:
    """Twenty people in good weather, and a mail server that wants a sign-in after STARTTLS."""
    people = sample(20, 3)
    tenant = tenant_of(people, 3, faults=Faults.none(), scale=1000)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("MAIL_SECRET", PASSWORD)
    with (
        SandboxServer(tenant) as server,
        post_office(tmp_path, tls=False, sign_in=True) as office,
    ):
        config = Place(tmp_path, people).write(server.url)
        with config.open("a", encoding="utf-8") as text:
            text.write(
                f'\n[notify.people]\nserver = "smtp://localhost:{office.port}"\nuser = "{USER}"\n'
                'password_env = "MAIL_SECRET"\nsender = "it@contoso.example"\n'
            )
        yield Job(tmp_path, tenant, office, capsys)


def test_each_person_hears_once_in_the_own_language(job: Job) -> None:
    """One mail for all changes of an account, to its own mailbox; a quiet night says nothing."""
    assert job.typed("sync") == 0
    assert sorted(job.office.told) == sorted(job.written)
    assert all(job.office.signed_in)
    spoken = {user.mail: user.language[:2] for user in job.tenant.users.values()}
    begins = {"de": "Guten Tag", "fr": "Bonjour", "es": "Hola", "en": "Hello"}
    for mail in job.office.mails:
        assert mail.get_content().startswith(begins.get(spoken[str(mail["To"])], "Hello"))
        assert "Contoso" in str(mail["Subject"])
    first = job.run()
    assert len({spoken[told] for told in job.office.told}) > 1, "one language proves nothing"
    sent = len(job.office.mails)
    assert job.typed("sync") == 0
    assert job.office.mails == []
    job.capsys.readouterr()
    assert job.typed("runs", first) == 0
    assert f"mails    {sent} sent" in job.capsys.readouterr().out


def test_nothing_whole_stands_in_a_mail_and_nobody_in_the_log(job: Job) -> None:
    """Masked to the person too; on the terminal no address at all."""
    assert job.typed("sync", "-v") == 0
    told = job.capsys.readouterr()
    for address in job.office.told:
        assert address not in told.err
    text = "".join(mail.get_content() for mail in job.office.mails)
    for phones in job.tenant.phones.values():
        for number in phones.values():
            assert number not in text
    assert not set(job.tenant.emails.values()) & set(re.findall(r"\S+@\S+", text))
    assert "•" in text


def test_what_is_more_than_a_night_may_send_goes_out_the_next(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """most = 3: three a run until everybody was told, nobody twice; the page says how many wait."""
    monkeypatch.setenv("PREPOP_NOTIFY__PEOPLE__MOST", "3")
    told: list[str] = []
    assert job.typed("sync") == 0
    summary = (job.folder / "reports" / job.run() / "summary.json").read_text(encoding="utf-8")
    assert re.search(r"3 sent, \d+ for the next run", summary)
    told += job.office.told
    assert len(told) == 3
    while job.typed("sync") == 0 and job.office.told:
        assert len(job.office.told) <= 3
        told += job.office.told
    assert sorted(told) == sorted(job.written)


def test_a_server_that_fails_changes_nothing_and_loses_nobody(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The methods are registered and the run is good; whoever was not told is told the next night."""
    monkeypatch.setenv("PREPOP_NOTIFY__PEOPLE__SERVER", "smtps://127.0.0.1:9")
    assert job.typed("sync") == 0
    assert job.office.mails == []
    assert "for a later run" in job.capsys.readouterr().err
    monkeypatch.delenv("PREPOP_NOTIFY__PEOPLE__SERVER")
    assert job.typed("sync") == 0
    assert sorted(job.office.told) == sorted(job.written)


def test_one_who_cannot_be_reached_is_counted(job: Job) -> None:
    """No mailbox, and one that the server does not know: said in the report, not tried again."""
    assert job.typed("plan") == 0
    plan = json.loads((job.folder / "reports" / job.run() / "plan.json").read_text(encoding="utf-8"))
    one, other = (
        job.tenant.users[id_] for id_ in sorted({it["account"]["id"] for it in plan["changes"]})[:2]
    )
    one.mail = ""
    job.office.refuse[other.mail] = f"550 5.1.1 <{other.mail}> unknown"
    assert job.typed("sync") == 0
    summary = (job.folder / "reports" / job.run() / "summary.json").read_text(encoding="utf-8")
    assert "1 that the mail server will not take, 1 without a mailbox" in summary
    assert other.mail not in job.capsys.readouterr().err
    job.office.refuse.clear()
    assert job.typed("sync") == 0
    assert job.office.mails == []


def test_what_was_taken_away_is_told_where_that_is_wanted(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rollback removes: silent, or told with removals = true."""
    assert job.typed("sync") == 0
    first = job.run()
    monkeypatch.setenv("PREPOP_LIMITS__REMOVALS", "100%")
    user = next(write.user for write in job.tenant.writes)
    upn = job.tenant.users[user].upn
    assert job.typed("rollback", first, "--user", upn, "--apply") == 0
    assert job.office.mails == []
    monkeypatch.setenv("PREPOP_NOTIFY__PEOPLE__REMOVALS", "true")
    other = next(write.user for write in job.tenant.writes if write.user != user)
    assert job.typed("rollback", first, "--user", job.tenant.users[other].upn, "--apply") == 0
    (mail,) = job.office.mails
    assert mail["To"] == job.tenant.users[other].mail


def test_nothing_is_told_before_it_is_done(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan, a rehearsal and a blocked run send nothing."""
    assert job.typed("plan") == 0
    assert job.typed("sync", "--dry-run") == 0
    monkeypatch.setenv("PREPOP_LIMITS__ADDITIONS", "0")
    assert job.typed("sync") == 30
    assert job.office.mails == []


def test_whoever_switches_it_on_later_writes_to_nobody_about_earlier_nights(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is changed from then on."""
    config = job.folder / "prepop.toml"
    whole = config.read_text(encoding="utf-8")
    config.write_text(whole[: whole.index("[notify.people]")], encoding="utf-8")
    assert job.typed("sync") == 0
    config.write_text(whole, encoding="utf-8")
    assert job.typed("sync") == 0
    assert job.office.mails == []


def test_a_template_that_is_wrong_is_told_before_anything_is_read(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, file and line; nothing was written."""
    (job.folder / "words").mkdir()
    (job.folder / "words" / "de.txt.j2").write_text("Subject: x\n\n{{ nane }}", encoding="utf-8")
    monkeypatch.setenv("PREPOP_NOTIFY__PEOPLE__TEMPLATES", "words")
    assert job.typed("sync") == 2
    assert "de.txt.j2: 'nane' is undefined" in job.capsys.readouterr().err
    assert job.tenant.writes == []


def test_a_template_that_fails_on_some_keeps_no_other_from_it(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example has four changes, some people one: those wait, everybody else is told; a good run."""
    (job.folder / "words").mkdir()
    text = "Subject: x\n\n{{ changes[1].after }}"
    (job.folder / "words" / "en.txt.j2").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PREPOP_NOTIFY__PEOPLE__TEMPLATES", "words")
    assert job.typed("sync") == 0
    first = list(job.office.told)
    assert first
    assert len(first) < len(job.written)
    assert "wording a mail by en.txt.j2: UndefinedError" in job.capsys.readouterr().err
    monkeypatch.delenv("PREPOP_NOTIFY__PEOPLE__TEMPLATES")
    assert job.typed("sync") == 0
    assert sorted([*first, *job.office.told]) == sorted(job.written)


def test_a_bug_in_telling_ends_no_night(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The methods are registered; the log has what happened, and the next night tells."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("prepop.notices.by_mail.MailServer.send", broken)
        assert job.typed("sync") == 0
    assert "telling people by mail broke off" in job.capsys.readouterr().err
    assert job.typed("sync") == 0
    assert sorted(job.office.told) == sorted(job.written)


def test_mailboxes_that_cannot_be_read_are_said(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the page too: nobody was told, and why; the next run makes up for it."""

    async def refused(*_: object) -> None:
        raise Incomplete("reading mailboxes: none could be read")

    with monkeypatch.context() as patch:
        patch.setattr("prepop.cloud.tenant.GraphTenant.mailboxes", refused)
        assert job.typed("sync") == 0
    summary = (job.folder / "reports" / job.run() / "summary.json").read_text(encoding="utf-8")
    assert re.search(r"\d+ for the next run \(their mailboxes cannot be read\)", summary)
    assert job.typed("sync") == 0
    assert sorted(job.office.told) == sorted(job.written)


def test_a_trial_mail_goes_to_the_sender_alone(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """`notify --test`: the words that people would get; a server that does not take it ends 20."""
    assert job.typed("notify", "--test") == 0
    assert job.office.told == ["it@contoso.example"]
    monkeypatch.setenv("MAIL_SECRET", "wrong")
    assert job.typed("notify", "--test") == 20
    told = job.capsys.readouterr()
    assert "does not let the user in" in told.out
    assert "wrong" not in told.out + told.err
