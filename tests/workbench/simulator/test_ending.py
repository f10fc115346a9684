"""What waits at the end is told, and what held it back; after the deadline it counts as lost."""

from dataclasses import replace

from hinagata.scenario import Expectations
from hinagata.simulator.ending import got_there, sentences, waiting
from hinagata.simulator.event import run_events
from hinagata.simulator.model import Call, Function, Network, Poller, Queue, Table, Work
from hinagata.simulator.tick import run_ticks
from hinagata.simulator.verdicts import judge
from tests.workbench.simulator import networks


def slow_line(rate: float) -> Network:
    """A queue whose worker does ten messages a second."""
    return networks.network(
        Queue(name="queue", poller=Poller(function="worker", batch=1, at_start=1, at_most=1)),
        Function(name="worker", work=Work(mean_s=0.1, cv=0.0)),
        rate=rate,
        duration_s=600,
    )


def test_what_is_not_worked_on_at_the_end_is_told() -> None:
    """Of 12,000 messages 6,000 wait after ten minutes: neither done nor lost."""
    network = slow_line(20.0)
    outcome = run_ticks(network)
    (left,) = waiting(network, outcome)
    assert left.station == "queue"
    assert 5000 < left.messages < 7000
    told = list(sentences(network, outcome))
    assert "neither done nor lost" in told[0]
    assert "queue is worked on in 1 batches" in told[1]


def test_percentiles_say_how_many_got_there() -> None:
    """Half of them have been worked on; the others have no time that could count."""
    network = slow_line(20.0)
    outcome = run_ticks(network)
    worker = next(path for path in outcome.latencies if path.station == "worker")
    assert 0.4 < got_there(network, outcome, worker) < 0.6


def test_all_that_was_sent_got_there_however_many_chance_sent() -> None:
    """A share is one of what was sent, and not of what was to be expected."""
    network = slow_line(5.0)
    for seed in (1, 2, 3):
        outcome = run_events(replace(network, seed=seed))
        expected = network.traffic[0].rate.count(0.0, network.duration_s)
        (sent,) = outcome.sent.values()
        worker = next(path for path in outcome.latencies if path.station == "worker")

        assert sent != expected
        assert got_there(network, outcome, worker) > 0.998


def test_a_line_that_is_worked_off_is_not_told() -> None:
    """Messages on their way at the end are no backlog."""
    network = slow_line(5.0)
    outcome = run_ticks(network)
    assert not list(sentences(network, outcome))
    assert waiting(network, outcome, since_s=60.0) == ()


def test_who_waits_longer_than_a_run_would_is_lost() -> None:
    """As a run counts it: accepted, and neither processed nor dead-lettered by the deadline."""
    for rate, met in ((20.0, False), (5.0, True)):
        network = slow_line(rate)
        verdicts = judge(
            Expectations(lost=0),
            network,
            run_ticks(network),
            called=lambda name: (name,),
            deadline_s=60.0,
        )
        lost = next(each for each in verdicts if each.about == "lost")
        assert lost.met is met, rate
        assert ("wait longer than 60 s" in lost.observed) is not met


def test_the_limit_of_who_refuses_is_named() -> None:
    """A table on demand says what it takes at first, and its quota."""
    network = networks.network(
        Function(name="function", work=Work(mean_s=0.01), calls=(Call(target="table"),)),
        Table(name="table", at_most_writes_per_s=50, partition_writes_per_s=1e9),
        rate=200.0,
        duration_s=120,
    )
    (told,) = sentences(network, run_ticks(network))
    assert "% at table: 50 write units/s while it is new, 40,000 at most by its quota" in told
