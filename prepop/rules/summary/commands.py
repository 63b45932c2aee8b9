"""What to do next: sentences, and commands that begin with `prepop`."""

from collections.abc import Iterator, Mapping

from prepop.model import Ending, Execution, Outcome, Plan, Result
from prepop.rules.phrases import counted, visible
from prepop.rules.summary.endings import results

NOTHING = "Nothing to do."


def of_plan(plan: Plan, digest: str, plan_file: str) -> tuple[str, ...]:
    """What lifts each finding that blocks, else how the plan is applied."""
    if plan.blocking:
        return tuple(dict.fromkeys(visible(finding.next) for finding in plan.blocking if finding.next))
    if not plan.changes:
        return (NOTHING,)
    return (f"prepop apply {plan_file}" + (f" --digest {digest}" if digest else ""),)


def of_run(
    plan: Plan, outcomes: Mapping[str, Outcome], execution: Execution, config: str = ""
) -> tuple[str, ...]:
    """What is left to do after a run. config: as it is typed, "" where it need not be."""
    return tuple(_of_run(plan, outcomes, execution, _named(config))) or (NOTHING,)


def _named(config: str) -> str:
    return f" -c {config}" if config else ""


def _of_run(plan: Plan, outcomes: Mapping[str, Outcome], execution: Execution, named: str) -> Iterator[str]:
    left = results(plan.changes, outcomes)
    again = "prepop plan" if plan.undoes is None else f"prepop rollback {visible(plan.undoes)}"
    if execution.ending is Ending.STOPPED:
        yield "The answers say why so many changes failed: put that right first."
    elif left[Result.FAILED]:
        yield f"{counted(left[Result.FAILED], 'change')} failed: the answers say why."
    if left[Result.MOVED_ON]:
        yield (
            f"{counted(left[Result.MOVED_ON], 'value')} changed in the tenant after the plan: "
            "the next plan decides anew."
        )
    if left[Result.UNKNOWN] or (left[Result.NOT_TRIED] and not execution.closed):
        yield f"prepop resume {visible(execution.run)}{named}"
    if not execution.closed:
        return
    if left[Result.NOT_TRIED]:
        them = "it" if left[Result.NOT_TRIED] == 1 else "them"
        yield f"{counted(left[Result.NOT_TRIED], 'change')} not tried: the next plan has {them} again."
    if left[Result.FAILED] or left[Result.MOVED_ON] or left[Result.NOT_TRIED]:
        yield again + named
    if left[Result.DONE] and plan.undoes is None and execution.ending is not Ending.STOPPED:
        yield (
            "In a day, when people had time to reset: "
            f"`prepop check --proof {visible(execution.run)}{named}` says whether it works."
        )
