"""Regions of the world as directories name them: ISO 3166-1 codes and English names (CONTRACT section 5).

Active Directory keeps a person's country three times: `c` (ISO code), `co` (English name, as Windows
writes it) and `countryCode`. The names below are the short English names of ISO 3166-1, with what
Windows, people and older directories write instead. The regions are those for which the phone library
knows a numbering plan.
"""

import re
import unicodedata
from difflib import get_close_matches
from functools import lru_cache

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
XK: Kosovo
YE: Yemen
YT: Mayotte
ZA: South Africa | Republic of South Africa | RSA
ZM: Zambia
ZW: Zimbabwe
"""  # noqa: E501 - one region a line is what keeps the table readable

# Codes that look like ISO 3166-1 and are not, and what their writers mean. "UK" is reserved for GB.
_LOOK_ALIKE = {"UK": "GB", "EN": "GB", "EL": "GR", "SU": "RU", "KO": "KR", "JA": "JP", "ZH": "CN", "DA": "DK",
               "CS": "CZ", "SP": "ES", "TU": "TR"}  # fmt: skip

_MARKS = re.compile(r"[^a-z0-9]+")
_LEADING = re.compile(r"\bthe\b")


def _plain(name: str) -> str:
    """Lower case without accents and punctuation; `St.` and `&` written out; no article."""
    letters = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    ascii_only = "".join(character for character in letters if not unicodedata.combining(character))
    words = _LEADING.sub(" ", _MARKS.sub(" ", ascii_only.replace("'", "").replace("’", "").replace(".", "")))
    return " ".join("saint" if word == "st" else word for word in words.split())


REGION_NAMES: dict[str, str] = {}
_BY_NAME: dict[str, str] = {}
for _line in _NAMES.strip().splitlines():
    _code, _, _names = _line.partition(": ")
    for _name in _names.split(" | "):
        REGION_NAMES.setdefault(_code, _name)
        _BY_NAME[_plain(_name)] = _code


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
    near = get_close_matches(_plain(code), _BY_NAME, n=1, cutoff=0.8)
    return _BY_NAME[near[0]] if near else ""


@lru_cache(maxsize=4096)
def region_named(text: str) -> str | None:
    """The ISO code that a directory value names: a code in any case, or an English name; else None.

    "UK" is a name of GB: people and `co` attributes hold it, and it means nothing else.
    """
    upper = text.strip().upper()
    if upper in _SUPPORTED:
        return upper
    return _BY_NAME.get(_plain(text[:200]))
