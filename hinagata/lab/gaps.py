"""What stays wrong on the embedded endpoint, as data: each with the test that shows it.

What its patches cure is in `hinagata.lab.patches`; what it does not know at all is replaced by a
stand-in and listed (`hinagata.lab.stubs`). This is the rest: what deploys, answers, and behaves
otherwise than AWS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


@dataclass(frozen=True)
class Touch:
    """What of a template a gap is about: a resource of a type, or a property of it.

    Attributes:
        type: the CloudFormation type.
        path: the property; empty for the resource as such.
        only: the values that count; empty for any.
        usual: values that do not count: what the endpoint does anyway.
        beside: a property that must be there too.
        names: types of resources of which the property has to name one; empty for any value.
    """

    type: str
    path: tuple[str, ...] = ()
    only: tuple[object, ...] = ()
    usual: tuple[object, ...] = ()
    beside: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def touches(self, node: Node) -> bool:
        """Return whether a resource has it, or may have it."""
        if node.type != self.type or (self.beside and node.get(*self.beside) is None):
            return False
        if self.names:
            return any(named.type in self.names for named in node.nodes(*self.path))
        return not self.path or any(map(self._counts, node.alternatives(*self.path)))

    def _counts(self, value: object) -> bool:
        if value is None or value in self.usual:
            return False
        # What is known only after the deployment may be one that counts.
        is_known = isinstance(value, (bool, int, float, str, list, dict))
        return not is_known or not self.only or value in self.only


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Something that is otherwise than on AWS.

    Attributes:
        name: in kebab-case.
        service: as AWS calls it.
        wrong: what is otherwise, in one sentence.
        touches: which resources and properties it concerns.
        test: of `tests/emulator/test_gaps.py`, the function that shows it.
    """

    name: str
    service: str
    wrong: str
    touches: tuple[Touch, ...]
    test: str


_FUNCTION = "AWS::Lambda::Function"
_MAPPING = "AWS::Lambda::EventSourceMapping"
_ALARM = "AWS::CloudWatch::Alarm"
_PIPE = "AWS::Pipes::Pipe"
_RULE = "AWS::Events::Rule"
_SUBSCRIPTION = "AWS::SNS::Subscription"
_DELIVERY_STREAM = "AWS::KinesisFirehose::DeliveryStream"
_HTTP_API = "AWS::ApiGatewayV2::Api"

