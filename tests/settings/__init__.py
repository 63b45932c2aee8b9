"""Tests of prepop.settings."""
