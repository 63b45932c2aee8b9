"""Which methods there are, and of which kind. Whoever tells kinds apart matches them here or by `Family`,
with `assert_never` for what is left: then the type checker names every place that a new kind concerns.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import assert_never


class Family(StrEnum):
    """What a method's value is; the methods of one family are read by one request."""

    PHONE = "phone"
    EMAIL = "email"


class Method(StrEnum):
    """One slot of an account. The order is the order in which methods are written."""

    MOBILE = "mobile"
    ALTERNATE_MOBILE = "alternateMobile"
    OFFICE = "office"
    EMAIL = "email"

    @property
    def family(self) -> Family:
        """What this method's value is."""
        match self:
            case Method.MOBILE | Method.ALTERNATE_MOBILE | Method.OFFICE:
                return Family.PHONE
            case Method.EMAIL:
                return Family.EMAIL
            case _:
                assert_never(self)

    @property
    def takes_extension(self) -> bool:
        """Whether its value may end in an extension: GRAPH section 1."""
        match self:
            case Method.OFFICE:
                return True
            case Method.MOBILE | Method.ALTERNATE_MOBILE | Method.EMAIL:
                return False
            case _:
                assert_never(self)

    @property
    def by_sms_or_voice(self) -> bool:
        """Whether a code reaches the person by SMS or a call: GRAPH section 0b."""
        match self.family:
            case Family.PHONE:
                return True
            case Family.EMAIL:
                return False
            case _:
                assert_never(self.family)


def report_name(method: Method) -> str:
    """What the registration report calls a method: GRAPH section 4."""
    match method:
        case Method.MOBILE:
            return "mobilePhone"
        case Method.ALTERNATE_MOBILE:
            return "alternateMobilePhone"
        case Method.OFFICE:
            return "officePhone"
        case Method.EMAIL:
            return "email"
        case _:
            assert_never(method)


REPORT_NAMES: Mapping[Method, str] = {method: report_name(method) for method in Method}
