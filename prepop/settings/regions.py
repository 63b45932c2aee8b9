"""Which regions there are, as settings asks for them."""

import difflib

import phonenumbers


def known_region(text: str) -> bool:
    """True for an ISO 3166 region that has a numbering plan, in capitals."""
    return text in phonenumbers.SUPPORTED_REGIONS


def near_region(text: str) -> str:
    """The region that is likely meant, or ""."""
    word = text.strip().upper()
    if word == "UK":
        return "GB"
    if word in phonenumbers.SUPPORTED_REGIONS:
        return word
    found = difflib.get_close_matches(word, sorted(phonenumbers.SUPPORTED_REGIONS), n=1, cutoff=0.9)
    return found[0] if found else ""
