"""A scenario executed on an endpoint: bring the sample up, play, look, judge, and take it down."""

import contextlib
import shutil
import signal
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.assembly.synthesis import synthesize
from hinagata.errors import HinagataError, UsageError
from hinagata.lab.accounting import (
    Records,
    hop_accounts,
    journeys,
    path_accounts,
    source_accounts,
)
from hinagata.lab.caps import UNCAPPED, take_caps_off
from hinagata.lab.consent import AWS, ask_for_aws
from hinagata.lab.deployment import Deployment, deploy
from hinagata.lab.emulator import Emulator, EmulatorError
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.evidence import Evidence
from hinagata.lab.faults.aim import Aim
from hinagata.lab.faults.session import FaultSession, refuse_foreign
from hinagata.lab.hold import hold
from hinagata.lab.hops import read_hops
from hinagata.lab.judgement import judge, judge_lake, judge_pushed
from hinagata.lab.lake import kept_hops, lake_of
from hinagata.lab.lake_account import LakeAccount, lake_account
from hinagata.lab.late_returns import late_returns
from hinagata.lab.messages import messages
from hinagata.lab.observation import Observation, Progress
from hinagata.lab.result import FaultRecord, Result
from hinagata.lab.steps import Step, Steps
from hinagata.lab.stored import (
    StoredState,
    judge_every,
    judge_latest,
    judge_newest,
    read_items,
)
from hinagata.lab.tasks import TaskSupervisor
from hinagata.lab.trace_tree import trace_account
from hinagata.lab.traffic import Entry, Sent, Stream, send
from hinagata.lab.wiring import Wiring, wire
from hinagata.samples import Sample
from hinagata.scenario import (
    EveryStored,
    LatestStored,
    NewestStored,
    Scenario,
    StoredExpectation,
)
from hinagata.topology.graph import Topology
from hinagata.topology.reading import read_topology

FOLDER = ".hinagata"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A sample that is up on an endpoint."""

    sample: Sample
    assembly: CloudAssembly
    endpoint: Endpoint
    deployment: Deployment
    faults: FaultSession
    topology: Topology
    refuse_dead: Callable[[], None]
    """Raises EmulatorError once the embedded endpoint has ended."""


@contextlib.contextmanager
def stage(
    sample: Sample,
    scenario: Scenario,
    *,
    project: Path,
    endpoint_url: str | None,
    steps: Steps,
    agreed: bool = False,
    context: Mapping[str, object] | None = None,
) -> Iterator[Stage]:
    """Bring a sample up for as long as the block lasts; nothing of it is left, whatever happens.

    On an endpoint that was there before, the stacks stay: it is not this function's to empty.

    Args:
        sample: the sample.
        scenario: what will be played; all that it names must be there.
        project: the folder with the app.
        endpoint_url: where to deploy to; None starts the embedded endpoint, `aws` is AWS itself.
        steps: shows how far it is.
        agreed: whether the user need not be asked before anything is deployed to AWS.
        context: what the app is told beside the context of its cdk.json.

    Raises:
        HinagataError: nothing was deployed, or what was is taken down again.
    """
    foreign = None if endpoint_url is None else _foreign(endpoint_url)
    refuse_foreign(scenario, endpoint_url)
    if foreign is not None and foreign.is_aws:
        ask_for_aws(foreign, sample.stack, agreed=agreed)
    with _undisturbed_end() as stack:
        workdir = stack.enter_context(_workdir(project, steps))
        faults = FaultSession(scenario, workdir)
        environment = stack.enter_context(faults.around())
        if scenario.uncapped:
            environment |= UNCAPPED
        emulator = Emulator(workdir, environment=environment)
        if foreign is None:
            stack.callback(_stop, emulator, steps)
            emulator.launch()  # gets ready on one core while another synthesizes
        with steps.step("synthesize"):
            assembly = _of_sample(synthesize(project, context=context), sample)
        topology = read_topology(assembly.directory)
        hold(scenario, topology, stacks=[sample.stack])
        try:
            if foreign is not None:
                endpoint = foreign
                endpoint.must_be_aws()
            else:
                with steps.step("start the endpoint"):
                    endpoint = Endpoint(emulator.start().endpoint, embedded=True)
                    stack.enter_context(faults.between(endpoint))
            with steps.step("deploy") as step:
                deployment = deploy(assembly, endpoint, report=step.tell)
            with steps.step("start the containers"):
                tasks = TaskSupervisor(
                    deployment,
                    assembly,
                    endpoint,
                    workdir,
                    tasks_endpoint=faults.handlers_endpoint,
                )
                stack.enter_context(_stopped_in_sight(tasks, steps))
            take_caps_off(scenario.uncapped, topology, deployment, endpoint)
            faults.aim(
                Aim(
                    topology=topology,
                    deployment=deployment,
                    endpoint=endpoint,
                    outside=scenario.outside,
                )
            )
            yield Stage(
                sample=sample,
                assembly=assembly,
                endpoint=endpoint,
                deployment=deployment,
                faults=faults,
                topology=topology,
                refuse_dead=emulator.refuse_dead,
            )
        except (BotoCoreError, ClientError) as error:
            where = endpoint_url or "the embedded endpoint"
            raise HinagataError(f"{where} did not answer as expected: {error}") from error


def _stop(emulator: Emulator, steps: Steps) -> None:
    with steps.step("stop the endpoint"):
        emulator.stop()


@contextlib.contextmanager
def _stopped_in_sight(tasks: TaskSupervisor, steps: Steps) -> Iterator[None]:
    """Keep the containers up, and tell when they are waited for: they finish what they do."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(tasks)
        try:
            yield
        finally:
            with steps.step("stop the containers"):
                stack.close()


