"""The controller of a circuit breaker: takes an outage from its beginning to its end.

A workflow calls it, waits as long as it is told, and calls it again, until the breaker is closed.
Each step begins with what the table says, so a step that was cut short is done again.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self, TypedDict

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config
from botocore.exceptions import ClientError

from pattern_runtime import aws
from pattern_runtime.breaker_state import DynamoDbStateTable, Phase, State, StateTable
from pattern_runtime.retry import retried

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from types_boto3_lambda import LambdaClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

TABLE_VARIABLE = "STATE_TABLE_NAME"
SOURCES_VARIABLE = "SOURCES"
PLAN_VARIABLE = "PLAN"
# The least that a queue's mapping takes (docs.aws.amazon.com/lambda/latest/dg/
# services-sqs-scaling.html).
LEAST_CONCURRENCY = 2
# A mapping that is still changing refuses another change for seconds.
_CHANGING = "ResourceInUseException"

logger = Logger()


class StillChangingError(Exception):
    """A mapping has not finished its last change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What triggers calls to the dependency: a queue, and the function that works through it.

    Attributes:
        mapping: The id of the event source mapping.
        queue_url: The queue's URL.
        queue_arn: The queue's ARN.
        function: The ARN of the function, or of its alias.
        concurrency: The mapping's own bound; None for no bound.
    """

    mapping: str
    queue_url: str
    queue_arn: str
    function: str
    concurrency: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How an outage goes on.

    Attributes:
        wait_seconds: From the opening to the first probe; doubled after each that failed.
        longest_wait_seconds: The longest wait between two probes.
        probes: How many messages a probe takes.
        look_seconds: From one look at the backlog to the next, draining.
        longest_drain_seconds: After this, full speed, whatever is left.
        drain_rate: Calls a second, draining.
        probe_timeout_seconds: The longest that the function may take for a probe.
    """

    wait_seconds: float
    longest_wait_seconds: float
    probes: int
    look_seconds: float
    longest_drain_seconds: float
    drain_rate: float
    probe_timeout_seconds: float

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the plan that the construct writes."""
        return cls(**json.loads(text))

    def wait(self, attempt: int) -> float:
        """Return how long to wait before the next probe, after so many that failed."""
        # Bounded before the power, which would outgrow a float in a long outage.
        return min(self.longest_wait_seconds, self.wait_seconds * 2.0 ** min(attempt, 32))


class Next(TypedDict):
    """What the workflow does next: end, or wait so many seconds and call again."""

    outage: str
    closed: bool
    wait: int


class Controller:
    """Takes one step of an outage at a time.

    Args:
        table: Where the breaker's state is.
        sources: What is paused.
        plan: How an outage goes on.
        functions: Client of Lambda that waits as long as a probe may take.
        queues: Client of SQS.
        clock: Seconds since the epoch.
        sleep: Lets time pass.
    """

    def __init__(
        self,
        table: StateTable,
        sources: Sequence[Source],
        plan: Plan,
        *,
        functions: "LambdaClient",
        queues: "SQSClient",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._table = table
        self._sources = sources
        self._plan = plan
        self._functions = functions
        self._queues = queues
        self._clock = clock
        self._sleep = sleep

    def step(self, outage: str) -> Next:
        """Do what is to be done now, and say what comes next.

        Args:
            outage: Its name; of one that is over, or not the table's, nothing is done.
        """
        state = self._table.read(consistent=True)
        if state.outage != outage or state.phase is Phase.CLOSED:
            return Next(outage=outage, closed=True, wait=0)
        wait = self._go_on(state)
        # Step Functions waits whole seconds.
        return Next(outage=outage, closed=wait is None, wait=max(1, round(wait or 0)))

    def _go_on(self, state: State) -> float | None:
        """Take a step, and return how long to wait until the next; None if there is none."""
        match state.phase:
            case Phase.OPEN if not state.paused:
                self._pause()
                self._move(state, paused=True)
                return self._plan.wait(state.attempt)
            case Phase.DRAINING if state.paused:
                self._resume(lambda _: LEAST_CONCURRENCY)
                self._move(state, paused=False)
                return self._plan.look_seconds
            case Phase.DRAINING:
                if not self._is_drained(state):
                    return self._plan.look_seconds
                self._resume(lambda source: source.concurrency)
                self._move(state, phase=Phase.CLOSED, since=self._clock(), attempt=0)
                return None if self._table.read(consistent=True).phase is Phase.CLOSED else 0
            case _:
                # Half-open here is a probe whose end nobody knows: it is made again.
                return self._probe(state)

    def _probe(self, state: State) -> float:
        half_open = self._move(
            state,
            phase=Phase.HALF_OPEN,
            since=self._clock(),
            permits=self._plan.probes,
            succeeded=0,
            failed=0,
        )
        if half_open is None:
            return 0
        messages, broken = self._try_messages()
        found = self._table.read(consistent=True)
        if found.version != half_open.version:
            return 0
        if found.failed or broken:
            self._move(
                found, phase=Phase.OPEN, since=self._clock(), attempt=found.attempt + 1, paused=True
            )
            return self._plan.wait(found.attempt + 1)
        if messages and not found.succeeded:
            # None of them came to call the dependency: others may.
            self._move(found, phase=Phase.OPEN, since=self._clock(), paused=True)
            return self._plan.wait(found.attempt)
        now = self._clock()
        # An empty queue cannot tell: what comes next does, at the rate of a drain.
        draining = self._move(found, phase=Phase.DRAINING, since=now, next_call=now, paused=True)
        return 0 if draining is None else self._go_on(draining) or 0

    def _try_messages(self) -> tuple[int, bool]:
        """Have a few messages processed; return how many, and whether the function broke."""
        for source in self._sources:
            messages = self._queues.receive_message(
                QueueUrl=source.queue_url,
                MaxNumberOfMessages=self._plan.probes,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            if messages:
                return len(messages), not self._process(source, messages)
        return 0, False

    def _process(self, source: Source, messages: "Sequence[MessageTypeDef]") -> bool:
        """Invoke the function as its mapping would; return whether it came to its end.

        What failed stays hidden as long as the queue hides it, so the next probe is another.
        """
        answer = self._functions.invoke(
            FunctionName=source.function,
            Payload=json.dumps({"Records": [_as_record(source, each) for each in messages]}),
        )
        body = answer["Payload"].read()
        if answer.get("FunctionError"):
            logger.error("probe broke", answer=body.decode(errors="replace")[:1000])
            return False
        said = json.loads(body or b"null") or {}
        failed = {each["itemIdentifier"] for each in said.get("batchItemFailures", ())}
        for message in messages:
            if message["MessageId"] not in failed:
                self._queues.delete_message(
                    QueueUrl=source.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
        return True

    def _is_drained(self, state: State) -> bool:
        if self._clock() - state.since > self._plan.longest_drain_seconds:
            logger.warning("drain is over, though messages wait", outage=state.outage)
            return True
        waiting = sum(
            int(
                self._queues.get_queue_attributes(
                    QueueUrl=source.queue_url, AttributeNames=["ApproximateNumberOfMessages"]
                )["Attributes"]["ApproximateNumberOfMessages"]
            )
            for source in self._sources
        )
        # With messages coming in there are always some: no more than a second's worth.
        return waiting <= self._plan.drain_rate

    def _pause(self) -> None:
        for source in self._sources:
            self._update(UUID=source.mapping, Enabled=False)

    def _resume(self, concurrency: Callable[[Source], int | None]) -> None:
        for source in self._sources:
            bound = concurrency(source)
            self._update(
                UUID=source.mapping,
                Enabled=True,
                ScalingConfig={} if bound is None else {"MaximumConcurrency": bound},
            )

    def _update(self, **request: Any) -> None:
        def update() -> None:
            try:
                self._functions.update_event_source_mapping(**request)
            except ClientError as error:
                if error.response["Error"]["Code"] != _CHANGING:
                    raise
                raise StillChangingError(request["UUID"]) from error

        retried(
            update,
            on=StillChangingError,
            attempts=5,
            first_wait=1.0,
            longest_wait=4.0,
            sleep=self._sleep,
        )

    def _move(self, state: State, **changes: Any) -> State | None:
        """Change the state that was seen; None if somebody else did."""
        new = replace(state, version=state.version + 1, **changes)
        if not self._table.move(state, new):
            return None
        logger.info(
            "breaker moved",
            outage=new.outage,
            phase=new.phase.value,
            paused=new.paused,
            attempt=new.attempt,
        )
        return new


def _as_record(source: Source, message: "MessageTypeDef") -> dict[str, Any]:
    """Write a message as Lambda's mapping gives it to the function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {key[0].lower() + key[1:]: value for key, value in attribute.items()}
            for name, attribute in message.get("MessageAttributes", {}).items()
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": source.queue_arn,
        "awsRegion": source.queue_arn.split(":")[3],
    }


def _sources() -> Iterator[Source]:
    for each in json.loads(os.environ[SOURCES_VARIABLE]):
        yield Source(**each)


@cache
def _controller() -> Controller:
    plan = Plan.from_json(os.environ[PLAN_VARIABLE])
    # A probe is not made again by the SDK: whether it is, is the workflow's affair.
    patient = Config(
        connect_timeout=1,
        read_timeout=plan.probe_timeout_seconds + 5,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return Controller(
        DynamoDbStateTable(os.environ[TABLE_VARIABLE]),
        tuple(_sources()),
        plan,
        functions=boto3.client("lambda", config=patient),
        queues=aws.client("sqs"),
    )


def handler(payload: dict[str, Any], context: "LambdaContext") -> Next:  # noqa: ARG001 - Lambda's
    """Take a step of an outage: the task of the breaker's workflow.

    Args:
        payload: With the outage's name.
        context: Lambda's.
    """
    return _controller().step(payload["outage"])
