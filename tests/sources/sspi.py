"""A stand-in for winkerberos, made of GSSAPI: what SSPI does on Windows, as far as ldap3 can see.

The names and what they give are those of winkerberos 0.12's documentation. The ticket of "the account that
runs prepop" is one in a cache, which Windows has not.
"""

import base64
from types import ModuleType
from typing import Any


def stand_in(gssapi: Any, bound: list[bytes]) -> ModuleType:
    """The module. bound: gets each channel binding that is sent."""
    made: Any = ModuleType("winkerberos")

    class SspiRefused(Exception):
        """What winkerberos raises."""

    class Context:
        """One negotiation."""

        def __init__(self, target: str) -> None:
            self.target, self.inner, self.response = target, None, b""

    def init(target: str, gssflags: int) -> tuple[int, Context]:
        assert gssflags == 0b1111
        return 1, Context(target)

    def step(context: Any, challenge: str, *, channel_bindings: bytes) -> int:
        try:
            if context.inner is None:
                bound.append(channel_bindings)
                context.inner = gssapi.SecurityContext(
                    name=gssapi.Name(context.target, gssapi.NameType.hostbased_service),
                    mech=gssapi.MechType.kerberos,
                    channel_bindings=gssapi.raw.ChannelBindings(application_data=channel_bindings),
                )
            context.response = context.inner.step(base64.b64decode(challenge) or None) or b""
        except gssapi.exceptions.GSSError as error:
            raise SspiRefused("SSPI: No credentials are available in the security package") from error
        return 1 if context.inner.complete else 0

    def response(context: Any) -> str | None:
        return base64.b64encode(context.response).decode() if context.response else None

    def unwrap(context: Any, challenge: str) -> int:
        context.response = context.inner.unwrap(base64.b64decode(challenge)).message
        return 1

    def wrap(context: Any, data: str) -> int:
        context.response = context.inner.wrap(base64.b64decode(data), False).message
        return 1

    made.GSSError = SspiRefused
    made.GSS_C_MUTUAL_FLAG, made.GSS_C_SEQUENCE_FLAG = 1, 2
    made.GSS_C_INTEG_FLAG, made.GSS_C_CONF_FLAG = 4, 8
    made.AUTH_GSS_COMPLETE = 1
    made.channelBindings = lambda application_data: application_data
    made.authGSSClientInit, made.authGSSClientStep = init, step
    made.authGSSClientResponse = response
    made.authGSSClientUnwrap, made.authGSSClientWrap = unwrap, wrap
    module: ModuleType = made
    return module
