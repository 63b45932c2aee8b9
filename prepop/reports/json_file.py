"""`summary.json` and `--json`: the summary as one JSON document, `schemas/summary.schema.json`.

It holds counts, sentences and lists, not the rows: those stand in `report.csv`, and in `plan.json` whole.
A security list shows its first entries and says how many there are.
"""

import json
from pathlib import Path

from prepop.files import write_owner_only
from prepop.model import Finding
from prepop.rules.readiness.telling import Told, as_values
from prepop.rules.readiness.words import Unread
from prepop.rules.summary.words import Ability, Concern, Since, SmsVoice, Step, Summary, WriteLine

FORMAT = "prepop-summary/1"
MOST_ENTRIES = 200
MOST_HOLDERS = 50


def summary_document(summary: Summary) -> dict[str, object]:
    """The document, of plain JSON values only, in the order in which a report tells it."""
    writes = summary.writes
    return {
        "format": FORMAT,
        "run": summary.run,
        "created": summary.created.isoformat(),
        "tenant": summary.tenant,
        "digest": summary.digest,
        "applied": summary.applied,
        "undoes": summary.undoes or None,
        "masked": summary.masked,
        "blocked": summary.blocked,
        "mark": {"tone": summary.mark.tone.value, "text": summary.mark.text},
        "ending": summary.ending.value if summary.ending else None,
        "headline": summary.headline,
        "stands": summary.stands,
        "notes": list(summary.notes),
        "operator": summary.operator or None,
        "outcomes": {line.result: line.count for line in summary.outcomes},
        "answers": [
            {"result": answer.result, "said": answer.said, "count": answer.count}
            for answer in summary.answers
        ],
        "next": list(summary.next),
        "findings": [_finding(summary, finding) for finding in summary.findings],
        "security": [_concern(concern) for concern in summary.security],
        "readiness": _readiness(summary.readiness),
        "explained": list(summary.explained),
        "able": _able(summary.ability) if summary.about_people else None,
        "sms_voice": _sms(summary.sms) if summary.about_people else None,
        "funnel": [_step(step) for step in summary.funnel],
        "writes": {
            "total": writes.total,
            "accounts": writes.accounts,
            "requests": writes.requests,
            "seconds": writes.seconds,
            "sentence": writes.sentence,
            "methods": [_line(line) for line in writes.methods],
            "countries": [_line(line) for line in writes.countries],
            "departments": [_line(line) for line in writes.departments],
        },
        "left_alone": [
            {
                "reason": line.reason.value,
                "count": line.count,
                "new": line.new,
                "text": line.reason.text,
                "fix": line.reason.fix,
                "remedies": list(line.remedies),
            }
            for line in summary.reasons
        ],
        "since": _since(summary.since) if summary.since else None,
        "facts": {fact.name: fact.value for fact in summary.facts},
    }


def _finding(summary: Summary, finding: Finding) -> dict[str, object]:
    """A finding, and how it was lifted for this run; null where it was not."""
    lifted = summary.acceptance(finding)
    accepted = {"number": lifted.number, "by": lifted.by} if lifted else None
    return {**finding_document(finding), "accepted": accepted}


def _able(able: Ability) -> dict[str, object]:
    return {
        "population": able.population,
        "today": able.today,
        "after": able.after,
        "never": able.never,
        "unread": able.unread,
        "unlisted": able.unlisted,
        "gates": able.gates,
        "unknown": able.unknown,
        "departments": [
            {
                "department": row.department,
                "population": row.population,
                "today": row.today,
                "after": row.after,
                "without": row.without,
            }
            for row in able.departments
        ],
    }


def _sms(sms: SmsVoice) -> dict[str, object]:
    return {
        "provider": sms.telephony.whole,
        "sms": str(sms.telephony.sms),
        "voice": str(sms.telephony.voice),
        "only_sms_voice": sms.only_sms_voice,
        "kept_by_email": sms.kept_by_email,
        "prompted": sms.prompted,
        "sentences": list(sms.sentences),
        "departments": [
            {
                "department": row.department,
                "population": row.population,
                "only_sms_voice": row.only_sms_voice,
                "kept_by_email": row.kept_by_email,
                "prompted": row.prompted,
            }
            for row in sms.departments
        ],
    }


def finding_document(finding: Finding) -> dict[str, object]:
    """A finding as `summary.json` and `plan.json` show it: CONTRACT section 10."""
    return {
        "code": finding.code.value,
        "level": finding.level.value,
        "measured": finding.measured,
        "limit": finding.limit,
        "population": finding.population,
        "text": finding.text,
        "next": finding.next,
    }


def write_json(summary: Summary, path: Path) -> Path:
    """Write `summary.json`: UTF-8, indented, one line feed at the end."""
    text = json.dumps(summary_document(summary), ensure_ascii=False, indent=2) + "\n"
    write_owner_only(path, text.encode())
    return path


def _step(step: Step) -> dict[str, object]:
    return {"key": step.key, "title": step.title, "count": step.count, "unit": step.unit}


def _line(line: WriteLine) -> dict[str, object]:
    return {
        "name": line.name,
        "additions": line.additions,
        "replacements": line.replacements,
        "removals": line.removals,
    }


def _concern(concern: Concern) -> dict[str, object]:
    return {
        "key": concern.key,
        "title": concern.title,
        "total": concern.total,
        "entries": [
            {
                "who": entry.who,
                "method": entry.method,
                "value": entry.value,
                "detail": entry.detail,
                "holders": list(entry.holders[:MOST_HOLDERS]),
            }
            for entry in concern.entries[:MOST_ENTRIES]
        ],
    }


def _since(since: Since) -> dict[str, object]:
    return {
        "run": since.run,
        "created": since.created.isoformat(),
        "new": since.new,
        "gone": since.gone,
        "counts": [{"name": d.name, "before": d.before, "now": d.now} for d in since.deltas],
    }


def _readiness(found: Told | Unread | None) -> dict[str, object] | None:
    """The check beside the plan: its answers as in `readiness.json`; or why there are none to show."""
    match found:
        case None:
            return None
        case Unread():
            return {"made": None, "headline": found.why, "notes": [found.look], "blocking": [], "answers": []}
    return {
        "made": found.made.isoformat(),
        "headline": found.headline,
        "notes": list(found.notes),
        "blocking": list(found.blocking),
        "answers": [as_values(answer) for answer in found.answers],
    }
