"""From a node of the topology to the station that it is, with the settings that templates say."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hinagata.facts import Facts
from hinagata.scenario.key import Key
from hinagata.scenario.model import Scenario
from hinagata.simulator.assumed import Assumed
from hinagata.simulator.calls import calls_of, events_of, stream_of
from hinagata.simulator.doubts import Doubts
from hinagata.simulator.kept import Kept
from hinagata.simulator.keys import shares
from hinagata.simulator.known import Known
from hinagata.simulator.model import (
    AsyncInvoke,
    Call,
    Dependency,
    Function,
    Gateway,
    Poller,
    Queue,
    Reader,
    Retry,
    Service,
    Station,
    Stream,
    Table,
    TargetTracking,
    Topic,
    Work,
    Workflow,
)
from hinagata.simulator.names import Names
from hinagata.simulator.outside import Outside
from hinagata.simulator.own_times import OwnTimes
from hinagata.simulator.routes import RUNS_CODE, Routes
from hinagata.simulator.scaling import scaling_of
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.flow import flow
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role, walk
from hinagata.topology.value import items

FUNCTION = "AWS::Lambda::Function"
_SERVICE = "AWS::ECS::Service"
_QUEUE, _STREAM = "AWS::SQS::Queue", "AWS::Kinesis::Stream"
_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_APIS = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
_TOPICS = ("AWS::SNS::Topic", "AWS::Events::EventBus", "Hinagata::DefaultBus")
_WORKFLOW = "AWS::StepFunctions::StateMachine"

# Defaults of the CloudFormation reference, of the resource that has the property.
_FUNCTION_TIMEOUT_S, _FUNCTION_MB = 3, 128
_VISIBILITY_S, _RETENTION_S = 30, 345_600
_QUEUE_BATCH, _STREAM_BATCH = 10, 100
_RETENTION_H = 24
_TABLE_UNITS = 5  # what a table that is to have provisioned capacity must say; CDK's default
_MOST_PARTITIONS = 64  # so that a partition that no message finds costs no time
_RECORD_BYTES = 1024
# Load balancer attribute idle_timeout.timeout_seconds (ELB's API reference).
_IDLE_TIMEOUT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Builder:
    """Makes the stations of an architecture.

    Args:
        topology: The architecture.
        scenario: What is sent, and how hops behave.
        routes: Where messages go.
        names: What the stations are called.
        times: How long hops work.
        outside: What hops call that is no part of the architecture.
        kept: What hops do with tables and buckets.
        assumed: What neither templates nor scenario say.
        facts: Quotas and defaults.
        known: Reads settings.
        doubts: Told of what is assumed.
    """

    topology: Topology
    scenario: Scenario
    routes: Routes
    names: Names
    times: OwnTimes
    outside: Outside
    kept: Kept
    assumed: Assumed
    facts: Facts
    known: Known
    doubts: Doubts

    def stations(self) -> Iterator[Station]:
        """Yields all of them, those that no template has of their own too."""
        for node in self.names.of:
            yield self._station(node)
            if self._has_stream(node):
                yield self._stream(node, name=stream_of(self.names.of[node]))
            if node.type == FUNCTION and self.topology.into(node, Kind.INVOKES_ASYNC):
                yield self._events(node)
        for name in self.outside.called:
            yield Dependency(name=name)

    def _station(self, node: Node) -> Station:
        if node.type == _STREAM:
            return self._stream(node, name=self.names.of[node])
        make = self._makers.get(node.type)
        if make is not None:
            return make(node)
        if node.role is not Role.BUCKET and node in self.routes.visitors:
            self.doubts.add("these only take their time, without limits: {}", self.names.of[node])
        return Dependency(
            name=self.names.of[node],
            calls=self._calls(node),
        )

    @property
    def _makers(self) -> dict[str, Callable[[Node], Station]]:
        return {
            FUNCTION: self._function,
            _SERVICE: self._service,
            _QUEUE: self._queue,
            _WORKFLOW: self._workflow,
            **dict.fromkeys(_APIS, self._gateway),
            **dict.fromkeys(_TOPICS, self._topic),
            **dict.fromkeys(_TABLES, self._table),
        }

    def _function(self, node: Node) -> Function:
        work = self.times.work(node)
        batches = bool(self.topology.into(node, Kind.POLLS))
        return Function(
            name=self.names.of[node],
            calls=self._calls(node),
            work=Work(mean_s=0.0, cv=0.0) if batches else work,
            per_message=work if batches else None,
            cold_start=self.times.cold_start(node),
            timeout_s=self.known.number(node, "Timeout", default=_FUNCTION_TIMEOUT_S),
            memory_mb=self.known.number(node, "MemorySize", default=_FUNCTION_MB),
            keep_alive_s=self.assumed.take("keep_alive_s", node),
            fails=self.assumed.take("error_share", node),
            reserved=None
            if self._is_uncapped(node)
            else self.known.maybe(node, "ReservedConcurrentExecutions"),
            provisioned=self._provisioned(node),
            arm=node.strings("Architectures", default="x86_64") == frozenset({"arm64"}),
        )

    def _is_uncapped(self, function: Node) -> bool:
        uncapped = self.scenario.uncapped
        return self.names.hop(function) in uncapped or self.names.of[function] in uncapped

    def _provisioned(self, function: Node) -> float:
        settings = ("ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions")
        return sum(
            self.known.number(node, *settings, default=0.0)
            for node in self.topology.of_type("AWS::Lambda::Alias", "AWS::Lambda::Version")
            if function in self.topology.reachable([node], Kind.VERSIONS)
        )

    def _events(self, function: Node) -> AsyncInvoke:
        """Returns the service's own queue before a function."""
        config = next(
            (
                node
                for node in self.topology.of_type("AWS::Lambda::EventInvokeConfig")
                if function in node.nodes("FunctionName")
            ),
            None,
        )
        retries = self.facts.value("lambda", "async.retries")
        age = 3600 * self.facts.value("lambda", "async.max_event_age")
        if config is not None:
            retries = self.known.number(config, "MaximumRetryAttempts", default=retries)
            age = self.known.number(config, "MaximumEventAgeInSeconds", default=age)
        failed = self.topology.out(function, Kind.DEAD_LETTER, Kind.ON_FAILURE)
        return AsyncInvoke(
            name=events_of(self.names.of[function]),
            function=self.names.of[function],
            retry=Retry(retries=int(retries), jitter=False, waits_s=(60.0, 120.0)),
            max_age_s=age,
            on_failure=self._first(
                edge for edge in failed if edge.via.type != "AWS::Lambda::EventSourceMapping"
            ),
        )

    def _service(self, node: Node) -> Service:
        task = next(iter(node.nodes("TaskDefinition")), None)
        vcpu, memory_mb = 0.25, 512.0
        if task is not None:
            vcpu = self.known.number(task, "Cpu", default=256) / 1024
            memory_mb = self.known.number(task, "Memory", default=512)
        slots: float = max(1, math.ceil(vcpu))
        if self.assumed.says("slots_per_task", node):
            slots = self.assumed.take("slots_per_task", node)
        else:
            self.doubts.add(
                "a task is taken to work on one request at once for each processor begun: {}",
                self.names.of[node],
            )
        desired = self.known.number(node, "DesiredCount", default=1)
        scaling = scaling_of(node, self.topology, known=self.known, facts=self.facts)
        at_least = desired if scaling.at_least is None else scaling.at_least
        at_most = desired if scaling.at_most is None else scaling.at_most
        tracked = self._tracked_at_first(node, slots, scaling.tracking)
        timeouts = [
            found.timeout_s
            for edge in self.topology.into(node, Kind.INVOKES_SYNC)
            if (found := flow(edge, self.topology)) is not None and found.timeout_s is not None
        ]
        return Service(
            name=self.names.of[node],
            calls=self._calls(node),
            work=self.times.work(node),
            # The time before the scenario was like its beginning.
            tasks=min(at_most, max(desired, at_least, tracked)),
            slots=slots,
            at_least=at_least,
            at_most=at_most,
            tracking=scaling.tracking,
            steps=scaling.steps,
            timeout_s=min(timeouts, default=_IDLE_TIMEOUT_S),
            vcpu=vcpu,
            memory_mb=memory_mb,
            arm=task is not None and task.get("RuntimePlatform", "CpuArchitecture") == "ARM64",
        )

    def _tracked_at_first(
        self, service: Node, slots: float, tracking: TargetTracking | None
    ) -> float:
        """Returns the tasks that a target asks for at the rates that the scenario begins with."""
        sources = self.scenario.sources
        rate = sum(
            sources[name].rate.rate_at(0.0) for name in self.routes.visitors.get(service, ())
        )
        if tracking is None:
            return 0.0
        if tracking.busy_share is not None:
            busy = rate * self.times.whole(service) / slots
            return float(math.ceil(busy / tracking.busy_share))
        return float(math.ceil(60 * rate / (tracking.requests_per_task_per_min or math.inf)))

    def _gateway(self, node: Node) -> Gateway:
        rates, bursts = [], []
        for stage in self.topology.of_type("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"):
            if node in (*stage.nodes("RestApiId"), *stage.nodes("ApiId")):
                settings = (
                    *(stage.items("MethodSettings") or ()),
                    stage.get("DefaultRouteSettings"),
                )
                for setting in settings:
                    rates += [self._said(walk(setting, "ThrottlingRateLimit"))]
                    bursts += [self._said(walk(setting, "ThrottlingBurstLimit"))]
        timeouts = [
            found.timeout_s
            for edge in self.topology.out(node, Kind.INVOKES_SYNC)
            if (found := flow(edge, self.topology)) is not None and found.timeout_s is not None
        ]
        return Gateway(
            name=self.names.of[node],
            calls=self._calls(node),
            per_s=min([self.facts.value("apigateway", "throttle.rps"), *filter(None, rates)]),
            burst=min([self.facts.value("apigateway", "throttle.burst"), *filter(None, bursts)]),
            timeout_s=max(
                timeouts, default=self.facts.value("apigateway", "rest.integration_timeout")
            ),
            http=node.get("ProtocolType") == "HTTP",
        )

    @staticmethod
    def _said(value: object) -> float | None:
        return float(value) if isinstance(value, int | float) else None

    def _queue(self, node: Node) -> Queue:
        receives: float | None = None
        for policy in items(node.get("RedrivePolicy")):
            count = walk(policy, "maxReceiveCount")
            receives = float(count) if isinstance(count, int | float | str) else None
        ordered = bool(node.flag("FifoQueue"))
        groups = [key.cardinality for _, key, _ in self._keys(node)]
        return Queue(
            name=self.names.of[node],
            visibility_s=self.known.number(node, "VisibilityTimeout", default=_VISIBILITY_S),
            max_receives=None if receives is None else int(receives),
            dead_letter=self._first(self.topology.out(node, Kind.DEAD_LETTER)),
            retention_s=self.known.number(node, "MessageRetentionPeriod", default=_RETENTION_S),
            ordered=ordered,
            groups=max(groups, default=math.inf) if ordered else math.inf,
            poller=next(self._pollers(node), None),
        )

    def _polls(self, node: Node) -> Iterator[Edge]:
        for edge in self.topology.out(node, Kind.POLLS):
            if edge.target.type == FUNCTION and edge.via.type == "AWS::Lambda::EventSourceMapping":
                if edge.via.get("FilterCriteria") is not None:
                    self.doubts.add(
                        "what these filter is taken to pass: {}",
                        f"{edge.source.name} → {edge.target.name}",
                    )
                yield edge
            else:
                self.doubts.add(
                    "no simulation knows what these do, so their messages stay: {}",
                    f"{edge.source.name} → {edge.target.name}",
                )

    def _pollers(self, queue: Node) -> Iterator[Poller]:
        for index, edge in enumerate(self._polls(queue)):
            if index:
                self.doubts.add(
                    "of the consumers of a queue only the first is simulated: {}",
                    self.names.of[queue],
                )
                return
            via, value = edge.via, self.facts.value
            types = via.items("FunctionResponseTypes")
            most = value("sqs_esm", "max_concurrency")
            yield Poller(
                function=self.names.of[edge.target],
                batch=self.known.number(via, "BatchSize", default=_QUEUE_BATCH),
                window_s=self.known.number(via, "MaximumBatchingWindowInSeconds", default=0),
                at_start=value("sqs_esm", "initial_concurrency"),
                ramp_per_min=value("sqs_esm", "ramp"),
                at_most=most
                if self._is_uncapped(edge.target)
                else self.known.number(via, "ScalingConfig", "MaximumConcurrency", default=most),
                partial="ReportBatchItemFailures" in (types or ()),
            )

    def _stream(self, node: Node, *, name: str) -> Stream:
        value = self.facts.value
        records, size = (
            value("kinesis", "shard.write_records"),
            1_048_576 * value("kinesis", "shard.write_bytes"),
        )
        poll_s = 1 / value("kinesis_esm", "poll_rate_standard")
        shards = 1.0
        if node.type != _STREAM:
            records = size = math.inf
            poll_s = 1 / value("dynamodb_streams_esm", "poll_rate")
            self.doubts.add("a table's stream is taken to have one shard: {}", self.names.of[node])
        elif walk(node.get("StreamModeDetails"), "StreamMode") == "ON_DEMAND":
            shards = value("kinesis", "ondemand.initial_write")
            self.doubts.add(
                "streams on demand are taken to stay as large as new ones: {}", self.names.of[node]
            )
        else:
            shards = self.known.number(node, "ShardCount", default=1)
        hours = self.known.number(node, "RetentionPeriodHours", default=_RETENTION_H)
        return Stream(
            name=name,
            shares=shares(self._keys(node), max(1, int(shards))),
            records_per_s=records,
            bytes_per_s=size,
            record_bytes=self._message_bytes(node),
            retention_s=3600 * hours,
            readers=tuple(self._reader(edge, poll_s) for edge in self._polls(node)),
        )

    def _reader(self, edge: Edge, poll_s: float) -> Reader:
        via, number = edge.via, self.known.number
        retries = number(via, "MaximumRetryAttempts", default=-1)
        age = number(via, "MaximumRecordAgeInSeconds", default=-1)
        failed = (
            each for each in self.topology.out(edge.target, Kind.ON_FAILURE) if each.via is via
        )
        return Reader(
            function=self.names.of[edge.target],
            batch=number(via, "BatchSize", default=_STREAM_BATCH),
            window_s=number(via, "MaximumBatchingWindowInSeconds", default=0),
            parallel=int(number(via, "ParallelizationFactor", default=1)),
            poll_s=poll_s,
            retries=None if retries < 0 else int(retries),
            bisect=bool(via.flag("BisectBatchOnFunctionError")),
            max_age_s=math.inf if age < 0 else age,
            on_failure=self._first(failed),
        )

    def _topic(self, node: Node) -> Topic:
        return Topic(
            name=self.names.of[node],
            calls=self._calls(node),
            dead_letter=self._first(self.topology.out(node, Kind.DEAD_LETTER)),
            bus=node.role is Role.BUS,
        )

    def _table(self, node: Node) -> Table:
        name, value = self.names.of[node], self.facts.value
        calls = self._calls(node)
        if self._has_stream(node):
            calls = (*calls, Call(target=stream_of(name), waits=False))
        calls_made, written, read = self._taken_of(node)
        partition_writes = value("dynamodb", "partition.write")
        partition_reads = value("dynamodb", "partition.read")
        billing = node.strings("BillingMode", default="PROVISIONED") or frozenset()
        on_demand = billing <= {"PAY_PER_REQUEST"}
        provisioned: tuple[float | None, float | None] = (None, None)
        if not on_demand:
            number = self.known.number
            units = "ProvisionedThroughput"
            provisioned = (
                number(node, units, "WriteCapacityUnits", default=_TABLE_UNITS),
                number(node, units, "ReadCapacityUnits", default=_TABLE_UNITS),
            )
            if self.topology.into(node, Kind.SCALES):
                self.doubts.add("the scaling of tables is not simulated: {}", name)
        parts = self._parts(node, provisioned)
        spread = shares(self._keys(node), min(_MOST_PARTITIONS, parts))
        # Where no partition is hotter than the rest by a tenth, the table's own limits count.
        even = max(spread) * len(spread) < 1.1
        factor = parts if even else 1
        return Table(
            name=name,
            calls=calls,
            write_units=written / calls_made if calls_made else 1.0,
            read_units=read / calls_made if calls_made else 0.0,
            writes_per_s=provisioned[0],
            reads_per_s=provisioned[1],
            shares=(1.0,) if even else spread,
            partition_writes_per_s=partition_writes * factor,
            partition_reads_per_s=partition_reads * factor,
            credit_s=value("dynamodb", "provisioned.burst"),
            at_most_writes_per_s=value("dynamodb", "ondemand.initial_write"),
            at_most_reads_per_s=value("dynamodb", "ondemand.initial_read"),
            grows_by=value("dynamodb", "ondemand.scale_factor"),
            grows_after_s=60 * value("dynamodb", "ondemand.scale_window"),
            quota_writes_per_s=value("dynamodb", "quota.table_throughput"),
            quota_reads_per_s=value("dynamodb", "quota.table_throughput"),
        )

    def _calls(self, node: Node) -> tuple[Call, ...]:
        within = calls_of(
            node, topology=self.topology, routes=self.routes, names=self.names, kept=self.kept
        )
        return (*within, *self.outside.calls_of(node))

    def _taken_of(self, table: Node) -> tuple[float, float, float]:
        """Returns how often a table is called over all, and the units written and read."""
        calls = written = read = 0.0
        for source, links in self.routes.links.items():
            if not any(link.target is table for link in links):
                continue
            takers = self.routes.takers.get((source, table), ())
            if source.type not in RUNS_CODE:
                # What no code does is taken for a write of one unit.
                calls += self.routes.count(takers)
                written += self.routes.count(takers)
                continue
            for use in self.kept.uses(source, table, takers):
                sent = self.routes.count(use.sources)
                calls += sent * use.calls
                written += sent * use.write_units
                read += sent * use.read_units
        return calls, written, read

    def _parts(self, table: Node, provisioned: tuple[float | None, float | None]) -> int:
        """Returns how many partitions a table has once it carries its peak."""
        value = self.facts.value
        writes = provisioned[0]
        if writes is None:
            visitors = self.routes.visitors.get(table, ())
            _, written, _ = self._taken_of(table)
            sent = self.routes.count(visitors)
            peak = sum(map(self._peak, visitors)) * (written / sent if sent else 1.0)
            factor = value("dynamodb", "ondemand.scale_factor")
            writes = max(value("dynamodb", "ondemand.initial_write"), factor * peak)
        return max(1, math.ceil(writes / value("dynamodb", "partition.write")))

    def _peak(self, source: str) -> float:
        rate, end = self.scenario.sources[source].rate, self.scenario.duration_seconds
        return max(rate.rate_at(end * step / 288) for step in range(288))

    def _workflow(self, node: Node) -> Workflow:
        calls = self._calls(node)
        return Workflow(
            name=self.names.of[node],
            calls=calls,
            # The start, and the end of each state that calls.
            transitions=1.0 + max(1, len(calls)),
            express=node.get("StateMachineType") == "EXPRESS",
        )

    def _keys(self, node: Node) -> list[tuple[str, Key, float]]:
        """Returns the first key of each source that comes to a station, with its share."""
        sources = self.scenario.sources
        visitors = [name for name in self.routes.visitors.get(node, ()) if sources[name].keys]
        total = sum(self.routes.sent[name] for name in visitors)
        found = []
        for name in visitors:
            key_name, key = next(iter(sources[name].keys.items()))
            found.append((key_name, key, self.routes.sent[name] / total if total else 0.0))
        return found

    def _message_bytes(self, node: Node) -> float:
        visitors = self.routes.visitors.get(node, ())
        total = self.routes.count(visitors)
        if self.assumed.says("message_kb", node) or not total:
            return 1024 * self.assumed.take("message_kb", node)
        return sum(self.routes.sent[name] / total * self._body_bytes(name) for name in visitors)

    def _body_bytes(self, source: str) -> float:
        body = self.scenario.sources[source].request.body
        return _RECORD_BYTES if body is None else len(json.dumps(body, ensure_ascii=False).encode())

    def _has_stream(self, node: Node) -> bool:
        return node.type in _TABLES and bool(self.topology.out(node, Kind.POLLS))

    def _first(self, edges: Iterable[Edge]) -> str | None:
        found = (self.names.of[edge.target] for edge in edges if edge.target in self.names.of)
        return next(found, None)
