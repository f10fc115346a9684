"""LambdaWorker: what it promises, and what it refuses."""

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from patterns import EventStream, LambdaWorker, PointToPointQueue
from tests.synth.conftest import Synthesized
from tests.synth.exhibits import own_function
from tests.synth.refusal import refused
from tests.synth.template import Template

Templates = Callable[[str], Template]


def worker(stack: cdk.Stack, code: str, **settings: Any) -> LambdaWorker:
    """A worker of a handler that exists."""
    return LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code, **settings)


def test_a_worker_of_a_queue_is_bounded(template: Templates) -> None:
    """It takes ten messages at a time, in ten batches at most, and reports the failed ones."""
    stack = template("Worker")
    mapping = stack.one("Lambda::EventSourceMapping")

    assert stack.target(mapping["EventSourceArn"]).path == "Orders/Queue/Resource"
    assert mapping["BatchSize"] == 10
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert stack.one("SQS::Queue", "Orders/Queue")["VisibilityTimeout"] == 180


def test_a_function_is_small_arm_and_current(template: Templates) -> None:
    """A function has 30 s, 512 MB, Graviton, the tested runtime, and its hop's name."""
    function = template("Worker").one("Lambda::Function")

    assert function["Timeout"] == 30
    assert function["MemorySize"] == 512
    assert function["Architectures"] == ["arm64"]
    assert function["Runtime"] == "python3.13"
    assert function["Handler"] == "shop.billing.handler"
    assert function.environment == {"POWERTOOLS_SERVICE_NAME": "Billing"}


def test_a_worker_may_log_trace_and_receive(template: Templates) -> None:
    """Its role is its own and allows its own logs, traces and queue, nothing else."""
    stack = template("Worker")
    allowed = stack.may(stack.role(stack.one("Lambda::Function")))

    assert allowed["logs:PutLogEvents"] == ["Billing/FunctionLogs/Resource"]
    assert allowed["sqs:ReceiveMessage"] == ["Orders/Queue/Resource"]
    assert {a.split(":")[0] for a in allowed} == {"logs", "sqs", "xray"}


def test_errors_and_throttles_raise_alarms(template: Templates) -> None:
    """A function's errors and throttles are watched, by its name."""
    stack = template("Worker")

    for metric in ("Errors", "Throttles"):
        (dimension,) = stack.alarm("Billing", metric)["Dimensions"]
        assert dimension["Name"] == "FunctionName"
        assert stack.target(dimension["Value"]).path == "Billing/Function/Resource"


def test_every_setting_reaches_the_template(template: Templates) -> None:
    """Each argument of a worker has its effect."""
    stack = template("WorkerFull")
    function = stack.one("Lambda::Function", "Billing")
    mapping = stack.one("Lambda::EventSourceMapping", "Billing/FromOrders")

    assert function["Timeout"] == 45
    assert function["MemorySize"] == 1024
    assert function.environment["CURRENCY"] == "JPY"
    assert mapping["BatchSize"] == 100
    assert mapping["MaximumBatchingWindowInSeconds"] == 20
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 50}


def test_an_idempotent_worker_remembers(template: Templates) -> None:
    """It gets a table whose items expire, told by IDEMPOTENCY_TABLE_NAME, and may not scan it."""
    stack = template("WorkerFull")
    table = stack.one("DynamoDB::Table", "Billing")
    function = stack.one("Lambda::Function", "Billing")
    allowed = stack.may(stack.role(function))

    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert stack.target(function.environment["IDEMPOTENCY_TABLE_NAME"]) == table
    assert {a for a in allowed if a.startswith("dynamodb:")} == {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
    }


def test_a_streams_bad_record_is_set_aside(template: Templates) -> None:
    """A failing batch is halved, retried five times, and its position kept in a queue."""
    stack = template("WorkerFull")
    mapping = stack.one("Lambda::EventSourceMapping", "Audit/FromClicks")
    failures = stack.target(mapping["DestinationConfig"]["OnFailure"]["Destination"])
    allowed = stack.may(stack.role(stack.one("Lambda::Function", "Audit")))

    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 5
    assert mapping["BatchSize"] == 100
    assert failures.path == "Audit/ClicksFailures/Resource"
    assert failures.path in allowed["sqs:SendMessage"]


