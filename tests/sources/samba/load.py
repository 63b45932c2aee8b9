#!/usr/bin/python3
# mypy: ignore-errors
# (it runs under another interpreter, whose samba modules have no types)
"""Fill a STOPPED controller of dc.sh with the people of the tests.

    load.py DC_DIR USERS

Run it with Debian's own /usr/bin/python3, which has the samba modules. A few dozen known entries go through
Samba's directory modules, as an administrator would add them; the many are cloned below those modules:
one real user for each combination of attributes, whose record is copied with a new name, objectGUID, SID
and USN. That makes 2,000 people in a second instead of half a minute, and `samba-tool dbcheck` finds
nothing to complain about. Cloned people have no password.

Phone numbers come from ranges that the regulators keep for fiction (Ofcom, ARCEP, NANPA).
"""

import hashlib
import json
import os
import struct
import sys
import traceback

import ldb
import samba
import tdb
from samba import dsdb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.schema import Schema

BATCH = 1000
RID_BASE = 1_000_000  # far above the pool that the controller hands out itself
COUNTRIES = [("FR", "France", 250), ("GB", "United Kingdom", 826), ("US", "United States", 840)]
OFFICES = ["Berlin", "London", "New York", "Zürich\\, Süd", 'Søndre \\"Havn\\"']

# name: what a DN, a screen and a spreadsheet must survive
KNOWN = {
    "k.comma": {"cn": "Doe, Jane", "mobile": "+44 7700 900001"},
    "k.quote": {"cn": 'Anna "Annie" Roe', "mobile": "+44 7700 900002"},
    "k.umlaut": {"cn": "Jürgen Groß-Öztürk", "mobile": "+44 7700 900003", "l": "Zürich"},
    "k.rtl": {"cn": "نور الدين", "mobile": "+44 7700 900004"},
    "k.han": {"cn": "田中 太郎", "mobile": "+44 7700 900005"},
    "k.signs": {"cn": "Pat O'Brien; <b>+Sons</b> #1=", "mobile": "+44 7700 900006"},
    "k.lead": {"cn": "#hash and trailing\\", "mobile": "+44 7700 900007"},
    "k.long": {"cn": "L" + "o" * 62 + "g", "mobile": "+44 7700 900008"},
    "k.nothing": {"cn": "Nora Nothing"},
    "k.disabled": {"cn": "Dora Disabled", "mobile": "+44 7700 900009", "userAccountControl": "514"},
    "k.admin": {"cn": "Ada Admin", "mobile": "+44 7700 900010", "adminCount": "1"},
    "k.guid": {"cn": "Gwen Guid", "mobile": "+44 7700 900011", "mS-DS-ConsistencyGuid": bytes(range(16))},
    "k.oddguid": {"cn": "Otto Oddguid", "mobile": "+44 7700 900012", "mS-DS-ConsistencyGuid": b"short"},
    "k.textguid": {
        "cn": "Tess Textguid",
        "mobile": "+44 7700 900013",
        "mS-DS-ConsistencyGuid": b"sixteen letters!",
    },
    "k.many": {
        "cn": "Max Many",
        "mobile": "+44 7700 900014",
        "otherMobile": [f"+44 7700 9001{n:02d}" for n in range(40)],
        "otherTelephone": ["+1 202 555 0101", "+1 202 555 0102"],
    },
    "k.all": {
        "cn": "Alma All",
        "mobile": "+44 7700 900015",
        "otherMobile": "+33 6 39 98 99 01",
        "telephoneNumber": "+44 20 7946 0958",
        "homePhone": "020 7946 0959",
        "extensionAttribute1": "alma.all@example.com",
        "extensionAttribute15": "last",
    },
    "k.empty": {"cn": "Emil Empty", "mobile": " "},
    "k.semicolon": {"cn": "Sem Icolon", "mobile": "2065550100;2065550101"},
    "k.inet": {"cn": "Ines Inetorg", "mobile": "+44 7700 900016", "objectClass": "inetOrgPerson"},
}


