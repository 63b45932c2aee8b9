"""What a run asked of Graph, and how long each of its steps took, counted while it goes on."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Traffic:
    """Counts of one run. The only mutable thing in the model: whoever sends adds to it.

    requests: sent, each batch as one. throttled: requests, or items of a batch, that were refused for sending
    too fast. writes: items that were answered in the lane of writes. steps: by name (`reading people`) the
    moments of the first and the last sign of life, in seconds of the monotonic clock.
    """

    requests: int = 0
    throttled: int = 0
    writes: int = 0
    steps: dict[str, tuple[float, float]] = field(default_factory=dict)

    def passed(self, step: str, now: float) -> None:
        """A sign of life of this step."""
        first, _ = self.steps.get(step, (now, now))
        self.steps[step] = (first, now)

    def seconds(self, step: str) -> float:
        """How long it took; 0 where it never began."""
        first, last = self.steps.get(step, (0.0, 0.0))
        return last - first
