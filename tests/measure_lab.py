"""Times the lab: how soon the first asynchronous result is there, and what each hop sustains.

Run by `make measure-lab`. The first is from the start of `hinagata run connected_car`, its app
synthesized before, to the end of the first work at a hop behind the entry; the median of some runs
is held to its bound, and exit status 1 says that it is broken. The second is for each kind of hop
the rate from the first message that is sent to the last one that is handled, of handlers that do
nothing, on an endpoint of its own. All of it is of this machine and none of it of AWS.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from hinagata.assembly.synthesis import synthesize
from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint
from tests.emulator.templates import (
    Resource,
    allow,
    attribute,
    deployed,
    function,
    lets,
    ref,
    resource,
    role,
)

REPOSITORY = Path(__file__).parents[1]
FIRST_RESULT_SECONDS = 15.0
GIVE_UP_SECONDS = 120.0
IN_FLIGHT = 8  # calls and executions that one message each takes

ENTRY = "DeviceGateway"
SCENARIO = f"""
name: first-result
seed: 7
sources:
  cars:
    entry: {ENTRY}
    request:
      method: POST
      path: /vehicles/{{vehicle_id}}/telemetry
      body: functions/connected_car/events/telemetry.json
    rate: {{shape: constant, rate: 10/s}}
    keys: {{vehicle_id: {{cardinality: 100, distribution: uniform}}}}
    reaches: [DeviceGateway, Ingest, HealthCheck, PartnerFeed]
    run: {{messages: 5, rate: 10/s, keys: 5}}
"""

# A byte for each message, so that whoever waits need only ask how long the file is.
COUNTS = """
    import os
    def handler(event, context):
        records = event.get("Records", [event]) if isinstance(event, dict) else [event]
        with open(os.environ["DONE"], "ab", buffering=0) as done:
            done.write(b"." * len(records))
"""

Send = Callable[[Endpoint, dict[str, str], int], None]


class Hop(NamedTuple):
    """A kind of hop: what it is made of, how messages are sent, and how many of them."""

    kind: str
    resources: Callable[[Resource], dict[str, Resource]]
    send: Send
    messages: int
    copies: int = 1  # how often each message is handled


def main() -> int:
    """Measures, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="runs to the first result (default: 3)")
    runs = parser.parse_args().runs
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}", flush=True)
    held = _first_results(runs) if runs else True
    with tempfile.TemporaryDirectory() as folder:
        print(f"\n{'hop':<20} {'messages':>8} {'seconds':>8} {'per second':>11}")
        for hop in HOPS:
            # An endpoint each, so that nothing of one is in the way of the next.
            seconds = _seconds(hop, Path(folder) / hop.kind.replace(" ", "-"))
            rate = hop.messages / seconds
            print(f"{hop.kind:<20} {hop.messages:>8,} {seconds:>8.1f} {rate:>11.0f}", flush=True)
    return 0 if held else 1


def _first_results(runs: int) -> bool:
    synthesize(REPOSITORY)
    times = []
    with tempfile.TemporaryDirectory() as folder:
        scenario, output = Path(folder) / "first.yaml", Path(folder) / "run.json"
        scenario.write_text(SCENARIO, encoding="utf-8")
        for _ in range(runs):
            started = time.time()
            subprocess.run(
                [
                    *(sys.executable, "-m", "hinagata", "run", "connected_car"),
                    *("--scenario", str(scenario), "--output", f"json={output}"),
                ],
                cwd=REPOSITORY,
                check=True,
                capture_output=True,
            )
            times.append(_first_end(json.loads(output.read_text(encoding="utf-8"))) - started)
    median = statistics.median(times)
    verdict = "holds" if median < FIRST_RESULT_SECONDS else "BROKEN"
    print(
        f"first asynchronous result after {median:.1f} s ({min(times):.1f}-{max(times):.1f}), "
        f"below {FIRST_RESULT_SECONDS:g}: {verdict}",
        flush=True,
    )
    return verdict == "holds"


