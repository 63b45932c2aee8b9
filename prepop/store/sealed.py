"""A change as the journal keeps it: encrypted, and without what it was decided on."""

import json
from dataclasses import asdict

from prepop.model import AccountRef, Action, Change, Method, PersonRef, Policy
from prepop.store.key import Key


def sealed(key: Key, change: Change) -> bytes:
    """What is sent and compared, nothing else of a person."""
    whole = asdict(change)
    del whole["evidence"]
    return key.encrypt(json.dumps(whole))


def unsealed(key: Key, document: bytes) -> Change:
    """The change again. Raises StateError where it was not written with this key."""
    whole = json.loads(key.decrypt(document))
    return Change(
        id=whole["id"],
        action=Action(whole["action"]),
        method=Method(whole["method"]),
        account=AccountRef(**whole["account"]),
        person=PersonRef(**whole["person"]),
        before=whole["before"],
        after=whole["after"],
        source=whole["source"],
        policy=Policy(whole["policy"]),
        needs=whole["needs"],
        confirmed=whole["confirmed"],
    )
