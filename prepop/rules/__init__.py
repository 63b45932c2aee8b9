"""Deciding. Pure functions: values in, values out; no clock, file, network, environment or log."""