GAPS: tuple[Gap, ...] = (
    Gap(
        name="memory",
        service="Lambda",
        wrong="memory, its share of a processor and its limit mean nothing: a function takes what "
        "this machine has",
        touches=(Touch(_FUNCTION),),
        test="test_memory_is_not_limited",
    ),
    Gap(
        name="invocation-permission",
        service="Lambda",
        wrong="a bus or a topic invokes a function that does not permit it",
        touches=(
            Touch(_RULE),
            Touch(_SUBSCRIPTION, ("Protocol",), only=("lambda",)),
        ),
        test="test_a_function_without_permission_is_invoked",
    ),
    Gap(
        name="delivery-roles",
        service="IAM",
        wrong="what a service does by a role that was given to it is not held against that role: "
        "workflows, mappings, destinations, pipes, schedules, rules, delivery streams and APIs",
        touches=(
            Touch("AWS::StepFunctions::StateMachine"),
            Touch(_MAPPING),
            Touch("AWS::Lambda::EventInvokeConfig", ("DestinationConfig",)),
            Touch(_PIPE),
            Touch("AWS::Scheduler::Schedule"),
            Touch(_RULE, ("Targets",), names=("AWS::IAM::Role",)),
            Touch("AWS::IoT::TopicRule"),
            Touch(_DELIVERY_STREAM),
            Touch("AWS::ApiGateway::Method", ("Integration", "Credentials")),
        ),
        test="test_a_role_that_may_nothing_delivers",
    ),
    Gap(
        name="provisioned-concurrency",
        service="Lambda",
        wrong="provisioned concurrency provisions nothing: the first call is a cold start",
        touches=(Touch("AWS::Lambda::Alias", ("ProvisionedConcurrencyConfig",)),),
        test="test_provisioned_concurrency_starts_cold",
    ),
    Gap(
        name="stream-parallelism",
        service="Lambda",
        wrong="of a shard that several invocations read at once, one that retries holds up "
        "the others",
        touches=(Touch(_MAPPING, ("ParallelizationFactor",), usual=(1, "1")),),
        test="test_a_lane_that_retries_holds_up_the_others",
    ),
    Gap(
        name="stream-windows",
        service="Lambda",
        wrong="the mapping of a stream does not wait for its batching window and has no tumbling "
        "windows",
        touches=(
            Touch(
                _MAPPING,
                ("MaximumBatchingWindowInSeconds",),
                usual=(0, "0"),
                beside=("StartingPosition",),
            ),
            Touch(_MAPPING, ("TumblingWindowInSeconds",), usual=(0, "0")),
        ),
        test="test_a_stream_does_not_wait_for_its_batching_window",
    ),
    Gap(
        name="fifo-parallelism",
        service="SQS",
        wrong="a FIFO queue's groups are processed one after the other and not side by side",
        touches=(Touch("AWS::SQS::Queue", ("FifoQueue",), only=(True, "true")),),
        test="test_groups_of_a_fifo_queue_wait_for_each_other",
    ),
    Gap(
        name="stream-capacity",
        service="Kinesis",
        wrong="a shard takes more than 1 MB and 1,000 records a second, and is never throttled",
        touches=(Touch("AWS::Kinesis::Stream"),),
        test="test_a_shard_takes_any_rate",
    ),
    Gap(
        name="table-capacity",
        service="DynamoDB",
        wrong="a table is never throttled, by its provisioned capacity as little as by a hot key",
        touches=(Touch("AWS::DynamoDB::Table"), Touch("AWS::DynamoDB::GlobalTable")),
        test="test_a_table_takes_any_rate",
    ),
    Gap(
        name="delivery-buffer",
        service="Firehose",
        wrong="a delivery stream buffers nothing: one object for each record, at once",
        touches=(Touch(_DELIVERY_STREAM),),
        test="test_a_delivery_stream_buffers_nothing",
    ),
    Gap(
        name="delivery-status",
        service="SNS",
        wrong="a topic logs no delivery, whatever became of it",
        touches=(Touch("AWS::SNS::Topic", ("DeliveryStatusLogging",)),),
        test="test_a_topic_logs_no_delivery",
    ),
    Gap(
        name="subscribed-delivery-stream",
        service="SNS",
        wrong="a delivery stream that is subscribed to a topic gets nothing",
        touches=(Touch(_SUBSCRIPTION, ("Protocol",), only=("firehose",)),),
        test="test_a_subscribed_delivery_stream_gets_nothing",
    ),
    Gap(
        name="rule-targets",
        service="EventBridge",
        wrong="a rule hands nothing to a stream, a delivery stream, a log group or a cluster",
        touches=(
            Touch(
                _RULE,
                ("Targets",),
                names=(
                    "AWS::Kinesis::Stream",
                    _DELIVERY_STREAM,
                    "AWS::Logs::LogGroup",
                    "AWS::ECS::Cluster",
                ),
            ),
        ),
        test="test_a_rule_hands_nothing_to_a_stream",
    ),
    Gap(
        name="firewall",
        service="WAF",
        wrong="a web ACL blocks and counts nothing",
        touches=(Touch("AWS::WAFv2::WebACL"), Touch("AWS::WAFv2::WebACLAssociation")),
        test="test_a_web_acl_blocks_nothing",
    ),
    Gap(
        name="network",
        service="VPC",
        wrong="subnets, routes and security groups keep nobody out and let everybody reach "
        "everything",
        touches=(Touch("AWS::EC2::SecurityGroup"), Touch(_FUNCTION, ("VpcConfig",))),
        test="test_a_function_in_a_closed_network_reaches_everything",
    ),
    Gap(
        name="other-metrics",
        service="CloudWatch",
        wrong="there are metrics of queues, functions, streams' readers and one's own alone: an "
        "alarm on another service's metric never has data",
        touches=(
            Touch(
                _ALARM,
                ("Namespace",),
                only=(
                    "AWS/ApiGateway",
                    "AWS/ApplicationELB",
                    "AWS/DynamoDB",
                    "AWS/ECS",
                    "AWS/Events",
                    "AWS/Firehose",
                    "AWS/SNS",
                    "AWS/States",
                ),
            ),
            Touch(_ALARM, ("MetricName",), only=("WriteProvisionedThroughputExceeded",)),
        ),
        test="test_an_api_has_no_metrics",
    ),
    Gap(
        name="metric-math",
        service="CloudWatch",
        wrong="an alarm on an expression over metrics is left out",
        touches=(Touch(_ALARM, ("Metrics",)),),
        test="test_an_alarm_on_an_expression_is_refused",
    ),
    Gap(
        name="api-names",
        service="API Gateway",
        wrong="the address that a template makes of an API's id is one of amazonaws.com, where "
        "nobody answers; the lab calls the API by the endpoint's own",
        touches=(Touch("AWS::ApiGateway::RestApi"), Touch(_HTTP_API)),
        test="test_the_address_of_an_api_is_not_here",
    ),
    Gap(
        name="http-api-errors",
        service="API Gateway",
        wrong="an HTTP API shows its caller a function's error, and says 429 where AWS says 503 "
        "when the function is throttled",
        touches=(Touch(_HTTP_API, ("ProtocolType",), only=("HTTP",)),),
        test="test_an_http_api_shows_the_error_of_a_function",
    ),
    Gap(
        name="http-api-integrations",
        service="API Gateway",
        wrong="an HTTP API's integration with an AWS service answers 502",
        touches=(Touch("AWS::ApiGatewayV2::Integration", ("IntegrationSubtype",)),),
        test="test_an_http_api_reaches_no_service",
    ),
    Gap(
        name="pipe-enrichment",
        service="EventBridge",
        wrong="a pipe hands over what it read, without enrichment and input template",
        touches=(
            Touch(_PIPE, ("Enrichment",)),
            Touch(_PIPE, ("TargetParameters", "InputTemplate")),
        ),
        test="test_a_pipe_does_not_enrich",
    ),
)


def gaps_of(topology: Topology) -> tuple[Gap, ...]:
    """Return the gaps that some resource of an architecture touches, in their order."""
    return tuple(gap for gap in GAPS if next(touched(gap, topology), None) is not None)


def touched(gap: Gap, topology: Topology) -> Iterator[Node]:
    """Yield the resources that a gap is about."""
    types = dict.fromkeys(touch.type for touch in gap.touches)
    for node in topology.of_type(*types):
        if any(touch.touches(node) for touch in gap.touches):
            yield node
