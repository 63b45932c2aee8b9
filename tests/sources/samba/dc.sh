#!/usr/bin/env bash
# The real domain controller of the tests: Samba AD DC from Debian's packages, on one loopback address.
#
#   dc.sh install      packages (root; nothing is started)
#   dc.sh up           provision once, start, wait, print settings
#   dc.sh provision | start | status | env | stop | destroy
#
# Everything lives under $DC_DIR and only $DC_IP is bound. Samba cannot move LDAP off ports 389, 636, 3268
# and 3269, nor the KDC off 88 and 464, so every controller of one machine needs a loopback address of its own.
# The settings that "up", "start" and "env" print are NAME='value' lines.
set -euo pipefail
export LC_ALL=C

DC_DIR=${DC_DIR:-${TMPDIR:-/tmp}/prepop-dc}
# what an existing controller was made with comes before the defaults; the environment before both
remembered=(DC_IP DC_REALM DC_DOMAIN DC_NAME DC_SERVICES DC_STRONG_AUTH)
if [[ -s $DC_DIR/settings ]]; then
    while IFS='=' read -r key value; do
        [[ " ${remembered[*]} " == *" $key "* && -z ${!key:-} ]] && printf -v "$key" %s "$value"
    done <"$DC_DIR/settings"
fi
DC_IP=${DC_IP:-127.0.0.88}
DC_REALM=${DC_REALM:-CORP.EXAMPLE}                # DNS domain, upper case
DC_DOMAIN=${DC_DOMAIN:-CORP}                      # NetBIOS name
DC_NAME=${DC_NAME:-dc1}
DC_BACKEND=${DC_BACKEND:-mdb}                     # mdb (fast with many users) or tdb
DC_SERVICES=${DC_SERVICES:-ldap, kdc}             # "ldap" alone is enough without Kerberos
DC_STRONG_AUTH=${DC_STRONG_AUTH:-allow_sasl_over_tls}   # yes | allow_sasl_over_tls | no
DC_EXCHANGE_ATTRS=${DC_EXCHANGE_ATTRS:-1}         # 1: add extensionAttribute1..15 to the schema
DC_WAIT=${DC_WAIT:-300}                           # seconds to wait for start and for stop

PY=/usr/bin/python3                               # the interpreter Debian's samba modules belong to
PACKAGES=(samba samba-ad-provision samba-dsdb-modules samba-vfs-modules
          ldap-utils ldb-tools                    # ldapsearch and ldbsearch, whose LDIF is read in the tests
          gcc libkrb5-dev)                        # what the Python package gssapi is built with