def test_every_setting_of_a_stream_reaches_the_template(template: Templates) -> None:
    """Each argument of consumes() has its effect on a stream."""
    mapping = template("StreamFull").one("Lambda::EventSourceMapping")

    assert mapping["BatchSize"] == 500
    assert mapping["MaximumBatchingWindowInSeconds"] == 5
    assert mapping["MaximumRetryAttempts"] == 3
    assert mapping["ParallelizationFactor"] == 4
    assert mapping["MaximumRecordAgeInSeconds"] == 3600


def test_an_invoked_worker_keeps_its_failures(template: Templates) -> None:
    """Asynchronous invocations are bounded, retried twice within an hour, and kept if they fail."""
    stack = template("WorkerInvoked")
    function = stack.one("Lambda::Function", "Mailer")
    config = stack.one("Lambda::EventInvokeConfig", "Mailer")
    allowed = stack.may(stack.role(function))

    assert function["ReservedConcurrentExecutions"] == 3
    assert stack.target(config["FunctionName"]) == function
    assert config["Qualifier"] == "$LATEST"
    assert config["MaximumRetryAttempts"] == 2
    assert config["MaximumEventAgeInSeconds"] == 3600
    failures = stack.target(config["DestinationConfig"]["OnFailure"]["Destination"])
    assert failures.path == "Mailer/InvocationsFailures/Resource"
    assert allowed["sqs:SendMessage"] == [failures.path]


def test_a_sender_may_invoke_that_worker_alone(template: Templates) -> None:
    """A sender may invoke the function or the alias it was given, no other version."""
    stack = template("WorkerInvoked")
    seller = stack.one("Lambda::Function", "Seller")
    allowed = stack.may(stack.role(seller))

    assert allowed["lambda:InvokeFunction"] == [
        "Mailer/Function/Resource",
        "Mine/Aliaslive/Resource",
    ]
    assert stack.target(seller.environment["MAILER_FUNCTION_NAME"]).path == (
        "Mailer/Function/Resource"
    )


def test_an_alias_has_its_own_asynchronous_settings(template: Templates) -> None:
    """Failures of an alias's invocations are kept at the alias, where Lambda looks for them."""
    stack = template("WorkerInvoked")
    config = stack.one("Lambda::EventInvokeConfig", "Archive")

    assert stack.target(config["FunctionName"]).path == "Mine/Resource"
    assert config["Qualifier"] == "live"


def test_an_aliass_alarm_can_fire(template: Templates) -> None:
    """Lambda's metrics have the function's name, so the alarm does, whatever the alias."""
    stack = template("WorkerOwn")
    (dimension,) = stack.alarm("Audit", "IteratorAge")["Dimensions"]

    assert stack.target(dimension["Value"]).path == "Second/Resource"


def test_your_own_functions_timeout_sets_the_visibility(template: Templates) -> None:
    """Your own function's timeout counts, through an alias as well; Lambda's default is 3 s."""
    stack = template("WorkerOwn")

    assert stack.one("SQS::Queue", "Orders/Queue")["VisibilityTimeout"] == 6 * 20
    assert stack.one("SQS::Queue", "Returns/Queue")["VisibilityTimeout"] == 6 * 3


def test_your_own_function_stays_as_it_is(template: Templates) -> None:
    """Verbs add grants and environment to your own function; its settings stay its own."""
    stack = template("WorkerOwn")
    function = stack.one("Lambda::Function", "Mine")

    assert function["ReservedConcurrentExecutions"] == 5
    assert function.environment.keys() == {"IDEMPOTENCY_TABLE_NAME"}
    assert not stack.all("Lambda::Function", "Billing")


