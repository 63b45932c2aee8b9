"""Licences, by service plan and never by a product's name (GRAPH section 7d).

Resetting a synchronised account's password takes Entra ID P1 or P2 (or a product that holds one of them, as
Microsoft 365 Business Premium does). Business Standard and Office 365 hold neither: with them only
accounts that live in the cloud alone may reset. Source: Microsoft, "Licensing requirements for Microsoft
Entra self-service password reset".
"""

from collections.abc import Iterator

from prepop.rules.phrases import cut, share
from prepop.rules.readiness.facts import CloudFacts, ReadinessFacts, Sku
from prepop.rules.readiness.words import Answer, Group, State, Unread

P1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
P2 = "eec0eb4f-6444-4f95-aba0-50c24d67f998"
PREMIUM = frozenset({P1, P2})

#: Products for rooms and shared devices hold P1 too, but nobody resets a password with them.
_ROOM_PLANS = frozenset({"ecc74eae-eeb7-4ad5-9c88-e8b2bfca75b8", "c8529366-cffd-4415-ab8f-be0144a33ab1"})
_ROOM_SKUS = frozenset(
    {
        "295a8eb0-f78d-45c7-8b5b-1eed5ed02dff",  # Teams Shared Devices
        "4cde982a-ede4-4409-9ae6-b003453c8ea6",  # Teams Rooms Pro
        "4fb214cb-a430-4a91-9c91-4976763aa78f",  # Teams Rooms Premium
        "6af4b3d6-14bb-4a2a-960c-6c902aad34f3",  # Teams Rooms Basic
    }
)
_ROOM_PARTS = ("MCOCAP", "MEETING_ROOM", "MTR_", "MICROSOFT_TEAMS_ROOMS", "MICROSOFT_TEAMS_SHARED")

#: What administrators call products, by Graph's part number; only for words, nothing is decided by it.
_NAMES = {
    "O365_BUSINESS_ESSENTIALS": "Microsoft 365 Business Basic",
    "O365_BUSINESS_PREMIUM": "Microsoft 365 Business Standard",
    "SPB": "Microsoft 365 Business Premium",
    "STANDARDPACK": "Office 365 E1",
    "ENTERPRISEPACK": "Office 365 E3",
    "ENTERPRISEPREMIUM": "Office 365 E5",
    "DESKLESSPACK": "Office 365 F3",
    "SPE_E3": "Microsoft 365 E3",
    "SPE_E5": "Microsoft 365 E5",
    "SPE_F1": "Microsoft 365 F3",
    "M365_F1": "Microsoft 365 F1",
    "STANDARDWOFFPACK_FACULTY": "Office 365 A1 for faculty",
    "STANDARDWOFFPACK_STUDENT": "Office 365 A1 for students",
    "M365EDU_A3_FACULTY": "Microsoft 365 A3 for faculty",
    "M365EDU_A5_FACULTY": "Microsoft 365 A5 for faculty",
    "EMS": "Enterprise Mobility + Security E3",
    "EMSPREMIUM": "Enterprise Mobility + Security E5",
    "AAD_PREMIUM": "Microsoft Entra ID P1",
    "AAD_PREMIUM_P2": "Microsoft Entra ID P2",
}
_G = Group.LICENCE
_QUESTION = "Does the tenant hold a licence with which synchronised people may reset their password?"
_LOOK = "Entra admin centre, Billing, Licences: look for a product with Microsoft Entra ID P1 or P2"


def for_rooms(sku: Sku) -> bool:
    """True for products of meeting rooms and shared devices."""
    return sku.id in _ROOM_SKUS or bool(sku.plans & _ROOM_PLANS) or sku.part.upper().startswith(_ROOM_PARTS)


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """Nothing where the tenant could not be reached at all."""
    if isinstance(situation.cloud, Unread):
        return
    yield _tenant(situation.cloud)
    yield _products(situation.cloud)
    yield _people(situation)