say() { printf 'dc: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

[[ $DC_DIR == /* && ! $DC_DIR =~ [[:space:]\'\"] ]] || die "DC_DIR must be an absolute path without blanks or quotes"
[[ $DC_IP == 127.* ]] || die "DC_IP must be a 127.x.y.z address"

realm_lc=${DC_REALM,,}
fqdn=${DC_NAME,,}.$realm_lc
base_dn=DC=${realm_lc//./,DC=}
conf=$DC_DIR/etc/smb.conf
pid_file=$DC_DIR/run/dc.pid
env_file=$DC_DIR/dc.env
marker=$DC_DIR/.dc

# ---------------------------------------------------------------- installation

installed() {
    [[ -x /usr/sbin/samba && -x /usr/bin/samba-tool ]] &&
        command -v ldapsearch ldbsearch gcc krb5-config >/dev/null &&
        $PY -c 'import samba.provision, samba.samdb' 2>/dev/null &&
        compgen -G '/usr/lib/*/samba/vfs/acl_xattr.so' >/dev/null &&
        compgen -G '/usr/lib/*/samba/ldb/dirsync.so' >/dev/null &&
        [[ -d /usr/share/samba/setup/ad-schema ]]
}

cmd_install() {
    installed && return 0
    [[ $EUID == 0 ]] || die "samba is not installed and this is not root"
    local guard=/usr/sbin/policy-rc.d made=0 rc=0
    if [[ ! -e $guard ]]; then          # keep the package scripts from starting smbd/nmbd
        printf '#!/bin/sh\nexit 101\n' >"$guard"; chmod 755 "$guard"; made=1
    fi
    {
        apt-get -o DPkg::Lock::Timeout=300 update -qq &&
            DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${PACKAGES[@]}"
        # newer Debian releases ship the "samba" binary in samba-ad-dc
        [[ -x /usr/sbin/samba ]] ||
            DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends samba-ad-dc
    } </dev/null >&2 || rc=$?
    (( made )) && rm -f "$guard"
    if (( rc )) || ! installed; then die "installing ${PACKAGES[*]} failed"; fi
}

# ---------------------------------------------------------------- configuration

random_password() { printf 'Aa1.%s' "$(head -c 24 /dev/urandom | base64 | tr -d '+/=\n' | cut -c1-20)"; }

write_conf() {
    local key
    for key in "${remembered[@]}"; do printf '%s=%s\n' "$key" "${!key}"; done >"$DC_DIR/settings"
    mkdir -p "$DC_DIR"/{etc,run,log,tls}
    cat >"$conf" <<CONF
[global]
    netbios name = ${DC_NAME^^}
    workgroup = $DC_DOMAIN
    realm = $DC_REALM
    server role = active directory domain controller
    server services = $DC_SERVICES
    interfaces = $DC_IP/8
    bind interfaces only = yes
    disable netbios = yes
    private dir = $DC_DIR/private
    state directory = $DC_DIR/state
    cache directory = $DC_DIR/cache
    lock directory = $DC_DIR/lock
    binddns dir = $DC_DIR/bind-dns
    pid directory = $DC_DIR/run
    ncalrpc dir = $DC_DIR/run/ncalrpc
    winbindd socket directory = $DC_DIR/run/winbindd
    ntp signd socket directory = $DC_DIR/run/ntp_signd
    usershare path = $DC_DIR/run/usershares
    posix:eadb = $DC_DIR/private/eadb.tdb
    logging = file
    log file = $DC_DIR/log/log.samba
    ldap server require strong auth = $DC_STRONG_AUTH
    tls enabled = yes
    tls keyfile = $DC_DIR/tls/server.key
    tls certfile = $DC_DIR/tls/server.pem
    tls cafile = $DC_DIR/tls/ca.pem
CONF
    cat >"$DC_DIR/etc/krb5.conf" <<CONF
[libdefaults]
    default_realm = $DC_REALM
    dns_lookup_realm = false
    dns_lookup_kdc = false
    dns_canonicalize_hostname = false
    rdns = false
[realms]
    $DC_REALM = {
        kdc = $DC_IP
        kpasswd_server = $DC_IP
    }
[domain_realm]
    .$realm_lc = $DC_REALM
    $realm_lc = $DC_REALM
CONF
}

# An own CA and a server certificate with SANs. Samba's automatic certificate takes 3-4 s
# (4096-bit RSA) and carries the name only in the CN.
write_certs() {
    local t=$DC_DIR/tls
    if [[ ! -s $t/ca.key ]]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
            -keyout "$t/ca.key" -out "$t/ca.pem" -subj "/CN=prepop test CA $(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')" \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
    fi
    if [[ ! -s $t/server.pem || $(cat "$t/names" 2>/dev/null) != "$fqdn $DC_IP" ]]; then
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
            -keyout "$t/server.key" -out "$t/server.csr" -subj "/CN=$fqdn" 2>/dev/null
        printf '%s\n' "subjectAltName=DNS:$fqdn,DNS:$realm_lc,DNS:localhost,IP:$DC_IP" \
            'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth' \
            'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' >"$t/server.ext"
        openssl x509 -req -in "$t/server.csr" -CA "$t/ca.pem" -CAkey "$t/ca.key" -CAcreateserial -days 3650 \
            -extfile "$t/server.ext" -out "$t/server.pem" 2>/dev/null
        printf '%s %s' "$fqdn" "$DC_IP" >"$t/names"
    fi
    chmod 600 "$t"/*.key
    chmod 644 "$t"/*.pem
}

# ---------------------------------------------------------------- provisioning

cmd_provision() {
    [[ -x /usr/sbin/samba && -x /usr/bin/samba-tool ]] || die "samba is not installed; run: $0 install"
    [[ -e $marker && -e $DC_DIR/.provisioned ]] && return 0
    if [[ -e $marker ]]; then                      # an earlier attempt died half-way
        say "removing an unfinished provision"; wipe
    elif [[ -n $(find "$DC_DIR" -mindepth 1 ! -name .lock -print -quit) ]]; then
        die "$DC_DIR is not empty and was not made by this script"
    fi
    mkdir -p "$DC_DIR"/{log,private}; : >"$marker"
    chmod 755 "$DC_DIR"; chmod 700 "$DC_DIR/private"
    local admin_pw=${DC_ADMIN_PASSWORD:-$(random_password)}
    local reader_pw=${DC_READER_PASSWORD:-$(random_password)}
    local sync_pw=${DC_SYNC_PASSWORD:-$(random_password)}
    printf '[global]\n' >"$DC_DIR/empty.conf"
    say "provisioning $DC_REALM ($DC_BACKEND)"
    samba-tool domain provision -q -s "$DC_DIR/empty.conf" --targetdir="$DC_DIR" \
        --realm="$DC_REALM" --domain="$DC_DOMAIN" --server-role=dc --dns-backend=NONE \
        --host-name="${DC_NAME,,}" --host-ip="$DC_IP" --adminpass="$admin_pw" \
        --backend-store="$DC_BACKEND" --option="posix:eadb=$DC_DIR/private/eadb.tdb" \
        </dev/null >"$DC_DIR/log/provision.log" 2>&1 || { tail -n 5 "$DC_DIR/log/provision.log" >&2; die "provisioning failed"; }
    write_conf
    write_certs
    DC_READER_PW=$reader_pw DC_SYNC_PW=$sync_pw $PY - "$DC_DIR" "$fqdn" "${DC_NAME^^}" "$DC_EXCHANGE_ATTRS" \
        >>"$DC_DIR/log/provision.log" 2>&1 <<'PYTHON' || { tail -n 5 "$DC_DIR/log/provision.log" >&2; die "setting up accounts failed"; }
import os, sys
import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

directory, fqdn, netbios, exchange = sys.argv[1:5]
lp = LoadParm()
lp.load(directory + "/etc/smb.conf")
lp.set("dsdb:schema update allowed", "yes")
sam = SamDB(url=directory + "/private/sam.ldb", session_info=system_session(lp), lp=lp)
base = sam.domain_dn()
dom_sid = security.dom_sid(sam.get_domain_sid())


def change(dn, how, **attrs):
    msg = ldb.Message(ldb.Dn(sam, dn))
    for name, value in attrs.items():
        msg[name] = ldb.MessageElement(value, how, name)
    sam.modify(msg)


def allow(dn, ace):
    """put an ACE in front of an object's DACL"""
    found = sam.search(base=dn, scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=["show_deleted:1"])
    sddl = ndr_unpack(security.descriptor, bytes(found[0]["nTSecurityDescriptor"][0])).as_sddl(dom_sid)
    at = sddl.index("(", sddl.index("D:"))
    msg = ldb.Message(found[0].dn)
    packed = ndr_pack(security.descriptor.from_sddl(sddl[:at] + ace + sddl[at:], dom_sid))
    msg["sd"] = ldb.MessageElement(packed, ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
    sam.modify(msg, controls=["show_deleted:1", "sd_flags:1:4"])


# passwords of a long-lived test controller must not run out after 42 days
change(base, ldb.FLAG_MOD_REPLACE, maxPwdAge="-9223372036854775808", minPwdAge="0")
# the running service would register this name through RPC, which is not started here
change("CN=%s,OU=Domain Controllers,%s" % (netbios, base), ldb.FLAG_MOD_ADD, servicePrincipalName="ldap/" + fqdn)

accounts = (("svc-reader", "DC_READER_PW", "66048"), ("svc-dirsync", "DC_SYNC_PW", "66048"),
            ("svc-disabled", "DC_READER_PW", "66050"))
for name, password, control in accounts:
    sam.newuser(name, os.environ[password])
    change("CN=%s,CN=Users,%s" % (name, base), ldb.FLAG_MOD_REPLACE, userAccountControl=control)
found = sam.search(base=base, expression="(sAMAccountName=svc-dirsync)", attrs=["objectSid"])
sid = str(ndr_unpack(security.dom_sid, bytes(found[0]["objectSid"][0])))
# "Replicating Directory Changes" on the domain, and a look into the Deleted Objects container
allow(base, "(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;%s)" % sid)
allow("CN=Deleted Objects," + base, "(A;CI;LCRPLO;;;%s)" % sid)

if exchange == "1":
    schema = "CN=Schema,CN=Configuration," + base
    numbers = list(range(423, 433)) + list(range(599, 604))     # the OIDs that Exchange uses
    names = ["extensionAttribute%d" % n for n in range(1, 16)]
    for position, (number, name) in enumerate(zip(numbers, names), 1):
        sam.add({"dn": "CN=ms-Exch-Extension-Attribute-%d,%s" % (position, schema), "objectClass": "attributeSchema",
                 "lDAPDisplayName": name, "attributeID": "1.2.840.113556.1.2.%d" % number,
                 "attributeSyntax": "2.5.5.12", "oMSyntax": "64", "isSingleValued": "TRUE",
                 "rangeLower": "1", "rangeUpper": "1024" if position <= 10 else "2048", "searchFlags": "16"})
    change("", ldb.FLAG_MOD_REPLACE, schemaUpdateNow="1")
    change("CN=User," + schema, ldb.FLAG_MOD_ADD, mayContain=names)
    change("", ldb.FLAG_MOD_REPLACE, schemaUpdateNow="1")
PYTHON
    (umask 077; cat >"$DC_DIR/secrets" <<SECRETS
DC_ADMIN_PASSWORD='$admin_pw'
DC_READER_PASSWORD='$reader_pw'
DC_DIRSYNC_PASSWORD='$sync_pw'
SECRETS
    )
    printf '%s\n' "$DC_REALM $DC_DOMAIN $DC_NAME" >"$DC_DIR/.provisioned"
}

write_env() {
    (umask 077
    {
        printf "%s='%s'\n" \
            DC_DIR "$DC_DIR" DC_IP "$DC_IP" DC_HOST "$fqdn" DC_REALM "$DC_REALM" DC_DOMAIN "$DC_DOMAIN" \
            DC_BASE_DN "$base_dn" DC_LDAP_URL "ldap://$DC_IP:389" DC_LDAPS_URL "ldaps://$DC_IP:636" \
            DC_GC_URL "ldaps://$DC_IP:3269" DC_CA_FILE "$DC_DIR/tls/ca.pem" DC_KRB5_CONFIG "$DC_DIR/etc/krb5.conf" \
            DC_SPN "ldap/$fqdn" DC_ADMIN_USER "Administrator@$realm_lc" \
            DC_READER_USER "svc-reader@$realm_lc" DC_DIRSYNC_USER "svc-dirsync@$realm_lc"
        cat "$DC_DIR/secrets"
    } >"$env_file")
}

# ---------------------------------------------------------------- running

last_words() { tail -n 6 "$DC_DIR/log/stdout" "$DC_DIR/log/log.samba" >&2 || true; }
born() { cut -d' ' -f22 "/proc/$1/stat" 2>/dev/null | tr -d '\n'; }   # start time of a process

# the pid file holds "PID START-TIME", so a number that was given to another process does not match
running_pid() {
    local pid start
    [[ -s $pid_file ]] && read -r pid start <"$pid_file" || return 1
    [[ -n $pid && -d /proc/$pid && $(readlink "/proc/$pid/exe") == */samba && $(born "$pid") == "$start" ]] || return 1
    printf '%s' "$pid"
}

