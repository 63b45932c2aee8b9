"""Work that goes on side by side, and ends together."""

import asyncio
from types import TracebackType

from prepop.errors import PrepopError


class Together(asyncio.TaskGroup):
    """Tasks of which the first failure ends all; it comes out as itself, not wrapped in a group."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await super().__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            raise _first(group) from group


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        known = error.subgroup(PrepopError)
        error = (known or error).exceptions[0]
    return error