def test_stores_are_read_or_written_never_both(template: Templates) -> None:
    """What a worker reads it may not write, what it writes it may not read; secrets are read."""
    stack = template("WorkerStores")
    function = stack.one("Lambda::Function", "Billing")
    allowed = stack.may(stack.role(function))

    assert allowed["dynamodb:GetItem"] == ["Prices/Resource"]
    assert allowed["dynamodb:PutItem"] == ["Sales/Resource"]
    assert allowed["s3:GetObject"][0] == allowed["s3:ListBucket"][0] == "Inbox/Resource"
    assert allowed["s3:PutObject"][0] == "Outbox/Resource"
    assert allowed["secretsmanager:GetSecretValue"] == ["Token/Resource"]
    assert function.environment.keys() >= {
        "PRICES_TABLE_NAME",
        "SALES_TABLE_NAME",
        "INBOX_BUCKET_NAME",
        "OUTBOX_BUCKET_NAME",
        "TOKEN_SECRET_ARN",
    }


def test_a_worker_reaches_across_stacks(template: Templates) -> None:
    """A queue and a stream of another stack are consumed as if they were of this one."""
    receiver, sender = template("CrossReceiver"), template("CrossSender")

    assert len(receiver.all("Lambda::EventSourceMapping", "Billing")) == 3
    assert sender.one("SQS::Queue", "Returns/Queue")["VisibilityTimeout"] == 6 * 60


def test_an_asset_holds_the_handlers_package_alone(synthesized: Synthesized) -> None:
    """A function ships its own package, without its sample events and the other packages."""
    stack = synthesized.templates["ApiFull"]
    assets = json.loads((synthesized.directory / "ApiFull.assets.json").read_text())["files"]

    def shipped(function: str) -> set[str]:
        key = stack.one("Lambda::Function", function)["Code"]["S3Key"]
        folder = synthesized.directory / assets[key.removesuffix(".zip")]["source"]["path"]
        return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}

    assert {name.split("/")[0] for name in shipped("Shop/Orders")} == {"shop"}
    assert shipped("Shop/OtherOrders") == {"other/__init__.py", "other/orders.py"}


def test_a_layer_carries_the_runtime(synthesized: Synthesized) -> None:
    """Handlers find pattern_runtime and Powertools in one layer a stack, of the versions here."""
    stack = synthesized.templates["WorkerFull"]
    layer = stack.one("Lambda::LayerVersion")
    assets = json.loads((synthesized.directory / "WorkerFull.assets.json").read_text())["files"]
    asset = assets[layer["Content"]["S3Key"].removesuffix(".zip")]
    folder = synthesized.directory / asset["source"]["path"] / "python"

    assert (folder / "pattern_runtime" / "__init__.py").is_file()
    assert (folder / "aws_lambda_powertools" / "__init__.py").is_file()
    assert not list(folder.rglob("*.pyc"))
    for function in stack.all("Lambda::Function"):
        assert [stack.target(each) for each in function["Layers"]] == [layer]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"timeout": cdk.Duration.minutes(16)},
            ["timeout of 960 s", "1 s to 900 s", "run it on Fargate"],
        ),
        ({"max_concurrency": 0}, ["max_concurrency=0", "1 to 1000", "Off(reason)"]),
        ({"max_concurrency": 1001}, ["max_concurrency=1001", "1 to 1000"]),
    ],
)
def test_fails_if_a_value_breaks_a_rule(
    stack: cdk.Stack, code: str, settings: dict[str, Any], words: list[str]
) -> None:
    """A value that Lambda refuses is an error at once."""
    with refused(*words):
        worker(stack, code, **settings)


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        ("billing.handler", ["'billing.handler'", "package.module.function"]),
        ("shop.refunds.handler", ["'shop.refunds.handler'", "no module", "refunds.py"]),
        ("shopp.billing.handler", ["no package 'shopp'", "name the root by code="]),
    ],
)
def test_fails_if_there_is_no_such_handler(
    stack: cdk.Stack, code: str, handler: str, words: list[str]
) -> None:
    """A handler that would fail at its first event is refused, with where it was looked for."""
    with refused(*words):
        LambdaWorker(stack, "Billing", handler=handler, code=code)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"batch_size": 0}, ["batch_size=0", "1 to 10 messages"]),
        ({"batch_size": 11}, ["batch_size=11", "with a window of 1 s or more"]),
        (
            {"window": cdk.Duration.minutes(6)},
            ["window of 360 s", "300 s at most", "give less"],
        ),
        ({"retries": 3}, ["retries of a queue cannot be set", "its own max_receive_count"]),
        ({"parallelization": 2}, ["parallelization of a queue cannot be set"]),
        ({"max_age": cdk.Duration.hours(1)}, ["max_age of a queue cannot be set"]),
    ],
)
def test_fails_if_a_queue_is_consumed_against_a_rule(
    stack: cdk.Stack, code: str, settings: dict[str, Any], words: list[str]
) -> None:
    """What a queue's mapping does not take is refused by name."""
    with refused(*words):
        worker(stack, code).consumes(PointToPointQueue(stack, "Orders"), **settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"batch_size": 0}, ["batch_size=0", "1 to 10000 records"]),
        ({"retries": -1}, ["retries=-1", "would block its shard", "Give a number, e.g. 5"]),
        ({"parallelization": 11}, ["parallelization=11", "1 to 10 batches"]),
        ({"max_age": cdk.Duration.seconds(1)}, ["max_age of 1 s", "60 s to 604800 s"]),
    ],
)
def test_fails_if_a_stream_is_consumed_against_a_rule(
    stack: cdk.Stack, code: str, settings: dict[str, Any], words: list[str]
) -> None:
    """What a stream's mapping does not take, or would block a shard, is refused."""
    with refused(*words):
        worker(stack, code).consumes(EventStream(stack, "Clicks"), **settings)


