"""Regions of the world as directories name them: ISO 3166-1 codes, and names in any language of CLDR.

Active Directory keeps a person's country three times: `c` (ISO code), `co` (English name, as Windows
writes it) and `countryCode` (ISO's number, 0 where none was set). The names below are the short English names
of ISO 3166-1, with what Windows, people and older directories write instead. Names in other languages,
official long names and the other codes are in `region_names`, which a script makes and which is loaded only
where these do not do: most directories never need it. The regions are those for which the phone library knows
a numbering plan.
"""

import re
import unicodedata
from difflib import get_close_matches
from functools import cache, lru_cache

import phonenumbers

_SUPPORTED = frozenset(phonenumbers.SUPPORTED_REGIONS)

# code: names, separated by |
_NAMES = """
AC: Ascension Island | Ascension
AD: Andorra
AE: United Arab Emirates | UAE | Emirates
AF: Afghanistan
AG: Antigua and Barbuda | Antigua
AI: Anguilla
AL: Albania
AM: Armenia
AO: Angola
AR: Argentina | Argentine Republic
AS: American Samoa
AT: Austria
AU: Australia
AW: Aruba
AX: Åland Islands | Åland
AZ: Azerbaijan
BA: Bosnia and Herzegovina | Bosnia | Bosnia Herzegovina
BB: Barbados
BD: Bangladesh
BE: Belgium
BF: Burkina Faso
BG: Bulgaria
BH: Bahrain
BI: Burundi
BJ: Benin
BL: Saint Barthélemy
BM: Bermuda
BN: Brunei Darussalam | Brunei
BO: Bolivia | Plurinational State of Bolivia | Bolivia, Plurinational State of
BQ: Bonaire, Sint Eustatius and Saba | Bonaire | Caribbean Netherlands
BR: Brazil | Brasil
BS: Bahamas
BT: Bhutan
BW: Botswana
BY: Belarus
BZ: Belize
CA: Canada
CC: Cocos (Keeling) Islands | Cocos Islands | Keeling Islands
CD: Democratic Republic of the Congo | Congo (DRC) | Congo, Democratic Republic of the | Congo, The Democratic Republic of the | Congo Kinshasa | DR Congo | DRC
CF: Central African Republic
CG: Congo | Republic of the Congo | Congo Brazzaville
CH: Switzerland
CI: Côte d'Ivoire | Ivory Coast
CK: Cook Islands
CL: Chile
CM: Cameroon
CN: China | People's Republic of China | PRC | Mainland China
CO: Colombia
CR: Costa Rica
CU: Cuba
CV: Cabo Verde | Cape Verde
CW: Curaçao
CX: Christmas Island
CY: Cyprus
CZ: Czechia | Czech Republic
DE: Germany | Federal Republic of Germany | Deutschland
DJ: Djibouti
DK: Denmark
DM: Dominica
DO: Dominican Republic
DZ: Algeria
EC: Ecuador
EE: Estonia
EG: Egypt
EH: Western Sahara
ER: Eritrea
ES: Spain
ET: Ethiopia
FI: Finland
FJ: Fiji | Fiji Islands
FK: Falkland Islands (Malvinas) | Falkland Islands | Falkland Islands (Islas Malvinas)
FM: Micronesia | Federated States of Micronesia | Micronesia, Federated States of
FO: Faroe Islands | Faeroe Islands
FR: France
GA: Gabon
GB: United Kingdom of Great Britain and Northern Ireland | United Kingdom | Great Britain | Britain | UK | U.K. | England | Scotland | Wales | Northern Ireland
GD: Grenada
GE: Georgia
GF: French Guiana
GG: Guernsey
GH: Ghana
GI: Gibraltar
GL: Greenland
GM: Gambia
GN: Guinea
GP: Guadeloupe
GQ: Equatorial Guinea
GR: Greece | Hellenic Republic
GT: Guatemala
GU: Guam
GW: Guinea-Bissau
GY: Guyana
HK: Hong Kong | Hong Kong SAR | Hong Kong S.A.R. | Hong Kong SAR China
HN: Honduras
HR: Croatia
HT: Haiti
HU: Hungary
ID: Indonesia
IE: Ireland | Republic of Ireland | Eire
IL: Israel
IM: Isle of Man
IN: India
IO: British Indian Ocean Territory
IQ: Iraq
IR: Iran | Islamic Republic of Iran | Iran, Islamic Republic of
IS: Iceland
IT: Italy | Italia
JE: Jersey
JM: Jamaica
JO: Jordan
JP: Japan
KE: Kenya
KG: Kyrgyzstan | Kyrgyz Republic
KH: Cambodia
KI: Kiribati
KM: Comoros
KN: Saint Kitts and Nevis
KP: Democratic People's Republic of Korea | North Korea | Korea, Democratic People's Republic of
KR: Republic of Korea | Korea, Republic of | South Korea | Korea
KW: Kuwait
KY: Cayman Islands
KZ: Kazakhstan
LA: Lao People's Democratic Republic | Laos | Lao PDR
LB: Lebanon
LC: Saint Lucia
LI: Liechtenstein
LK: Sri Lanka
LR: Liberia
LS: Lesotho
LT: Lithuania
LU: Luxembourg
LV: Latvia
LY: Libya
MA: Morocco
MC: Monaco
MD: Moldova | Republic of Moldova | Moldova, Republic of
ME: Montenegro
MF: Saint Martin | Saint Martin (French part)
MG: Madagascar
MH: Marshall Islands
MK: North Macedonia | Macedonia | Macedonia, FYRO | Macedonia, Former Yugoslav Republic of | Macedonia, The Former Yugoslav Republic of | FYROM
ML: Mali
MM: Myanmar | Burma
MN: Mongolia
MO: Macao | Macau | Macao SAR | Macau SAR | Macao SAR China
MP: Northern Mariana Islands
MQ: Martinique
MR: Mauritania
MS: Montserrat
MT: Malta
MU: Mauritius
MV: Maldives
MW: Malawi
MX: Mexico
MY: Malaysia
MZ: Mozambique
NA: Namibia
NC: New Caledonia
NE: Niger
NF: Norfolk Island
NG: Nigeria
NI: Nicaragua
NL: Netherlands | Kingdom of the Netherlands | Holland | Netherlands, Kingdom of the
NO: Norway
NP: Nepal
NR: Nauru
NU: Niue
NZ: New Zealand
OM: Oman
PA: Panama
PE: Peru
PF: French Polynesia
PG: Papua New Guinea
PH: Philippines
PK: Pakistan
PL: Poland
PM: Saint Pierre and Miquelon
PR: Puerto Rico
PS: State of Palestine | Palestine | Palestinian Authority | Palestinian Territory | Palestine, State of | Palestinian Territories | Palestinian Territory, Occupied
PT: Portugal
PW: Palau
PY: Paraguay
QA: Qatar
RE: Réunion
RO: Romania
RS: Serbia
RU: Russian Federation | Russia
RW: Rwanda
SA: Saudi Arabia | Kingdom of Saudi Arabia | KSA
SB: Solomon Islands
SC: Seychelles
SD: Sudan
SE: Sweden
SG: Singapore
SH: Saint Helena, Ascension and Tristan da Cunha | Saint Helena
SI: Slovenia
SJ: Svalbard and Jan Mayen | Svalbard
SK: Slovakia | Slovak Republic
SL: Sierra Leone
SM: San Marino
SN: Senegal
SO: Somalia
SR: Suriname
SS: South Sudan
ST: Sao Tome and Principe
SV: El Salvador
SX: Sint Maarten | Sint Maarten (Dutch part)
SY: Syrian Arab Republic | Syria
SZ: Eswatini | Swaziland
TA: Tristan da Cunha
TC: Turks and Caicos Islands
TD: Chad
TG: Togo | Togolese Republic
TH: Thailand
TJ: Tajikistan
TK: Tokelau
TL: Timor-Leste | East Timor
TM: Turkmenistan
TN: Tunisia
TO: Tonga
TR: Türkiye | Turkey | Republic of Türkiye
TT: Trinidad and Tobago | Trinidad
TV: Tuvalu
TW: Taiwan | Taiwan, Province of China | Taiwan, Republic of China
TZ: Tanzania | United Republic of Tanzania | Tanzania, United Republic of
UA: Ukraine
UG: Uganda
US: United States of America | United States | USA | U.S.A. | U.S. | America
UY: Uruguay
UZ: Uzbekistan
VA: Holy See | Vatican City | Vatican City State | Holy See (Vatican City State) | Vatican
VC: Saint Vincent and the Grenadines
VE: Venezuela | Bolivarian Republic of Venezuela | Venezuela, Bolivarian Republic of
VG: British Virgin Islands | Virgin Islands (British) | Virgin Islands, British
VI: United States Virgin Islands | US Virgin Islands | Virgin Islands (U.S.) | Virgin Islands, U.S. | U.S. Virgin Islands
VN: Viet Nam | Vietnam
VU: Vanuatu
WF: Wallis and Futuna
WS: Samoa
XK: Kosovo | XKX
YE: Yemen
YT: Mayotte
ZA: South Africa | Republic of South Africa | RSA
ZM: Zambia
ZW: Zimbabwe
"""  # noqa: E501 - one region a line is what keeps the table readable

