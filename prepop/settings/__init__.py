"""Reads and checks `prepop.toml`, mapping files and the environment."""