def test_fails_if_a_fifo_queue_gets_a_window(stack: cdk.Stack, code: str) -> None:
    """A FIFO queue's mapping takes no window."""
    orders = PointToPointQueue(stack, "Orders", fifo=True)

    with refused("window of 5 s", "Orders is a FIFO queue", "leave it out"):
        worker(stack, code).consumes(orders, window=cdk.Duration.seconds(5))


def test_fails_if_a_queue_is_worked_one_at_a_time(stack: cdk.Stack, code: str) -> None:
    """A queue's mapping has a most concurrency of two at least."""
    with refused("max_concurrency=1", "2 to 1000", "FIFO queue with one message group"):
        worker(stack, code, max_concurrency=1).consumes(PointToPointQueue(stack, "Orders"))


def test_fails_if_a_source_is_consumed_twice(stack: cdk.Stack, code: str) -> None:
    """One mapping a source."""
    billing, orders = worker(stack, code), PointToPointQueue(stack, "Orders")
    billing.consumes(orders)

    with refused("one mapping a source", "'Orders' already", "raise max_concurrency"):
        billing.consumes(orders)


def test_fails_if_a_timeout_is_too_long_for_any_visibility(stack: cdk.Stack) -> None:
    """SQS hides a message for 12 hours at most, so a timeout of 2 h 1 min cannot be kept."""
    orders = PointToPointQueue(stack, "Orders")

    with refused("timeout of 7260 s", "12 hours", "shorten the function's timeout"):
        orders.consumed_for(cdk.Duration.minutes(121), None)


@pytest.mark.parametrize("invoked_first", [True, False])
def test_fails_if_a_worker_is_invoked_and_consumes(
    stack: cdk.Stack, code: str, *, invoked_first: bool
) -> None:
    """Both would share one reserved concurrency, and throttled receives become dead letters."""
    billing = worker(stack, code)
    seller = LambdaWorker(stack, "Seller", handler="shop.orders.handler", code=code)
    orders = PointToPointQueue(stack, "Orders")
    words = "throttled receives", "consumes Orders", "make a worker for each"

    if invoked_first:
        seller.sends_to(billing)
        with refused(*words):
            billing.consumes(orders)
    else:
        billing.consumes(orders)
        with refused(*words):
            seller.sends_to(billing)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"timeout": cdk.Duration.seconds(5)}, "timeout"),
        ({"memory_mb": 128}, "memory_mb"),
        ({"environment": {"A": "B"}}, "environment"),
    ],
)
def test_fails_if_your_own_function_is_to_be_changed(
    stack: cdk.Stack, settings: dict[str, Any], name: str
) -> None:
    """A setting beside your own function would do nothing, so it is refused by name."""
    with refused("Mine is your own function", f"so {name} cannot be set", "is made"):
        LambdaWorker(stack, "Billing", handler=own_function(stack, "Mine"), **settings)