# true when LDAPS answers an anonymous rootDSE search with a certificate of our CA
answers() {
    $PY - "$DC_IP" "$fqdn" "$DC_DIR/tls/ca.pem" 2>/dev/null <<'PYTHON'
import socket, ssl, sys
ip, name, ca = sys.argv[1:4]
request = bytes.fromhex("3025020101632004000a01000a0100020100020100010100870b") + b"objectClass" + bytes.fromhex("3000")
context = ssl.create_default_context(cafile=ca)
with socket.create_connection((ip, 636), 3) as raw, context.wrap_socket(raw, server_hostname=name) as conn:
    conn.sendall(request)
    data = b""
    while b"defaultNamingContext" not in data:
        more = conn.recv(65536)
        if not more:
            sys.exit(1)
        data += more
PYTHON
}

cmd_start() {
    local pid deadline
    [[ -e $DC_DIR/.provisioned ]] || die "not provisioned; run: $0 provision"
    if pid=$(running_pid); then say "already running, pid $pid"; write_env; cmd_env; return 0; fi
    [[ $(cat "$DC_DIR/.provisioned") == "$DC_REALM $DC_DOMAIN $DC_NAME" ]] ||
        die "$DC_DIR holds another domain: $(cat "$DC_DIR/.provisioned")"
    rm -f "$pid_file" "$DC_DIR/run/samba.pid"
    write_conf
    write_certs
    : >"$DC_DIR/log/log.samba"
    # one process, in the foreground, in a session of its own; descriptor 9 is our lock
    setsid /usr/sbin/samba -F --no-process-group -M single -s "$conf" -l "$DC_DIR/log" \
        </dev/null >"$DC_DIR/log/stdout" 2>&1 9>&- &
    pid=$!
    deadline=$((SECONDS + DC_WAIT))
    until [[ $(readlink "/proc/$pid/exe" 2>/dev/null) == */samba ]]; do
        if ! kill -0 "$pid" 2>/dev/null || (( SECONDS >= deadline )); then last_words; die "samba did not start"; fi
        sleep 0.02
    done
    printf '%s %s\n' "$pid" "$(born "$pid")" >"$pid_file"
    until answers; do
        if ! running_pid >/dev/null || (( SECONDS >= deadline )); then
            last_words
            cmd_stop || true
            die "no LDAPS answer on $DC_IP:636 (is the address or the port taken?)"
        fi
        sleep 0.1
    done
    write_env
    say "running on $DC_IP, pid $pid"
    cmd_env
}