def person(i, domain):
    """The attributes of clone number i; numbers come in several spellings on purpose."""
    c, co, number = COUNTRIES[i % 3]
    j = i // 3
    login = f"u{i:06d}"
    international, national = {
        "FR": (
            f"+33 6 39 98 {j // 100 % 100:02d} {j % 100:02d}",
            f"06.39.98.{j // 100 % 100:02d}.{j % 100:02d}",
        ),
        "GB": (f"+44 7700 900{j % 1000:03d}", f"07700 900{j % 1000:03d}"),
        "US": (
            f"+1 {200 + j // 100 % 700} 555 01{j % 100:02d}",
            f"({200 + j // 100 % 700}) 555-01{j % 100:02d}",
        ),
    }[c]
    attrs = {
        "sAMAccountName": login,
        "userPrincipalName": f"{login}@{domain}",
        "employeeID": f"E{i:07d}",
        "givenName": f"Given{i % 997}",
        "sn": f"Sürname{i % 1999}",
        "displayName": f"Given{i % 997} Sürname{i % 1999}",
        "mail": f"{login}@{domain}",
        "proxyAddresses": [f"SMTP:{login}@{domain}", f"smtp:alias.{login}@{domain}"],
        "c": c,
        "co": co,
        "countryCode": str(number),
        "userAccountControl": "514" if i % 10 == 0 else "512",
        "extensionAttribute1": f"{login}@example.com",
    }
    if i % 2:
        attrs["mS-DS-ConsistencyGuid"] = hashlib.sha256(login.encode()).digest()[:16]
    if i % 5:
        attrs["mobile"] = national if i % 4 else international
    if i % 7 == 0:
        attrs["otherMobile"] = [international, f"+33 6 39 98 {90 + j % 10} {j // 10 % 100:02d}"]
    return attrs


def in_child(work, *args):
    """A controller's database can be open once in a process: each stage runs in one of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.write(write, json.dumps(work(*args)).encode())
            status = 0
        except BaseException:  # noqa: BLE001 - the parent reports it
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read()
    if os.waitpid(pid, 0)[1]:
        sys.exit(f"{work.__name__} failed")
    return json.loads(answer)


def open_sam(directory):
    """The controller's database, as the controller itself sees it."""
    lp = LoadParm()
    lp.load(directory + "/etc/smb.conf")
    # batch_mode keeps a big transaction from getting slower with every object in it; one failing
    # operation then spoils the whole transaction, so nothing may be tried "to see if it exists"
    return SamDB(
        url=directory + "/private/sam.ldb", session_info=system_session(lp), lp=lp, options=["batch_mode:1"]
    )


def escaped(name):
    """A name as it stands in a DN (RFC 4514)."""
    text = "".join("\\" + letter if letter in ',+"\\<>;=' else letter for letter in name)
    return "\\" + text if text[:1] in ("#", " ") else text


def clone_dn(i, base):
    return f"CN=User {i:06d},OU={OFFICES[i % len(OFFICES)]},OU=Staff,{base}"


def add_known(directory):
    """The tree, the people that tests know by name, and everything that is not a person."""
    sam = open_sam(directory)
    base, domain = sam.domain_dn(), sam.domain_dns_name()
    sam.transaction_start()
    places = [f"OU=Staff,{base}", *(f"OU={office},OU=Staff,{base}" for office in OFFICES)]
    places += [f"OU={name},{base}" for name in ("Machines", "Other", "Empty")]
    for dn in places:
        sam.add({"dn": dn, "objectClass": "organizationalUnit"})
    for login, more in KNOWN.items():
        own = dict(more)
        name = own.pop("cn")
        entry = {
            "dn": f"CN={escaped(name)},OU=Berlin,OU=Staff,{base}",
            "objectClass": "user",
            "displayName": name,
            "sAMAccountName": login,
            "userPrincipalName": f"{login}@{domain}",
            "mail": f"{login}@{domain}",
            "proxyAddresses": [
                f"SMTP:{login}@{domain}",
                f"smtp:{login}@example.net",
                f"X500:/o=Corp/cn={login}",
            ],
            "c": "GB",
            "co": "United Kingdom",
            "countryCode": "826",
            "userAccountControl": "512",
            "employeeType": "known",
            "department": "Büro",
        }
        sam.add({**entry, **own})
    for n in range(3):
        sam.add(
            {
                "dn": f"CN=PC{n},OU=Machines,{base}",
                "objectClass": "computer",
                "sAMAccountName": f"PC{n}$",
                "userAccountControl": "4096",
                "mobile": "+44 7700 900020",
            }
        )
        sam.add(
            {
                "dn": f"CN=Contact {n},OU=Staff,{base}",
                "objectClass": "contact",
                "mobile": "+44 7700 900021",
                "mail": f"contact{n}@example.net",
            }
        )
    for cls, login in (
        ("msDS-ManagedServiceAccount", "msa1$"),
        ("msDS-GroupManagedServiceAccount", "gmsa1$"),
    ):
        entry = {
            "dn": f"CN={login[:-1]},OU=Staff,{base}",
            "objectClass": cls,
            "sAMAccountName": login,
            "userAccountControl": "4096",
            "mobile": "+44 7700 900022",
        }
        if cls == "msDS-GroupManagedServiceAccount":
            entry["msDS-ManagedPasswordInterval"] = "30"
        sam.add(entry)
    sam.add(
        {
            "dn": f"CN=Everybody,OU=Staff,{base}",
            "objectClass": "group",
            "sAMAccountName": "everybody",
            "groupType": "-2147483646",
            "member": [f"CN=Nora Nothing,OU=Berlin,OU=Staff,{base}"],
        }
    )
    sam.add(
        {
            "dn": f"CN=Elsewhere,OU=Other,{base}",
            "objectClass": "user",
            "sAMAccountName": "k.elsewhere",
            "userPrincipalName": f"k.elsewhere@{domain}",
            "userAccountControl": "512",
            "displayName": "Else Elsewhere",
            "mobile": "+44 7700 900017",
            "employeeType": "known",
        }
    )
    sam.transaction_commit()
    return base, domain