def premium(cloud: CloudFacts) -> bool | None:
    """True where a usable product for people holds P1 or P2; None where that is not known."""
    if isinstance(cloud.skus, Unread):
        return None
    return any(sku.usable and sku.plans & PREMIUM and not for_rooms(sku) for sku in cloud.skus)


def _tenant(cloud: CloudFacts) -> Answer:
    if isinstance(cloud.skus, Unread):
        return Answer(
            "licence-writeback", _G, _QUESTION, State.UNKNOWN, cloud.skus.why, cloud.skus.look or _LOOK
        )
    fit = [sku for sku in cloud.skus if sku.usable and sku.plans & PREMIUM and not for_rooms(sku)]
    if fit:
        return Answer(
            "licence-writeback",
            _G,
            _QUESTION,
            State.YES,
            f"Yes, Microsoft Entra ID P1 or P2 comes with {cut([_name(sku) for sku in fit], 4)}.",
        )
    ended = [sku for sku in cloud.skus if sku.plans & PREMIUM and not for_rooms(sku)]
    why = f" {cut([_name(sku) for sku in ended], 3)} would, but is not in force." if ended else ""
    only = (
        " Products for rooms and shared devices hold P1 too, and do not count."
        if any(map(for_rooms, cloud.skus))
        else ""
    )
    return Answer(
        "licence-writeback",
        _G,
        _QUESTION,
        State.NO,
        f"No product in force holds Microsoft Entra ID P1 or P2.{why}{only} Without it nothing is written "
        "back to "
        "the directory, and what methods help with a reset nobody can see in the registration report.",
        "buy Microsoft Entra ID P1, or move from Microsoft 365 Business Standard to Business Premium",
        blocks=True,
    )


def _products(cloud: CloudFacts) -> Answer:
    question = "What does each product that the tenant holds allow?"
    if isinstance(cloud.skus, Unread):
        return Answer(
            "licence-products", _G, question, State.UNKNOWN, cloud.skus.why, cloud.skus.look or _LOOK
        )
    if not cloud.skus:
        return Answer(
            "licence-products",
            _G,
            question,
            State.NO,
            "The tenant holds no product (Entra ID Free): people may change a known password, not reset it.",
        )
    says = " ".join(f"{_name(sku)}: {_allows(sku)}" for sku in cloud.skus)
    return Answer("licence-products", _G, question, State.YES if premium(cloud) else State.NO, says)


def _name(sku: Sku) -> str:
    return _NAMES.get(sku.part, sku.part)


def _allows(sku: Sku) -> str:
    if for_rooms(sku):
        return "for rooms and shared devices, not counted."
    if sku.status == "Warning":
        grace = " (in its grace period)"
    elif not sku.usable:
        return f"not in force ({sku.status or 'no seats'})."
    else:
        grace = ""
    if sku.plans & PREMIUM:
        return f"reset with writeback{grace}, {sku.seats:,} seats."
    return f"no Entra ID P1: a reset at most of accounts that live in the cloud alone{grace}."


def _people(situation: ReadinessFacts) -> Answer:
    question = "Does each person in scope have such a licence?"
    if isinstance(situation.population, Unread):
        return Answer("licence-people", _G, question, State.UNKNOWN, situation.population.why)
    people = situation.population.in_scope
    if not people:
        return Answer("licence-people", _G, question, State.UNKNOWN, "Nobody is in scope.", "check [scope]")
    have = sum(bool(account.plans & PREMIUM) for account in people)
    says = (
        f"{have:,} of {len(people):,} accounts in scope ({share(have, len(people))}) have Entra ID P1 or P2."
    )
    if have == len(people):
        return Answer("licence-people", _G, question, State.YES, says)
    return Answer(
        "licence-people",
        _G,
        question,
        State.PARTLY if have else State.NO,
        f"{says} Microsoft asks a licence for each person who benefits and does not enforce it one by one.",
        "assign the licence to a group that holds the people in scope (group-based licensing)",
    )
