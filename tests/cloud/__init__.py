"""Tests of the tenant's edge: what leaves, what arrives, what is made of it."""
