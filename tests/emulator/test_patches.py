"""Each patch: the gap it closes is there without it, and closed with it."""

import http.server
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.config import Config

from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import EMULATOR_KEY, Endpoint
from hinagata.lab.patches import PATCHES
from tests.emulator.polling import eventually
from tests.emulator.templates import (
    allow,
    attribute,
    deployed,
    function,
    lets,
    ref,
    resource,
    role,
)

ACCOUNT_CONCURRENCY = 10


def running(folder: Any, without: frozenset[str]) -> Iterator[Endpoint]:
    """An emulator with a small account."""
    environment = {
        "LAMBDA_ACCOUNT_CONCURRENCY": str(ACCOUNT_CONCURRENCY),
        "HINAGATA_LAB_MAPPING_CONCURRENCY": "2",
    }
    with Emulator(folder, without=without, environment=environment) as emulator:
        yield Endpoint(emulator.endpoint, embedded=True)


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """With every patch."""
    yield from running(tmp_path_factory.mktemp("patched"), frozenset())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """Without any patch."""
    every = frozenset(patch.name for patch in PATCHES)
    yield from running(tmp_path_factory.mktemp("plain"), every)


def invoked(endpoint: Endpoint, name: str, event: Any = None) -> Any:
    """What a function answers."""
    answer = endpoint.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


# --- warm-invoke

RAISES = """
    import os
    class PartnerUnavailable(Exception):
        pass
    def handler(event, context):
        if event:
            raise PartnerUnavailable("closed")
        return os.getpid()
"""


def test_an_exception_keeps_its_name_and_its_worker(patched: Endpoint, plain: Endpoint) -> None:
    """An error bears the exception's class name and costs the next invocation no cold start."""
    observed = {}
    for endpoint in (patched, plain):
        name = deployed(endpoint, {"Role": role(), "F": function(RAISES)})["F"]
        before = invoked(endpoint, name)
        error = invoked(endpoint, name, "fail")
        observed[endpoint] = error["errorType"], before == invoked(endpoint, name)
        assert error["errorMessage"] == "closed"

    assert observed[patched] == ("PartnerUnavailable", True)
    assert observed[plain] == ("Runtime.HandlerError", False)


def test_an_invocation_that_prints_nothing_waits_for_nothing(
    patched: Endpoint, plain: Endpoint
) -> None:
    """A warm invocation takes milliseconds, not the 50 that are waited for a log line."""
    fastest = {}
    for endpoint in (patched, plain):
        name = deployed(endpoint, {"Role": role(), "F": function(RAISES)})["F"]
        times = []
        for _ in range(8):
            started = time.perf_counter()
            invoked(endpoint, name)
            times.append(time.perf_counter() - started)
        fastest[endpoint] = min(times)

    assert fastest[patched] < fastest[plain]
    assert fastest[plain] > 0.05


def test_output_is_logged_with_the_invocation_that_wrote_it(patched: Endpoint) -> None:
    """Every printed line is in the log, with an unfinished last one, and no line of our own."""
    code = """
        import sys
        def handler(event, context):
            print(f"one {event}")
            sys.stdout.write("two")
    """
    made = deployed(
        patched,
        {
            "Role": role(),
            "Logs": resource("Logs::LogGroup"),
            "F": function(code, LoggingConfig={"LogGroup": ref("Logs")}),
        },
    )
    invoked(patched, made["F"], 1)
    invoked(patched, made["F"], 2)
    events = patched.client("logs").filter_log_events(logGroupName=made["Logs"])["events"]
    printed = [
        event["message"]
        for event in events
        if not event["message"].startswith(("START", "END", "REPORT"))
    ]

    assert printed == ["one 1", "two", "one 2", "two"]


# --- own-code


def test_a_function_does_not_find_the_project_around_it(patched: Endpoint, plain: Endpoint) -> None:
    """What is in neither the asset nor a layer is missing here, as on AWS."""
    code = """
        def handler(event, context):
            import boto3
            import tests.emulator.templates
            return "found"
    """
    answers = {
        endpoint: invoked(endpoint, deployed(endpoint, {"Role": role(), "F": function(code)})["F"])
        for endpoint in (patched, plain)
    }

    assert answers[patched]["errorType"] == "ModuleNotFoundError"
    assert answers[patched]["errorMessage"] == "No module named 'tests'"
    assert answers[plain] == "found"


