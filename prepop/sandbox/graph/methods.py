"""Authentication methods: the rules of GRAPH sections 1 and 2."""

import re
from typing import assert_never

from prepop.model import Family, Method
from prepop.sandbox.graph.records import User
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.wire import Ask, GraphError, Json, Reply, no_segment, not_found, words


def method_id(method: Method) -> str:
    """A method's fixed id, the same for every user: GRAPH sections 1, 2 and 10."""
    match method:
        case Method.MOBILE:
            return "3179e48a-750b-4051-897c-87b9720928f7"
        case Method.ALTERNATE_MOBILE:
            return "b6332ec1-7057-4abe-9331-3d72feddfe41"
        case Method.OFFICE:
            return "e37fc753-ff3b-4958-9484-eaa9425c82bc"
        case Method.EMAIL:
            return "3ddfcfc8-9383-446f-83cc-3ab9be4be18f"
        case _:
            assert_never(method)


METHOD_IDS = {method: method_id(method) for method in Method}
PASSWORD_ID = "28c10230-6103-485e-b985-444c60001490"  # noqa: S105 - a public, fixed id
PHONES = {ident: method for method, ident in METHOD_IDS.items() if method.family is Family.PHONE}

_DOCUMENTED = re.compile(r"\+[1-9][0-9]{0,2} [0-9]+(x[0-9]+)?")
_BARE = re.compile(r"\+[1-9][0-9]{7,14}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

# Country codes of one and two digits (ITU-T E.164); all others have three.
_SHORT_CODES = words(
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 "
    "81 82 84 86 90 91 92 93 94 95 98"
)


def refused(message: str, status: int = 400) -> GraphError:
    """A refusal in the shape that authentication methods use (GRAPH section 1). Texts are mostly ours."""
    return GraphError(status, "badRequest" if status == 400 else "conflict", message, repeats=True)


def find_user(tenant: SandboxTenant, key: str) -> User:
    """The user of a path; guests only by object id (GRAPH section 1)."""
    try:
        user = tenant.user(key)
    except KeyError:
        raise not_found(key) from None
    if user.guest and key != user.id and not tenant.unverified.guest_by_upn:
        raise not_found(key)
    return user


# ---------------------------------------------------------------- reading


def phone_body(tenant: SandboxTenant, user: User, method: Method, number: str) -> Json:
    """One phone method as Graph writes it (GRAPH section 10)."""
    return {
        "phoneNumber": number,
        "phoneType": method.value,
        "smsSignInState": sms_state(tenant, user, method),
        "id": METHOD_IDS[method],
        **tenant.birth(user.id, method),
    }


def sms_state(tenant: SandboxTenant, user: User, method: Method) -> str:
    """smsSignInState (GRAPH section 1)."""
    if not signs_in(method):
        return "notSupported"
    if not tenant.may_sign_in_by_sms(user.id):
        return "notAllowedByPolicy"
    return tenant.sms_states.get(user.id, "notConfigured")


def signs_in(method: Method) -> bool:
    """Only a mobile can be a sign-in name (GRAPH section 1)."""
    match method:
        case Method.MOBILE:
            return True
        case Method.ALTERNATE_MOBILE | Method.OFFICE | Method.EMAIL:
            return False
        case _:
            assert_never(method)


def _extends(method: Method) -> bool:
    """Only an office number may have an extension (GRAPH section 1)."""
    match method:
        case Method.OFFICE:
            return True
        case Method.MOBILE | Method.ALTERNATE_MOBILE | Method.EMAIL:
            return False
        case _:
            assert_never(method)


def _email_body(tenant: SandboxTenant, user: User, address: str) -> Json:
    return {"id": METHOD_IDS[Method.EMAIL], "emailAddress": address, **tenant.birth(user.id, Method.EMAIL)}


def _phones(tenant: SandboxTenant, user: User) -> list[Json]:
    phones, _ = tenant.visible(user.id)
    listed = [phone_body(tenant, user, m, phones[m]) for m in Method if m in phones]
    return listed + tenant.odd_phones.get(user.id, [])


def _emails(tenant: SandboxTenant, user: User) -> list[Json]:
    _, address = tenant.visible(user.id)
    return [_email_body(tenant, user, address)] if address is not None else []


def _collection(ask: Ask, user: User, kind: str, rows: list[Json]) -> Reply:
    context = f"{ask.root}/$metadata#users('{user.id}')/authentication/{kind}"
    return Reply(200, {"@odata.context": context, "value": rows})


def list_phones(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET phoneMethods: up to three, no paging."""
    user = find_user(tenant, ask.segments[1])
    return _collection(ask, user, "phoneMethods", _phones(tenant, user))


def list_emails(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET emailMethods: none or one; not in China."""
    _need_email_methods(tenant)
    user = find_user(tenant, ask.segments[1])
    return _collection(ask, user, "emailMethods", _emails(tenant, user))


def list_all(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET methods: all kinds with their @odata.type, the password always among them (GRAPH section 10)."""
    user = find_user(tenant, ask.segments[1])
    rows: list[Json] = [_typed("password", {"id": PASSWORD_ID, "password": None, "createdDateTime": None})]
    rows += [_typed("phone", row) for row in _phones(tenant, user)]
    if tenant.cloud != "china":
        rows += [_typed("email", row) for row in _emails(tenant, user)]
    if user.authenticator:
        rows.append(_typed("microsoftAuthenticator", {"id": user.id, "displayName": "Phone"}))
    return _collection(ask, user, "methods", rows)


def _typed(kind: str, row: Json) -> Json:
    return {"@odata.type": f"#microsoft.graph.{kind}AuthenticationMethod"} | row


def get_phone(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET phoneMethods/{id}."""
    user, method = find_user(tenant, ask.segments[1]), _phone_of(ask)
    phones, _ = tenant.visible(user.id)
    if method not in phones:
        raise not_found(ask.segments[4])
    return Reply(200, phone_body(tenant, user, method, phones[method]))


def get_email(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET emailMethods/{id}."""
    _need_email_methods(tenant)
    user = find_user(tenant, ask.segments[1])
    _, address = tenant.visible(user.id)
    if address is None or ask.segments[4] != METHOD_IDS[Method.EMAIL]:
        raise not_found(ask.segments[4])
    return Reply(200, _email_body(tenant, user, address))


# ---------------------------------------------------------------- writing phones


def create_phone(tenant: SandboxTenant, ask: Ask) -> Reply:
    """POST phoneMethods: 201 with the object; the type must be free, an alternate needs a mobile."""
    user, body = _writable(tenant, ask), _body(ask, {"phoneNumber", "phoneType"})
    method = _type(body.get("phoneType"))
    number = _number(tenant, method, body.get("phoneNumber"))
    phones = tenant.phones[user.id]
    if method in phones:
        raise refused(f"A phone method of type {method} exists already.", tenant.unverified.duplicate_status)
    if method is Method.ALTERNATE_MOBILE and Method.MOBILE not in phones:
        raise refused("An alternate mobile number can't be added without a mobile number.")
    _store(tenant, user, method, number, "POST")
    return Reply(201, phone_body(tenant, user, method, phones.get(method, number)))


def update_phone(tenant: SandboxTenant, ask: Ask) -> Reply:
    """PATCH phoneMethods/{id}: 204; the type stays."""
    user, body = _writable(tenant, ask), _body(ask, {"phoneNumber", "phoneType"})
    method = _phone_of(ask)
    if "phoneType" in body and _type(body["phoneType"]) is not method:
        raise refused("The type of a phone method can't be changed.")
    number = _number(tenant, method, body.get("phoneNumber"))
    if method not in tenant.phones[user.id] and not tenant.unverified.patch_creates:
        raise not_found(ask.segments[4])
    _store(tenant, user, method, number, "PATCH")
    return Reply(204)


def delete_phone(tenant: SandboxTenant, ask: Ask) -> Reply:
    """DELETE phoneMethods/{id}: 204; not a mobile under an alternate, not the default method."""
    user, method = _writable(tenant, ask), _phone_of(ask)
    phones = tenant.phones[user.id]
    if method not in phones:
        raise not_found(ask.segments[4])
    if method is Method.MOBILE and Method.ALTERNATE_MOBILE in phones:
        raise refused("Cannot delete mobile number without first deleting alternate mobile number.")
    if user.default_method is method:
        text = (
            f"The requested authentication method id of [{METHOD_IDS[method]}] matches the user's current "
            "default authentication method, and cannot be deleted until the default authentication method "
            "is changed."
        )
        raise refused(text)
    tenant.remember(user.id)
    if signs_in(method):
        _release(tenant, user)
        tenant.sms_states.pop(user.id, None)
    del phones[method]
    tenant.wrote(user.id, method, "DELETE", "")
    return Reply(204)


def _store(tenant: SandboxTenant, user: User, method: Method, number: str, verb: str) -> None:
    """Store the number; a mobile becomes a sign-in name too where policy lets it (GRAPH section 0c).

    Where another user signs in with that number the answer is 409 and the number is stored (GRAPH section 1).
    """
    collides = (
        signs_in(method) and tenant.may_sign_in_by_sms(user.id) and _taken(tenant, number, besides=user.id)
    )
    if not collides or tenant.unverified.collision_stores:
        tenant.remember(user.id)
        if signs_in(method):
            _release(tenant, user)
        tenant.keep(tenant.phones[user.id], method, number)
        tenant.wrote(user.id, method, verb, number)
    if collides:
        tenant.sms_states[user.id] = "phoneNumberNotUnique"
        raise GraphError(409, "phoneNumberNotUnique", "phoneNumberNotUnique", repeats=True)
    if signs_in(method) and tenant.may_sign_in_by_sms(user.id):
        tenant.sms_states[user.id] = "ready"
        tenant.sms_names[_digits(number)] = user.id


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _taken(tenant: SandboxTenant, number: str, *, besides: str) -> bool:
    """Another user, soft-deleted ones included, signs in by SMS with this number (GRAPH section 1)."""
    return tenant.sms_names.get(_digits(number), besides) != besides


def _release(tenant: SandboxTenant, user: User) -> None:
    """The user's number is no sign-in name any more."""
    held = _digits(tenant.phones[user.id].get(Method.MOBILE, ""))
    if tenant.sms_names.get(held) == user.id:
        del tenant.sms_names[held]


def switch_sms(tenant: SandboxTenant, ask: Ask) -> Reply:
    """POST phoneMethods/{mobile id}/enableSmsSignIn or disableSmsSignIn: 204."""
    user, method = _writable(tenant, ask), _phone_of(ask)
    number = tenant.phones[user.id].get(method)
    if number is None:
        raise not_found(ask.segments[4])
    enable = ask.segments[5] == "enableSmsSignIn"
    if enable:
        if not signs_in(method):
            raise refused("SMS sign-in needs a phone method of type mobile.")
        if not tenant.may_sign_in_by_sms(user.id):
            raise refused("The policy does not let this user sign in by SMS.")
        if _taken(tenant, number, besides=user.id):
            raise GraphError(409, "phoneNumberNotUnique", "phoneNumberNotUnique", repeats=True)
    if signs_in(method):
        tenant.sms_states[user.id] = "ready" if enable else "notEnabled"
        if enable:
            tenant.sms_names[_digits(number)] = user.id
        else:
            _release(tenant, user)
    return Reply(204)


# ---------------------------------------------------------------- writing addresses


def create_email(tenant: SandboxTenant, ask: Ask) -> Reply:
    """POST emailMethods: 201 with the object; one a user."""
    _need_email_methods(tenant)
    user, body = _writable(tenant, ask), _body(ask, {"emailAddress"})
    address = _address(tenant, user, body.get("emailAddress"))
    if user.id in tenant.emails:
        raise refused("An email method exists already.", tenant.unverified.duplicate_status)
    _store_email(tenant, user, address, "POST")
    return Reply(201, _email_body(tenant, user, tenant.emails.get(user.id, address)))


def update_email(tenant: SandboxTenant, ask: Ask) -> Reply:
    """PATCH emailMethods/{id}: 204."""
    _need_email_methods(tenant)
    user, body = _writable(tenant, ask), _body(ask, {"emailAddress"})
    address = _address(tenant, user, body.get("emailAddress"))
    if ask.segments[4] != METHOD_IDS[Method.EMAIL]:
        raise not_found(ask.segments[4])
    if user.id not in tenant.emails and not tenant.unverified.patch_creates:
        raise not_found(ask.segments[4])
    _store_email(tenant, user, address, "PATCH")
    return Reply(204)


def delete_email(tenant: SandboxTenant, ask: Ask) -> Reply:
    """DELETE emailMethods/{id}: 204."""
    _need_email_methods(tenant)
    user = _writable(tenant, ask)
    if user.id not in tenant.emails or ask.segments[4] != METHOD_IDS[Method.EMAIL]:
        raise not_found(ask.segments[4])
    tenant.remember(user.id)
    del tenant.emails[user.id]
    tenant.wrote(user.id, Method.EMAIL, "DELETE", "")
    return Reply(204)


def _store_email(tenant: SandboxTenant, user: User, address: str, verb: str) -> None:
    tenant.remember(user.id)
    tenant.keep(tenant.emails, user.id, address)
    tenant.wrote(user.id, Method.EMAIL, verb, address)


# ---------------------------------------------------------------- what a request must be


def _writable(tenant: SandboxTenant, ask: Ask) -> User:
    if ask.in_batch and not tenant.unverified.batch_writes:
        raise refused("Writing methods is not supported inside a batch.")
    user = find_user(tenant, ask.segments[1])
    if user.restricted and tenant.unverified.restricted_refused:
        raise GraphError(
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        )
    if not user.enabled and tenant.unverified.disabled_refused:
        raise refused("The user is disabled.")
    return user


def _need_email_methods(tenant: SandboxTenant) -> None:
    if tenant.cloud == "china":  # GRAPH section 1, "Availability"
        raise no_segment("emailMethods")


def _body(ask: Ask, allowed: set[str]) -> Json:
    if not isinstance(ask.body, dict):
        raise refused("Empty Payload. JSON content expected.")
    body: Json = ask.body
    for name in body:
        if name not in allowed and name != "@odata.type":
            raise refused(f"The property '{name}' can't be set.")
    return body


def _type(value: object) -> Method:
    for method in Method:
        if method.family is Family.PHONE and value == method.value:
            return method
    raise refused("phoneType must be mobile, alternateMobile or office.")


def _phone_of(ask: Ask) -> Method:
    method = PHONES.get(ask.segments[4].lower())
    if method is None:
        raise not_found(ask.segments[4])
    return method


def _number(tenant: SandboxTenant, method: Method, value: object) -> str:
    """The number as stored. Documented form: +{country code} {number}x{extension} (GRAPH section 1)."""
    text = value if isinstance(value, str) else ""
    found = _DOCUMENTED.fullmatch(text)
    if found:
        if found[1] and not _extends(method) and not tenant.unverified.extension_any:
            raise refused("Extensions are supported only for office phones.")
        return text
    if tenant.unverified.bare_e164 and _BARE.fullmatch(text):
        size = next((n for n in (1, 2) if text[1 : 1 + n] in _SHORT_CODES), 3)
        return f"{text[: 1 + size]} {text[1 + size :]}"
    raise refused("The phone number must be of the form +{country code} {number}x{extension}.")


def _address(tenant: SandboxTenant, user: User, value: object) -> str:
    text = value if isinstance(value, str) else ""
    if not _ADDRESS.fullmatch(text):
        raise refused("The email address is not valid.")
    own = {user.upn, user.mail, *(p.partition(":")[2] for p in user.proxy_addresses)}
    if tenant.unverified.own_address_refused and text.casefold() in {o.casefold() for o in own}:
        raise refused("The email address can't be one of the user's own.")
    return text