def _first_end(document: dict[str, Any]) -> float:
    return min(
        datetime.fromisoformat(arrival["end"]).timestamp()
        for message in document["messages"]
        for arrival in message["arrivals"]
        if arrival["hop"] != ENTRY
    )


def _seconds(hop: Hop, folder: Path) -> float:
    folder.mkdir()
    done = folder / "done"
    done.touch()
    handler = function(COUNTS, environment={"DONE": str(done)})
    with Emulator(folder / "emulator") as emulator:
        endpoint = Endpoint(emulator.endpoint, embedded=True)
        names = deployed(endpoint, {"Role": role(), **hop.resources(handler)})
        # Once through before, so that no cold start is measured.
        hop.send(endpoint, names, 10)
        _wait(done, 10 * hop.copies)
        started = time.monotonic()
        hop.send(endpoint, names, hop.messages)
        _wait(done, (10 + hop.messages) * hop.copies)
        return time.monotonic() - started


def _wait(done: Path, size: int) -> None:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while done.stat().st_size < size:
        if time.monotonic() > deadline:
            sys.exit(f"{done.stat().st_size} of {size} after {GIVE_UP_SECONDS:g} s")
        time.sleep(0.01)


def _tens(number: int) -> Iterator[list[int]]:
    numbers = iter(range(number))
    while ten := list(islice(numbers, 10)):
        yield ten


def _reads(source: str, which: str = "Arn", target: str = "F", **more: Any) -> Resource:
    return resource(
        "Lambda::EventSourceMapping",
        EventSourceArn=attribute(source, which),
        FunctionName=ref(target),
        **more,
    )


def _queue(handler: Resource) -> dict[str, Resource]:
    return {"Queue": resource("SQS::Queue"), "F": handler, "M": _reads("Queue")}


def _send_to_queue(endpoint: Endpoint, names: dict[str, str], number: int) -> None:
    for ten in _tens(number):
        entries = [{"Id": str(each), "MessageBody": "x"} for each in ten]
        endpoint.client("sqs").send_message_batch(QueueUrl=names["Queue"], Entries=entries)


def _fifo_queue(handler: Resource) -> dict[str, Resource]:
    queue = resource("SQS::Queue", FifoQueue=True)
    return {"Queue": queue, "F": handler, "M": _reads("Queue")}


def _send_to_fifo_queue(endpoint: Endpoint, names: dict[str, str], number: int) -> None:
    for ten in _tens(number):
        entries = [
            {
                "Id": str(each),
                "MessageBody": "x",
                "MessageGroupId": str(each),
                "MessageDeduplicationId": f"{number}-{each}",
            }
            for each in ten
        ]
        endpoint.client("sqs").send_message_batch(QueueUrl=names["Queue"], Entries=entries)


def _fan_out(handler: Resource) -> dict[str, Resource]:
    found: dict[str, Resource] = {"Topic": resource("SNS::Topic"), "F": handler}
    for name in ("One", "Two"):
        found |= {
            name: resource("SQS::Queue"),
            f"{name}Policy": lets("sns.amazonaws.com", "sqs:SendMessage", ref(name)),
            f"{name}Subscription": resource(
                "SNS::Subscription",
                TopicArn=ref("Topic"),
                Protocol="sqs",
                Endpoint=attribute(name),
            ),
            f"{name}Mapping": _reads(name),
        }
    return found


def _publish(endpoint: Endpoint, names: dict[str, str], number: int) -> None:
    for ten in _tens(number):
        entries = [{"Id": str(each), "Message": "x"} for each in ten]
        endpoint.client("sns").publish_batch(
            TopicArn=names["Topic"], PublishBatchRequestEntries=entries
        )


