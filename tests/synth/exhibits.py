"""One small stack per use of a pattern: the smallest, a fuller one, and with guards switched off.

Each function fills the stack of its name; `code` is the source root of `shop`, which the fixture
writes. What an exhibit brings itself, not by a pattern, it acknowledges itself.
"""

from collections.abc import Callable

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from patterns import (
    CircuitBreaker,
    DurableWorkflow,
    EventBus,
    EventRoute,
    EventStream,
    FanOut,
    LambdaWorker,
    LogLake,
    Off,
    PointToPointQueue,
    ProactiveService,
    PushGateway,
    ReactiveApi,
    Route,
    ScheduledStep,
    Situation,
    Step,
    TelemetryStore,
    acknowledge,
    python_image,
)

Exhibit = Callable[[cdk.Stack, str], None]
EXHIBITS: dict[str, Exhibit] = {}
SOURCE = {
    "shop/__init__.py": "",
    "shop/orders.py": "def handler(event, context): ...\ndef find(event, context): ...\n",
    "shop/billing.py": "def handler(event, context): ...\n",
    "shop/api.py": "def handler(event, context): ...\n",
    "shop/Dockerfile": "FROM scratch\n",
    "other/__init__.py": "",
    "other/orders.py": "def handler(event, context): ...\n",
    "other/events/order.json": "{}",
}
REASON = "an exhibit of what it leaves behind"


def exhibit(function: Exhibit) -> Exhibit:
    """Enters a function under the name of its stack: `queue_switched_off` as QueueSwitchedOff."""
    EXHIBITS["".join(word.capitalize() for word in function.__name__.split("_"))] = function
    return function


def _accepted(construct: Construct, *rules: str) -> None:
    checkov = tuple(rule for rule in rules if rule.startswith("CKV_"))
    cdk_rules = tuple(rule for rule in rules if rule not in checkov)
    acknowledge(
        construct, Situation("the exhibit brings it itself", cdk=cdk_rules, checkov=checkov)
    )


def _key(stack: cdk.Stack) -> kms.Key:
    return kms.Key(stack, "Key", enable_key_rotation=True)


def own_function(scope: Construct, construct_id: str, timeout: int | None = 20) -> lambda_.Function:
    """A function that is not made by a pattern."""
    function = lambda_.Function(
        scope,
        construct_id,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        timeout=cdk.Duration.seconds(timeout) if timeout else None,
        tracing=lambda_.Tracing.ACTIVE,
        memory_size=256,
        reserved_concurrent_executions=5,
    )
    _accepted(
        function,
        "AwsSolutions-L1",
        "Serverless-LambdaLatestVersion",
        "Serverless-LambdaDLQ",
        "AwsSolutions-IAM5[Resource::*]",
        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
        "AWSLambdaBasicExecutionRole]",
        "Serverless-LambdaDefaultMemorySize",
        "Serverless-LambdaDefaultTimeout",
        "Hinagata::FM408",
        "CKV_AWS_116",
        "CKV_AWS_117",
        "CKV_AWS_173",
    )
    acknowledge(function, Situation("the CDK depends on its role twice", cfn_lint=("W3005",)))
    return function


def own_queue(
    scope: Construct, construct_id: str, *, seconds: int = 600, fifo: bool = False
) -> sqs.Queue:
    """A queue that is not made by a pattern."""
    queue = sqs.Queue(
        scope,
        construct_id,
        enforce_ssl=True,
        fifo=fifo or None,
        visibility_timeout=cdk.Duration.seconds(seconds),
        retention_period=cdk.Duration.days(14),
    )
    _accepted(queue, "AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy", "CKV_AWS_27")
    return queue


@exhibit
def queue(stack: cdk.Stack, _code: str) -> None:
    """A queue, in its smallest use."""
    PointToPointQueue(stack, "Orders")


