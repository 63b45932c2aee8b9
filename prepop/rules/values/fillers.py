"""Addresses that nobody has: typed in to fill the field, or a slip of the keys in a big provider's domain.

Only whole words count. `jane@nonesuch.org` and `info.weber@...` are people; `none@none.com` and
`test@gmail.com` are whoever took that name. What is taken for a filler by mistake is left alone, with the
reason; what is missed would hand the reset to a stranger.
"""

import re
from functools import lru_cache

#: Words that stand for "there is no address", in front of the @ and as the domain's name.
_NOBODY = frozenset(
    re.findall(
        r"\w+",
        "none null na empty blank void unknown unbekannt inconnu inconnue desconocido "
        "sconosciuto onbekend okand ukjent ukendt tuntematon nieznany neznamy ismeretlen "
        "noone nobody niemand noname noemail nomail nomailaddress noemailaddress noaddress withoutemail "
        "keine kein keineemail keinemail keineangabe keinemailvorhanden aucun aucune sansemail pasdemail "
        "ninguno ninguna sincorreo notiene notienecorreo naotem semmail sememail nessuna nessuno nonha "
        "geen geenemail geenmail ingen ingenepost ingenmail eipuuttuu brak brakmaila brakemail zadny nincs "
        "notavailable notapplicable notprovided notgiven notknown tbd tba todo tbc "
        "test tests testing tester testuser testmail testemail dummy fake example beispiel "
        "exemple ejemplo esempio placeholder platzhalter "
        "abc abcd abcde abcdef xyz xx xxx xxxx xxxxx yyy zzz aaa aaaa bbb qqq asd asdf asdfg asdfgh qwe qwer "
        "qwert qwerty qwertz foobar "
        "123 1234 12345 123456 1234567 12345678 123456789 1234567890 "
        "000 0000 00000 000000 111 1111 11111 111111",
    )
)
#: What forms write where the person's own words should stand: fillers only where the domain is one too.
_FORM_LOCAL = frozenset(
    re.findall(
        r"\w+",
        "user username name firstname lastname yourname vorname "
        "nachname myname email mail mymail myemail youremail emailaddress mailaddress address me you someone "
        "somebody anyone person employee staff contact info admin no nicht your my first last foo bar "
        "firstnamelastname firstlast vornamenachname vornamename nomprenom prenomnom nombreapellido "
        "nomecognome yourmail youremailhere nil aa bb",
    )
)
_FORM_DOMAIN = frozenset(
    re.findall(
        r"\w+",
        "domain mydomain yourdomain domainname somedomain anydomain "
        "email mail mymail myemail youremail company mycompany yourcompany companyname somewhere nowhere "
        "website yoursite server host provider firma meinefirma organization organisation vorhanden "
        "foo bar aa bb",
    )
)
#: Mailboxes that are nobody's at any provider.
_ROBOTS = frozenset(
    re.findall(r"\w+", "noreply donotreply dontreply noresponse nepasrepondre noresponder anonymous anonym")
)

_ANYWHERE = _NOBODY | _ROBOTS
_LOCAL = _ANYWHERE | _FORM_LOCAL
_DOMAIN = _NOBODY | _FORM_DOMAIN

#: Providers of private mailboxes, and domains so like theirs that they might be taken for a slip.
_PROVIDERS = frozenset(
    re.findall(
        r"\S+",
        "gmail.com googlemail.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es "
        "outlook.com outlook.de outlook.fr outlook.es live.com live.co.uk live.fr msn.com "
        "yahoo.com yahoo.co.uk yahoo.co.in yahoo.co.jp yahoo.com.br yahoo.fr yahoo.de yahoo.es yahoo.it "
        "ymail.com rocketmail.com icloud.com me.com mac.com aol.com proton.me protonmail.com mail.com "
        "gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de posteo.de arcor.de "
        "bluewin.ch orange.fr wanadoo.fr laposte.net free.fr sfr.fr libero.it virgilio.it alice.it "
        "tiscali.it telefonica.net terra.es ziggo.nl kpnmail.nl telenet.be skynet.be comcast.net verizon.net "
        "att.net sbcglobal.net bellsouth.net charter.net rogers.com shaw.ca btinternet.com virginmedia.com "
        "bigpond.com xtra.co.nz uol.com.br bol.com.br terra.com.br mail.ru yandex.ru rambler.ru inbox.ru "
        "wp.pl onet.pl interia.pl seznam.cz centrum.cz abv.bg qq.com 163.com 126.com sina.com foxmail.com "
        "naver.com daum.net hanmail.net rediffmail.com docomo.ne.jp ezweb.ne.jp fastmail.com zoho.com",
    )
)
#: Names of these are long enough that one slip of the keys leaves no other word.
_LONG_NAMES = tuple(
    sorted(
        provider
        for provider in _PROVIDERS
        if len(provider.partition(".")[0]) >= 5 and provider.partition(".")[0].isascii()
    )
)
#: Endings that the root of the DNS does not have; what was meant by them.
_NO_SUCH_ENDING = {
    **dict.fromkeys(
        (
            "con",
            "comm",
            "cmo",
            "ocm",
            "vom",
            "xom",
            "cpm",
            "coom",
            "ccom",
            "conm",
            "comn",
            "comu",
            "clm",
            "cim",
            "col",
            "c0m",
        ),
        "com",
    ),
    **dict.fromkeys(("nett", "nte"), "net"),
    **dict.fromkeys(("ogr", "orgg", "rog"), "org"),
    **dict.fromkeys(("dee", "ded"), "de"),
}
#: Endings that exist, and that hold nothing of these providers.
_SLIPS_OF_COM = frozenset(("co", "cm", "om", "cc"))
#: Those that have no other ending at all: `gmail.de` and `gmail.com.de` are somebody else's.
_NEVER_ELSEWHERE = frozenset(("gmail", "googlemail", "icloud", "ymail", "rocketmail"))
_WITHOUT_DOTS = {provider.replace(".", ""): provider for provider in _PROVIDERS}
_COM_ONLY = frozenset(("gmail", "googlemail", "icloud", "protonmail", "ymail", "hotmail", "outlook", "aol"))