def _foreign(url: str) -> Endpoint:
    """Return an endpoint that was there before."""
    if url == AWS:
        return Endpoint()
    if not url.startswith(("http://", "https://")):
        raise UsageError(
            f"{url} is no endpoint; expected a URL such as http://127.0.0.1:4566, or {AWS}"
        )
    return Endpoint(url)


def play(
    stage: Stage,
    scenario: Scenario,
    *,
    steps: Steps,
    deadline_seconds: float,
    show: Callable[[Result], None] = lambda _: None,
) -> Result:
    """Play a scenario on a stage and return what was observed.

    Args:
        stage: the sample, up.
        scenario: what to send, and what must hold.
        steps: shows how far it is.
        deadline_seconds: how long to wait for results after the last message.
        show: called with what is known if it is ended before its time.
    """
    for sentence in late_returns(scenario, stage.topology, deadline_seconds=deadline_seconds):
        steps.say(sentence)
    endpoint = stage.endpoint
    push = stage.faults.push
    wiring = wire(
        scenario, stage.assembly, stage.deployment, endpoint, push=push.name if push else None
    )
    first, rest = _streams(scenario, wiring, salt="" if endpoint.embedded else str(uuid.uuid4()))
    total = sum(len(stream.messages) for stream in rest)
    warm: list[Sent] = []
    sent: list[Sent] = []
    evidence = Evidence(wiring, endpoint, push=push)

    def in_order() -> list[Sent]:
        return sorted([*warm, *sent], key=lambda each: each.sent_at)

    def await_results(step: Step) -> Observation:
        def tell(now: Progress) -> None:
            stage.refuse_dead()
            step.progress(f"{now.settled} of {now.accepted} accounted for")

        return evidence.wait(in_order(), deadline_seconds=deadline_seconds, progress=tell)

    def tell_sending(step: Step, count: int) -> None:
        stage.refuse_dead()
        step.progress(f"{count} of {total} messages")

    with evidence:
        try:
            if scenario.warm_up:
                with steps.step("warm up") as step:
                    send(first, into=warm, progress=lambda _: stage.refuse_dead())
                    await_results(step)
            stage.faults.begin()
            with steps.step("send") as step:
                send(rest, into=sent, progress=partial(tell_sending, step))
            with steps.step("wait for the results") as step:
                records = await_results(step).records
            faults = stage.faults.end()
        except (KeyboardInterrupt, SystemExit, HinagataError, BotoCoreError, ClientError) as error:
            records = evidence.so_far(in_order())
            stopped = f'{_why(error)} at the step "{steps.now}"'
            try:
                show(_result(stage, scenario, wiring, evidence, records, stopped=stopped))
            except HinagataError as unwritten:
                steps.say(f"hinagata: {unwritten}")
            raise
        stored = {
            expectation: _stored(expectation, records.sent, wiring, endpoint)
            for expectation in scenario.expectations.stored
        }
        lake = _asked_lake(stage, wiring, records, steps)
        return _result(
            stage, scenario, wiring, evidence, records, stored=stored, faults=faults, lake=lake
        )


