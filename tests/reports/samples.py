"""Plans to report on: of one person, of a dozen, with hostile texts, and of any size from a seed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from prepop.model import (
    AccountRef,
    AccountStanding,
    Action,
    Change,
    DirectoryRead,
    Evidence,
    Family,
    Finding,
    LeftAlone,
    Method,
    Outcome,
    PersonRef,
    Plan,
    Policy,
    Result,
    Standing,
    TenantRead,
    Totals,
)
from prepop.reasons import FindingCode, Reason
from prepop.rules.readiness.words import Answer, Group, Readiness, State

CREATED = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DIGEST = "5d41402abc4b2a76b9719d911017c592"


def account(number: int, name: str = "") -> AccountRef:
    """The account of person `number`."""
    return AccountRef(
        f"00000000-0000-4000-8000-{number:012d}", f"user{number}@example.org", name or f"Person {number}"
    )


def person(number: int, ou: str = "OU=Staff,DC=corp,DC=example") -> PersonRef:
    """The person `number`."""
    return PersonRef(f"anchor{number:016d}==", f"CN=Person {number},{ou}")


def change(
    number: int,
    method: Method = Method.MOBILE,
    after: str | None = "+44 7400123456",
    *,
    before: str | None = None,
    department: str = "Sales",
    region: str = "GB",
    notes: tuple[str, ...] = (),
    name: str = "",
) -> Change:
    """An addition, or what `before` and `after` make of it."""
    action = Action.ADD if before is None else Action.REPLACE if after else Action.REMOVE
    who = account(number, name)
    raw = f"tel {after}" if after else ""
    return Change(
        id=f"{who.id}/{method.value}",
        action=action,
        method=method,
        account=who,
        person=person(number),
        before=before,
        after=after,
        source=method.value if after else "",
        policy=Policy.FILL if action is Action.ADD else Policy.FOLLOW,
        needs=f"{who.id}/mobile" if method is Method.ALTERNATE_MOBILE else None,
        evidence=Evidence(raw, after or "", before or "", method.value, region, department, notes),
    )


def alone(
    number: int,
    reason: Reason,
    method: Method | None = Method.MOBILE,
    *,
    raw: str = "",
    normal: str = "",
    present: str = "",
    department: str = "Sales",
    region: str = "",
    detail: str = "",
    matched: bool = True,
) -> LeftAlone:
    """Something left alone for this reason."""
    return LeftAlone(
        method,
        account(number) if matched else None,
        person(number),
        reason,
        detail,
        Evidence(raw, normal, present, method.value if method and raw else "", region, department),
    )


def standing(
    number: int, today: Standing, after: Standing, *, only: bool = False, department: str = "Sales"
) -> AccountStanding:
    """How account `number` stands."""
    return AccountStanding(account(number), department, today, after, only, prompted_after=only)


def plan(
    changes: tuple[Change, ...] = (),
    left_alone: tuple[LeftAlone, ...] = (),
    standings: tuple[AccountStanding, ...] = (),
    findings: tuple[Finding, ...] = (),
    *,
    run: str = "20261122T020000Z-ab12",
    people: int = 1,
    registrations: str = "",
) -> Plan:
    """A plan of these parts, with totals that fit."""
    return Plan(
        run=run,
        created=CREATED,
        tenant="11111111-2222-4333-8444-555555555555",
        config_digest="c0ffee" * 10,
        mapping_digest="beef" * 16,
        directory=(
            DirectoryRead(
                "", people, {"directory": "ldap, ldaps://dc1.corp.example, DC=corp,DC=example, USN 4711"}
            ),
        ),
        cloud=TenantRead("Contoso", accounts=people, screen="report", registrations=registrations),
        totals=Totals(
            people=people,
            accounts=people,
            in_scope=people,
            matched=people,
            with_usable_value=len({c.account.id for c in changes}),
            changes=len(changes),
            already_registered=sum(one.reason is Reason.ALREADY_REGISTERED for one in left_alone),
            left_alone=len(left_alone),
            requests=2 * -(-len(changes) // 20),
        ),
        findings=findings,
        changes=changes,
        left_alone=left_alone,
        standings=standings,
    )


def singular() -> Plan:
    """One person, one change, one of everything."""
    return plan(
        (change(1),),
        (alone(1, Reason.NO_VALUE, Method.EMAIL),),
        (standing(1, Standing.SHORT, Standing.ABLE, only=True),),
        (
            Finding(
                FindingCode.SMS_RETIRES,
                1,
                None,
                1,
                "1 account would have only SMS or voice on 1 February 2027",
                "fill the attribute of the email method for this person",
            ),
        ),
    )


def plural() -> Plan:
    """A dozen people, every action, many reasons, one blocking finding."""
    changes = (
        change(1),
        change(1, Method.EMAIL, "jane.doe@example.net", region=""),
        change(2, after="+49 15123456789", region="DE", department="Berlin", notes=("country DE from c",)),
        change(2, Method.ALTERNATE_MOBILE, "+49 15123456780", region="DE", department="Berlin"),
        change(3, Method.OFFICE, "+1 2015550123", before="+1 2015550100", region="US", department="Research"),
        change(4, Method.MOBILE, None, before="+44 7400123999"),
    )
    left = (
        alone(1, Reason.ALREADY_REGISTERED, Method.OFFICE, raw="+44 20 7946 0123", normal="+44 2079460123"),
        alone(5, Reason.PHONE_NO_COUNTRY, raw="(201) 555-0123", department="Research"),
        alone(6, Reason.PHONE_NO_COUNTRY, raw="201-555-0124", department="Research"),
        alone(7, Reason.PHONE_NO_COUNTRY, raw="0999", department="Research"),
        alone(8, Reason.VALUE_SHARED, raw="+44 7400 123400", normal="+44 7400123400", region="GB"),
        alone(9, Reason.VALUE_SHARED, raw="07400 123400", normal="+44 7400123400", region="GB"),
        alone(10, Reason.PRIVILEGED_ROLE, None, detail="Global Administrator, eligible"),
        alone(
            11,
            Reason.REGISTERED_DIFFERENTLY,
            raw="+44 7400 123411",
            normal="+44 7400123411",
            present="+44 7400123412",
            region="GB",
        ),
        alone(12, Reason.NO_ACCOUNT, None, matched=False, department=""),
        alone(13, Reason.VALUE_RECENT, raw="+44 7400 123413", normal="+44 7400123413", region="GB"),
    )
    standings = (
        standing(1, Standing.SHORT, Standing.ABLE),
        standing(2, Standing.SHORT, Standing.ABLE, only=True, department="Berlin"),
        standing(3, Standing.ABLE, Standing.ABLE, only=True, department="Research"),
        standing(4, Standing.ABLE, Standing.SHORT),
        standing(5, Standing.SHORT, Standing.SHORT, department="Research"),
        standing(13, Standing.UNKNOWN, Standing.UNKNOWN),
    )
    findings = (
        Finding(
            FindingCode.SMS_RETIRES,
            2,
            None,
            5,
            "2 accounts would have only SMS or voice",
            "register addresses",
        ),
        Finding(
            FindingCode.TOO_MANY_REMOVALS,
            1,
            0,
            12,
            "1 account would lose a method; allowed are 0 of 12",
            "look at the removals, then prepop apply PLAN.json --accept too-many-removals=1",
        ),
    )
    return plan(changes, left, standings, findings, people=13)


def plural_outcomes() -> Mapping[str, Outcome]:
    """What became of the changes of `plural`: most is well, not all."""
    changes = plural().changes
    results = (
        Result.DONE,
        Result.DONE,
        Result.FAILED,
        Result.NOT_TRIED,
        Result.ALREADY_TRUE,
        Result.MOVED_ON,
    )
    found = {
        c.id: Outcome(c.id, result, 204 if result is Result.DONE else None)
        for c, result in zip(changes, results, strict=True)
    }
    found[changes[2].id] = Outcome(
        changes[2].id, Result.FAILED, 400, "invalidPhoneNumber", "req-1", "refused"
    )
    return found


def check(*more: Answer, age: timedelta = timedelta(hours=3), tenant: str = "") -> Readiness:
    """A check of the tenant of these plans, so long before them, in which several things are wrong."""
    connector = "CN=MSOL_0a1b2c3d4e5f,CN=Users,DC=corp,DC=example"
    answers = (
        Answer(
            "directory-certificate", Group.DIRECTORY, "Do the servers' certificates last?", State.PARTLY,
            "ldaps://dc1.corp.example: 30 days left, for dc1.corp.example.",
            "renew the domain controller's certificate; when it ends, every run ends with 40", about="north",
        ),
        Answer(
            "directory-tls", Group.DIRECTORY, "Is the connection encrypted with TLS 1.2 or later?",
            State.YES, "TLSv1.3.",
        ),
        Answer(
            "directory-shared", Group.DIRECTORY, "Does each number and address belong to one person?",
            State.YES, "Yes, of those who were read.",
        ),
        Answer(
            "method-sms", Group.METHODS, "May the people in scope use SMS (text messages to the mobile)?",
            State.YES, "SMS is enabled, and covers 13 of 13 accounts in scope (100%).",
        ),
        Answer(
            "method-retirement", Group.METHODS,
            "Will what the mapping registers still work after 1 February 2027?", State.PARTLY,
            "Microsoft ends the SMS and voice that it provides on 1 February 2027.",
            "add [email] to the mapping; or contract a telephony provider and set "
            "`cloud.telephony_provider = true`",
        ),
        Answer(
            "method-email", Group.METHODS, "May the people in scope use Email (codes by email)?", State.NO,
            "Email is enabled, but for nobody: it has no target.",
            "Entra admin centre, Authentication methods, Policies, Email: Enable, and include the people in "
            "scope", blocks=True,
        ),
        Answer(
            "writeback-portal", Group.WRITEBACK, "Does password reset use the writeback?", State.UNKNOWN,
            "The switch of password reset itself is in no version of Graph.",
            "Entra admin centre, Password reset, On-premises integration: 'Write back passwords to your "
            "on-premises directory' must be checked",
        ),
        Answer(
            "writeback-rights", Group.WRITEBACK, "May it set the passwords of the people?", State.NO,
            "Not on 13 people of 13: OU=Staff,DC=corp,DC=example (13 people): no Reset password; nothing "
            "grants it.",
            "on the Entra Connect server: `Set-ADSyncPasswordWritebackPermissions -ADConnectorAccountDN "
            f'"{connector}"` (Change password is granted to Everyone by default)', blocks=True,
        ),
        Answer(
            "permission-write", Group.PERMISSIONS, "May the app write what the mapping registers?",
            State.YES, "Yes.",
        ),
        *more,
    )  # fmt: skip
    id_ = tenant or "11111111-2222-4333-8444-555555555555"
    name = "Fabrikam" if tenant else "Contoso"
    return Readiness(CREATED - age, id_, name, "c0ffee" * 10, "beef" * 16, answers)


HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    '" onmouseover="alert(1)',
    '=HYPERLINK("https://example.com/?"&A1,"x")',
    "+1+2",
    "-1-2",
    "@SUM(A1)",
    "＝1+1",
    "\t=1+1",
    " =1+1",
    "'=1+1",
    "مرحبا بالعالم",
    "abc\u202egpj.exe",
    "line\r\nbreak\x00\x07\x1b[31mred",
    "lone \ud800 half",
    "not \ufffe a character",
    "[bold]markup[/bold] {{ 7*7 }} {% raw %}",
    "é" * 10_000,
    "a" * 40_000,
    "🎉👩‍👩‍👧‍👦",
)


def hostile() -> Plan:
    """Every hostile text in every place that a directory or a tenant fills."""
    changes, left = [], []
    for number, text in enumerate(HOSTILE, start=1):
        who, whom = AccountRef(f"id-{number}", text, text), PersonRef(text, f"CN={text},OU={text}")
        seen = Evidence(text, text, text, text, "", text, (text,))
        changes.append(
            Change(
                f"c{number}",
                Action.REPLACE,
                Method.EMAIL,
                who,
                whom,
                text,
                text,
                text,
                Policy.OVERWRITE,
                None,
                "live",
                seen,
            )
        )
        left.append(LeftAlone(Method.MOBILE, who, whom, Reason.VALUE_SHARED, text, seen))
        left.append(LeftAlone(Method.OFFICE, None, whom, Reason.PHONE_NO_COUNTRY, text, seen))
    finding = Finding(FindingCode.SOURCE_SHRANK, None, None, None, HOSTILE[0], HOSTILE[4])
    return plan(tuple(changes), tuple(left), (), (finding,), people=len(HOSTILE))


def hostile_check() -> Readiness:
    """Every hostile text in every place that a directory or a tenant fills."""
    more = (
        Answer(f"{text}-{state}", Group.WRITEBACK, text, state, text, f"{text} `{text}`", about=text)
        for text in HOSTILE
        for state in State
    )
    return check(*more)


_CODES = {"GB": "44", "DE": "49", "FR": "33", "US": "1", "IN": "91", "AE": "971"}
_DEPARTMENTS = [f"Department {letter}{number}" for letter in "ABCDEFGH" for number in range(5)]


def large(rows: int, seed: int = 7) -> Plan:
    """So many verdict rows, four a person, in the shares that a first rollout shows."""
    random = Random(seed)
    regions, reasons = list(_CODES), list(Reason)
    changes: list[Change] = []
    left: list[LeftAlone] = []
    standings: list[AccountStanding] = []
    for number in range(rows // 4):
        who = AccountRef(
            f"{random.getrandbits(32):08x}-0000-4000-8000-{number:012d}",
            f"given{number}.family{number % 997}@contoso.example.org",
            f"Given{number} Family{number % 997}",
        )
        department = random.choice(_DEPARTMENTS)
        ou = f"OU={department},OU=Staff,DC=corp,DC=contoso,DC=example"
        whom = PersonRef(f"{random.getrandbits(96):024x}", f"CN=Family{number % 997}\\, Given{number},{ou}")
        able = random.random() < 0.25
        standings.append(
            AccountStanding(
                who,
                department,
                Standing.ABLE if able else Standing.SHORT,
                Standing.ABLE if able or random.random() < 0.8 else Standing.SHORT,
                random.random() < 0.5,
            )
        )
        for method in Method:
            region = random.choice(regions) if method.family is Family.PHONE else ""
            normal = (
                f"+{_CODES[region]} {random.randrange(10**9, 10**10)}"
                if method.family is Family.PHONE
                else f"p{random.getrandbits(40):x}@example.net"
            )
            raw = normal.replace(" ", " (0) ")
            seen = Evidence(
                raw, normal, "", method.value, region, department, (f"country {region or '-'} from c",)
            )
            if random.random() < 0.5:
                changes.append(
                    Change(
                        f"{who.id}/{method}", Action.ADD, method, who, whom, None, normal, method.value,
                        Policy.FILL, None, "report", seen,
                    )
                )  # fmt: skip
            else:
                left.append(LeftAlone(method, who, whom, random.choice(reasons), "as the rules say", seen))
    return plan(tuple(changes), tuple(left), tuple(standings), people=rows // 4)
