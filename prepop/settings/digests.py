"""Fingerprints of config and mapping, which tell whether a plan was made under other rules.

SHA-256 over canonical JSON of checked values: comments, order of keys, spelling out a default and the
way a list was written make no difference.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from prepop.options import (
    CloudOptions,
    DirectoryOptions,
    ExtraOptions,
    Limit,
    Limits,
    MappingRules,
    Scope,
    Trust,
)
from prepop.rules.values.distinguished_names import rdns


def mapping_digest(rules: MappingRules) -> str:
    """SHA-256 (hex) of a mapping."""
    return _digest(
        {
            "region": {
                "from": [name.lower() for name in rules.region.attributes],
                "ou": sorted([*rdns(name), code] for name, code in rules.region.ou),
                "default": rules.region.default,
            },
            "methods": {
                rule.method: {
                    "from": [name.lower() for name in rule.attributes],
                    "policy": rule.policy,
                    "remove": rule.remove,
                    "several": rule.several,
                    "extension": rule.extension,
                }
                for rule in rules.rules
            },
        }
    )


def config_digest(
    directories: Iterable[DirectoryOptions],
    cloud: CloudOptions,
    scope: Scope,
    limits: Limits,
    trust: Trust,
    folder: Path,
    extras: Iterable[ExtraOptions] = (),
) -> str:
    """SHA-256 (hex) of what decides a plan.

    Not in it: how prepop signs in (so that a reader may plan and a writer apply), certificates, secrets,
    speed, places of state and reports. A path counts from `folder`, that of the config, so that the same
    files in another place are the same config.
    """
    beside = [
        {
            "name": extra.name.lower(),
            "path": _relative(extra.path, folder),
            "sheet": extra.sheet,
            "key": extra.key.lower(),
            "attribute": extra.attribute.lower(),
            "max_age_hours": extra.max_age_hours,
        }
        for extra in sorted(extras, key=lambda extra: extra.name)
    ]
    return _digest(
        ({"extras": beside} if beside else {})  # so that a config without any is the same as ever
        | {
            "directories": [
                {
                    "name": directory.name,
                    "kind": directory.kind,
                    "path": _relative(directory.path, folder),
                    "url": sorted(host.url for host in directory.hosts),
                    "base": sorted(directory.base),
                    "filter": directory.filter,
                }
                for directory in sorted(directories, key=lambda directory: directory.name)
            ],
            "cloud": {
                "tenant": cloud.tenant.lower(),
                "environment": cloud.environment,
                "endpoint": cloud.endpoint,
                "screen": cloud.screen,
                "gates": cloud.gates,
                "telephony_provider": cloud.telephony_provider,
            },
            "scope": {
                "groups": sorted(scope.groups),
                "exclude_groups": sorted(scope.exclude_groups),
                "users": sorted(scope.users),
                "match": scope.match,
                "disabled": scope.disabled,
                "guests": scope.guests,
                "privileged": scope.privileged,
                "protected": sorted(scope.protected),
            },
            "limits": {
                "additions": _limit(limits.additions),
                "replacements": _limit(limits.replacements),
                "removals": _limit(limits.removals),
                "unmatched": _limit(limits.unmatched),
                "unread": _limit(limits.unread),
                "source_shrink": _limit(limits.source_shrink),
                "cloud_shrink": _limit(limits.cloud_shrink),
                "min_population": limits.min_population,
                "failures": _limit(limits.failures),
                "refusals": _limit(limits.refusals),
                "unreadable": _limit(limits.unreadable),
            },
            "trust": {
                "shared_value_max": trust.shared_value_max,
                "cool_down_days": trust.cool_down_days,
                "refused_days": trust.refused_days,
                "countries": sorted(trust.countries),
                "extra_domains": sorted(trust.extra_domains),
            },
        }
    )


def _limit(limit: Limit) -> list[float | int | None]:
    return [limit.count, limit.share]


def _relative(path: Path | None, folder: Path) -> str:
    if path is None:
        return ""
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def _digest(values: object) -> str:
    text = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
