"""Decisions: who belongs to whom, what changes, what speaks against it."""
