"""Proof: of the accounts that a run wrote, how many does this tenant let reset now?

Microsoft does not say outright that methods written by an app count as registered (GRAPH
section 0a). So it is looked at where it matters: in the registration report, once that had a day to catch up.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from prepop.rules.decisions.standings import COUNT
from prepop.rules.phrases import counted, cut, share, visible
from prepop.rules.readiness.facts import CloudFacts, ProofFacts, ReadinessFacts, Reset
from prepop.rules.readiness.words import Answer, Group, State, Unread

CATCH_UP = timedelta(days=1)
_G = Group.PROOF
_QUESTION = "Do methods that prepop wrote count in this tenant?"


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """Nothing where nobody asked for it, or the tenant could not be reached."""
    if situation.proof is None or isinstance(situation.cloud, Unread):
        return
    if isinstance(situation.proof, Unread):
        yield Answer("proof-counts", _G, _QUESTION, State.UNKNOWN, situation.proof.why, situation.proof.look)
        return
    yield _people(situation.proof, situation.cloud)
    yield from _judged(situation, situation.proof, situation.cloud)


def _people(written: ProofFacts, cloud: CloudFacts) -> Answer:
    """What the people themselves did: the only proof that the whole way works, writeback too."""
    question = "Have people reset their password since?"
    if isinstance(cloud.resets, Unread):
        return Answer("proof-resets", _G, question, State.UNKNOWN, cloud.resets.why, cloud.resets.look)
    ids = {account.id.lower() for account in written.accounts}
    theirs = [reset for reset in cloud.resets if reset.account in ids and reset.at >= written.at]
    by_account: dict[str, list[Reset]] = {}
    for reset in theirs:
        by_account.setdefault(reset.account, []).append(reset)
    done = {who for who, resets in by_account.items() if any(_is_done(reset) for reset in resets)}
    failed = {who for who, resets in by_account.items() if any(r.done is False for r in resets)} - done
    says = (
        f"Of {counted(len(ids), 'account')} that run {written.run} wrote, {len(by_account):,} tried a reset "
        f"since: {len(done):,} did it, {len(failed):,} failed."
    )
    if not by_account:
        return Answer(
            "proof-resets",
            _G,
            question,
            State.UNKNOWN,
            says,
            "ask somebody of the pilot to reset the password",
        )
    reasons = Counter(
        visible(reset.reason) for who in failed for reset in by_account[who] if reset.done is False
    )
    if reasons:
        says += " Entra says: " + "; ".join(
            f"{reason or 'no reason'} ({times:,})" for reason, times in reasons.most_common(5)
        )
    state = (
        State.YES if done and not failed else State.PARTLY if done else State.NO if failed else State.UNKNOWN
    )
    fix = (
        "Entra admin centre, Password reset, Audit logs, shows each step of theirs"
        if state is not State.YES
        else ""
    )
    return Answer("proof-resets", _G, question, state, says, fix)


def _is_done(reset: Reset) -> bool:
    """The line that ends a reset; others of that log tell of steps on the way (GRAPH section 7g)."""
    return reset.done is True and reset.activity.lower().startswith("reset password")


def _judged(situation: ReadinessFacts, written: ProofFacts, cloud: CloudFacts) -> Iterator[Answer]:
    if isinstance(cloud.registrations, Unread):
        yield Answer(
            "proof-counts", _G, _QUESTION, State.UNKNOWN, cloud.registrations.why, cloud.registrations.look
        )
        return
    listed = [
        (account, cloud.registrations[account.id])
        for account in written.accounts
        if account.id in cloud.registrations
    ]
    absent = len(written.accounts) - len(listed)
    if not listed:
        yield Answer(
            "proof-counts",
            _G,
            _QUESTION,
            State.UNKNOWN,
            f"Run {written.run} wrote {counted(len(written.accounts), 'account')}, and the report lists "
            "none of them.",
            "wait some hours and ask again",
        )
        return
    holding = [
        (account, row) for account, row in listed if all(row.shows(method) for method in account.methods)
    ]
    yield _held(written, len(holding), len(listed), absent)
    # an account that was given fewer methods than a reset asks for proves nothing either way
    enough = [
        (account, row)
        for account, row in holding
        if len(row.methods & COUNT) >= situation.options.gates and not row.is_admin
    ]
    counts = [account for account, row in enough if row.sspr_registered]
    short = [account for account, row in enough if not row.sspr_registered]
    capable = sum(row.sspr_capable for _, row in listed)
    says = (
        f"Run {written.run} ended {written.at:%Y-%m-%d %H:%M} UTC. Of {counted(len(enough), 'account')} "
        "that hold what "
        f"was written and enough of it, {len(counts):,} are registered for a reset "
        f"({share(len(counts), len(enough))}); "
        f"of all {len(listed):,}, {capable:,} can reset now."
    )
    if written.at > situation.now - CATCH_UP:
        yield Answer(
            "proof-counts",
            _G,
            _QUESTION,
            State.UNKNOWN,
            f"{says} The report is hours old, and the run not a day.",
            "ask again tomorrow",
        )
    elif not enough:
        yield Answer(
            "proof-counts",
            _G,
            _QUESTION,
            State.UNKNOWN,
            says,
            "write a pilot as many methods as a reset asks for (cloud.gates)",
        )
    elif not short:
        yield Answer(
            "proof-counts", _G, _QUESTION, State.YES, f"{says} Methods written by prepop count here."
        )
    else:
        whom = cut([account.upn for account in short], 10)
        word = "do not count" if not counts else "count for some and not for others"
        yield Answer(
            "proof-counts",
            _G,
            _QUESTION,
            State.PARTLY if counts else State.NO,
            f"{says} Methods written by prepop {word} here. Not for: {whom}.",
            "check cloud.gates, the methods policy and its targets for these people, then try a real reset "
            "with one",
            blocks=not counts,
        )


def _held(written: ProofFacts, holding: int, listed: int, absent: int) -> Answer:
    question = "Does the registration report show what was written?"
    says = f"For {holding:,} of {listed:,} accounts of run {written.run} ({share(holding, listed)})."
    if absent:
        says += f" {counted(absent, 'account')} more are not in the report (disabled, deleted, or too new)."
    if holding == listed:
        return Answer("proof-held", _G, question, State.YES, says)
    return Answer(
        "proof-held",
        _G,
        question,
        State.PARTLY if holding else State.NO,
        says,
        "`prepop plan` reads the methods themselves: what is gone there was removed after it was written",
    )