# --- stream-failures

POISON_CONSUMER = """
    import base64, json
    def handler(event, context):
        data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
        print(json.dumps({"batch": data}))
        if "poison" in data:
            raise ValueError("poison")
"""


def batches(endpoint: Endpoint, logs: str) -> list[list[str]]:
    """The batches a consumer has seen."""
    events = endpoint.client("logs").filter_log_events(logGroupName=logs)["events"]
    return [json.loads(e["message"])["batch"] for e in events if e["message"].startswith("{")]


def stream_with_consumer(endpoint: Endpoint, code: str, **mapping: Any) -> dict[str, str]:
    """A stream of one shard, its consumer, and a queue for what is abandoned."""
    return deployed(
        endpoint,
        {
            "Role": role(),
            "Logs": resource("Logs::LogGroup"),
            "Stream": resource("Kinesis::Stream", ShardCount=1),
            "Abandoned": resource("SQS::Queue"),
            "F": function(code, LoggingConfig={"LogGroup": ref("Logs")}),
            "Mapping": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=attribute("Stream"),
                FunctionName=ref("F"),
                StartingPosition="LATEST",
                DestinationConfig={"OnFailure": {"Destination": attribute("Abandoned")}},
                **mapping,
            ),
        },
    )


def put(endpoint: Endpoint, stream: str, *data: str) -> None:
    """Put records in one request, so that they are one batch."""
    endpoint.client("kinesis").put_records(
        StreamName=stream, Records=[{"Data": each, "PartitionKey": "car"} for each in data]
    )


def waiting(endpoint: Endpoint, queue_url: str) -> list[str]:
    """The messages a queue has now."""
    received = endpoint.client("sqs").receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [message["Body"] for message in received.get("Messages", [])]


def test_a_poison_record_is_isolated_and_abandoned(patched: Endpoint, plain: Endpoint) -> None:
    """Bisected to one, retried as often as the mapping says, then sent to the destination."""
    mapping = {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 1}
    made = {
        each: stream_with_consumer(each, POISON_CONSUMER, **mapping) for each in (patched, plain)
    }
    for endpoint, names in made.items():
        put(endpoint, names["Stream"], "a", "b", "poison", "c")
    record = json.loads(eventually(lambda: waiting(patched, made[patched]["Abandoned"]))[0])
    seen = batches(patched, made[patched]["Logs"])

    assert record["KinesisBatchInfo"]["batchSize"] == 1
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    eventually(lambda: ["c"] in batches(patched, made[patched]["Logs"]))
    assert seen[:4] == [["a", "b", "poison", "c"], ["a", "b"], ["poison", "c"], ["poison"]]
    assert batches(patched, made[patched]["Logs"]).count(["poison"]) == 2

    eventually(lambda: len(batches(plain, made[plain]["Logs"])) >= 3)
    assert set(map(tuple, batches(plain, made[plain]["Logs"]))) == {("a", "b", "poison", "c")}
    assert not waiting(plain, made[plain]["Abandoned"])


def test_a_partial_response_retries_from_the_record_that_failed(patched: Endpoint) -> None:
    """What comes before the failed record is done; it and what follows are the next batch."""
    code = """
        import base64, json
        tries = []
        def handler(event, context):
            records = event["Records"]
            data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in records]
            print(json.dumps({"batch": data}))
            if "once" in data and not tries:
                tries.append(1)
                failed = records[data.index("once")]["kinesis"]["sequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": failed}]}
    """
    names = stream_with_consumer(patched, code, FunctionResponseTypes=["ReportBatchItemFailures"])
    put(patched, names["Stream"], "a", "once", "b")
    seen = eventually(
        lambda: len(batches(patched, names["Logs"])) >= 2 and batches(patched, names["Logs"])
    )

    assert seen == [["a", "once", "b"], ["once", "b"]]


def handled(endpoint: Endpoint, logs: str, number: int) -> bool:
    """Whether so many batches were handled."""
    return len(batches(endpoint, logs)) >= number


