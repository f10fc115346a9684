"""A circuit breaker around the calls to a dependency: stops them while it is away.

The construct `CircuitBreaker` makes what this needs, and pauses what triggers the calls. Closed
means all is well; open, that calls are refused; half-open, that a few find out whether the
dependency is back; draining, that what has piled up goes to it at a set rate.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from pattern_runtime import aws
from pattern_runtime.breaker_state import DynamoDbStateTable, Phase, State, StateTable
from pattern_runtime.environment import required

# How long a state may be remembered, and counts kept back: what a healthy dependency costs is one
# read and one write a second and execution environment, whatever the traffic.
FRESH_SECONDS = 1.0

logger = Logger()


class BreakerOpenError(Exception):
    """The call was not made: the dependency is away, or others go first. Leave it to the queue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """When a breaker opens, and how it lets calls pass afterwards.

    Attributes:
        failure_percent: The share of failed calls that opens it.
        minimum_calls: With fewer calls in a window, it stays as it is.
        window_seconds: How long calls are counted together.
        hold_seconds: How long a refused call is held back. The queue counts each refusal as a
            receive, so until its mapping is paused they had better be few.
        patience_seconds: The longest that a call waits for its turn, draining.
        drain_rate: Calls a second, draining.
    """

    failure_percent: float
    minimum_calls: int
    window_seconds: float
    hold_seconds: float
    patience_seconds: float
    drain_rate: float

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the rules that the construct writes."""
        return cls(**json.loads(text))

    def trip(self, calls: int, failures: int) -> bool:
        """Return whether so many failures among so many calls are too many."""
        return calls >= self.minimum_calls and 100 * failures >= self.failure_percent * calls


class CircuitBreaker:
    """Lets calls pass, or refuses them, and learns from those that passed.

    If its table does not answer, calls pass: what protects must not be what fails.

    Args:
        table: Where its state is.
        rules: When it opens.
        begin: Starts the workflow that takes care of an outage, given its name; more than once
            does no harm.
        clock: Seconds since the epoch.
        sleep: Lets time pass.
    """

    def __init__(
        self,
        table: StateTable,
        rules: Rules,
        *,
        begin: Callable[[str], object],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._table = table
        self._rules = rules
        self._begin = begin
        self._clock = clock
        self._sleep = sleep
        self._state = State()
        self._read_at = -FRESH_SECONDS
        self._calls = 0
        self._failures = 0
        self._counted_at = -FRESH_SECONDS
        self._begun = ""

    @contextmanager
    def call(
        self, *, counts: type[Exception] | tuple[type[Exception], ...] = Exception
    ) -> Iterator[None]:
        """Make the call in the block, unless the breaker refuses it.

        Args:
            counts: The errors which say that the dependency is not well; any other says that it
                answered.

        Raises:
            BreakerOpenError: The block was not entered.
        """
        state = self._admitted()
        try:
            yield
        except BaseException as error:
            self._learn(state, failed=isinstance(error, counts))
            raise
        self._learn(state, failed=False)

    def _admitted(self) -> State:
        state = self._current()
        while not self._passes(state):
            if self._state.version == state.version:
                self._sleep(self._rules.hold_seconds)
                raise BreakerOpenError(
                    f"the breaker is {state.phase.value}: the call was not made; the message waits"
                )
            # It changed while this call waited for its turn.
            state = self._state
        return state

    def _current(self) -> State:
        now = self._clock()
        # What refuses calls is asked each time, or a probe could be refused for what was before.
        lets_pass = self._state.phase in (Phase.CLOSED, Phase.DRAINING)
        if not lets_pass or now - self._read_at >= FRESH_SECONDS:
            try:
                self._see(self._table.read(consistent=not lets_pass))
            except (BotoCoreError, ClientError):
                logger.exception("the breaker's state cannot be read; calls pass")
                self._see(State())
        return self._state

    def _see(self, state: State) -> None:
        if state.version != self._state.version:
            # What was counted before a change says nothing about afterwards.
            self._calls = self._failures = 0
        self._state, self._read_at = state, self._clock()

    def _passes(self, state: State) -> bool:
        match state.phase:
            case Phase.CLOSED:
                return True
            case Phase.DRAINING:
                return self._has_turn(state)
            case Phase.HALF_OPEN:
                return self._has_permit(state)
            case Phase.OPEN:
                if not state.paused:
                    # Whoever opened it may have ended before it could say so.
                    self._start(state)
                return False

    def _has_permit(self, state: State) -> bool:
        try:
            return self._table.take_permit(state.version)
        except (BotoCoreError, ClientError):
            return False

    def _has_turn(self, state: State) -> bool:
        """Wait for the next turn of the drain, if there is one in time."""
        now = self._clock()
        try:
            turn = self._table.take_turn(
                state.version,
                now=now,
                latest=now + self._rules.patience_seconds,
                interval=1 / self._rules.drain_rate,
            )
            if turn is None:
                self._see(self._table.read(consistent=True))
                return False
        except (BotoCoreError, ClientError):
            logger.exception("the breaker's drain cannot be paced; the message waits")
            return False
        self._sleep(max(0.0, turn - now))
        return self._current().version == state.version

    def _learn(self, state: State, *, failed: bool) -> None:
        try:
            if state.phase is Phase.HALF_OPEN:
                self._table.report(state.version, failed=failed)
            elif state.version == self._state.version:
                self._calls += 1
                self._failures += failed
                if failed or self._clock() - self._counted_at >= FRESH_SECONDS:
                    self._count(state)
        except (BotoCoreError, ClientError):
            logger.exception("the breaker could not count a call")

    def _count(self, state: State) -> None:
        now = self._clock()
        window = f"{state.version}#{int(now // self._rules.window_seconds)}"
        calls, failures, self._calls, self._failures = self._calls, self._failures, 0, 0
        self._counted_at = now
        expires = now + 2 * self._rules.window_seconds
        if self._rules.trip(*self._table.count(window, calls, failures, expires=expires)):
            self._open(state, now)

    def _open(self, state: State, now: float) -> None:
        # A relapse belongs to the outage that it follows, whose workflow is still there.
        relapse = state.phase is Phase.DRAINING
        version = state.version + 1
        opened = State(
            phase=Phase.OPEN,
            version=version,
            outage=state.outage if relapse else f"{version}-{int(now)}",
            since=now,
            attempt=state.attempt + 1 if relapse else 0,
        )
        if self._table.move(state, opened):
            logger.warning("breaker opened", outage=opened.outage)
            self._see(opened)
            self._start(opened)
        else:
            self._see(self._table.read(consistent=True))

    def _start(self, state: State) -> None:
        if state.outage == self._begun:
            return
        try:
            self._begin(state.outage)
        except (BotoCoreError, ClientError):
            logger.exception("the outage's workflow cannot be started; the next call tries again")
        else:
            self._begun = state.outage


def circuit_breaker(name: str) -> CircuitBreaker:
    """Return the breaker that the construct of a name guards this code with.

    Args:
        name: The construct's, as in its variables: PAYMENT_BREAKER of `PaymentBreaker`.

    Raises:
        MissingVariableError: The construct does not guard this code.
    """
    machine = required(f"{name}_STATE_MACHINE_ARN")
    return CircuitBreaker(
        DynamoDbStateTable(required(f"{name}_TABLE_NAME")),
        Rules.from_json(required(f"{name}_RULES")),
        begin=lambda outage: _start_execution(machine, outage),
    )


def _start_execution(machine: str, outage: str) -> None:
    try:
        aws.client("stepfunctions").start_execution(
            stateMachineArn=machine, name=outage, input=json.dumps({"outage": outage})
        )
    except ClientError as error:
        # Its name is the outage's, so there is one for each, whoever comes first.
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
