"""How long a text of a directory or a tenant may be. Nobody's name has a megabyte, but a hostile one may.

The longest that Active Directory takes of what prepop reads has 2,048 characters (extensionAttribute16 to 45;
a userPrincipalName 1,024, an entry of proxyAddresses 1,123), Entra ID's are shorter. What is longer is cut
where it enters, once, so that every rule, report and file behind it has to do with short texts.
"""

import hashlib

LONGEST = 2048
_HALF = LONGEST // 2
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def bounded(text: str) -> str:
    """The text, or of one that is too long both ends with a mark between them.

    Two texts that differ do so afterwards too (the mark has a hash of the whole), so that nobody is taken for
    somebody else. The mark has letters and brackets, and no digits: with it a text is no number, no address
    and no name of anything. The end stays, because it is that of a distinguished name which says where it is.
    """
    if len(text) <= LONGEST:
        return text
    whole = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16].translate(_LETTERS)
    return f"{text[:_HALF]} [cut: {whole}] {text[-_HALF:]}"