def test_a_slow_stream_does_not_delay_a_queue(patched: Endpoint, plain: Endpoint) -> None:
    """A queue's messages are handled while a stream's handler is busy."""
    slow = """
        import time
        def handler(event, context):
            print('{"batch": ["busy"]}')
            time.sleep(3)
    """
    quick = """
        def handler(event, context):
            print('{"batch": ["quick"]}')
    """
    seconds = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(),
                "Logs": resource("Logs::LogGroup"),
                "Stream": resource("Kinesis::Stream", ShardCount=1),
                "Queue": resource("SQS::Queue"),
                "Slow": function(slow),
                "Quick": function(quick, LoggingConfig={"LogGroup": ref("Logs")}),
                "FromStream": resource(
                    "Lambda::EventSourceMapping",
                    EventSourceArn=attribute("Stream"),
                    FunctionName=ref("Slow"),
                    StartingPosition="TRIM_HORIZON",
                ),
                "FromQueue": resource(
                    "Lambda::EventSourceMapping",
                    EventSourceArn=attribute("Queue"),
                    FunctionName=ref("Quick"),
                ),
            },
        )
        invoked(endpoint, names["Quick"])  # not to measure its cold start
        put(endpoint, names["Stream"], "x")
        started = time.monotonic()
        endpoint.client("sqs").send_message(QueueUrl=names["Queue"], MessageBody="x")
        eventually(partial(handled, endpoint, names["Logs"], 2))
        seconds[endpoint] = time.monotonic() - started

    assert seconds[patched] < 2 < seconds[plain]


# --- mapping-concurrency


def test_a_mapping_runs_as_many_batches_at_once_as_it_may(
    patched: Endpoint, plain: Endpoint
) -> None:
    """Never more than the machine's limit, nor than the mapping's MaximumConcurrency."""
    code = """
        import time
        def handler(event, context):
            print('{"batch": ["%.3f", "%.3f"]}' % (time.time(), time.sleep(0.5) or time.time()))
    """
    at_once = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(),
                "Logs": resource("Logs::LogGroup"),
                "Queue": resource("SQS::Queue"),
                "F": function(code, LoggingConfig={"LogGroup": ref("Logs")}),
                "Mapping": resource(
                    "Lambda::EventSourceMapping",
                    EventSourceArn=attribute("Queue"),
                    FunctionName=ref("F"),
                    BatchSize=1,
                    ScalingConfig={"MaximumConcurrency": 3},
                ),
            },
        )
        for _ in range(6):
            endpoint.client("sqs").send_message(QueueUrl=names["Queue"], MessageBody="x")
        eventually(partial(handled, endpoint, names["Logs"], 6))
        spans = [(float(a), float(b)) for a, b in batches(endpoint, names["Logs"])]
        at_once[endpoint] = max(sum(a <= start < b for a, b in spans) for start, _ in spans)

    assert at_once[patched] <= 2 < at_once[plain] <= 3


# --- topic-redrive


def test_a_topic_uses_the_dead_letters_of_a_subscription(
    patched: Endpoint, plain: Endpoint
) -> None:
    """What cannot be delivered because the queue is gone is in the subscription's dead letters."""
    found = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Topic": resource("SNS::Topic"),
                "Queue": resource("SQS::Queue"),
                "DeadLetters": resource("SQS::Queue"),
                "Policy": lets("sns.amazonaws.com", "sqs:SendMessage", ref("Queue")),
                "DeadPolicy": lets("sns.amazonaws.com", "sqs:SendMessage", ref("DeadLetters")),
                "Subscription": resource(
                    "SNS::Subscription",
                    TopicArn=ref("Topic"),
                    Protocol="sqs",
                    Endpoint=attribute("Queue"),
                    RawMessageDelivery=True,
                    RedrivePolicy={"deadLetterTargetArn": attribute("DeadLetters")},
                ),
            },
        )
        endpoint.client("sqs").delete_queue(QueueUrl=names["Queue"])
        endpoint.client("sns").publish(TopicArn=names["Topic"], Message="hello")
        found[endpoint] = waiting(endpoint, names["DeadLetters"])

    assert found == {patched: ["hello"], plain: []}


# --- load-balancer


