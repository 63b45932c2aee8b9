#!/usr/bin/env bash
# Renew constraints.txt and requirements.lock after a change of dependencies. Needs uv.
# uv.lock itself stays ignored: it writes a registry's address on every entry; these two have none.
set -euo pipefail
cd "$(dirname "$0")/.."
uv lock --quiet "$@"
uv export --quiet --no-header --no-emit-project --no-annotate --all-extras --no-hashes --output-file constraints.txt
uv export --quiet --no-header --no-emit-project --no-annotate --output-file requirements.lock
uv export --quiet --no-header --no-emit-project --no-annotate --extra kerberos --output-file jobs/kubernetes/requirements.lock