@exhibit
def queue_full(stack: cdk.Stack, code: str) -> None:
    """A keyed FIFO queue with every setting, a sender and a worker."""
    orders = PointToPointQueue(
        stack,
        "Orders",
        fifo=True,
        visibility_timeout=cdk.Duration.minutes(10),
        retention=cdk.Duration.days(7),
        max_receive_count=3,
        key=_key(stack),
        age_alarm=cdk.Duration.hours(1),
        alarms_to=sns.Topic.from_topic_arn(
            stack, "Pager", "arn:aws:sns:eu-west-1:111122223333:pager"
        ),
    )
    LambdaWorker(stack, "Seller", handler="shop.orders.handler", code=code).sends_to(orders)
    LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code).consumes(orders)


@exhibit
def queue_switched_off(stack: cdk.Stack, code: str) -> None:
    """A queue without dead letters, and its worker."""
    orders = PointToPointQueue(stack, "Orders", dead_letters=Off(REASON))
    LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code).consumes(orders)


@exhibit
def queue_own(stack: cdk.Stack, code: str) -> None:
    """Your own queue, and your own dead-letter queue."""
    worker = LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code)
    mine = own_queue(stack, "Mine")
    _accepted(mine, "Hinagata::FM201")
    worker.consumes(PointToPointQueue(stack, "Orders", queue=mine))
    PointToPointQueue(stack, "Returns", dead_letters=own_queue(stack, "Lost"))


@exhibit
def fan_out(stack: cdk.Stack, code: str) -> None:
    """A topic with one subscriber and a publisher."""
    events = FanOut(stack, "Events")
    events.delivers_to(PointToPointQueue(stack, "Invoices"), only={"type": ["order.paid"]})
    LambdaWorker(stack, "Seller", handler="shop.orders.handler", code=code).sends_to(events)


@exhibit
def fan_out_more(stack: cdk.Stack, code: str) -> None:
    """The same with one more subscriber."""
    events = FanOut(stack, "Events")
    events.delivers_to(PointToPointQueue(stack, "Invoices"), only={"type": ["order.paid"]})
    LambdaWorker(stack, "Seller", handler="shop.orders.handler", code=code).sends_to(events)
    events.delivers_to(PointToPointQueue(stack, "Parcels"), raw=False)


@exhibit
def fan_out_fifo(stack: cdk.Stack, _code: str) -> None:
    """An ordered topic, to an ordered queue and to one that is not."""
    events = FanOut(stack, "Events", fifo=True)
    events.delivers_to(PointToPointQueue(stack, "Invoices", fifo=True))
    events.delivers_to(PointToPointQueue(stack, "Parcels"))


@exhibit
def fan_out_keyed(stack: cdk.Stack, code: str) -> None:
    """A topic and its queue under a key of your own."""
    key = _key(stack)
    events = FanOut(stack, "Events", key=key)
    events.delivers_to(PointToPointQueue(stack, "Invoices", key=key))
    LambdaWorker(stack, "Seller", handler="shop.orders.handler", code=code).sends_to(events)


@exhibit
def fan_out_own(stack: cdk.Stack, _code: str) -> None:
    """Your own topic."""
    topic = sns.Topic.from_topic_arn(stack, "Mine", "arn:aws:sns:eu-west-1:111122223333:mine")
    FanOut(stack, "Events", topic=topic).delivers_to(PointToPointQueue(stack, "Invoices"))


@exhibit
def stream(stack: cdk.Stack, _code: str) -> None:
    """A stream, in its smallest use."""
    EventStream(stack, "Clicks")


@exhibit
def stream_full(stack: cdk.Stack, code: str) -> None:
    """A keyed stream with every setting, a sender and a worker."""
    clicks = EventStream(
        stack,
        "Clicks",
        shards=3,
        retention=cdk.Duration.days(7),
        key=_key(stack),
        iterator_age_alarm=cdk.Duration.minutes(10),
    )
    LambdaWorker(stack, "Shop", handler="shop.orders.handler", code=code).sends_to(clicks)
    LambdaWorker(stack, "Count", handler="shop.billing.handler", code=code).consumes(
        clicks,
        batch_size=500,
        window=cdk.Duration.seconds(5),
        retries=3,
        parallelization=4,
        max_age=cdk.Duration.hours(1),
    )


