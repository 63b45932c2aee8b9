"""Reason codes of what is left alone, and codes of findings: the words of CONTRACT sections 7 and 8.

Every code carries the sentence that a report prints and what would put it right, so that no screen,
page or spreadsheet makes up words of its own.
"""

from enum import StrEnum


class Level(StrEnum):
    """What a reason is about: the person's value, the account as a whole, or one method of it."""

    VALUE = "value"
    ACCOUNT = "account"
    METHOD = "method"


class Reason(StrEnum):
    """Why a method, or a whole account, is left alone. The value is the code that files bear."""

    level: Level
    text: str
    fix: str

    def __new__(cls, code: str, level: Level, text: str, fix: str) -> "Reason":
        member = str.__new__(cls, code)
        member._value_ = code
        member.level = level
        member.text = text
        member.fix = fix
        return member

    NO_VALUE = (
        "no-value",
        Level.VALUE,
        "the directory has no value",
        "fill the attribute in the directory, or name another one in the mapping",
    )
    VALUE_SEVERAL = (
        "value-several",
        Level.VALUE,
        "one attribute holds several usable values",
        'keep one value in the attribute, or set several = "first" for this method',
    )
    PHONE_UNREADABLE = (
        "phone-unreadable",
        Level.VALUE,
        "the text is not a phone number",
        "correct the value in the directory",
    )
    PHONE_SEVERAL = (
        "phone-several",
        Level.VALUE,
        "one value holds more than one number",
        "keep one number in each value",
    )
    PHONE_NO_COUNTRY = (
        "phone-no-country",
        Level.VALUE,
        "the number has no country code and the person's country is not known",
        "write the number with + and country code, fill the country attribute, or set [region] ou or default",
    )
    PHONE_INVALID = (
        "phone-invalid",
        Level.VALUE,
        "no such number can exist in its numbering plan",
        "correct the number in the directory",
    )
    PHONE_EXTENSION = (
        "phone-extension",
        Level.VALUE,
        "the number ends in an extension, which a reset cannot dial",
        "use a direct number, or set extension for the office method",
    )
    PHONE_NOT_MOBILE = (
        "phone-not-mobile",
        Level.VALUE,
        "a fixed line in a mobile method receives no message",
        "move it to the attribute of the office phone",
    )
    PHONE_TOLLFREE = (
        "phone-tollfree",
        Level.VALUE,
        "a toll-free number belongs to a company line",
        "use the person's own number",
    )
    PHONE_PREMIUM = (
        "phone-premium",
        Level.VALUE,
        "a premium-rate number is never called",
        "use the person's own number",
    )
    PHONE_TYPE = (
        "phone-type",
        Level.VALUE,
        "a number of this kind (satellite, pager, no country) cannot be used",
        "use a mobile or fixed number of a country",
    )
    PHONE_PLACEHOLDER = (
        "phone-placeholder",
        Level.VALUE,
        "the number is a placeholder",
        "replace it by the person's real number",
    )
    PHONE_COUNTRY_NOT_ALLOWED = (
        "phone-country-not-allowed",
        Level.VALUE,
        "the number's country is not on the list of allowed countries",
        "check the number with the person, then add the country to trust.countries",
    )
    EMAIL_INVALID = (
        "email-invalid",
        Level.VALUE,
        "the text is not an address that mail can reach",
        "correct the address in the directory",
    )
    EMAIL_PLACEHOLDER = (
        "email-placeholder",
        Level.VALUE,
        "the address was typed in to fill the field",
        "replace it by the person's real address, or leave the attribute empty",
    )
    EMAIL_OWN_ADDRESS = (
        "email-own-address",
        Level.VALUE,
        "the address is the mailbox that the person is locked out of",
        "use a private address",
    )
    EMAIL_TENANT_DOMAIN = (
        "email-tenant-domain",
        Level.VALUE,
        "the address lies in a domain of the organisation",
        "use a private address",
    )
    KEY_SEVERAL = (
        "key-several",
        Level.VALUE,
        "the person's key in an extra file is not theirs alone",
        "give each person one key, in one row: the detail names the rows",
    )
    VALUE_SHARED = (
        "value-shared",
        Level.VALUE,
        "several people have this value",
        "give each person an own value; raise trust.shared_value_max only with a reason",
    )
    VALUE_RECENT = (
        "value-recent",
        Level.VALUE,
        "the value changed in the directory within the cool-down time",
        "nothing: it is taken up once trust.cool_down_days have passed",
    )

    NO_ACCOUNT = (
        "no-account",
        Level.ACCOUNT,
        "no account in the tenant belongs to this person",
        "check that the person is in the scope of the directory synchronisation",
    )
    MATCH_AMBIGUOUS = (
        "match-ambiguous",
        Level.ACCOUNT,
        "person and account do not belong to each other beyond doubt",
        "prepop explain names what contradicts: two people with one anchor, two accounts of one person, an "
        "account with somebody else's identifier; scope.match says by which keys they are matched",
    )
    OUT_OF_SCOPE = (
        "out-of-scope",
        Level.ACCOUNT,
        "the account is outside the chosen groups and users",
        "add it to a group of scope.groups once the pilot has gone well",
    )
    EXCLUDED = (
        "excluded",
        Level.ACCOUNT,
        "the account is a member of an excluded group",
        "take it out of the groups of scope.exclude_groups",
    )
    PROTECTED = (
        "protected",
        Level.ACCOUNT,
        "the account is named in scope.protected",
        "nothing: it is meant to be left alone",
    )
    PERSON_DISABLED = (
        "person-disabled",
        Level.ACCOUNT,
        "the person is disabled in the directory",
        "nothing, or scope.disabled = true",
    )
    ACCOUNT_DISABLED = (
        "account-disabled",
        Level.ACCOUNT,
        "the account is disabled in the tenant",
        "nothing, or scope.disabled = true",
    )
    GUEST = ("guest", Level.ACCOUNT, "the account is a guest", "nothing, or scope.guests = true")
    PRIVILEGED_ROLE = (
        "privileged-role",
        Level.ACCOUNT,
        "the account holds, or can take, an administrator role",
        "administrators register their methods themselves",
    )
    PRIVILEGED_DIRECTORY = (
        "privileged-directory",
        Level.ACCOUNT,
        "the person is or was an administrator of the directory (adminCount)",
        "administrators register their methods themselves; clear a left-over adminCount",
    )
    RESTRICTED_UNIT = (
        "restricted-unit",
        Level.ACCOUNT,
        "the account is in a restricted management administrative unit, where no app may write",
        "its administrators register the methods there, or take it out of the unit",
    )
    ACCOUNT_UNREADABLE = (
        "account-unreadable",
        Level.ACCOUNT,
        "its methods could not be read",
        "see what Graph said of it; Microsoft's support asks for the request-id, which the log has with -v",
    )

    ALREADY_REGISTERED = (
        "already-registered",
        Level.METHOD,
        "the method is registered already",
        "nothing",
    )
    REGISTERED_DIFFERENTLY = (
        "registered-differently",
        Level.METHOD,
        "another value is registered, and it is not prepop's to change",
        "ask the person which of the two is right",
    )
    CHANGED_SINCE = (
        "changed-since",
        Level.METHOD,
        "prepop wrote this method and somebody changed or removed it since",
        "ask the person which is right; prepop forget USER has the directory's value again",
    )
    NEEDS_MOBILE = (
        "needs-mobile",
        Level.METHOD,
        "an alternate mobile needs a mobile first",
        "give the person a usable mobile number",
    )
    NOT_AVAILABLE_HERE = (
        "not-available-here",
        Level.METHOD,
        "this cloud has no such method",
        "leave the method out of the mapping",
    )
    REFUSED_BEFORE = (
        "refused-before",
        Level.METHOD,
        "Graph refused it on three runs in a row",
        "put right what Graph says; prepop forget USER has it tried at once",
    )


