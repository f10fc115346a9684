"""What can be known of a run while it goes on, and in the end: collected in one place."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

from hinagata.lab.accounting import Records
from hinagata.lab.dead_letters import DeadLetterReader
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.observation import Observation, Progress, SpanReader, backlog, observe
from hinagata.lab.push_provider import PushProvider
from hinagata.lab.queue_glance import glance
from hinagata.lab.spans import Span
from hinagata.lab.stream_letters import LetterRecords
from hinagata.lab.timeline import Sampler, Timeline, timeline
from hinagata.lab.traffic import Sent
from hinagata.lab.wiring import Wiring

# CloudWatch's finest period for AWS's own metrics, and how many periods one answer holds
# (GetMetricStatistics); an emulator counts by the second.
_AWS_PERIOD = 60
_MOST_POINTS = 1440


class _WithPushes:
    """The spans of logs, and those of a push service."""

    def __init__(self, spans: SpanReader, push: PushProvider, sent: Sequence[Sent]) -> None:
        self._spans = spans
        self._push = push
        self._sent = sent

    def read(self) -> list[Span]:
        return self._spans.read() + self._push.spans(self._sent)

    def rewind(self) -> None:
        self._spans.rewind()


class Evidence:
    """Reads what an endpoint tells, for as long as the block lasts.

    Args:
        wiring: where to look.
        endpoint: whom to ask.
        push: the push service that brings messages to phones, if there is one.

    Attributes:
        started: when it began, in seconds since the epoch.
    """

    def __init__(
        self, wiring: Wiring, endpoint: Endpoint, *, push: PushProvider | None = None
    ) -> None:
        self.started = time.time()
        self._wiring = wiring
        self._endpoint = endpoint
        self._queues = endpoint.client("sqs")
        self._dead_letters = DeadLetterReader(
            self._queues,
            wiring.dead_letter_queues,
            records_of=LetterRecords(endpoint.client),
            workflow_letters=wiring.workflow_letters,
            glance=partial(glance, endpoint) if endpoint.embedded else None,
        )
        self._dead_letters.skip_present()
        self._letters_before: Mapping[str, int] = {}
        self._letters_before = self._letters()
        self._spans = SpanReader(endpoint.client("logs"), wiring.log_groups, since=self.started - 1)
        self._push = push
        self._waiting = Sampler(self._depths)
        self._letters_since = Sampler(self._letters)
        self._samplers = ExitStack()
        self._known = Records(sent=[], spans=[], dead_letters=[])

    def __enter__(self) -> Self:
        self._samplers.enter_context(self._waiting)
        self._samplers.enter_context(self._letters_since)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._samplers.__exit__(kind, error, trace)

    def wait(
        self,
        sent: Sequence[Sent],
        *,
        deadline_seconds: float,
        progress: Callable[[Progress], None],
    ) -> Observation:
        """Return what is seen once every message is accounted for, or at the deadline.

        Args:
            sent: what was sent.
            deadline_seconds: how long to wait at most.
            progress: told after each look.
        """
        observation = observe(
            sent,
            self._wiring.flow,
            spans=self._spans if self._push is None else _WithPushes(self._spans, self._push, sent),
            dead_letters=self._dead_letters.read,
            backlog=lambda: backlog(self._queues, self._wiring.queues),
            deadline_seconds=deadline_seconds,
            progress=progress,
        )
        self._known = observation.records
        return observation

    def so_far(self, sent: Sequence[Sent]) -> Records:
        """Return what is known now, for one who cannot wait: as far as the endpoint answers.

        Args:
            sent: what was sent.
        """
        spans, letters = self._known.spans, self._known.dead_letters
        # Nobody is there any more, or somebody is in a hurry: then it is what was known before.
        with suppress(Exception):
            # In this order, as `observe` reads them.
            letters = self._dead_letters.read()
            spans = self._spans.read() + ([] if self._push is None else self._push.spans(sent))
        return Records(sent=sent, spans=spans, dead_letters=letters, looked_at=time.time())

    def timeline(self, records: Records) -> Timeline:
        """Return what happened second by second.

        Args:
            records: what was seen.
        """
        throttles: Mapping[str, Iterable[float]] = {}
        # Who is gone cannot tell; the rest is known without him.
        with suppress(Exception):
            throttles = self._throttles(records.looked_at)
        return timeline(
            self._wiring.flow,
            records,
            throttles=throttles,
            queues=self._waiting.samples,
            dead_letters=self._letters_since.samples,
        )

    def _depths(self) -> dict[str, int]:
        return {
            self._wiring.queue_names.get(url, url): backlog(self._queues, [url])
            for url in self._wiring.queues
        }

    def _letters(self) -> dict[str, int]:
        """Return how many dead letters there are by hop, without those that lay there before."""
        found: dict[str, int] = {}
        for url, hop in self._wiring.dead_letter_queues.items():
            found[hop] = found.get(hop, 0) + backlog(self._queues, [url])
        before = self._letters_before
        return {hop: max(0, count - before.get(hop, 0)) for hop, count in found.items()}

    def _throttles(self, until: float) -> dict[str, list[float]]:
        """Return when each function refused a call for want of capacity, as CloudWatch knows."""
        metrics = self._endpoint.client("cloudwatch")
        finest = _AWS_PERIOD if self._endpoint.is_aws else 1
        steps = math.ceil((until - self.started) / finest / _MOST_POINTS)
        period = finest * max(1, steps)
        found: dict[str, list[float]] = {}
        for hop, function in self._wiring.functions.items():
            points: list[Any] = metrics.get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName="Throttles",
                Dimensions=[{"Name": "FunctionName", "Value": function}],
                StartTime=datetime.fromtimestamp(math.floor(self.started), UTC),
                EndTime=datetime.fromtimestamp(math.ceil(until) + 1, UTC),
                Period=period,
                Statistics=["Sum"],
            )["Datapoints"]
            # A point stands at the beginning of its period, and counts until the end.
            found[hop] = [
                point["Timestamp"].timestamp() + period - 0.001
                for point in points
                for _ in range(int(point["Sum"]))
            ]
        return found