def _asked_lake(stage: Stage, wiring: Wiring, records: Records, steps: Steps) -> LakeAccount | None:
    """Return what the sample's lake has of the messages, if it has a lake."""
    place = lake_of(stage.topology, stage.deployment.physical(stage.topology))
    # On AWS a lake has it after some minutes: there it is asked by Athena.
    if place is None or stage.endpoint.is_aws:
        return None
    with steps.step("ask the lake"):
        try:
            kept = kept_hops(stage.topology, read_hops(stage.topology).names)
            return lake_account(
                place, stage.endpoint, records, reaches=wiring.flow.reaches, kept=kept
            )
        except (HinagataError, BotoCoreError, ClientError) as error:
            steps.say(f"the lake was not asked: {error}")
            return None


def _why(error: BaseException) -> str:
    match error:
        case KeyboardInterrupt():
            return "interrupted"
        case SystemExit():
            return "terminated"
        case EmulatorError():
            return "ended by the end of the embedded endpoint"
    return "ended by an error"


def _result(
    stage: Stage,
    scenario: Scenario,
    wiring: Wiring,
    evidence: Evidence,
    records: Records,
    *,
    stored: Mapping[StoredExpectation, StoredState] | None = None,
    faults: tuple[FaultRecord, ...] = (),
    lake: LakeAccount | None = None,
    stopped: str = "",
) -> Result:
    """Return what the records come to; expectations are judged only of a run that was not ended."""
    flow, expected = wiring.flow, scenario.expectations
    sources = tuple(source_accounts(flow, records))
    hops = tuple(hop_accounts(flow, records))
    seconds = evidence.timeline(records)
    traces = tuple(
        trace_account(flow, records, source=each.source, hop=each.hop) for each in expected.traced
    )
    push = stage.faults.push
    verdicts = (
        judge(
            expected,
            records=records,
            sources=sources,
            hops=hops,
            stored=stored or {},
            timeline=seconds,
            entries={name: source.entry for name, source in scenario.sources.items()},
            traces=traces,
        )
        if not stopped
        else []
    )
    if push is not None and not stopped:
        verdicts.append(judge_pushed(push.name, push.pushed(records.sent)))
    if lake is not None:
        verdicts.append(judge_lake(lake))
    return Result(
        sample=stage.sample.name,
        scenario=scenario.name,
        seed=scenario.seed,
        warm_up=scenario.warm_up,
        endpoint=stage.endpoint.url or "AWS",
        embedded=stage.endpoint.embedded,
        started=datetime.fromtimestamp(evidence.started, UTC),
        seconds=records.looked_at - evidence.started,
        records=records,
        sources=sources,
        hops=hops,
        stubs=stage.deployment.stubs,
        verdicts=tuple(verdicts),
        faults=faults,
        paths=tuple(path_accounts(flow, records)),
        journeys=tuple(journeys(flow, records)),
        traces=traces,
        lake=lake,
        timeline=seconds,
        # Of the sample alone: the app may hold others.
        topology=read_topology(*stage.assembly.stacks),
        stopped=stopped,
    )


def run(
    sample: Sample,
    scenario: Scenario,
    *,
    project: Path,
    show: Callable[[Result], None],
    endpoint_url: str | None = None,
    deadline_seconds: float | None = None,
    keep: bool = False,
    verbose: bool = False,
    agreed: bool = False,
) -> bool:
    """Run a scenario, show the result, and say whether every expectation holds.

    Args:
        sample: what to bring up.
        scenario: what to do to it.
        project: the folder with the app.
        show: called with the result while everything is still up.
        endpoint_url: where to run; None starts the embedded endpoint.
        deadline_seconds: how long to wait for results. Default: what the scenario says.
        keep: whether to leave everything up until Ctrl-C, which then ends it as usual.
        verbose: whether every step is told.
        agreed: whether the user need not be asked before anything is deployed to AWS.
    """
    steps = Steps(verbose=verbose)
    with stage(
        sample,
        scenario,
        project=project,
        endpoint_url=endpoint_url,
        steps=steps,
        agreed=agreed,
    ) as up:
        seconds = scenario.deadline_seconds if deadline_seconds is None else deadline_seconds
        result = play(up, scenario, steps=steps, deadline_seconds=seconds, show=show)
        show(result)
        if keep:
            wiring = wire(scenario, up.assembly, up.deployment, up.endpoint)
            for line in _addresses(up, scenario, wiring):
                steps.say(line)
            # What a person was asked to press is no interruption.
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
    return result.met