def test_your_own_functions_reservation_bounds_its_queues(template: Templates) -> None:
    """No mapping starts more executions at once than your own function has reserved."""
    for mapping in template("WorkerOwn").all("Lambda::EventSourceMapping"):
        if "StartingPosition" not in mapping.properties:
            assert mapping["ScalingConfig"] == {"MaximumConcurrency": 5}


def test_fails_if_queues_want_more_than_is_reserved(stack: cdk.Stack) -> None:
    """What is above the reservation would be throttled, and count as received."""
    worker = LambdaWorker(stack, "Billing", handler=own_function(stack, "Mine"))
    worker.consumes(PointToPointQueue(stack, "Orders"))

    with refused("max_concurrency=5", "2 queues", "5 executions", "reserve 10 or more"):
        worker.consumes(PointToPointQueue(stack, "Returns"))


def test_fails_if_your_own_function_is_invoked_without_a_bound(stack: cdk.Stack, code: str) -> None:
    """Asynchronous invocations of a function without reserved concurrency have no bound."""
    function = own_function(stack, "Mine")
    function.node.default_child.reserved_concurrent_executions = None  # type: ignore[union-attr]
    archive = LambdaWorker(stack, "Archive", handler=function)

    with refused("no reserved_concurrent_executions", "set it where", "max_concurrency=Off"):
        worker(stack, code).sends_to(archive)


@pytest.mark.parametrize("idempotent", [True, False])
def test_fails_if_an_imported_functions_environment_is_to_change(
    stack: cdk.Stack, *, idempotent: bool
) -> None:
    """A verb that could not tell the function anything says so, and does nothing by halves."""
    imported = lambda_.Function.from_function_name(stack, "Elsewhere", "elsewhere")

    with refused("imported, a version or an alias", "where that function is made"):
        LambdaWorker(stack, "Billing", handler=imported, idempotent=idempotent).sends_to(
            PointToPointQueue(stack, "Orders")
        )


def test_fails_if_two_resources_would_have_one_variable(stack: cdk.Stack, code: str) -> None:
    """Two queues of one id cannot be told apart by the code, so the second is refused."""
    billing = worker(stack, code)
    billing.sends_to(PointToPointQueue(stack, "Orders"))
    elsewhere = PointToPointQueue(cdk.Stack(stack, "Elsewhere"), "Orders")

    with refused("ORDERS_QUEUE_URL already has another value", "give one another id"):
        billing.sends_to(elsewhere)


def test_no_bound_is_a_choice_with_a_reason(template: Templates) -> None:
    """Off(reason) leaves both bounds out, and its reason at the function."""
    stack = template("WorkerSwitchedOff")

    assert "ScalingConfig" not in stack.one("Lambda::EventSourceMapping").properties
    assert "ReservedConcurrentExecutions" not in stack.one("Lambda::Function", "Billing").properties


def test_fails_if_a_verb_would_overwrite_the_environment(stack: cdk.Stack, code: str) -> None:
    """What environment= says is not replaced in silence by what a verb would say."""
    said = {"ORDERS_QUEUE_URL": "https://sqs.example/orders"}
    billing = worker(stack, code, environment=said)

    with refused("ORDERS_QUEUE_URL already has another value", "leave it out there"):
        billing.sends_to(PointToPointQueue(stack, "Orders"))


def test_fails_if_what_is_read_is_no_store(stack: cdk.Stack, code: str) -> None:
    """A queue is sent to and consumed, not read: the message names the verb."""
    billing = worker(stack, code)

    with pytest.raises(TypeError, match=r"PointToPointQueue is no table.*sends_to\(\)"):
        billing.reads(PointToPointQueue(stack, "Orders"))  # type: ignore[arg-type]  # the mistake