@exhibit
def stream_own(stack: cdk.Stack, code: str) -> None:
    """A stream on demand, and your own stream with a worker."""
    EventStream(stack, "Clicks", on_demand=True)
    mine = kinesis.Stream.from_stream_arn(
        stack, "Mine", "arn:aws:kinesis:eu-west-1:111122223333:stream/mine"
    )
    worker = LambdaWorker(stack, "Count", handler="shop.billing.handler", code=code)
    worker.consumes(EventStream(stack, "Views", stream=mine))


@exhibit
def worker(stack: cdk.Stack, code: str) -> None:
    """A worker of a queue, in its smallest use."""
    LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code).consumes(
        PointToPointQueue(stack, "Orders")
    )


@exhibit
def worker_full(stack: cdk.Stack, code: str) -> None:
    """A worker with every setting, beside a slower one on the same queues and a stream."""
    billing = LambdaWorker(
        stack,
        "Billing",
        handler="shop.billing.handler",
        code=code,
        timeout=cdk.Duration.seconds(45),
        memory_mb=1024,
        max_concurrency=50,
        idempotent=True,
        environment={"CURRENCY": "JPY"},
    )
    orders = PointToPointQueue(stack, "Orders")
    billing.consumes(orders, batch_size=100, window=cdk.Duration.seconds(20))
    slow = LambdaWorker(
        stack,
        "Audit",
        handler="shop.orders.find",
        code=code,
        timeout=cdk.Duration.minutes(2),
    )
    slow.consumes(orders)
    returns = PointToPointQueue(stack, "Returns")
    slow.consumes(returns)
    billing.consumes(returns)
    for shared in (orders, returns):
        _accepted(shared, "Hinagata::FM210")
    clicks = EventStream(stack, "Clicks")
    slow.consumes(clicks)


@exhibit
def worker_invoked(stack: cdk.Stack, code: str) -> None:
    """Workers that another worker invokes: one made here, and an alias of your own."""
    mailer = LambdaWorker(
        stack, "Mailer", handler="shop.orders.handler", code=code, max_concurrency=3
    )
    seller = LambdaWorker(stack, "Seller", handler="shop.billing.handler", code=code)
    seller.sends_to(mailer)
    mine = own_function(stack, "Mine")
    _accepted(mine, "Hinagata::FM403")
    seller.sends_to(LambdaWorker(stack, "Archive", handler=mine.add_alias("live")))


@exhibit
def worker_switched_off(stack: cdk.Stack, code: str) -> None:
    """A worker without a bound, which may be invoked and consume a queue."""
    both = LambdaWorker(
        stack,
        "Billing",
        handler="shop.billing.handler",
        code=code,
        max_concurrency=Off(REASON),
    )
    both.consumes(PointToPointQueue(stack, "Orders"))
    LambdaWorker(stack, "Seller", handler="shop.orders.handler", code=code).sends_to(both)


@exhibit
def worker_own(stack: cdk.Stack, _code: str) -> None:
    """Your own function, and an alias of another, as workers."""
    function = own_function(stack, "Mine")
    worker = LambdaWorker(stack, "Billing", handler=function, idempotent=True)
    worker.consumes(PointToPointQueue(stack, "Orders"))
    alias = own_function(stack, "Second", timeout=None).add_alias("live")
    aliased = LambdaWorker(stack, "Audit", handler=alias)
    aliased.consumes(PointToPointQueue(stack, "Returns"))
    aliased.consumes(EventStream(stack, "Clicks"))


