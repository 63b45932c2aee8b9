"""The words that stand around numbers in directories, in the languages in which they were met.

A label says what kind of line it is, or just that it is one, and is left out. Whose line it is ("wife",
"reception") must stay unknown to us: such a number is not the person's own. All are compared folded: lower
case, marks that take no room left out (`text.fold`).
"""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LABELS = _words(
    """
    tel telephone telefon telefono telefone telefoon tlf tfn phone ph fon fone fono tél téléphone teléfono
    number no nr num mob mobile mobil mobiel móvil movil celular cel cell cellular cellphone cellulare
    cellulaire handy gsm portable natel smartphone office work business bus biz home private priv privat
    prive privé personal pers direct dir desk landline festnetz line voice sms port
    direkt dienst dienstlich geschäftlich buro büro bureau oficina ufficio casa trabajo travail kantoor
    diensthandy firmenhandy privathandy arbeitshandy mobiltelefon mobilnummer telefonnummer rufnummer
    t m p h w c d hp ddi dd
    kom komórka komorka komórkowy tlm telem telemóvel telemovel cep kännykkä puh
    т тел моб мобильный мобильный сот сотовый телефон раб дом служ
    κιν κινητο κινητό τηλ
    手机 手機 移动电话 行動電話 电话 電話 座机 携帯 携帯電話
    휴대폰 핸드폰 전화 휴대전화 جوال موبايل هاتف موبایل נייד טל
    มอถอ โทร
    """
)
NOT_A_PHONE = _words("fax telefax facsimile f pager beeper telex modem факс 传真 傳真 faks")
FILLERS = _words("na none nil null no nn keine keins aucun tba tbc tbd unknown unbekannt")
JOINING = _words("or and und oder ou et y o e of en alt also sowie bzw resp или и lub i 或")

# What stands before an extension. Folded as the texts are: Thai `ต่อ` loses its tone mark.
_EXTENSION_WORDS = r"""
    e?xt(?:ensi(?:on|ón|o))?n? x \# anexo доб dw durchwahl poste toestel int(?:ern[oe]?)? anknytning
    内線 内线 分机 分機 转 轉 ตอ loc local dahili ramal wew wewn kl klappe nst nebenstelle klapka linka mellék
"""
EXTENSION = re.compile(
    rf"[\s,;(\[-]*+(?:{'|'.join(_EXTENSION_WORDS.split())})[\s.:=-]*+(\d+)[)\]]?#?", re.IGNORECASE
)
