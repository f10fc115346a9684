"""The circuit breaker on an endpoint: an outage of the provider, and the time after it."""

import io
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.lab import redrive_command
from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.spans import Span
from hinagata.report.figure import Band, Figure, Level, Panel, Series, Shape, draw_png
from hinagata.samples import find_sample
from tests.emulator.payment_outage import REPOSITORY, Shop, opened, synthesized
from tests.polling import eventually

PROBES = 2
# A rate that this machine keeps up with whatever else it does.
DRAIN_RATE = 5.0
RULES = {
    "minimum_calls": 5,
    "window_seconds": 10,
    "hold_seconds": 0.1,
    "drain_rate": DRAIN_RATE,
}
PLAN = {
    "wait_seconds": 1,
    "longest_wait_seconds": 2,
    "look_seconds": 1,
    "drain_rate": DRAIN_RATE,
}
# What opens it, and what was under way meanwhile: the worker's two batches call twice a message.
MOST_CALLS_BEFORE_IT_OPENS = 20
# A drain is paced where calls begin, and counted where they arrive.
ARRIVES_TOGETHER = 3


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> CloudAssembly:
    """The sample, synthesized."""
    return synthesized(tmp_path_factory.mktemp("orders"))


@pytest.fixture(scope="module")
def shop(endpoint: Endpoint, assembly: CloudAssembly) -> Shop:
    """The sample, up and warm."""
    return opened(assembly, endpoint, rules=RULES, plan=PLAN)


def test_an_outage_is_survived(shop: Shop) -> None:
    """Calls fall to the probes, the backlog drains at the rate, every order is paid once."""
    before = time.time()

    with shop.watched():
        shop.goes_away()
        shop.order(30, per_second=30)
        eventually(lambda: shop.state().get("attempt", "0") >= "1", within=60)
        assert not shop.is_enabled()
        shop.comes_back()
        eventually(lambda: shop.is_paid() and shop.state()["phase"] == "closed", within=90)

    phases = [phase for _, phase, _ in shop.phases]
    assert phases[0] == "open"
    assert phases[-2:] == ["draining", "closed"]
    _holds(shop, since=before)
    assert shop.is_enabled()