cmd_stop() {
    local pid n
    if pid=$(running_pid); then
        kill -TERM "$pid"
        for ((n = 0; n < DC_WAIT * 10; n++)); do running_pid >/dev/null || break; sleep 0.1; done
        if running_pid >/dev/null; then kill -KILL "$pid"; sleep 0.2; fi
        running_pid >/dev/null && die "pid $pid does not end"
        say "stopped"
    fi
    rm -f "$pid_file"
}

cmd_status() { local pid; if pid=$(running_pid) && answers; then say "running, pid $pid"; else say "not running"; return 3; fi; }
cmd_env() { [[ -s $env_file ]] || die "never started"; cat "$env_file"; }
wipe() { find "$DC_DIR" -mindepth 1 -maxdepth 1 ! -name .lock -exec rm -rf {} +; }

cmd_destroy() {
    [[ -e $DC_DIR ]] || return 0
    [[ -e $marker ]] || die "$DC_DIR was not made by this script"
    cmd_stop; wipe; rm -f "$DC_DIR/.lock"; rmdir "$DC_DIR"
}

cmd_up() { cmd_provision; cmd_start; }

case ${1:-} in
    install|status|env) "cmd_$1" ;;
    up|provision|start|stop|destroy)
        mkdir -p "$DC_DIR"; exec 9>"$DC_DIR/.lock"; flock 9; "cmd_$1" ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