class Severity(StrEnum):
    """Whether a finding refuses applying, or only says something."""

    BLOCK = "block"
    WARN = "warn"


class FindingCode(StrEnum):
    """What a guard can say of a plan. The value is the code that files and `--accept` bear.

    text: when it comes, as the documents say it; the finding itself has a sentence with its numbers.
    """

    severity: Severity
    text: str

    # the defaults are for FindingCode(code), which looks a member up
    def __new__(cls, code: str, severity: Severity = Severity.BLOCK, text: str = "") -> "FindingCode":
        member = str.__new__(cls, code)
        member._value_ = code
        member.severity = severity
        member.text = text
        return member

    @property
    def can_be_accepted(self) -> bool:
        """Whether `--accept CODE=N` lifts it: it blocks, and a number says how much is accepted."""
        without_number = (
            FindingCode.PRIVILEGED_UNKNOWN,
            FindingCode.PLAN_STALE,
            FindingCode.PLAN_TAMPERED,
        )
        return self.severity is Severity.BLOCK and self not in without_number

    SOURCE_EMPTY = (
        "source-empty",
        Severity.BLOCK,
        "the directory has no people",
    )
    SOURCE_SHRANK = (
        "source-shrank",
        Severity.BLOCK,
        "fewer people than in the last complete run (`limits.source_shrink`)",
    )
    CLOUD_EMPTY = (
        "cloud-empty",
        Severity.BLOCK,
        "the tenant has no accounts",
    )
    CLOUD_SHRANK = (
        "cloud-shrank",
        Severity.BLOCK,
        "fewer accounts than in the last complete run (`limits.cloud_shrink`)",
    )
    TOO_MANY_ADDITIONS = (
        "too-many-additions",
        Severity.BLOCK,
        "more accounts gain a method than `limits.additions` allows",
    )
    TOO_MANY_REPLACEMENTS = (
        "too-many-replacements",
        Severity.BLOCK,
        "more accounts get another value than `limits.replacements` allows",
    )
    TOO_MANY_REMOVALS = (
        "too-many-removals",
        Severity.BLOCK,
        "more accounts lose a method than `limits.removals` allows",
    )
    TOO_MANY_UNMATCHED = (
        "too-many-unmatched",
        Severity.BLOCK,
        "more people without an account than `limits.unmatched` allows",
    )
    PEOPLE_MISSING = (
        "people-missing",
        Severity.WARN,
        "more synchronised accounts with nobody among the people read than `limits.unread` allows",
    )
    PRIVILEGED_UNKNOWN = (
        "privileged-unknown",
        Severity.BLOCK,
        "who holds a role could not be read",
    )
    MAPPING_CHANGED = (
        "mapping-changed",
        Severity.WARN,
        "the mapping is not the last run's",
    )
    STATE_OLDER = (
        "state-older",
        Severity.BLOCK,
        "the state is older than runs whose reports are there: what it calls its own may be people's by now",
    )
    VALUES_VANISHED = (
        "values-vanished",
        Severity.BLOCK,
        "many people had a value in the last complete run and have none now, or nobody has any: rights lost?",
    )
    MAPPING_UNUSED = (
        "mapping-unused",
        Severity.WARN,
        "an `[region] ou` entry, a column or an attribute fits nobody, or names lost letters (`?`)",
    )
    PLAN_STALE = (
        "plan-stale",
        Severity.BLOCK,
        "older than 24 h, or of another tenant, config or mapping",
    )
    PLAN_TAMPERED = (
        "plan-tampered",
        Severity.BLOCK,
        "the plan was edited, or is not the one signed off",
    )
    METHOD_DISABLED = (
        "method-disabled",
        Severity.BLOCK,
        "the methods policy does not let accounts use what would be registered",
    )
    SMS_SIGN_IN = (
        "sms-sign-in",
        Severity.BLOCK,
        "the methods policy would make the written mobiles sign-in names",
    )
    SMS_RETIRES = (
        "sms-retires",
        Severity.WARN,
        "numbers that stop working on 1 February 2027 without a telephony provider",
    )
    UNUSUAL_COUNTRY = (
        "unusual-country",
        Severity.BLOCK,
        "most new numbers lie in a country that is rare otherwise",
    )
    SOURCE_SELF_WRITABLE = (
        "source-self-writable",
        Severity.WARN,
        "people may write a mapped attribute on themselves",
    )