# Codes that look like ISO 3166-1 and are not, and what their writers mean. "UK" is reserved for GB.
_LOOK_ALIKE = {
    "UK": "GB",
    "EN": "GB",
    "EL": "GR",
    "SU": "RU",
    "KO": "KR",
    "JA": "JP",
    "ZH": "CN",
    "DA": "DK",
    "CS": "CZ",
    "SP": "ES",
    "TU": "TR",
}

# How a text ends that says of a country's name that it is none.
NO_COUNTRY = "which names no country that is known"
_ARTICLE = re.compile(r"\bthe\b")
_LONGEST_TEXT = 200
# Accents go, and vowel points. Marks of lower classes make another letter of what they stand at (Devanagari).
_ACCENTS = 200
# "DE - Germany", "Germany (DE)".
_PARTS = re.compile(r"[-/(),;|]+")
_NUMBER = re.compile(r"[0-9]{1,3}")


def plain(name: str) -> str:
    """Lower case without accents and punctuation; `St.` and `&` written out; no article."""
    letters = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    kept = []
    for character in letters:
        if character.isalnum() or (
            unicodedata.category(character)[0] == "M" and unicodedata.combining(character) < _ACCENTS
        ):
            kept.append(character)
        elif not unicodedata.combining(character) and character not in "'’.":
            kept.append(" ")
    words = _ARTICLE.sub(" ", "".join(kept)).split()
    return " ".join("saint" if word == "st" else word for word in words)


