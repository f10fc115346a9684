"""Ten thousand messages through a queue and a stream whose handlers fail at random.

`python -m tests.emulator.ten_thousand` sends them, has a fifth of all invocations fail and two
processes crash, and accounts for every id.
"""

import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hinagata.lab.endpoint import Endpoint
from hinagata.lab.faults.board import read_strikes, write_board
from hinagata.lab.faults.injection import Injection, Kind, Place
from hinagata.lab.steps import Step, Steps
from hinagata.scenario.fault import Inject
from tests.emulator.fault_matrix import HOPS, Hop, Matrix, envelope, mapping, matrix
from tests.emulator.templates import attribute, resource

MESSAGES = 10_000
FAILURES = 0.2
DEADLINE_SECONDS = 300.0
LOOK_SECONDS = 3.0  # a look takes the emulator a while, in which it does nothing else
RECORDS = 500  # in one PutRecords

_QUEUE, _STREAM = (next(hop for hop in HOPS if hop.name == name) for name in ("Queue", "Stream"))
# Wider than those of the matrix: batches of 20, and four shards.
WIDE = (
    replace(
        _QUEUE,
        resources={
            **_QUEUE.resources,
            "QueueMapping": mapping(
                "Queue",
                attribute("QueueQueue"),
                BatchSize=20,
                MaximumBatchingWindowInSeconds=1,
            ),
        },
    ),
    replace(
        _STREAM,
        resources={
            **_STREAM.resources,
            "StreamStream": resource("Kinesis::Stream", ShardCount=4),
        },
    ),
)


@dataclass(frozen=True, kw_only=True)
class Account:
    """What became of the messages.

    Attributes:
        sent: how many were sent.
        once: how many had their effect exactly once.
        twice: how many had it more than once.
        dead: how many are dead letters.
        again: how often one was delivered that had been processed.
        failures: how many invocations were made to fail.
        crashes: how many processes crashed.
        seconds: from the first message to the last effect.
    """

    sent: int
    once: int
    twice: int
    dead: int
    again: int
    failures: int
    crashes: int
    seconds: float

    @property
    def lost(self) -> int:
        """How many are nowhere."""
        return self.sent - self.once - self.twice - self.dead


def run(workdir: Path, *, messages: int = MESSAGES, steps: Steps | None = None) -> Account:
    """Send messages, half through each, and return what became of them.

    Args:
        workdir: folder for logs.
        messages: how many.
        steps: shows how far it is.
    """
    steps = steps or Steps()
    # The count is written together with the message's id, and needs no memory besides.
    with matrix(workdir, WIDE, proxied=False, remembers=False) as running:
        return _played(running, WIDE, messages, steps, workdir / "faults.json")


def _played(
    running: Matrix, hops: Sequence[Hop], messages: int, steps: Steps, board: Path
) -> Account:
    sent = {hop.name: [f"{uuid.uuid4()}" for _ in range(messages // len(hops))] for hop in hops}
    now = time.time()
    faults = [
        Injection(
            number=number,
            inject=inject,
            place=Place(kind=Kind.FUNCTION, name=running.made[f"{hop.name}Function"]),
            begin=now + (0.0 if inject is Inject.RAISE else 10.0),
            end=now + 3600 if inject is Inject.RAISE else None,
            rate=FAILURES if inject is Inject.RAISE else 1.0,
            seed=f"{number}",
        )
        # What strikes once goes first: an invocation is struck by one fault.
        for number, (inject, hop) in enumerate(
            (inject, hop) for inject in (Inject.CRASH, Inject.RAISE) for hop in hops
        )
    ]
    write_board(board, faults)
    with steps.step("send"):
        for hop in hops:
            if hop.name == "Stream":
                _put_many(running.endpoint, running.made, sent[hop.name])
            else:
                hop.send(running.endpoint, running.made, sent[hop.name])
    with steps.step("process") as step:
        _await(running, hops, messages, step, deadline=now + DEADLINE_SECONDS)
    seconds = time.time() - now
    strikes = Counter(faults[strike.number].inject for strike in read_strikes(board))
    effects, repeats = running.effects(), running.repeats()
    ids = [each for names in sent.values() for each in names]
    return Account(
        sent=len(ids),
        once=sum(effects.get(each) == 1 for each in ids),
        twice=sum(effects.get(each, 0) > 1 for each in ids),
        dead=sum(running.letters(hop) for hop in hops),
        again=sum(repeats[each] for each in ids),
        failures=strikes[Inject.RAISE],
        crashes=strikes[Inject.CRASH],
        seconds=seconds,
    )


def _put_many(endpoint: Endpoint, made: Mapping[str, str], ids: Sequence[str]) -> None:
    for start in range(0, len(ids), RECORDS):
        endpoint.client("kinesis").put_records(
            StreamName=made["StreamStream"],
            Records=[
                {"Data": envelope(name).encode(), "PartitionKey": name}
                for name in ids[start : start + RECORDS]
            ],
        )


def _await(
    running: Matrix, hops: Sequence[Hop], messages: int, step: Step, *, deadline: float
) -> None:
    before = len(hops)  # each was started up with a message
    while time.time() < deadline:
        accounted = running.effect_count() - before + sum(map(running.letters, hops))
        step.progress(f"{accounted} of {messages} accounted for")
        if accounted >= messages:
            return
        time.sleep(LOOK_SECONDS)


def main() -> None:
    """Run it, tell the account, and fail unless every id is accounted for."""
    with tempfile.TemporaryDirectory() as workdir:
        account = run(Path(workdir))
    print(  # noqa: T201
        f"{account.sent} sent, {account.once} with their effect exactly once, "
        f"{account.twice} more than once, {account.dead} dead letters, {account.lost} lost;\n"
        f"{account.failures} invocations failed, {account.crashes} processes crashed, "
        f"{account.again} messages came again; {account.seconds:.0f} s"
    )
    sys.exit(account.lost > 0 or account.twice > 0)


if __name__ == "__main__":
    main()
