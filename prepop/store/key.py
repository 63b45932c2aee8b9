"""The key of the state: what compares is a keyed hash, what must be read again is encrypted.

An unkeyed hash of a phone number falls to a list of all numbers within minutes, hence a key. It stands
beside the database, in STATE/prepop.key (owner-only, made on first use), or in the environment variable
PREPOP_STATE_KEY, so that a backup of the database alone tells nothing.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from prepop.errors import StateError
from prepop.files import read_guarded, write_owner_only
from prepop.model import Method

VARIABLE = "PREPOP_STATE_KEY"
_SIZE = 32


class Key:
    """One secret, used for two things that must not be confused: hashing and encrypting."""

    def __init__(self, secret: bytes) -> None:
        self._hash = hmac.digest(secret, b"prepop hash", "sha256")
        self._cipher = AESGCM(hmac.digest(secret, b"prepop cipher", "sha256"))
        self.check = hmac.digest(secret, b"prepop check", "sha256").hex()

    def fingerprint(self, method: Method, comparison_key: str) -> str:
        """The keyed hash under which the ledger knows a value."""
        kind = method.family.value.encode()
        text = comparison_key.encode("utf-8", "surrogatepass")
        return hmac.digest(self._hash, kind + b"|" + text, hashlib.sha256).hex()

    def encrypt(self, text: str) -> bytes:
        """AES-GCM under a fresh nonce, which stands in front."""
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), None)

    def decrypt(self, blob: bytes) -> str:
        """What `encrypt` was given. Raises StateError where the blob was damaged."""
        try:
            return self._cipher.decrypt(blob[:12], blob[12:], None).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError) as error:
            raise StateError(
                "reading an earlier value from the state: it was damaged",
                hint="restore prepop.db and prepop.key from the same backup",
            ) from error


def key(state: Path, environ: Mapping[str, str], *, make: bool) -> Key:
    """The key of this state folder. `make`: create one where there is none yet.

    Raises StateError where there is none and none is to be made, or where it is not a key.
    """
    if text := environ.get(VARIABLE):
        return Key(_decoded(text, f"the environment variable {VARIABLE}"))
    path = state / "prepop.key"
    try:
        return Key(_decoded(read_guarded(path).decode("ascii"), str(path)))
    except FileNotFoundError as error:
        if not make:
            raise StateError(
                f"reading the key of the state: there is no {path}",
                hint=f"restore it from a backup or set {VARIABLE}; without it the database cannot be read",
            ) from error
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise StateError(f"reading the key of the state, {path}: {why}") from error
    secret = os.urandom(_SIZE)
    write_owner_only(path, b64encode(secret) + b"\n")
    return Key(secret)


def _decoded(text: str, where: str) -> bytes:
    try:
        secret = b64decode(text.strip(), validate=True)
    except (Base64Error, ValueError):
        secret = b""
    if len(secret) != _SIZE:
        raise StateError(f"reading the key of the state from {where}: it is not {_SIZE} bytes in base64")
    return secret