@exhibit
def worker_stores(stack: cdk.Stack, code: str) -> None:
    """A worker that reads and writes keyed tables and buckets, and reads a secret."""
    worker = LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code)
    read, written = stores = [
        dynamodb.Table(
            stack,
            name,
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=kms.Key(stack, f"{name}Key", enable_key_rotation=True),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )
        for name in ("Prices", "Sales")
    ]
    for store in stores:
        _accepted(store, "Hinagata::FM804")
    inbox, outbox = (
        s3.Bucket(
            stack,
            name,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        )
        for name in ("Inbox", "Outbox")
    )
    token = secretsmanager.Secret(stack, "Token")
    _accepted(inbox, "AwsSolutions-S1", "CKV_AWS_18", "CKV_AWS_21")
    _accepted(outbox, "AwsSolutions-S1", "CKV_AWS_18", "CKV_AWS_21")
    _accepted(token, "AwsSolutions-SMG4", "CKV_AWS_149")
    worker.reads(read)
    worker.writes(written)
    worker.reads(inbox)
    worker.writes(outbox)
    worker.reads(token)


@exhibit
def telemetry(stack: cdk.Stack, code: str) -> None:
    """A telemetry store in its smallest use, with a worker that writes and one that reads."""
    store = TelemetryStore(stack, "Current")
    LambdaWorker(stack, "Ingest", handler="shop.orders.handler", code=code).writes(store)
    LambdaWorker(stack, "Screen", handler="shop.orders.find", code=code).reads(store)


@exhibit
def telemetry_full(stack: cdk.Stack, code: str) -> None:
    """A keyed, provisioned store without sort key, with every setting, and its changes read."""
    store = TelemetryStore(
        stack,
        "Current",
        partition_key="device",
        sort_key=None,
        ttl="expires_at",
        max_write_units=400,
        max_read_units=200,
        min_write_units=40,
        min_read_units=20,
        changes=True,
        change_age_alarm=cdk.Duration.minutes(5),
        key=_key(stack),
        alarms_to=sns.Topic.from_topic_arn(
            stack, "Pager", "arn:aws:sns:eu-west-1:111122223333:pager"
        ),
    )
    worker = LambdaWorker(stack, "Ingest", handler="shop.orders.handler", code=code)
    worker.writes(store)
    worker.reads(store)
    LambdaWorker(stack, "History", handler="shop.billing.handler", code=code).consumes(store)


@exhibit
def telemetry_switched_off(stack: cdk.Stack, _code: str) -> None:
    """A store that goes with its stack, cannot be recovered, and takes whatever comes."""
    TelemetryStore(
        stack,
        "Current",
        max_write_units=Off(REASON),
        max_read_units=Off(REASON),
        recovery=Off(REASON),
        protection=Off(REASON),
    )


@exhibit
def telemetry_own(stack: cdk.Stack, code: str) -> None:
    """Your own table, with its changes read."""
    mine = dynamodb.Table.from_table_attributes(
        stack,
        "Mine",
        table_arn="arn:aws:dynamodb:eu-west-1:111122223333:table/mine",
        table_stream_arn="arn:aws:dynamodb:eu-west-1:111122223333:table/mine/stream/1",
    )
    store = TelemetryStore(stack, "Current", table=mine)
    LambdaWorker(stack, "History", handler="shop.billing.handler", code=code).consumes(store)


@exhibit
def lake(stack: cdk.Stack, code: str) -> None:
    """A log lake in its smallest use, of one worker's spans."""
    worker = LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code)
    LogLake(stack, "Traces").keeps(worker)