def _streams(scenario: Scenario, wiring: Wiring, *, salt: str) -> tuple[list[Stream], list[Stream]]:
    """Return the messages that start everything up, and the rest of them."""
    first: list[Stream] = []
    rest: list[Stream] = []
    for name, source in scenario.sources.items():
        sequence = list(messages(source, seed=scenario.seed, salt=salt, warm_up=scenario.warm_up))
        for streams, part in (
            (first, sequence[: scenario.warm_up]),
            (rest, sequence[scenario.warm_up :]),
        ):
            streams.append(
                Stream(entry=wiring.entries[name], messages=part, per_second=source.run.per_second)
            )
    return first, rest


def _stored(
    expectation: StoredExpectation, sent: Sequence[Sent], wiring: Wiring, endpoint: Endpoint
) -> StoredState:
    table = wiring.tables[expectation.table]
    dynamodb = endpoint.client("dynamodb")
    match expectation:
        case NewestStored():
            names = (expectation.key, expectation.id_attribute)
            return judge_newest(expectation, sent, read_items(dynamodb, table, names))
        case EveryStored():
            items = read_items(dynamodb, table, (expectation.id_attribute,))
            return judge_every(expectation, sent, items)
        case LatestStored():
            since = expectation.id_attribute
            names = (*expectation.where, *expectation.holds, *((since,) if since else ()))
            return judge_latest(expectation, sent, read_items(dynamodb, table, names))


def _of_sample(assembly: CloudAssembly, sample: Sample) -> CloudAssembly:
    stacks = tuple(stack for stack in assembly.stacks if stack.name == sample.stack)
    if not stacks:
        raise HinagataError(
            f"the app has no stack {sample.stack}, which the card of {sample.name} names; "
            f"it has {', '.join(stack.name for stack in assembly.stacks) or 'none'}"
        )
    return assembly._replace(stacks=stacks)


def _addresses(up: Stage, scenario: Scenario, wiring: Wiring) -> Iterator[str]:
    """Yield what to call while everything is up."""
    places = {"AWS endpoint": up.endpoint.url or "AWS"}
    for name, source in scenario.sources.items():
        entry = wiring.entries[name]
        signed = isinstance(entry, Entry) and entry.sign is not None
        places[source.entry] = f"{entry.url}{'  (signed requests)' if signed else ''}"
    width = max(map(len, places))
    yield ""
    for name, place in places.items():
        yield f"{name:<{width}}  {place}"
    if up.endpoint.embedded:
        yield ""
        yield "export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
        yield (
            f"aws --region {up.endpoint.region} --endpoint-url {up.endpoint.url} sqs list-queues"
        )
    yield ""
    yield "Everything stays up until Ctrl-C."


@contextlib.contextmanager
def _workdir(project: Path, steps: Steps) -> Iterator[Path]:
    """Make a folder for one run's logs, which is kept if the run ends with an error."""
    parent = project / FOLDER
    parent.mkdir(exist_ok=True)
    workdir = Path(tempfile.mkdtemp(prefix="run-", dir=parent))
    kept = False
    try:
        yield workdir
    except Exception:
        if kept := any(workdir.iterdir()):
            steps.say(f"logs: {workdir}")
        raise
    finally:
        if not kept:
            shutil.rmtree(workdir, ignore_errors=True)
            with contextlib.suppress(OSError):
                parent.rmdir()  # it may hold other runs' folders


@contextlib.contextmanager
def _undisturbed_end() -> Iterator[contextlib.ExitStack]:
    """Collect what is to be taken down; a second Ctrl-C does not cut the taking down short.

    Every part of it has a deadline of its own, so it ends.
    """
    signals = (signal.SIGINT, signal.SIGTERM)
    in_main_thread = threading.current_thread() is threading.main_thread()
    handlers = [signal.getsignal(number) for number in signals]
    try:
        with contextlib.ExitStack() as stack:
            try:
                yield stack
            finally:
                if in_main_thread:
                    for number in signals:
                        signal.signal(number, signal.SIG_IGN)
    finally:
        if in_main_thread:
            for number, handler in zip(signals, handlers, strict=True):
                signal.signal(number, handler)