def fills_a_field(local: str, domain: str) -> bool:
    """True for an address that stands for none. Both parts in any case, the domain in ASCII.

    The local part and the domain's name are the same word, or both are words (or single letters) that fill
    a field; or such a word stands at a provider where anybody may have taken it.
    """
    theirs, filler, provider = _of(domain)
    if not (filler or provider) and len(theirs) > 1 and local[:1].casefold() != theirs[:1]:
        return False  # nearly everybody: quick
    mine = _word(local)
    if not mine or not theirs:
        return False
    if mine == theirs or (len(mine) == 1 and len(theirs) == 1):
        return True
    plain = mine.rstrip("0123456789") or mine
    if provider:
        return plain in _ANYWHERE
    return filler and plain in _LOCAL


@lru_cache(maxsize=4096)
def _of(domain: str) -> tuple[str, bool, bool]:
    """A domain's name as a word, whether that fills a field, and whether it is a big provider's."""
    word = _word(domain.partition(".")[0])
    return word, word in _DOMAIN, domain in _PROVIDERS


def _word(text: str) -> str:
    """Letters and digits alone: `n/a`, `no-email`, `No_Mail` as `na`, `noemail`, `nomail`."""
    plain = text.casefold()
    return plain if plain.isalnum() else re.sub(r"[\W_]", "", plain)


@lru_cache(maxsize=4096)
def likely_domain(domain: str) -> str:
    """The domain that a slip of the keys was meant to be; "" where there was none.

    Known are endings that do not exist (`.con`), and one slip (a letter left out, doubled, swapped, another)
    in the long name of a big provider, its first letter right. A short name has too many real neighbours.
    So are a dot in the wrong place (`gmailc.om`, `hotmail.couk`), and other endings where there are none.
    """
    meant: str = _WITHOUT_DOTS.get(domain.replace(".", ""), domain)
    if meant != domain:
        return meant
    first, _, rest = domain.partition(".")
    if first in _NEVER_ELSEWHERE and rest != "com" and ("." not in rest or rest.startswith(("com.", "co."))):
        return f"{first}.com"
    name, _, ending = domain.rpartition(".")
    if meant := _NO_SUCH_ENDING.get(ending, ""):
        return likely_domain(f"{name}.{meant}") or f"{name}.{meant}"
    if domain in _PROVIDERS:
        return ""
    if name in _COM_ONLY and ending in _SLIPS_OF_COM:
        return f"{name}.com"
    if domain.endswith(".com.com") and (twice := domain.removesuffix(".com")) in _PROVIDERS:
        return twice
    return next((provider for provider in _LONG_NAMES if _one_slip(domain, provider)), "")


def _one_slip(typed: str, meant: str) -> bool:
    """Whether one letter of the name was left out, added, changed or swapped with its neighbour."""
    name, _, ending = typed.partition(".")
    right, _, same = meant.partition(".")
    if ending != same or name == right or abs(len(name) - len(right)) > 1:
        return False
    if sorted(name[:2]) == sorted(right[:2]) and name[2:] == right[2:]:  # `mgail`
        return True
    if name[:1] != right[:1]:
        return False
    start = next(
        (at for at, (a, b) in enumerate(zip(name, right, strict=False)) if a != b), min(len(name), len(right))
    )
    a, b = name[start:], right[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
