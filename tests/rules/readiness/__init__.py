"""Readiness: what `prepop check` and `prepop init` say."""
