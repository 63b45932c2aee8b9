"""The schemas that the package ships, against what it writes."""

import json
from importlib.resources import files
from itertools import product
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from prepop.model import Plan
from prepop.reasons import FindingCode, Reason
from prepop.reports import summary_document
from prepop.rules.readiness.words import Group, State
from prepop.rules.summary import summarise
from prepop.store import plan_file
from tests.reports import samples

SAMPLES = [
    samples.singular(),
    samples.plural(),
    samples.plan(),
    samples.plan(registrations="no P1"),
    samples.hostile(),
]


def validator(name: str) -> Draft202012Validator:
    """The shipped schema, itself checked."""
    schema = json.loads(files("prepop.reports").joinpath("schemas", f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("plan", SAMPLES)
def test_summary_fits_its_schema(plan: Plan) -> None:
    """Every summary.json is what summary.schema.json promises, as a plan and as a run."""
    checks = (None, samples.check(), samples.hostile_check(), samples.check(tenant="another"))
    for outcomes, check in product((None, samples.plural_outcomes()), checks):
        document = summary_document(summarise(plan, outcomes, samples.singular(), check=check))
        text = json.dumps(document)
        assert [error.message for error in validator("summary").iter_errors(json.loads(text))] == []


@pytest.mark.parametrize("plan", SAMPLES)
def test_plan_file_fits_its_schema(plan: Plan, tmp_path: Path) -> None:
    """Every plan.json is what plan.schema.json promises."""
    path = tmp_path / "plan.json"
    plan_file.save(plan, path)
    document = json.loads(path.read_text("utf-8"))
    assert [error.message for error in validator("plan").iter_errors(document)] == []


def test_schemas_refuse_what_is_not_theirs() -> None:
    """A misspelt key, a missing one and a wrong word are each refused."""
    document = summary_document(summarise(samples.singular()))
    assert not validator("summary").is_valid({**document, "headlin": ""})
    assert not validator("summary").is_valid({key: value for key, value in document.items() if key != "run"})
    assert not validator("summary").is_valid({**document, "outcomes": {"perhaps": 1}})
    assert not validator("summary").is_valid({**document, "readiness": {"headline": "well"}})
    plan = {**plan_file.document(samples.singular()), "digest": "0" * 64}
    assert validator("plan").is_valid(plan)
    assert not validator("plan").is_valid({**plan, "tenant": None})


def test_schemas_know_every_code() -> None:
    """A reason or finding that the program can write is in both schemas."""
    for name in ("summary", "plan"):
        text = json.dumps(validator(name).schema)
        assert all(f'"{code.value}"' in text for code in (*Reason, *FindingCode))
    summary = json.dumps(validator("summary").schema["$defs"]["answer"])
    assert all(f'"{word.value}"' in summary for word in (*Group, *State))