@exhibit
def lake_full(stack: cdk.Stack, code: str) -> None:
    """A keyed lake of several accounts with every setting, lent to one reader."""
    reader = iam.Role(stack, "OnCall", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    lake = LogLake(
        stack,
        "Traces",
        retention_days=800,
        infrequent_after_days=45,
        result_days=2,
        buffer=cdk.Duration.minutes(1),
        age_alarm=cdk.Duration.minutes(30),
        scan_limit=cdk.Size.gibibytes(10),
        accounts=["111122223333", "444455556666"],
        readers=[reader],
        key=_key(stack),
        alarms_to=sns.Topic.from_topic_arn(
            stack, "Pager", "arn:aws:sns:eu-west-1:111122223333:pager"
        ),
    )
    shop = ReactiveApi(
        stack,
        "Shop",
        routes={
            "POST /orders": "shop.orders.handler",
            "PUT /orders": "shop.orders.handler",
            "GET /orders": "shop.orders.find",
        },
        code=code,
    )
    lake.keeps(shop)
    gateway = logs.LogGroup.from_log_group_name(stack, "Gateway", "gateway")
    lake.keeps(gateway, name="Entry")


@exhibit
def lake_switched_off(stack: cdk.Stack, _code: str) -> None:
    """A lake without versions, whose queries read as much as they like, for who IAM allows."""
    lake = LogLake(
        stack,
        "Traces",
        retention_days=60,
        scan_limit=Off(REASON),
        versioning=Off(REASON),
    )
    role = iam.Role(stack, "OnCall", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    lake.grant_reads(role)


@exhibit
def lake_own(stack: cdk.Stack, code: str) -> None:
    """A lake that delivers into the bucket of another account's."""
    central = s3.Bucket.from_bucket_name(stack, "Central", "central-traces")
    worker = LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code)
    LogLake(stack, "Traces", bucket=central).keeps(worker)


@exhibit
def breaker(stack: cdk.Stack, code: str) -> None:
    """A breaker around one worker, in its smallest use."""
    worker = LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code)
    worker.consumes(PointToPointQueue(stack, "Orders"))
    CircuitBreaker(stack, "Bank").guards(worker)


@exhibit
def breaker_full(stack: cdk.Stack, code: str) -> None:
    """A breaker with every setting, around a worker of two queues and one of one."""
    bank = CircuitBreaker(
        stack,
        "Bank",
        failure_percent=20,
        minimum_calls=50,
        window=cdk.Duration.seconds(10),
        wait=cdk.Duration.minutes(1),
        longest_wait=cdk.Duration.hours(1),
        probes=5,
        drain_rate=25,
        longest_drain=cdk.Duration.minutes(30),
        alarms_to=sns.Topic.from_topic_arn(
            stack, "Pager", "arn:aws:sns:eu-west-1:111122223333:pager"
        ),
    )
    billing = LambdaWorker(
        stack,
        "Billing",
        handler="shop.billing.handler",
        code=code,
        timeout=cdk.Duration.minutes(2),
    )
    billing.consumes(PointToPointQueue(stack, "Orders", key=_key(stack)))
    billing.consumes(PointToPointQueue(stack, "Returns"), batch_size=5)
    bank.guards(billing)
    refunds = LambdaWorker(
        stack,
        "Refunds",
        handler="shop.orders.handler",
        code=code,
        max_concurrency=4,
    )
    refunds.consumes(PointToPointQueue(stack, "Refused"))
    bank.guards(refunds)


@exhibit
def workflow(stack: cdk.Stack, code: str) -> None:
    """A workflow of one step, in its smallest use, and who starts it."""
    reserve = LambdaWorker(stack, "Reserve", handler="shop.orders.handler", code=code)
    fulfilment = DurableWorkflow(stack, "Fulfilment", steps=[reserve])
    LambdaWorker(stack, "Seller", handler="shop.billing.handler", code=code).sends_to(fulfilment)


@exhibit
def workflow_full(stack: cdk.Stack, code: str) -> None:
    """A workflow with every setting, of steps that are undone and one that is not."""
    reserve, release, charge, refund, ship = (
        LambdaWorker(stack, name, handler="shop.orders.handler", code=code, idempotent=True)
        for name in ("Reserve", "Release", "Charge", "Refund", "Ship")
    )
    letters = own_queue(stack, "Lost")
    DurableWorkflow(
        stack,
        "Fulfilment",
        steps=[
            Step(worker=reserve, undo=release),
            Step(worker=charge, undo=refund),
            ship,
        ],
        retries=3,
        wait=cdk.Duration.seconds(5),
        longest_wait=cdk.Duration.minutes(2),
        final=["OutOfStockError"],
        timeout=cdk.Duration.days(2),
        log="all",
        dead_letters=letters,
        alarms_to=sns.Topic.from_topic_arn(
            stack, "Pager", "arn:aws:sns:eu-west-1:111122223333:pager"
        ),
    )


