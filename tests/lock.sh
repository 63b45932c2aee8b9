#!/usr/bin/env bash
# Renew constraints.txt and requirements.lock after a change of dependencies. Needs uv. What is pinned stays where
# it is; `--upgrade` takes the newest of everything.
# uv.lock itself stays ignored: it writes a registry's address on every entry; these two have none.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r pyproject.toml README.md prepop mappings "$work"
if [[ ${1:-} != --upgrade ]]; then
    # where a new dependency does not fit a pin uv says so: then take that pin out of constraints.txt first
    python3 - constraints.txt "$work/pyproject.toml" <<'PYTHON'
import json
import sys

pins = [line.strip() for line in open(sys.argv[1]) if "==" in line]
text = open(sys.argv[2]).read()
head, mark, tail = text.partition("[tool.uv]\n")
open(sys.argv[2], "w").write(f"{head}{mark}constraint-dependencies = {json.dumps(pins)}\n{tail}")
PYTHON
fi
(cd "$work" && uv lock --quiet)
export="uv export --quiet --no-header --no-emit-project --no-annotate"
(cd "$work" && $export --all-extras --no-hashes) >constraints.txt
(cd "$work" && $export) >requirements.lock
(cd "$work" && $export --extra kerberos) >jobs/kubernetes/requirements.lock
