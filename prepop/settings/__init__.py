"""Reads and checks `prepop.toml`, mapping files and the environment.

    settings = load(Path("prepop.toml"), os.environ)

The way of a file: `documents` reads it (with `places` for its lines), `environment` lays variables over
it, `checking` holds each section against its shape in `shapes`, `consistency` looks at keys together.
"""

from prepop.settings.config import load

__all__ = ["load"]