def add_templates(directory, users, base, domain):
    sam = open_sam(directory)
    shapes = {}
    for i in range(min(users, 1000)):
        shapes.setdefault(frozenset(person(i, domain)), i)
    sam.transaction_start()
    for i in shapes.values():
        attrs = person(i, domain)
        attrs["sAMAccountName"] = attrs["userPrincipalName"] = f"template{i}"
        sam.add(dict(attrs, dn=f"CN=template{i},OU=Staff,{base}", objectClass="user"))
    sam.transaction_commit()
    partition = sam.search(base="@PARTITION", scope=ldb.SCOPE_BASE)[0]
    backend = str(partition["backendStore"]) if "backendStore" in partition else "tdb"
    return list(shapes.values()), str(sam.get_domain_sid()), backend


def drop_templates(directory, templates, base):
    sam = open_sam(directory)
    for i in templates:
        sam.delete(f"CN=template{i},OU=Staff,{base}")


def clone(directory, users, base, domain, templates, domain_sid, backend):
    store = f"{directory}/private/sam.ldb.d"
    raw = samba._ldb.Ldb(
        f"{backend}://{store}/{base.upper()}.ldb",
        flags=ldb.FLG_DONT_CREATE_DB | ldb.FLG_NOSYNC,
        options=["batch_mode:1"],
    )
    # without the schema's syntaxes the index keys would differ from those that the controller looks up
    raw.register_samba_handlers()
    schema = Schema(security.dom_sid(domain_sid), schemadn=f"CN=Schema,CN=Configuration,{base}")
    dsdb._dsdb_set_schema_from_ldb(raw, schema.ldb, False)
    records = {}
    for i in templates:
        found = raw.search(base=f"CN=template{i},OU=Staff,{base}", scope=ldb.SCOPE_BASE)[0]
        records[frozenset(person(i, domain))] = {
            name: [bytes(value) for value in found[name]]
            for name in found.keys()  # noqa: SIM118 - no dict
            if name not in ("dn", "distinguishedName")
        }
    sequence = tdb.open(f"{store}/metadata.tdb")
    usn = int(sequence.get(b"SEQ_NUM"))
    sid = ndr_pack(security.dom_sid(domain_sid))
    sid_head = bytes([sid[0], sid[1] + 1]) + sid[2:]
    guids = sorted(os.urandom(16) for _ in range(users))  # ascending: index lists grow at their end
    raw.transaction_start()
    for i in range(users):
        usn += 1
        own = person(i, domain)
        record = dict(records[frozenset(own)])
        for name, value in own.items():
            values = value if isinstance(value, list) else [value]
            record[name] = [v.encode() if isinstance(v, str) else v for v in values]
        cn = f"User {i:06d}".encode()
        # replPropertyMetaData: 16 bytes of head, then 48 for each attribute that end in two USNs
        meta = bytearray(record["replPropertyMetaData"][0])
        for at in range(16, len(meta), 48):
            struct.pack_into("<QQ", meta, at + 32, usn, usn)
        record.update(
            {
                "cn": [cn],
                "name": [cn],
                "objectGUID": [guids[i]],
                "objectSid": [sid_head + struct.pack("<I", RID_BASE + i)],
                "uSNCreated": [b"%d" % usn],
                "uSNChanged": [b"%d" % usn],
                "replPropertyMetaData": [bytes(meta)],
            }
        )
        message = ldb.Message(ldb.Dn(raw, clone_dn(i, base)))
        for name, values in record.items():
            message[name] = ldb.MessageElement(values, ldb.FLAG_MOD_ADD, name)
        raw.add(message)
        if (i + 1) % BATCH == 0:
            raw.transaction_commit()
            raw.transaction_start()
    message = ldb.Message(ldb.Dn(raw, "@REPLCHANGED"))
    message["usn"] = ldb.MessageElement(str(usn), ldb.FLAG_MOD_REPLACE, "uSNHighest")
    raw.modify(message)
    raw.transaction_commit()
    sequence.transaction_start()
    sequence.store(b"SEQ_NUM", b"%d" % usn)
    sequence.transaction_commit()


def main():
    directory, users = sys.argv[1], int(sys.argv[2])
    base, domain = in_child(add_known, directory)
    templates, sid, backend = in_child(add_templates, directory, users, base, domain)
    in_child(clone, directory, users, base, domain, templates, sid, backend)
    in_child(drop_templates, directory, templates, base)


if __name__ == "__main__":
    main()