@exhibit
def workflow_switched_off(stack: cdk.Stack, code: str) -> None:
    """A workflow that logs nothing, of a step without a bound."""
    reserve = LambdaWorker(
        stack,
        "Reserve",
        handler="shop.orders.handler",
        code=code,
        max_concurrency=Off(REASON),
    )
    DurableWorkflow(stack, "Fulfilment", steps=[reserve], log=Off(REASON))


def _bus(stack: cdk.Stack, code: str) -> EventBus:
    bus = EventBus(stack, "OrderBus")
    invoices = PointToPointQueue(stack, "Invoices")
    bus.delivers_to(invoices, matching={"type": ["order.placed"]})
    LambdaWorker(stack, "Seller", handler="shop.orders.handler", code=code).sends_to(bus)
    return bus


@exhibit
def bus(stack: cdk.Stack, code: str) -> None:
    """A bus with one consumer and a sender."""
    _bus(stack, code)


@exhibit
def bus_more(stack: cdk.Stack, code: str) -> None:
    """The same with a worker and a workflow as further consumers."""
    bus = _bus(stack, code)
    mailer = LambdaWorker(stack, "Mailer", handler="shop.billing.handler", code=code)
    bus.delivers_to(
        mailer,
        matching={"type": ["order.placed"], "data.amount_yen": [{"numeric": [">", 100000]}]},
    )
    ship = LambdaWorker(stack, "Ship", handler="shop.orders.handler", code=code)
    bus.delivers_to(DurableWorkflow(stack, "Fulfilment", steps=[ship]))


@exhibit
def bus_switched_off(stack: cdk.Stack, code: str) -> None:
    """A bus without an archive, to a keyed queue, giving up early."""
    bus = EventBus(stack, "OrderBus", archive_days=Off(REASON), retry_for=cdk.Duration.minutes(10))
    bus.delivers_to(PointToPointQueue(stack, "Invoices", key=_key(stack)))
    LambdaWorker(stack, "Seller", handler="shop.orders.handler", code=code).sends_to(bus)


@exhibit
def bus_own(stack: cdk.Stack, _code: str) -> None:
    """Your own bus."""
    mine = events.EventBus.from_event_bus_arn(
        stack, "Mine", "arn:aws:events:eu-west-1:111122223333:event-bus/mine"
    )
    EventBus(stack, "OrderBus", bus=mine).delivers_to(PointToPointQueue(stack, "Invoices"))


@exhibit
def push(stack: cdk.Stack, code: str) -> None:
    """A push gateway in its smallest use, with a worker and an API that send."""
    phones = PushGateway(stack, "Phones", credentials=_credentials(stack))
    phones.serves(LambdaWorker(stack, "Sender", handler="shop.billing.handler", code=code))
    phones.serves(ReactiveApi(stack, "Shop", routes={"POST /": "shop.api.handler"}, code=code))


@exhibit
def push_switched_off(stack: cdk.Stack, code: str) -> None:
    """Apple's, of which nothing is followed and nothing is logged."""
    phones = PushGateway(
        stack,
        "Phones",
        credentials=_credentials(stack),
        credentials_version="11111111-2222-3333-4444-555555555555",
        platform="APNS",
        failures_alarm=5,
        events=Off(REASON),
        failure_logs=Off(REASON),
    )
    phones.serves(LambdaWorker(stack, "Sender", handler="shop.billing.handler", code=code))


def _credentials(stack: cdk.Stack) -> secretsmanager.ISecret:
    return secretsmanager.Secret.from_secret_name_v2(stack, "Credentials", "firebase")