class Target(http.server.BaseHTTPRequestHandler):
    """Answers with its port; healthy while the server says so."""

    def do_GET(self) -> None:
        """Answer a check or a request."""
        assert isinstance(self.server, TargetServer)
        status = 200 if self.server.healthy or self.path != "/health" else 503
        self.send_response(status)
        self.end_headers()
        self.wfile.write(str(self.server.server_port).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class TargetServer(http.server.ThreadingHTTPServer):
    """A target on a free port."""

    healthy = True


@pytest.fixture
def targets() -> Iterator[list[TargetServer]]:
    """Two targets on one address."""
    servers = [TargetServer(("127.0.0.1", 0), Target) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


LOAD_BALANCER = {
    "Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16"),
    "Balancer": resource("ElasticLoadBalancingV2::LoadBalancer", Subnets=["a", "b"]),
    "Group": resource(
        "ElasticLoadBalancingV2::TargetGroup",
        TargetType="ip",
        Port=80,
        Protocol="HTTP",
        VpcId=ref("Vpc"),
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=5,
        HealthyThresholdCount=2,
    ),
    "Listener": resource(
        "ElasticLoadBalancingV2::Listener",
        LoadBalancerArn=ref("Balancer"),
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": ref("Group")}],
    ),
}


def states(endpoint: Endpoint, group: str) -> dict[int, str]:
    """The health of a group's targets, by port."""
    described = endpoint.client("elbv2").describe_target_health(TargetGroupArn=group)
    return {
        each["Target"]["Port"]: each["TargetHealth"]["State"]
        for each in described["TargetHealthDescriptions"]
    }


def register(endpoint: Endpoint, group: str, servers: list[TargetServer]) -> None:
    """Register the targets by address and port."""
    endpoint.client("elbv2").register_targets(
        TargetGroupArn=group,
        Targets=[{"Id": "127.0.0.1", "Port": server.server_port} for server in servers],
    )


def test_a_load_balancer_leaves_out_the_unhealthy(
    patched: Endpoint, targets: list[TargetServer]
) -> None:
    """Two ports of one address are two targets; requests take turns among the healthy ones."""
    names = deployed(patched, LOAD_BALANCER)
    url = patched.url_of_load_balancer(names["Balancer"])
    register(patched, names["Group"], targets)
    ports = [server.server_port for server in targets]
    eventually(lambda: set(states(patched, names["Group"]).values()) == {"healthy"})

    def answers() -> list[int]:
        return [int(urllib.request.urlopen(f"{url}/x", timeout=5).read()) for _ in range(10)]

    assert sorted(answers()) == sorted(ports * 5)

    targets[0].healthy = False
    eventually(lambda: states(patched, names["Group"])[ports[0]] == "unhealthy")
    assert set(answers()) == {ports[1]}

    targets[0].healthy = True
    eventually(lambda: states(patched, names["Group"])[ports[0]] == "healthy")
    patched.client("elbv2").deregister_targets(
        TargetGroupArn=names["Group"], Targets=[{"Id": "127.0.0.1", "Port": ports[0]}]
    )
    assert states(patched, names["Group"]) == {ports[1]: "healthy"}


def test_without_the_patch_one_address_is_one_target(
    plain: Endpoint, targets: list[TargetServer]
) -> None:
    """The gap: the second port is ignored, and what answers 503 is called healthy."""
    names = deployed(plain, LOAD_BALANCER)
    targets[0].healthy = False
    register(plain, names["Group"], targets)

    assert states(plain, names["Group"]) == {targets[0].server_port: "healthy"}
    assert "amazonaws.com" in plain.url_of_load_balancer(names["Balancer"])


# --- reserved-concurrency


def without_retries(endpoint: Endpoint) -> Any:
    """A Lambda client that tells of being throttled."""
    return boto3.client(
        "lambda",
        endpoint_url=endpoint.url,
        region_name=endpoint.region,
        aws_access_key_id=EMULATOR_KEY,
        aws_secret_access_key=EMULATOR_KEY,
        config=Config(retries={"total_max_attempts": 1}),
    )


BUSY = """
    import time
    def handler(event, context):
        time.sleep(1.5)
"""


def test_a_reservation_is_taken_from_what_the_others_share(
    patched: Endpoint, plain: Endpoint
) -> None:
    """When all but one of the account are reserved, the other functions share that one."""
    throttled = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(),
                "Reserved": function(BUSY, ReservedConcurrentExecutions=ACCOUNT_CONCURRENCY - 1),
                "Other": function(BUSY),
            },
        )

        functions = without_retries(endpoint)

        def invoke(name: str, functions: Any = functions) -> str:
            try:
                functions.invoke(FunctionName=name)["Payload"].read()
            except functions.exceptions.TooManyRequestsException as error:
                return str(error.response["Reason"])
            return "done"

        with ThreadPoolExecutor(3) as pool:
            others = pool.map(invoke, [names["Other"], names["Other"]])
            reserved = pool.submit(invoke, names["Reserved"])
            throttled[endpoint] = sorted(others), reserved.result()

    assert throttled[patched] == (["ConcurrentInvocationLimitExceeded", "done"], "done")
    assert throttled[plain] == (["done", "done"], "done")