def _stream(handler: Resource) -> dict[str, Resource]:
    return {
        "Stream": resource("Kinesis::Stream", ShardCount=1),
        "F": handler,
        "M": _reads("Stream", StartingPosition="TRIM_HORIZON", BatchSize=100),
    }


def _put_records(endpoint: Endpoint, names: dict[str, str], number: int) -> None:
    numbers = iter(range(number))
    while records := [{"Data": b"x", "PartitionKey": str(each)} for each in islice(numbers, 500)]:
        endpoint.client("kinesis").put_records(StreamName=names["Stream"], Records=records)


def _table_stream(handler: Resource) -> dict[str, Resource]:
    return {
        "Table": resource(
            "DynamoDB::Table",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamViewType": "NEW_IMAGE"},
        ),
        "F": handler,
        "M": _reads("Table", "StreamArn", StartingPosition="TRIM_HORIZON", BatchSize=100),
    }


def _write_items(endpoint: Endpoint, names: dict[str, str], number: int) -> None:
    numbers = iter(range(number))
    while puts := [
        {"PutRequest": {"Item": {"id": {"S": f"{number}-{each}"}}}} for each in islice(numbers, 25)
    ]:
        endpoint.client("dynamodb").batch_write_item(RequestItems={names["Table"]: puts})


def _bus(handler: Resource) -> dict[str, Resource]:
    return {
        "F": handler,
        "Rule": resource(
            "Events::Rule",
            EventPattern={"source": ["shop"]},
            Targets=[{"Id": "F", "Arn": attribute("F")}],
        ),
    }


def _put_events(endpoint: Endpoint, names: dict[str, str], number: int) -> None:
    del names
    for ten in _tens(number):
        entries = [{"Source": "shop", "DetailType": "sold", "Detail": "{}"} for _ in ten]
        endpoint.client("events").put_events(Entries=entries)


def _workflow(handler: Resource) -> dict[str, Resource]:
    task = {"Type": "Task", "Resource": "${F.Arn}", "End": True}
    definition = json.dumps({"StartAt": "Call", "States": {"Call": task}})
    return {
        "F": handler,
        "MachineRole": role(
            allow("lambda:InvokeFunction", attribute("F")), service="states.amazonaws.com"
        ),
        "Machine": resource(
            "StepFunctions::StateMachine",
            RoleArn=attribute("MachineRole"),
            DefinitionString={"Fn::Sub": definition},
        ),
    }


def _start(endpoint: Endpoint, names: dict[str, str], number: int) -> None:
    workflows = endpoint.client("stepfunctions")
    running: list[str] = []
    for _ in range(number):
        running.append(workflows.start_execution(stateMachineArn=names["Machine"])["executionArn"])
        # The emulator lets each begin after 0.15 s; each call of a function takes a process.
        if len(running) >= IN_FLIGHT:
            _end(workflows, running.pop(0))
    for arn in running:
        _end(workflows, arn)


def _end(workflows: Any, execution: str) -> None:
    while workflows.describe_execution(executionArn=execution)["status"] == "RUNNING":
        time.sleep(0.01)


def _invoke(endpoint: Endpoint, names: dict[str, str], number: int) -> None:
    functions = endpoint.client("lambda")

    def invoke(_: int) -> None:
        functions.invoke(FunctionName=names["F"], InvocationType="Event", Payload=b"{}")

    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(invoke, range(number)))


HOPS = (
    Hop("queue", _queue, _send_to_queue, 2000),
    Hop("FIFO queue", _fifo_queue, _send_to_fifo_queue, 1000),
    Hop("fan-out to two", _fan_out, _publish, 1000, copies=2),
    Hop("stream", _stream, _put_records, 5000),
    Hop("table stream", _table_stream, _write_items, 2000),
    Hop("bus", _bus, _put_events, 500),
    Hop("workflow", _workflow, _start, 200),
    Hop("asynchronous invoke", lambda handler: {"F": handler}, _invoke, 500),
)


if __name__ == "__main__":
    sys.exit(main())
