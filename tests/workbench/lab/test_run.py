"""What surrounds a run: its folder, its end, its stacks."""

import signal
from pathlib import Path

import pytest

from hinagata.assembly.cloud_assembly import AssemblyStack, CloudAssembly
from hinagata.errors import HinagataError, UsageError
from hinagata.lab.run import _of_sample, _undisturbed_end, _workdir, stage
from hinagata.lab.steps import Steps
from hinagata.samples import Sample
from tests.workbench.scenario.scenario_text import read

SAMPLE = Sample(name="car", title="", summary="", talk="", stack="Car", scenario="rush")


def assembly(*names: str) -> CloudAssembly:
    """Return an assembly of some stacks."""
    stacks = tuple(AssemblyStack(name=name, template_file=Path("none")) for name in names)
    return CloudAssembly(directory=Path(), stacks=stacks)


def log_and_raise(folder: Path, error: BaseException) -> None:
    """Do what a run does that ends early."""
    (folder / "emulator.log").write_text("")
    raise error


def test_only_the_stack_of_the_sample_is_deployed() -> None:
    """An app may hold other samples."""
    assert [stack.name for stack in _of_sample(assembly("Car", "Lake"), SAMPLE).stacks] == ["Car"]


def test_fails_for_a_stack_that_the_app_does_not_have() -> None:
    """The card and the stacks of the app are named."""
    with pytest.raises(HinagataError) as failure:
        _of_sample(assembly("Cars", "Lake"), SAMPLE)

    assert str(failure.value) == (
        "the app has no stack Car, which the card of car names; it has Cars, Lake"
    )


def test_fails_for_an_endpoint_that_is_no_url(tmp_path: Path) -> None:
    """Before anything is synthesized."""
    with (
        pytest.raises(UsageError, match="localhost:4566 is no endpoint; expected a URL"),
        stage(
            SAMPLE, read(tmp_path), project=tmp_path, endpoint_url="localhost:4566", steps=Steps()
        ),
    ):
        pass


def test_a_second_interrupt_does_not_cut_the_end_short() -> None:
    """What is left to take down is taken down; afterwards signals are as before."""
    before = signal.getsignal(signal.SIGINT)
    taken_down: list[str] = []

    def interrupted() -> None:
        with _undisturbed_end() as stack:
            stack.callback(taken_down.append, "endpoint")
            stack.callback(signal.raise_signal, signal.SIGINT)
            stack.callback(taken_down.append, "containers")
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert taken_down == ["containers", "endpoint"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_good_run_leaves_no_folder(tmp_path: Path) -> None:
    """Its logs are of no more use."""
    with _workdir(tmp_path, Steps()) as folder:
        (folder / "emulator.log").write_text("")

    assert not (tmp_path / ".hinagata").exists()


def test_an_interrupted_run_leaves_no_folder(tmp_path: Path) -> None:
    """Nor are they after Ctrl-C."""
    with pytest.raises(KeyboardInterrupt), _workdir(tmp_path, Steps()) as folder:
        log_and_raise(folder, KeyboardInterrupt())

    assert not (tmp_path / ".hinagata").exists()


def test_a_run_that_fails_leaves_its_logs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says where."""
    with pytest.raises(HinagataError), _workdir(tmp_path, Steps()) as folder:
        log_and_raise(folder, HinagataError("no"))

    assert folder.is_dir()
    assert f"logs: {folder}" in capsys.readouterr().err