# --- secret-reference


def test_a_role_granted_the_reference_of_a_secret_may_read_it(
    patched: Endpoint, plain: Endpoint
) -> None:
    """Ref is the ARN: the grant fits, and the function finds the secret by it."""
    code = """
        import os, boto3
        def handler(event, context):
            secrets = boto3.client("secretsmanager")
            return len(secrets.get_secret_value(SecretId=os.environ["TOKEN"])["SecretString"])
    """
    resources = {
        "Secret": resource("SecretsManager::Secret", GenerateSecretString={"PasswordLength": 40}),
        "Role": role(allow("secretsmanager:GetSecretValue", ref("Secret"))),
        "F": function(code, environment={"TOKEN": ref("Secret")}),
    }

    assert invoked(patched, deployed(patched, resources)["F"]) == 40
    assert "not authorized" in invoked(plain, deployed(plain, resources)["F"])["errorMessage"]


# --- request-validation


def test_an_api_refuses_what_its_model_does_not_accept(patched: Endpoint, plain: Endpoint) -> None:
    """A body without a required field never reaches the integration."""
    statuses = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Api": resource("ApiGateway::RestApi", Name="commands"),
                "Validator": resource(
                    "ApiGateway::RequestValidator", RestApiId=ref("Api"), ValidateRequestBody=True
                ),
                "Model": resource(
                    "ApiGateway::Model",
                    RestApiId=ref("Api"),
                    ContentType="application/json",
                    Schema={"type": "object", "required": ["command"]},
                ),
                "Method": resource(
                    "ApiGateway::Method",
                    RestApiId=ref("Api"),
                    ResourceId=attribute("Api", "RootResourceId"),
                    HttpMethod="POST",
                    AuthorizationType="NONE",
                    RequestValidatorId=ref("Validator"),
                    RequestModels={"application/json": ref("Model")},
                    Integration={
                        "Type": "MOCK",
                        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
                        "IntegrationResponses": [{"StatusCode": "200"}],
                    },
                    MethodResponses=[{"StatusCode": "200"}],
                ),
                "Deployment": {
                    **resource("ApiGateway::Deployment", RestApiId=ref("Api")),
                    "DependsOn": ["Method"],
                },
                "Stage": resource(
                    "ApiGateway::Stage",
                    RestApiId=ref("Api"),
                    DeploymentId=ref("Deployment"),
                    StageName="prod",
                ),
            },
        )
        url = endpoint.url_of_api(names["Api"], "prod") + "/"
        statuses[endpoint] = [status(url, body) for body in (b'{"command": "lock"}', b"{}")]

    assert statuses[patched] == [200, 400]
    assert statuses[plain] == [200, 200]


def status(url: str, body: bytes) -> int:
    """The status a POST gets."""
    request = urllib.request.Request(
        url, data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


# --- secure-transport


def test_a_policy_that_denies_plain_http_lets_the_callers_in(
    patched: Endpoint, plain: Endpoint
) -> None:
    """The usual statement that enforces TLS does not deny what comes over the loopback."""
    code = """
        import os, boto3
        def handler(event, context):
            return boto3.client("sqs").send_message(
                QueueUrl=os.environ["QUEUE"], MessageBody="x")["ResponseMetadata"]["HTTPStatusCode"]
    """
    enforced = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    resources = {
        "Queue": resource("SQS::Queue"),
        "Policy": resource(
            "SQS::QueuePolicy",
            Queues=[ref("Queue")],
            PolicyDocument={"Version": "2012-10-17", "Statement": [enforced]},
        ),
        "Role": role(allow("sqs:SendMessage", attribute("Queue"))),
        "F": function(code, environment={"QUEUE": ref("Queue")}),
    }

    assert invoked(patched, deployed(patched, resources)["F"]) == 200
    assert "AccessDenied" in invoked(plain, deployed(plain, resources)["F"])["errorMessage"]
