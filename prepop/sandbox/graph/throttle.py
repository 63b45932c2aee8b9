"""Graph's quotas as token buckets (GRAPH section 6)."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much one app may ask of the tenant. None: not limited.

    units: resource units in 10 s; "size" stands for 3,500, 5,000 or 8,000 by number of users.
    writes: in 150 s. reports: requests in 10 s.
    methods_are_reports: reading A of the throttling page: /users/{id}/authentication/* counts as a report.
    """

    units: float | str | None = "size"
    writes: float | None = 3000
    reports: float | None = 5
    methods_are_reports: bool = False

    @staticmethod
    def off() -> "Quotas":
        """No throttling at all."""
        return Quotas(units=None, writes=None, reports=None)

    def units_for(self, users: int) -> float | None:
        """Resource units in 10 s for a tenant of this size: S below 50 users, M to 500, L above."""
        if isinstance(self.units, str):
            return 3500 if users < 50 else 5000 if users <= 500 else 8000
        return self.units


class Bucket:
    """Tokens that refill evenly: `capacity` of them in `period` seconds of `clock`."""

    def __init__(self, capacity: float, period: float, clock: Callable[[], float]) -> None:
        self.capacity = capacity
        self._rate = capacity / period
        self._clock = clock
        self._tokens = capacity
        self._at = clock()

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self.capacity, self._tokens + (now - self._at) * self._rate)
        self._at = now

    def wait(self, cost: float) -> float:
        """Seconds until this cost can be paid; 0 where it can be now. Takes nothing."""
        self._refill()
        return max(0.0, (cost - self._tokens) / self._rate)

    def take(self, cost: float) -> None:
        """Pay this cost."""
        self._tokens -= cost

    @property
    def used(self) -> float:
        """Share of the quota that is gone, 0 to 1."""
        return 1 - self._tokens / self.capacity


@dataclass(frozen=True, slots=True)
class OverQuota:
    """A request over quota. wait: seconds of the tenant's clock; limit: x-ms-throttle-information."""

    wait: float
    limit: str


class Throttle:
    """All buckets of one app in one tenant."""

    def __init__(self, quotas: Quotas, users: int, clock: Callable[[], float]) -> None:
        units = quotas.units_for(users)
        self._methods_are_reports = quotas.methods_are_reports
        self._units = Bucket(units, 10, clock) if units else None
        self._writes = Bucket(quotas.writes, 150, clock) if quotas.writes else None
        self._reports = Bucket(quotas.reports, 10, clock) if quotas.reports else None

    def take(self, *, cost: int, write: bool, report: bool, methods: bool) -> OverQuota | None:
        """Pay for one request, or say how long until it could be paid. A refused request costs nothing."""
        if report or (methods and self._methods_are_reports):
            return self._pay([(self._reports, 1, "ReportLimitExceeded")])
        bill: list[tuple[Bucket | None, float, str]] = [(self._units, cost, "ResourceUnitLimitExceeded")]
        if write:
            bill.append((self._writes, 1, "WriteLimitExceeded"))
        return self._pay(bill)

    @staticmethod
    def _pay(bill: list[tuple[Bucket | None, float, str]]) -> OverQuota | None:
        for bucket, cost, limit in bill:
            if bucket is not None and (wait := bucket.wait(cost)) > 0:
                return OverQuota(wait, limit)
        for bucket, cost, _ in bill:
            if bucket is not None:
                bucket.take(cost)
        return None

    def used(self) -> float:
        """Share of the resource units that is gone, for x-ms-throttle-limit-percentage."""
        return self._units.used if self._units else 0.0
