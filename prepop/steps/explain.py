"""Explaining: one person of a planning, with everything that led to the verdict."""

from prepop.errors import UsageError
from prepop.model import Verdict
from prepop.rules.decisions.difference import person_ref
from prepop.rules.decisions.mapping import region_of, wanted
from prepop.rules.decisions.scope import find, who
from prepop.rules.summary.explanation import Explanation
from prepop.rules.summary.explanation import explain as explanation
from prepop.steps.plan import Planned


def explain(user: str, planned: Planned, *, unmask: bool) -> Explanation:
    """What the directory holds of this person, what each rule made of it, what is registered, and why.

    planned: a planning that was asked for this person. Raises UsageError where nobody, or more than one, is
    meant, and where the account has no person.
    """
    facts, considered = planned.facts, planned.considered
    named = find(user, considered.matches, facts.tenant.accounts).people
    found = next((match for match in considered.matches if who(match.person) in named), None)
    if found is None:
        raise UsageError(
            f'explaining "{user}": the account is there, but no person of the directory belongs to it',
            hint="accounts without a person are never changed",
        )
    person, account = found.person, found.account
    pair = next((pair for pair in considered.pairs if pair.person is person), None)
    made = (
        pair.wanted if pair else wanted(person, account, facts.rules, facts.trust, facts.tenant.facts.domains)
    )
    everything: tuple[Verdict, ...] = (*planned.plan.changes, *planned.plan.left_alone)
    return explanation(
        person,
        account,
        made,
        planned.present.get(account.id) if account else None,
        [verdict for verdict in everything if verdict.person == person_ref(person)],
        unmask,
        facts.ledger,
        region_of(person, facts.rules.region),
    )
