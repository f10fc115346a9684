"""The state of a circuit breaker: one item of a DynamoDB table, changed by conditional writes.

Every execution environment and the controller see the same item, and each change says which
version it saw: of two that want to change it at once, one does and the other looks again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from botocore.exceptions import ClientError

from pattern_runtime import aws

Answer = TypeVar("Answer")

STATE_ID = "state"
_NUMBERS = ("version", "since", "attempt", "permits", "succeeded", "failed", "next_call")


class Phase(StrEnum):
    """What a breaker does with calls."""

    CLOSED = "closed"  # lets all pass
    OPEN = "open"  # refuses all
    HALF_OPEN = "half-open"  # lets a few pass, to find out
    DRAINING = "draining"  # lets them pass at a set rate


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What is known of a breaker.

    Attributes:
        phase: What it does with calls.
        version: How often it changed.
        outage: Names the outage that it is in, or was in last.
        since: When the phase began, in seconds since the epoch.
        paused: Whether what triggers the calls is paused.
        attempt: How often the dependency was found to be still away.
        permits: How many calls may still pass, half-open.
        succeeded: How many of these succeeded.
        failed: How many of these failed.
        next_call: When the next call may begin, draining; in seconds since the epoch.
    """

    phase: Phase = Phase.CLOSED
    version: int = 0
    outage: str = ""
    since: float = 0.0
    paused: bool = False
    attempt: int = 0
    permits: int = 0
    succeeded: int = 0
    failed: int = 0
    next_call: float = 0.0


class StateTable(Protocol):
    """Where a breaker's state is kept; each method is one read or one conditional write."""

    def read(self, *, consistent: bool = False) -> State:
        """Return the state; that of a breaker which never opened, if there is none."""
        ...

    def move(self, seen: State, new: State) -> bool:
        """Replace the state that was seen, unless it changed; say whether it was replaced."""
        ...

    def count(self, window: str, calls: int, failures: int, *, expires: float) -> tuple[int, int]:
        """Add to a window's calls and failures; return what they now come to."""
        ...

    def take_permit(self, version: int) -> bool:
        """Take one of the permits of a version, if one is left and none has failed."""
        ...

    def report(self, version: int, *, failed: bool) -> None:
        """Count how a permitted call of a version ended; a late one counts no more."""
        ...

    def take_turn(
        self, version: int, *, now: float, latest: float, interval: float
    ) -> float | None:
        """Take the next turn of a version's timetable, which then begins an interval later.

        Returns:
            When it is, in seconds since the epoch; None if that is later than `latest`, or the
            version is not the table's any more.
        """
        ...


class DynamoDbStateTable:
    """The state in a DynamoDB table with the key `id` and the time to live `expiration`.

    Args:
        name: The table's.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self, *, consistent: bool = False) -> State:
        """Return the state; that of a breaker which never opened, if there is none."""
        found = aws.client("dynamodb").get_item(
            TableName=self._name, Key={"id": {"S": STATE_ID}}, ConsistentRead=consistent
        )
        return _read_item(found["Item"]) if "Item" in found else State()

    def move(self, seen: State, new: State) -> bool:
        """Replace the state that was seen, unless it changed; say whether it was replaced."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if seen.version:
            condition = {
                "ConditionExpression": "version = :seen",
                "ExpressionAttributeValues": {":seen": _number(seen.version)},
            }
        put = _conditional(
            lambda: aws.client("dynamodb").put_item(
                TableName=self._name, Item=_write_item(new), **condition
            )
        )
        return put is not None

    def count(self, window: str, calls: int, failures: int, *, expires: float) -> tuple[int, int]:
        """Add to a window's calls and failures; return what they now come to."""
        sums = aws.client("dynamodb").update_item(
            TableName=self._name,
            Key={"id": {"S": window}},
            UpdateExpression="ADD calls :calls, failures :failures SET expiration = :expires",
            ExpressionAttributeValues={
                ":calls": _number(calls),
                ":failures": _number(failures),
                ":expires": _number(int(expires)),
            },
            ReturnValues="UPDATED_NEW",
        )["Attributes"]
        return int(sums["calls"]["N"]), int(sums["failures"]["N"])

    def take_permit(self, version: int) -> bool:
        """Take one of the permits of a version, if one is left and none has failed."""
        return self._update(
            "SET permits = permits - :one",
            "version = :version AND permits > :none AND failed = :none",
            {":one": 1, ":none": 0, ":version": version},
        )

    def report(self, version: int, *, failed: bool) -> None:
        """Count how a permitted call of a version ended; a late one counts no more."""
        self._update(
            f"ADD {'failed' if failed else 'succeeded'} :one",
            "version = :version",
            {":one": 1, ":version": version},
        )

    def take_turn(
        self, version: int, *, now: float, latest: float, interval: float
    ) -> float | None:
        """Take the next turn of a version's timetable, which then begins an interval later."""
        # Nobody else's turn is to come: it is now. What was not used before is not saved up.
        if self._update(
            "SET next_call = :next",
            "version = :version AND next_call <= :now",
            {":next": now + interval, ":version": version, ":now": now},
        ):
            return now
        # One atomic update, so that however many there are, none has to look again.
        taken = self._try(
            "SET next_call = next_call + :interval",
            "version = :version AND next_call <= :latest",
            {":interval": interval, ":version": version, ":latest": latest},
        )
        return None if taken is None else float(taken["next_call"]["N"])

    def _update(self, change: str, condition: str, values: Mapping[str, float]) -> bool:
        return self._try(change, condition, values) is not None

    def _try(
        self, change: str, condition: str, values: Mapping[str, float]
    ) -> Mapping[str, Any] | None:
        """Change the state, and return what was there before; None if the condition failed."""
        answer = _conditional(
            lambda: aws.client("dynamodb").update_item(
                TableName=self._name,
                Key={"id": {"S": STATE_ID}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues={name: _number(each) for name, each in values.items()},
                ReturnValues="UPDATED_OLD",
            )
        )
        return None if answer is None else answer.get("Attributes", {})


def _conditional(write: Callable[[], Answer]) -> Answer | None:
    """Return the answer to a write; None if its condition failed."""
    try:
        return write()
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return None
        raise


def _number(value: float) -> dict[str, str]:
    # Thousandths of a second, so that what is written compares equal to what was read.
    return {"N": f"{round(value, 3):.3f}".rstrip("0").rstrip(".")}


def _write_item(state: State) -> dict[str, Any]:
    return {
        "id": {"S": STATE_ID},
        "phase": {"S": state.phase.value},
        "outage": {"S": state.outage},
        "paused": {"BOOL": state.paused},
        **{name: _number(getattr(state, name)) for name in _NUMBERS},
    }


def _read_item(item: Mapping[str, Any]) -> State:
    numbers = {name: float(item[name]["N"]) for name in _NUMBERS}
    return State(
        phase=Phase(item["phase"]["S"]),
        outage=item["outage"]["S"],
        paused=item["paused"]["BOOL"],
        since=numbers["since"],
        next_call=numbers["next_call"],
        version=int(numbers["version"]),
        attempt=int(numbers["attempt"]),
        permits=int(numbers["permits"]),
        succeeded=int(numbers["succeeded"]),
        failed=int(numbers["failed"]),
    )
