"""Tests of what runs prepop at night."""