@exhibit
def api_to_bus(stack: cdk.Stack, code: str) -> None:
    """An API whose requests become events without any code, beside one with code."""
    bus = EventBus(stack, "OrderBus", archive_days=7)
    ReactiveApi(
        stack,
        "Shop",
        routes={
            "POST /orders": EventRoute(
                bus=bus,
                type="order.placed",
                body={"type": "object", "required": ["item"]},
                source="shop.orders",
            ),
            "PUT /returns": EventRoute(bus=bus, type="order.returned", body={"type": "object"}),
            "GET /orders": "shop.orders.find",
        },
        code=code,
    )


@exhibit
def api(stack: cdk.Stack, code: str) -> None:
    """A REST API, in its smallest use."""
    ReactiveApi(stack, "Shop", routes={"POST /orders": "shop.orders.handler"}, code=code)


@exhibit
def api_full(stack: cdk.Stack, code: str) -> None:
    """A REST API with every setting, a sender and a caller."""
    function = own_function(stack, "Mine")
    shop = ReactiveApi(
        stack,
        "Shop",
        routes={
            "POST /orders": Route(
                handler="shop.orders.handler", body={"type": "object", "required": ["item"]}
            ),
            "GET /orders": Route(handler="shop.orders.find", query=["customer"]),
            "GET /orders/{order_id}": "shop.orders.find",
            "PUT /orders/{order_id}": "shop.api.handler",
            "PATCH /orders/{order_id}": "other.orders.handler",
            "DELETE /orders/{order_id}": function,
        },
        code=code,
        timeout=cdk.Duration.seconds(28),
        cors_origins=["https://shop.example"],
        requests_per_second=500,
        burst=50,
        latency_alarm=cdk.Duration.seconds(1),
        account_logging_role=False,
        environment={"CURRENCY": "JPY"},
    )
    shop.sends_to(PointToPointQueue(stack, "Orders"))
    LambdaWorker(stack, "Caller", handler="shop.billing.handler", code=code).calls(shop)


@exhibit
def api_switched_off(stack: cdk.Stack, code: str) -> None:
    """A public REST API without a throttle."""
    ReactiveApi(
        stack,
        "Shop",
        routes={"GET /": "shop.orders.handler"},
        code=code,
        authorization=Off(REASON),
        requests_per_second=Off(REASON),
    )


@exhibit
def api_authorizer(stack: cdk.Stack, code: str) -> None:
    """A REST API with an authorizer, and an alias of your own as a handler."""
    authorizer = apigateway.TokenAuthorizer(
        stack, "Authorizer", handler=own_function(stack, "Mine")
    )
    alias = own_function(stack, "Second").add_alias("live")
    ReactiveApi(
        stack,
        "Shop",
        routes={"GET /orders": "shop.orders.handler", "GET /parcels": alias},
        code=code,
        authorization=authorizer,
    )


@exhibit
def http_api(stack: cdk.Stack, code: str) -> None:
    """An HTTP API, in its smallest use."""
    ReactiveApi(
        stack, "Shop", routes={"POST /orders": "shop.orders.handler"}, code=code, protocol="http"
    )


@exhibit
def http_api_full(stack: cdk.Stack, code: str) -> None:
    """An HTTP API with every setting, and a caller."""
    shop = ReactiveApi(
        stack,
        "Shop",
        routes={
            "POST /orders": "shop.orders.handler",
            "GET /orders/{order_id}": "shop.orders.find",
        },
        code=code,
        protocol="http",
        timeout=cdk.Duration.seconds(29),
        cors_origins=["https://shop.example"],
    )
    LambdaWorker(stack, "Caller", handler="shop.billing.handler", code=code).calls(shop)


@exhibit
def http_api_switched_off(stack: cdk.Stack, code: str) -> None:
    """A public HTTP API without a throttle."""
    ReactiveApi(
        stack,
        "Shop",
        routes={"GET /": "shop.orders.handler"},
        code=code,
        protocol="http",
        authorization=Off(REASON),
        requests_per_second=Off(REASON),
    )


