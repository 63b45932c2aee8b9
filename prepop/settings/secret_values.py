"""Follows a `_env` or `_file` key to its secret. A secret stands in no message, not even in part."""

import re
from collections.abc import Mapping
from pathlib import Path

from prepop.settings.checking import Section
from prepop.settings.documents import quoted
from prepop.settings.shapes import Shape


def read_secret(
    section: Section[Shape], stem: str, variable: str, file: str, folder: Path, environ: Mapping[str, str]
) -> str:
    """The secret that `STEM_env` (`variable`) or `STEM_file` (`file`) leads to; "" where neither is given.

    Everything that keeps it from being read is noted as a mistake of that key. Of a file one line end
    at its end is not part of the secret: editors and `echo` add it. `folder` is that of the config.
    """
    env_key, file_key = f"{stem}_env", f"{stem}_file"
    if variable and file:
        section.mistake(file_key, f"{env_key} is given too; keep one of them.", env_key)
        return ""
    if variable:
        secret = environ.get(variable)
        if not secret:
            state = "is not set" if secret is None else "is empty"
            section.mistake(env_key, f"the environment variable {variable} {state}.")
            return ""
        return secret
    if file:
        try:
            secret = (folder / file).read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            section.mistake(file_key, f"{quoted(file)} is not UTF-8 text.")
            return ""
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "no usable path"
            section.mistake(file_key, f"{quoted(file)} cannot be read: {why}.")
            return ""
        secret = re.sub(r"\r?\n\Z", "", secret)
        if not secret:
            section.mistake(file_key, f"{quoted(file)} is empty.")
        return secret
    return ""
