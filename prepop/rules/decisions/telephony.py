"""Which SMS and calls go on after 1 February 2027, and for whom (GRAPH section 0b).

A mobile is reached by SMS or by a call, whichever the methods policy lets the account use; an office phone
and an alternate mobile by a call alone. SMS and voice are judged apart: a tenant may carry one of them on.
What is not known to go on ends.
"""

from prepop.model import Carriage, MethodsPolicy, Telephony
from prepop.rules.decisions.permitted import BY


def telephony(option: bool | None, policy: MethodsPolicy) -> Telephony:
    """Who carries SMS and calls on: as the config says, or (None) as the methods policy does."""
    if option is not None:
        carriage = Carriage.PROVIDER if option else Carriage.NOBODY
        return Telephony(carriage, carriage, configured=True)
    return Telephony(
        policy.carriers.get("sms", Carriage.UNKNOWN), policy.carriers.get("voice", Carriage.UNKNOWN)
    )


def carried(policy: MethodsPolicy, who: Telephony, account_id: str, name: str) -> bool:
    """Whether what the registration report calls `name` still reaches the account after that day.

    What is neither SMS nor a call goes on. A method of the policy of which nothing is known may reach
    anybody.
    """
    kinds = BY.get(name, ())
    if not {"sms", "voice"} & set(kinds):
        return True
    return any(
        who.carries(kind) and ((config := policy.methods.get(kind)) is None or config.covers(account_id))
        for kind in kinds
    )


def said(who: Telephony) -> str:
    """Who carries SMS and calls on, and how that is known, as a sentence."""
    if who.configured:
        return (
            "cloud.telephony_provider is true: SMS and voice go on through it."
            if who.whole
            else "cloud.telephony_provider says that the tenant has no telephony provider."
        )
    if who.whole:
        return "SMS and voice go on through the telephony provider that the methods policy names."
    if who.sms is who.voice:
        return f"{_WORDS[who.sms].format('SMS and voice')}."
    return f"{_WORDS[who.sms].format('SMS')}; {_WORDS[who.voice].format('voice')}."


_WORDS = {
    Carriage.UNKNOWN: "Who carries {} on is not known, as the policy was not read; it counts as nobody",
    Carriage.NOBODY: "The methods policy names no telephony provider for {} (Graph may not show one)",
    Carriage.EVALUATION: "The telephony provider for {} is in evaluation, which does not count yet",
    Carriage.PARTLY: "The telephony provider for {} does not carry everything yet, so it does not count",
    Carriage.PROVIDER: "{} goes on through the telephony provider that the methods policy names",
}