def test_a_dead_order_is_shown_and_comes_back(
    shop: Shop, assembly: CloudAssembly, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`hinagata redrive` finds it in the stack that is up; with a rate it is sent, and paid."""
    monkeypatch.setattr("hinagata.lab.redrive_command.synthesize", lambda _: assembly)
    sample = find_sample("resilient_orders", project=REPOSITORY)
    shop.die("order-dead")

    def redrive(per_second: float | None) -> tuple[bool, str]:
        said = io.StringIO()
        good = redrive_command.redrive(
            sample,
            project=tmp_path,
            endpoint_url=str(shop.endpoint.url),
            hop="Payment",
            per_second=per_second,
            stream=said,
            format="text",
        )
        return good, said.getvalue()

    shown, listed = redrive(None)
    sent, told = redrive(100)

    assert not shown
    assert "Payment  1 in Orders/DeadLetters" in listed
    assert "order-dead" in listed
    assert "1 dead; send them back with --apply" in listed
    assert sent
    assert "1 went back to Orders" in told
    eventually(shop.is_paid, within=60)
    assert shop.dead_letters() == 0


def _holds(shop: Shop, *, since: float) -> None:
    """What must hold of any outage: few calls, a paced drain, nothing lost, nothing twice."""
    calls = shop.calls(since=since)
    away = [call for call in calls if call.error.startswith("OutageError")]

    # By versions, not by times: a busy machine sees phases late, and calls arrive late.
    assert len(away) <= MOST_CALLS_BEFORE_IT_OPENS + _times_half_open(shop) * PROBES
    begun, closed = _drain(shop)
    drained = _drained(shop, calls)
    assert len(drained) <= DRAIN_RATE * (closed - begun) + ARRIVES_TOGETHER
    assert shop.charges() == len(shop.sent)
    assert shop.dead_letters() == 0


def _times_half_open(shop: Shop) -> int:
    """How often it probed before its last drain: it was open before each, and a version is each."""
    versions = {phase: int(item["version"]) for _, phase, item in shop.phases}
    first = min(int(item["version"]) for _, _, item in shop.phases)
    return (versions["draining"] - first) // 2


def _drain(shop: Shop) -> tuple[float, float]:
    """When the last drain began, and when it ended."""
    begun = max(at for at, phase, _ in shop.phases if phase == "draining")
    return begun, max(at for at, phase, _ in shop.phases if phase == "closed")


def _drained(shop: Shop, calls: Sequence[Span]) -> list[float]:
    """When calls arrived in the last drain."""
    begun, closed = _drain(shop)
    return [call.start for call in calls if begun < call.start < closed]


def _most_a_second(times: Sequence[float]) -> int:
    return max(
        (sum(begin <= each < begin + 1 for each in times) for begin in times),
        default=0,
    )


@pytest.mark.long
@pytest.mark.parametrize("outage_seconds", [40])
def test_calls_a_second_with_and_without_a_breaker(
    outage_seconds: int, assembly: CloudAssembly, tmp_path: Path
) -> None:
    """Without it every retry reaches the provider that is away; with it, the probes do.

    One endpoint after the other has the same traffic and the same outage; the figure is left in
    the folder that HINAGATA_FIGURES names.
    """
    shops: dict[str, Shop] = {}
    calls: dict[str, list[Span]] = {}
    begun: dict[str, float] = {}
    for name, rules in (("with", RULES), ("without", RULES | {"minimum_calls": 1_000_000})):
        with Emulator(tmp_path / name) as emulator:
            endpoint = Endpoint(emulator.endpoint, embedded=True)
            shop = shops[name] = opened(assembly, endpoint, rules=rules, plan=PLAN)
            begun[name] = time.time()
            _evening(shop, outage_seconds)
            calls[name] = shop.calls(since=begun[name])
            assert shop.charges() + shop.dead_letters() == len(shop.sent)
            if name == "with":
                _holds(shop, since=begun[name])
    away = {
        name: sum(each.error.startswith("OutageError") for each in made)
        for name, made in calls.items()
    }
    drained = _drained(shops["with"], calls["with"])
    print(f"calls to a provider that was away: {away}")  # noqa: T201 - what was measured
    folder = Path(os.environ.get("HINAGATA_FIGURES", tmp_path))
    picture = draw_png(_figure(shops["with"], calls, begun, outage_seconds))
    (folder / "circuit_breaker.png").write_bytes(picture)

    assert away["without"] > 3 * away["with"]
    assert _most_a_second(drained) <= DRAIN_RATE + ARRIVES_TOGETHER
    # At the set rate, as far as the machine keeps up with it.
    assert sum(each < drained[0] + 10 for each in drained) >= 10 * DRAIN_RATE / 2


def _evening(shop: Shop, outage_seconds: int) -> None:
    """Orders all the time; the provider is away for a while."""
    sender = threading.Thread(
        target=shop.order, args=(2 * (outage_seconds + 40),), kwargs={"per_second": 2}
    )
    with shop.watched():
        sender.start()
        time.sleep(10)
        shop.goes_away()
        time.sleep(outage_seconds)
        shop.comes_back()
        sender.join()
        settled = lambda: shop.charges() + shop.dead_letters() == len(shop.sent)  # noqa: E731
        eventually(settled, within=120)
        eventually(lambda: shop.state().get("phase", "closed") == "closed", within=60)


def _figure(
    shop: Shop, calls: dict[str, list[Span]], begun: dict[str, float], outage_seconds: int
) -> Figure:
    def a_second(spans: Sequence[Span], begin: float) -> tuple[list[float], list[float]]:
        counts = Counter(int(span.start - begin) for span in spans)
        seconds = range(max(counts) + 2)
        return [float(each) for each in seconds], [float(counts[each]) for each in seconds]

    def panel(name: str, *levels: Level) -> Panel:
        spans = calls[name]
        failed = [span for span in spans if span.error]
        (x, every), (at, bad) = (a_second(each, begun[name]) for each in (spans, failed))
        return Panel(
            unit="calls/s",
            title=f"{name} a breaker",
            series=(
                Series(name="reach the provider", x=x, y=every, shape=Shape.AREA),
                Series(name="fail", x=at, y=bad, shape=Shape.STEP),
            ),
            levels=levels,
        )

    begin = begun["with"]
    drains = [(at, phase) for at, phase, _ in shop.phases if phase in {"draining", "closed"}]
    return Figure(
        title="Calls to a payment provider, with an outage",
        panels=(
            panel("without"),
            panel("with", Level(name="drain rate", value=DRAIN_RATE)),
        ),
        bands=(
            Band(name="the provider is away", begin=10, end=10 + outage_seconds),
            Band(name="the breaker drains", begin=drains[0][0] - begin, end=drains[-1][0] - begin),
        ),
    )
