"""Events between those who need not know each other: EventBridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from patterns._alarms import alarm, operator_alarms
from patterns._asked import as_seconds, in_seconds, seconds, service, stack_of
from patterns._defaults import dead_letter_queue
from patterns._flows import environment_name
from patterns._off import Off
from patterns._own import refuse_beside
from patterns.durable_workflow import DurableWorkflow
from patterns.lambda_worker import LambdaWorker
from patterns.point_to_point_queue import PointToPointQueue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

_ARCHIVE_DAYS = 30
# Long enough for a deployment gone wrong to be mended; then the event is a dead letter.
_RETRY_SECONDS = 4 * 3600
# docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
_RETRY_ATTEMPTS = 185
_RETRY_LIMITS = (60, 86_400)
_DESCRIPTION_LIMIT = 512
# Where the fields of an envelope lie in EventBridge's own: `put_event` of `pattern_runtime` and
# an `EventRoute` put them there.
_FIELDS = {
    "id": "$.detail.id",
    "source": "$.source",
    "type": "$.detail-type",
    "time": "$.time",
    "trace": "$.detail.trace",
    "data": "$.detail.data",
}
_ENVELOPE = '{"specversion":"1.0",' + ",".join(f'"{name}":<{name}>' for name in _FIELDS) + "}"
_EVERYTHING: dict[str, object] = {"source": [{"prefix": ""}]}


class EventBus(Construct):
    """A bus that delivers each event to whoever asked for its kind, and keeps all for a replay.

    A producer does not know its consumers: a new one, in a stack of its own, changes neither the
    bus nor anybody else. Each target has a rule, a bounded retry policy and a dead-letter queue
    of its own that is watched. It delivers the event's envelope, with its id and its trace, as a
    queue or a topic would. Events are archived, and can be replayed to all consumers: these have
    to be idempotent. The bus takes events of its own account alone.

    Example:
        `orders = EventBus(self, "OrderBus")` and
        `orders.delivers_to(billing, matching={"type": ["order.placed"]})`

    Args:
        scope: Parent construct.
        construct_id: Also names the senders' variable: `OrderBus` gives ORDER_BUS_BUS_NAME.
        archive_days: How long events are kept for a replay, 1 day or more. None: 30.
            `Off(reason)` for no archive.
        retry_for: How long an event is offered to a target that cannot take it, 1 minute to 1
            day, before it is a dead letter. None: 4 hours.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.
        bus: Your own bus instead; then its archive is its own affair.

    Attributes:
        bus: The bus.
        archive: Its archive; None if switched off or the bus is your own.
        rules: By the id of the target.
        undelivered: The dead-letter queue of each target, by the same id.
        alarms: By the id of the target: events that no longer reach it.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    bus: events.IEventBus
    archive: events.CfnArchive | None
    rules: dict[str, events.CfnRule]
    undelivered: dict[str, sqs.Queue]
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        archive_days: int | Off | None = None,
        retry_for: cdk.Duration | None = None,
        alarms_to: sns.ITopic | None = None,
        bus: events.IEventBus | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if bus is not None:
            refuse_beside("bus", bus, "bus", archive_days=archive_days)
        _check(archive_days, retry_for)
        self._id = construct_id
        self._alarms_to = alarms_to or operator_alarms(scope)
        self._retry_for = retry_for or in_seconds(_RETRY_SECONDS)
        self.archive = None
        self.rules = {}
        self.undelivered = {}
        self.alarms = {}
        self._name: str | None = None
        if bus is not None:
            self.bus = bus
            return
        # Known without the bus, so that a consumer in another stack refers to no resource here.
        self._name = cdk.Names.unique_resource_name(self, separator="-", max_length=128)
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=self._name,
            # No tool has a rule about it, so the reason stands where a reader of the bus sees it.
            description=f"Not archived: {archive_days.reason}"[:_DESCRIPTION_LIMIT]
            if isinstance(archive_days, Off)
            else None,
        )
        if not isinstance(archive_days, Off):
            self.archive = events.CfnArchive(
                self,
                "Archive",
                source_arn=self.bus.event_bus_arn,
                retention_days=_ARCHIVE_DAYS if archive_days is None else archive_days,
            )

    def delivers_to(
        self,
        target: PointToPointQueue | LambdaWorker | DurableWorkflow,
        *,
        matching: Mapping[str, Sequence[object]] | None = None,
    ) -> None:
        """Delivers events to a queue, a worker or a workflow.

        In a stack of its own, the target owns its rule, and this stack stays as it is.

        Args:
            target: Gets the envelope of each event, or of those that match.
            matching: What must hold, all of it: "type", "source" or "data.<field>" to the values
                that pass, e.g. `{"type": ["order.placed"], "data.amount_yen": [{"numeric": [">",
                100000]}]}`; a value is a text, a number, or a comparison of EventBridge. None:
                everything.

        Raises:
            ValueError: A FIFO queue, a target that gets events already, or a filter that lets
                nothing through.
        """
        name = target.node.id
        pattern = self._pattern(name, matching)
        if isinstance(target, PointToPointQueue) and target.fifo:
            message = (
                f"{self.node.path}.delivers_to({name}): it is a FIFO queue, and a bus keeps no "
                "order: deliver to a standard queue, or send to the FIFO queue directly"
            )
            raise ValueError(message)
        if name in self.rules:
            message = (
                f"{self.node.path} delivers to a target of id {name!r} already: one rule a target; "
                "widen its filter, or give the other target an id of its own"
            )
            raise ValueError(message)
        inside = stack_of(target) == stack_of(self)
        scope: Construct = self if inside else target
        label = name if inside else f"By{self._id}"
        undelivered = dead_letter_queue(
            scope, f"Undelivered{label}", owner=self._id, alarms_to=self._alarms_of(target)
        )
        rule = events.CfnRule(
            scope,
            f"To{name}" if inside else f"From{self._id}",
            event_bus_name=self._bus_name(inside=inside),
            event_pattern=pattern,
            targets=[
                events.CfnRule.TargetProperty(
                    id="Target",
                    arn=_arn(target),
                    role_arn=self._role(scope, target, label),
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map=_FIELDS, input_template=_ENVELOPE
                    ),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_retry_attempts=_RETRY_ATTEMPTS,
                        maximum_event_age_in_seconds=as_seconds(self._retry_for),
                    ),
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=undelivered.queue_arn
                    ),
                )
            ],
        )
        _let_in(undelivered, rule)
        if isinstance(target, PointToPointQueue):
            _let_in(target.queue, rule)
        elif isinstance(target, LambdaWorker):
            target.invoked_by("events.amazonaws.com", f"From{self._id}", rule.attr_arn)
        if not inside:
            stack_of(target).add_stack_dependency(stack_of(self))
        self.rules[name] = rule
        self.undelivered[name] = undelivered
        self.alarms[name] = alarm(
            scope,
            f"Lost{label}",
            says=f"{self._id}: events for {name} are lost: neither it nor Undelivered{label} can "
            "take them.",
            namespace="AWS/Events",
            metric="InvocationsFailedToBeSentToDlq",
            dimensions={
                "EventBusName": self._bus_name(inside=inside),
                # Of a bus of one's own, Ref is not the name; the ARN is rule/<bus>/<name>.
                "RuleName": cdk.Fn.select(2, cdk.Fn.split("/", rule.attr_arn)),
            },
            above=0,
            statistic="Sum",
            tells=self._alarms_of(target),
        )

    def address(self) -> tuple[str, str]:
        """A sender's environment variable for this bus: `<ID>_BUS_NAME`."""
        return environment_name(self._id, "BUS_NAME"), self.bus.event_bus_name

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` put events on it."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(actions=["events:PutEvents"], resources=[self.bus.event_bus_arn])
        )

    def _bus_name(self, *, inside: bool) -> str:
        if inside or self._name is None:
            return self.bus.event_bus_name
        return self._name

    def _alarms_of(self, target: Construct) -> sns.ITopic:
        """Where alarms about a target are told: in the target's stack, if that is another one."""
        if stack_of(target) == stack_of(self):
            return self._alarms_to
        return operator_alarms(target)

    def _role(self, scope: Construct, target: Construct, label: str) -> str | None:
        """What EventBridge starts a workflow as; queues and functions let it in themselves."""
        if not isinstance(target, DurableWorkflow):
            return None
        role = iam.Role(scope, f"Starts{label}", assumed_by=service("events.amazonaws.com"))
        target.grant_send(role)
        return role.role_arn

    def _pattern(
        self, name: str, matching: Mapping[str, Sequence[object]] | None
    ) -> dict[str, object]:
        pattern: dict[str, object] = {}
        for field, values in (matching or {}).items():
            if isinstance(values, str) or not values:
                message = (
                    f"{self.node.path}.delivers_to({name}): the filter {field!r} is {values!r} and "
                    "would let nothing through: give a list of values, e.g. "
                    f'{{{field!r}: ["order.placed"]}}'
                )
                raise ValueError(message)
            way = {"type": ["detail-type"], "source": ["source"]}.get(field)
            if way is None and field.startswith("data.") and "" not in field.split("."):
                way = ["detail", *field.split(".")]
            if way is None:
                message = (
                    f"{self.node.path}.delivers_to({name}): the filter {field!r} is no field of an "
                    'event: give "type", "source", or "data." with a field of the data'
                )
                raise ValueError(message)
            inner = pattern
            for part in way[:-1]:
                inner = inner.setdefault(part, {})  # type: ignore[assignment]  # made here
            inner[way[-1]] = list(values)
        return pattern or _EVERYTHING


def _arn(target: PointToPointQueue | LambdaWorker | DurableWorkflow) -> str:
    if isinstance(target, PointToPointQueue):
        return target.queue.queue_arn
    if isinstance(target, LambdaWorker):
        return target.function.function_arn
    return target.workflow.ref


def _let_in(queue: sqs.IQueue, rule: events.CfnRule) -> None:
    """Lets one rule send to a queue."""
    principal = service("events.amazonaws.com")
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sqs:SendMessage"],
            principals=[principal],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
        )
    )
    if queue.encryption_master_key is not None:
        queue.encryption_master_key.grant(principal, "kms:Decrypt", "kms:GenerateDataKey")


def _check(archive_days: int | Off | None, retry_for: cdk.Duration | None) -> None:
    if isinstance(archive_days, int) and archive_days < 1:
        message = (
            f"archive_days={archive_days}: 0 would keep events for ever, which is a cost nobody "
            "decided on: give 1 day or more, or Off(reason) for no archive"
        )
        raise ValueError(message)
    given = seconds(retry_for)
    low, high = _RETRY_LIMITS
    if given is not None and not low <= given <= high:
        message = (
            f"retry_for of {given:g} s: EventBridge offers an event for {low} s to {high} s; "
            f"{_RETRY_SECONDS} s is a good time, and what is left is a dead letter"
        )
        raise ValueError(message)