REGION_NAMES: dict[str, str] = {}
BY_NAME: dict[str, str] = {}
for _line in _NAMES.strip().splitlines():
    _code, _, _names = _line.partition(": ")
    for _name in _names.split(" | "):
        REGION_NAMES.setdefault(_code, _name)
        BY_NAME[plain(_name)] = _code


def known_region(code: str) -> bool:
    """True for an ISO code (upper case) of a region with a numbering plan: `GB`, not `UK` or `gb`."""
    return code in _SUPPORTED


def near_region(code: str) -> str:
    """What somebody most likely meant by this code or name (`UK`: `GB`); "" where nothing is near."""
    upper = code.strip().upper()
    if upper in _SUPPORTED:
        return upper
    if upper in _LOOK_ALIKE:
        return _LOOK_ALIKE[upper]
    if named := region_named(code):
        return named
    near = get_close_matches(plain(code), BY_NAME, n=1, cutoff=0.8)
    return BY_NAME[near[0]] if near else ""


@lru_cache(maxsize=4096)
def region_named(text: str) -> str | None:
    """The ISO code that a directory value names; else None.

    Understood are ISO 3166-1 alpha-2, alpha-3 and number, and names in any language of CLDR, in any case;
    and several of these where they say the same (`DE - Germany`). "UK" is a name of GB: people and `co`
    attributes hold it, and it means nothing else.
    """
    text = text[:_LONGEST_TEXT].strip()
    if found := _named(text):
        return found
    parts = {_named(part.strip()) for part in _PARTS.split(text) if part.strip()}
    return parts.pop() if len(parts) == 1 else None


def names_none(text: str) -> bool:
    """Whether a value says that no country was set: `countryCode` is 0 then."""
    return not text.strip().strip("0")


def _named(text: str) -> str | None:
    upper = text.upper()
    if upper in _SUPPORTED:
        return upper
    name = plain(text)
    if found := BY_NAME.get(name):
        return found
    names, codes = _of_the_world()
    return names.get(name) or codes.get(upper.zfill(3) if _NUMBER.fullmatch(upper) else upper)


@cache
def _of_the_world() -> tuple[dict[str, str], dict[str, str]]:
    """Names and codes of `region_names`, each with its region."""
    from prepop.rules.values.phones.region_names import TABLE

    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    for line in TABLE.strip().splitlines():
        region, letters, number, known = line.split(" ", 3)
        codes[letters] = codes[number] = region
        for name in known.split("|"):
            names[name] = region
    names.pop("", None)
    codes.pop("-", None)
    return names, codes