@exhibit
def service(stack: cdk.Stack, code: str) -> None:
    """A service, in its smallest use, and its caller."""
    gateway = ProactiveService(stack, "Gateway", image=python_image("shop", code=code))
    LambdaWorker(stack, "Caller", handler="shop.billing.handler", code=code).calls(gateway)


@exhibit
def service_full(stack: cdk.Stack, code: str) -> None:
    """A service with every setting, in a VPC of its own with a NAT gateway."""
    gateway = ProactiveService(
        stack,
        "Gateway",
        image=python_image("shop", code=code),
        command=["serve"],
        port=9000,
        cpu=1024,
        min_tasks=4,
        max_tasks=100,
        cpu_target_percent=50,
        steps=[
            ScheduledStep(
                at="cron(30 6 * * ? *)", min_tasks=50, max_tasks=200, time_zone="Asia/Tokyo"
            ),
            ScheduledStep(at="cron(0 22 * * ? *)", min_tasks=4),
        ],
        drain=cdk.Duration.seconds(60),
        stop_timeout=cdk.Duration.seconds(90),
        certificate=acm.Certificate.from_certificate_arn(
            stack, "Certificate", "arn:aws:acm:eu-west-1:111122223333:certificate/1"
        ),
        domain_name="shop.example",
        ipv6=True,
        nat_gateway=True,
        container_insights=True,
        environment={"CURRENCY": "JPY"},
    )
    gateway.sends_to(PointToPointQueue(stack, "Orders"))
    LambdaWorker(stack, "Caller", handler="shop.billing.handler", code=code).calls(gateway)


@exhibit
def service_private(stack: cdk.Stack, code: str) -> None:
    """A service inside your own VPC, without access logs."""
    vpc = ec2.Vpc(stack, "Mine", max_azs=2, nat_gateways=1, restrict_default_security_group=False)
    _accepted(vpc, "AwsSolutions-VPC7")
    ProactiveService(
        stack,
        "Gateway",
        image=python_image("shop", code=code),
        vpc=vpc,
        nat_gateway=True,
        public=False,
        certificate=acm.Certificate.from_certificate_arn(
            stack, "Certificate", "arn:aws:acm:eu-west-1:111122223333:certificate/1"
        ),
        domain_name="shop.internal",
        access_logs=Off(REASON),
    )


@exhibit
def service_own_logs(stack: cdk.Stack, code: str) -> None:
    """A service that speaks IPv6, and logs access to your own bucket."""
    bucket = s3.Bucket(
        stack,
        "Mine",
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
    )
    _accepted(bucket, "AwsSolutions-S1", "CKV_AWS_18", "CKV_AWS_21")
    ProactiveService(
        stack, "Gateway", image=python_image("shop", code=code), access_logs=bucket, ipv6=True
    )


def across_stacks(app: cdk.App, code: str) -> None:
    """Senders in one stack, receivers in another."""
    here, there = cdk.Stack(app, "CrossSender"), cdk.Stack(app, "CrossReceiver")
    events = FanOut(here, "Events")
    seller = LambdaWorker(here, "Seller", handler="shop.orders.handler", code=code)
    seller.sends_to(events)
    clicks = EventStream(here, "Clicks")
    seller.sends_to(clicks)
    returns = PointToPointQueue(here, "Returns")
    invoices = PointToPointQueue(there, "Invoices")
    events.delivers_to(invoices)
    billing = LambdaWorker(
        there, "Billing", handler="shop.billing.handler", code=code, timeout=cdk.Duration.minutes(1)
    )
    billing.consumes(invoices)
    billing.consumes(clicks)
    billing.consumes(returns)
    shop = ReactiveApi(here, "Shop", routes={"GET /": "shop.orders.handler"}, code=code)
    billing.calls(shop)
    bus = EventBus(here, "OrderBus")
    parcels = PointToPointQueue(there, "Parcels")
    bus.delivers_to(parcels, matching={"type": ["order.placed"]})
