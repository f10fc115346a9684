"""Each fault as a handler, a caller or a queue meets it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hinagata.lab.faults.injection import Kind
from hinagata.lab.faults.session import update_code
from hinagata.scenario.fault import Inject
from tests.emulator.faulty import Faulty, faulty_emulator
from tests.emulator.templates import (
    attribute,
    deployed,
    function,
    lets,
    ref,
    resource,
    role,
)
from tests.polling import eventually

TELLS_ITS_PROCESS = """
    import os
    def handler(event, context):
        return os.getpid()
"""
SLEEPS = """
    import os, time
    def handler(event, context):
        time.sleep(event.get("seconds", 0))
        return os.path.exists("hinagata-update.txt")
"""
SAYS_WHAT_IT_SEES = """
    import json
    def handler(event, context):
        bodies = [json.loads(r["body"])["id"] for r in event["Records"]]
        print(json.dumps({"seen": bodies}))
        return {"batchItemFailures": []}
"""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    """A running emulator, whose faults last as long as each test says."""
    with faulty_emulator(tmp_path_factory.mktemp("faulty")) as running:
        yield running


@pytest.fixture(scope="module")
def pid_function(faulty: Faulty) -> str:
    """A function that answers with its process id."""
    function_of = function(TELLS_ITS_PROCESS)
    function_of["Properties"]["Timeout"] = 1
    return deployed(faulty.endpoint, {"Role": role(), "F": function_of})["F"]


def invoked(faulty: Faulty, name: str) -> tuple[Any, str]:
    """What an invocation answers, and the error that it is, if it is one."""
    answer = faulty.endpoint.client("lambda").invoke(FunctionName=name, Payload=b'{"id": "one"}')
    return json.loads(answer["Payload"].read()), answer.get("FunctionError", "")


def queue_with_consumer(faulty: Faulty, **queue: Any) -> dict[str, str]:
    """A queue, its dead letters, and a consumer that reports items."""
    suffix = {"FifoQueue": True} if queue.get("FifoQueue") else {}
    return deployed(
        faulty.endpoint,
        {
            "Role": role(),
            "Logs": resource("Logs::LogGroup"),
            "Dead": resource("SQS::Queue", **suffix),
            "Queue": resource(
                "SQS::Queue",
                VisibilityTimeout=1,
                RedrivePolicy={"deadLetterTargetArn": attribute("Dead"), "maxReceiveCount": 2},
                **queue,
            ),
            "F": function(SAYS_WHAT_IT_SEES, LoggingConfig={"LogGroup": ref("Logs")}),
            "Mapping": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=attribute("Queue"),
                FunctionName=ref("F"),
                FunctionResponseTypes=["ReportBatchItemFailures"],
            ),
        },
    )


def send(faulty: Faulty, queue: str, *ids: str) -> None:
    """Send messages, each the envelope of an event, in one request."""
    fifo = {"MessageGroupId": "one"} if queue.endswith(".fifo") else {}
    entries = [
        {
            "Id": name,
            "MessageBody": json.dumps({"specversion": "1.0", "id": name}),
            **fifo,
            **({"MessageDeduplicationId": name} if fifo else {}),
        }
        for name in ids
    ]
    for start in range(0, len(entries), 10):
        faulty.endpoint.client("sqs").send_message_batch(
            QueueUrl=queue, Entries=entries[start : start + 10]
        )


def seen(faulty: Faulty, logs: str) -> list[str]:
    """The messages that a consumer has seen, in order."""
    events = faulty.endpoint.client("logs").filter_log_events(logGroupName=logs)["events"]
    return [
        name
        for event in events
        if event["message"].startswith('{"seen"')
        for name in json.loads(event["message"])["seen"]
    ]


def depth(faulty: Faulty, queue: str) -> int:
    """How many messages lie in a queue."""
    attributes = faulty.endpoint.client("sqs").get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


def settled(faulty: Faulty, made: dict[str, str], ids: list[str]) -> bool:
    """Whether each message was processed or given up."""
    processed = set(seen(faulty, made["Logs"]))
    return len(processed) + depth(faulty, made["Dead"]) == len(ids)


def test_a_handler_is_made_to_raise(faulty: Faulty, pid_function: str) -> None:
    """The invocation fails, the process stays, and afterwards all is as before."""
    before, _ = invoked(faulty, pid_function)
    with faulty.injected(Inject.RAISE, Kind.FUNCTION, pid_function) as fault:
        answer, error = invoked(faulty, pid_function)
    after, _ = invoked(faulty, pid_function)

    assert (error, answer["errorType"]) == ("Unhandled", "InjectedFault")
    assert after == before
    assert len(faulty.strikes(fault)) == 1


def test_a_share_of_the_invocations_is_struck(faulty: Faulty, pid_function: str) -> None:
    """About as many as the rate says, and the same ones at the same seed."""
    outcomes: list[list[bool]] = []
    for _ in range(2):
        with faulty.injected(Inject.RAISE, Kind.FUNCTION, pid_function, rate=0.3, seed="7"):
            outcomes.append([bool(invoked(faulty, pid_function)[1]) for _ in range(40)])

    assert outcomes[0] == outcomes[1]
    assert 4 <= sum(outcomes[0]) <= 20


def test_a_handler_is_made_to_crash(faulty: Faulty, pid_function: str) -> None:
    """Its process ends; the next invocation has another."""
    before, _ = invoked(faulty, pid_function)
    with faulty.injected(Inject.CRASH, Kind.FUNCTION, pid_function):
        answer, error = invoked(faulty, pid_function)
    after, _ = invoked(faulty, pid_function)

    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert isinstance(after, int)
    assert after != before


def test_a_handler_is_made_to_hang(faulty: Faulty, pid_function: str) -> None:
    """The invocation ends at the timeout of the function, as one that took too long."""
    invoked(faulty, pid_function)
    with faulty.injected(Inject.HANG, Kind.FUNCTION, pid_function):
        started = time.monotonic()
        answer, _ = invoked(faulty, pid_function)

    assert answer["errorType"] == "Sandbox.Timedout"
    assert 1.0 <= time.monotonic() - started < 3.0


def test_poison_is_given_up_and_nothing_else(faulty: Faulty) -> None:
    """Poisoned messages end as dead letters; the others of their batches are processed."""
    made = queue_with_consumer(faulty)
    ids = [f"m{number:02}" for number in range(10)]
    with faulty.injected(Inject.POISON, Kind.FUNCTION, made["F"], rate=0.2, seed="3") as fault:
        send(faulty, made["Queue"], *ids)
        eventually(lambda: depth(faulty, made["Dead"]) and settled(faulty, made, ids), within=30)
    poisoned = {message for strike in faulty.strikes(fault) for message in strike.messages}

    assert depth(faulty, made["Dead"]) == len(poisoned)
    assert set(seen(faulty, made["Logs"])) == set(ids) - poisoned


def test_poison_in_a_fifo_queue_lets_nothing_run_ahead(faulty: Faulty) -> None:
    """What stood behind a poisoned message in its batch waits, or is given up with it."""
    made = queue_with_consumer(faulty, FifoQueue=True)
    ids = [f"m{number:02}" for number in range(10)]
    with faulty.injected(Inject.POISON, Kind.FUNCTION, made["F"], rate=0.2, seed="3") as fault:
        send(faulty, made["Queue"], *ids)
        eventually(lambda: depth(faulty, made["Dead"]) and settled(faulty, made, ids), within=30)
    poisoned = {message for strike in faulty.strikes(fault) for message in strike.messages}
    processed = seen(faulty, made["Logs"])

    assert poisoned.isdisjoint(processed)
    assert processed == sorted(set(processed))


def test_the_account_runs_fewer_functions_at_once(faulty: Faulty) -> None:
    """What is more is throttled, by whomever it is called; afterwards there is room again."""
    made = deployed(faulty.endpoint, {"Role": role(), "F": function(SLEEPS)})
    functions = faulty.endpoint.client("lambda")

    def both_at_once() -> None:
        with ThreadPoolExecutor() as pool:
            for _ in range(2):
                pool.submit(functions.invoke, FunctionName=made["F"], Payload=b'{"seconds": 0.4}')

    with faulty.injected(Inject.CONCURRENCY, Kind.ACCOUNT, limit=2) as enough:
        both_at_once()
    with faulty.injected(Inject.CONCURRENCY, Kind.ACCOUNT, limit=1) as too_few:
        both_at_once()

    assert not faulty.strikes(enough)
    assert faulty.strikes(too_few)


@pytest.mark.parametrize(
    ("inject", "outcome"),
    [(Inject.DOWN, "ServiceException"), (Inject.SERVER_ERROR, "ServiceException")],
)
def test_a_function_fails_its_callers(
    faulty: Faulty, pid_function: str, inject: Inject, outcome: str
) -> None:
    """As the service does, without running."""
    with faulty.injected(inject, Kind.FUNCTION, pid_function):
        answer, _ = invoked(faulty, pid_function)

    assert answer["errorType"] == outcome


def test_a_function_is_slow(faulty: Faulty, pid_function: str) -> None:
    """Its answer is right, and late."""
    with faulty.injected(Inject.SLOW, Kind.FUNCTION, pid_function, delay_seconds=0.4):
        started = time.monotonic()
        answer, error = invoked(faulty, pid_function)

    assert time.monotonic() - started >= 0.4
    assert isinstance(answer, int)
    assert error == ""


def test_running_invocations_finish_when_the_code_is_updated(faulty: Faulty) -> None:
    """On the old code, as on AWS; the next one has the new."""
    made = deployed(faulty.endpoint, {"Role": role(), "F": function(SLEEPS)})
    functions = faulty.endpoint.client("lambda")
    with ThreadPoolExecutor() as pool:
        functions.invoke(FunctionName=made["F"], Payload=b"{}")
        running = pool.submit(functions.invoke, FunctionName=made["F"], Payload=b'{"seconds": 1}')
        time.sleep(0.3)  # it has to be at work when the update comes
        update_code(faulty.endpoint, made["F"])
        old = json.loads(running.result()["Payload"].read())
    new = json.loads(functions.invoke(FunctionName=made["F"], Payload=b"{}")["Payload"].read())

    assert (old, new) == (False, True)


def received(faulty: Faulty, queue: str) -> list[str]:
    """Take what can be received now out of a queue, in order."""
    sqs = faulty.endpoint.client("sqs")
    taken: list[str] = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            taken.append(json.loads(message["Body"])["id"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return taken


@pytest.mark.parametrize("more", [{}, {"FifoQueue": True}], ids=["standard", "fifo"])
def test_a_queue_delivers_twice(faulty: Faulty, more: dict[str, Any]) -> None:
    """Each of the chosen messages comes twice, the others once; a FIFO queue keeps its order."""
    queue = deployed(faulty.endpoint, {"Queue": resource("SQS::Queue", **more)})["Queue"]
    ids = [f"m{number:02}" for number in range(10)]
    with faulty.injected(
        Inject.DUPLICATE, Kind.QUEUE, queue.rpartition("/")[2], rate=0.5, seed="2"
    ) as fault:
        send(faulty, queue, *ids)
        taken = received(faulty, queue)
        twice = [message for strike in faulty.strikes(fault) for message in strike.messages]
        eventually(
            lambda: (taken.extend(received(faulty, queue)), len(taken) == len(ids + twice))[1]
        )

    assert 0 < len(twice) < len(ids)
    assert sorted(taken) == sorted(ids + twice)
    if more:
        assert taken == sorted(taken)


def test_a_queue_delivers_out_of_order(faulty: Faulty) -> None:
    """Some messages come after all that were sent later; each comes once."""
    queue = deployed(faulty.endpoint, {"Queue": resource("SQS::Queue")})["Queue"]
    ids = [f"m{number:02}" for number in range(10)]
    with faulty.injected(
        Inject.REORDER, Kind.QUEUE, queue.rpartition("/")[2], rate=0.4, seed="2"
    ) as fault:
        send(faulty, queue, *ids)
        taken = received(faulty, queue)
        late = {message for strike in faulty.strikes(fault) for message in strike.messages}
        eventually(lambda: (taken.extend(received(faulty, queue)), len(taken) >= len(ids))[1])

    assert 0 < len(late) < len(ids)
    in_time = [name for name in ids if name not in late]
    assert taken[: len(in_time)] == in_time
    assert sorted(taken[len(in_time) :]) == sorted(late)


def records(faulty: Faulty, stream: str) -> list[str]:
    """The data on a stream of one shard, in order."""
    kinesis = faulty.endpoint.client("kinesis")
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return [
        record["Data"].decode() for record in kinesis.get_records(ShardIterator=iterator)["Records"]
    ]


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("inject", [Inject.DUPLICATE, Inject.REORDER])
def test_a_stream_has_records_twice_or_late(faulty: Faulty, inject: Inject, at_once: bool) -> None:
    """Whether they were put one by one or all at once."""
    stream = deployed(faulty.endpoint, {"S": resource("Kinesis::Stream", ShardCount=1)})["S"]
    kinesis = faulty.endpoint.client("kinesis")
    data = [f"r{number}" for number in range(10)]
    with faulty.injected(inject, Kind.STREAM, stream, rate=0.5, seed="5") as fault:
        if at_once:
            kinesis.put_records(
                StreamName=stream,
                Records=[{"Data": each.encode(), "PartitionKey": "one"} for each in data],
            )
        else:
            for each in data:
                kinesis.put_record(StreamName=stream, Data=each.encode(), PartitionKey="one")
        struck = {message for strike in faulty.strikes(fault) for message in strike.messages}
        twice = len(struck) if inject is Inject.DUPLICATE else 0
        eventually(lambda: len(records(faulty, stream)) == len(data) + twice)
    on_stream = records(faulty, stream)

    assert 0 < len(struck) < len(data)
    assert set(on_stream[-len(struck) :]) == struck
    assert set(on_stream) == set(data)


@pytest.mark.parametrize("inject", [Inject.DUPLICATE, Inject.REORDER])
def test_a_topic_and_a_bus_deliver_twice_or_late(faulty: Faulty, inject: Inject) -> None:
    """To whoever listens."""
    made = deployed(
        faulty.endpoint,
        {
            "Topic": resource("SNS::Topic"),
            "Heard": resource("SQS::Queue"),
            "Bus": resource("Events::EventBus", Name=f"bus-{inject.value}"),
            "Rule": resource(
                "Events::Rule",
                EventBusName=ref("Bus"),
                EventPattern={"source": ["test"]},
                Targets=[{"Id": "one", "Arn": attribute("Caught")}],
            ),
            "Caught": resource("SQS::Queue"),
            "LetsTopic": lets("sns.amazonaws.com", "sqs:SendMessage", ref("Heard")),
            "LetsBus": lets("events.amazonaws.com", "sqs:SendMessage", ref("Caught")),
            "Subscription": resource(
                "SNS::Subscription",
                TopicArn=ref("Topic"),
                Protocol="sqs",
                Endpoint=attribute("Heard"),
            ),
        },
    )
    message = json.dumps({"specversion": "1.0", "id": "one"})
    delivered = 2 if inject is Inject.DUPLICATE else 1
    with faulty.injected(inject, Kind.TOPIC, made["Topic"]):
        faulty.endpoint.client("sns").publish(TopicArn=made["Topic"], Message=message)
        if inject is Inject.REORDER:
            assert depth(faulty, made["Heard"]) == 0
        eventually(lambda: depth(faulty, made["Heard"]) == delivered)
    with faulty.injected(inject, Kind.BUS, made["Bus"]):
        entry = {"EventBusName": made["Bus"], "Source": "test", "DetailType": "t"}
        faulty.endpoint.client("events").put_events(Entries=[{**entry, "Detail": message}])
        if inject is Inject.REORDER:
            assert depth(faulty, made["Caught"]) == 0
        eventually(lambda: depth(faulty, made["Caught"]) == delivered)
