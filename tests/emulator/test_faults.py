"""Each fault as a handler, a caller or a queue meets it."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from hinagata.lab.faults.injection import Kind
from hinagata.scenario.fault import Inject
from tests.emulator.faulty import Faulty, faulty_emulator
from tests.emulator.polling import eventually
from tests.emulator.templates import attribute, deployed, function, ref, resource, role

TELLS_ITS_PROCESS = """
    import os
    def handler(event, context):
        return os.getpid()
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
                RedrivePolicy={"deadLetterTargetArn": attribute("Dead"), "maxReceiveCount": 3},
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
    """Poisoned messages end as dead letters; the others of their batches are processed once."""
    made = queue_with_consumer(faulty)
    ids = [f"m{number:02}" for number in range(20)]
    with faulty.injected(Inject.POISON, Kind.FUNCTION, made["F"], rate=0.1, seed="3") as fault:
        send(faulty, made["Queue"], *ids)
        eventually(lambda: depth(faulty, made["Dead"]) and settled(faulty, made, ids), within=30)
    poisoned = {strike.message for strike in faulty.strikes(fault)}

    assert depth(faulty, made["Dead"]) == len(poisoned)
    assert Counter(seen(faulty, made["Logs"])) == Counter(set(ids) - poisoned)


def test_poison_in_a_fifo_queue_lets_nothing_run_ahead(faulty: Faulty) -> None:
    """What stood behind a poisoned message in its batch waits, or is given up with it."""
    made = queue_with_consumer(faulty, FifoQueue=True)
    ids = [f"m{number:02}" for number in range(20)]
    with faulty.injected(Inject.POISON, Kind.FUNCTION, made["F"], rate=0.1, seed="3") as fault:
        send(faulty, made["Queue"], *ids)
        eventually(lambda: depth(faulty, made["Dead"]) and settled(faulty, made, ids), within=30)
    poisoned = {strike.message for strike in faulty.strikes(fault)}
    processed = seen(faulty, made["Logs"])

    assert poisoned.isdisjoint(processed)
    assert processed == sorted(set(processed))
