"""The command line as a person and a script meet it."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

from hinagata.cli import main
from tests.workbench.scenario.scenario_text import SCENARIO, write

HEAVY = ("aws_cdk", "boto3", "botocore", "jsii", "rich", "yaml", "ministack")
START_SECONDS = 0.25
COMMANDS = (
    "list, synth, topology, check, explain, run, scenario, price, redrive, trace, simulate, plan, "
    "choose, layouts, new, update, show, catalogue, doctor"
)
ONE_ENTRY = """\
name: one-entry
sources:
  people:
    entry: Api
    request: {method: GET, path: /}
    rate: {shape: constant, rate: 1/s}
    reaches: [Hop]
    run: {messages: 1, rate: 1/s}
"""
CARD = """\
title = "Connected car"
summary = "Cars report, services follow."
talk = "talk"
stack = "ConnectedCar"
scenario = "morning_rush"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one sample, as the current folder."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "connected_car.toml").write_text(CARD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments: str) -> list[str]:
    """Return a command line that starts this package in a process of its own."""
    return [sys.executable, "-m", "hinagata", *arguments]


def test_the_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    """`hinagata --version` says which release is used."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"hinagata {version('hinagata')}\n"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["list"], ["doctor"], ["explain", "FM101"]]
)
def test_nothing_heavy_is_loaded(arguments: list[str], project: Path) -> None:
    """What only other commands need is not imported."""
    code = (
        "import sys; from hinagata.cli import main; main(sys.argv[1:]); "
        f"print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )

    assert ended.stderr.strip() == ""


def test_the_help_is_there_at_once() -> None:
    """Of five starts the fastest takes less than a quarter of a second of processor time."""
    seconds = []
    for _ in range(5):
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run(command("--help"), stdout=subprocess.DEVNULL, check=True)
        after = getrusage(RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(seconds) < START_SECONDS


@pytest.mark.parametrize("name", COMMANDS.split(", "))
def test_every_command_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help of a command ends with one, which begins with that command."""
    assert main([name, "--help"]) == 0

    example = capsys.readouterr().out.strip().splitlines()[-1]
    assert example.startswith(f"example: hinagata {name}")


def test_the_samples_are_listed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name, a title, a summary and its scenarios each."""
    folder = project / "scenarios" / "connected_car"
    folder.mkdir(parents=True)
    for name in ("a_storm", "morning_rush"):
        (folder / f"{name}.yaml").touch()

    assert main(["list"]) == 0
    assert capsys.readouterr().out == (
        "connected_car  Connected car\n"
        "               Cars report, services follow.\n"
        "               scenarios: morning_rush (default), a_storm\n"
    )


def test_the_samples_are_listed_for_programs(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON document with all that a card says."""
    assert main(["list", "--format", "json"]) == 0

    (sample,) = json.loads(capsys.readouterr().out)
    assert (sample["name"], sample["stack"]) == ("connected_car", "ConnectedCar")


def test_a_missing_part_is_an_answer(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The doctor ends with 1 if anything is missing, and says what."""
    assert main(["doctor"]) == 1
    assert (
        "missing  CDK CLI   not in node_modules; run: npm install --save-dev aws-cdk"
        in capsys.readouterr().out
    )


WRONG = {
    "no command": (
        [],
        f"no command; expected one of {COMMANDS}; see: hinagata --help",
    ),
    "an unknown command": (
        ["rum"],
        f"there is no command rum; expected one of {COMMANDS} (did you mean run?)",
    ),
    "an unknown sample": (
        ["run", "conected_car"],
        "there is no sample conected_car; expected connected_car (did you mean connected_car?)",
    ),
    "an unknown scenario": (
        ["run", "connected_car"],
        (
            "there is no scenario morning_rush in {project}/scenarios/connected_car; "
            "expected a file, or one that exists, but there are none"
        ),
    ),
    "a scenario file that is not there": (
        ["run", "connected_car", "--scenario", "x.yaml"],
        "x.yaml: there is no such scenario file",
    ),
    "no sample": (
        ["run"],
        "the following arguments are required: SAMPLE; see: hinagata run --help",
    ),
    "a second sample": (
        ["run", "connected_car", "other"],
        "other is one argument too many; see: hinagata run --help",
    ),
    "an unknown option": (
        ["list", "--fromat=json"],
        (
            "hinagata list has no option --fromat; expected one of --help, --format "
            "(did you mean --format?)"
        ),
    ),
    "an abbreviated option": (
        ["run", "connected_car", "--verb"],
        (
            "hinagata run has no option --verb; expected one of --help, --format, --scenario, "
            "--endpoint, --yes, --deadline, --report, --output, --keep, --list-gaps, --verbose "
            "(did you mean --verbose?)"
        ),
    ),
    "no scenario file": (
        ["scenario", "check"],
        "no scenario to check; see: hinagata scenario --help",
    ),
    "a file to print as a schema": (
        ["scenario", "schema", "s.yaml"],
        "schema takes no scenario; found s.yaml",
    ),
    "nothing to do with a scenario": (
        ["scenario", "chek"],
        (
            "argument action: invalid choice: 'chek' (choose from 'check', 'schema', 'locust'); "
            "see: hinagata scenario --help"
        ),
    ),
    "no rate": (
        ["redrive", "connected_car", "--endpoint", "http://x", "--rate", "0"],
        (
            "argument --rate: found 0, expected a number of events a second above 0; "
            "see: hinagata redrive --help"
        ),
    ),
    "a deadline that is no time": (
        ["run", "connected_car", "--deadline", "soon"],
        (
            "argument --deadline: found soon, expected a number of seconds above 0; "
            "see: hinagata run --help"
        ),
    ),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_fails_with_one_sentence(
    arguments: list[str], message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong use ends with 2, and says what is wrong and what would be right."""
    assert main(arguments) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"hinagata: {message.replace('{project}', str(project))}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("price cdk.out", "cdk.out is an architecture, which costs what its traffic makes it do; "),
        ("price Car.template.json", "add --scenario NAME_OR_FILE"),
        ("explain FM999", "expected one that `hinagata explain` lists; the nearest is FM901"),
        ("layouts --devices abc", "argument --devices: found abc, expected a number; see: "),
        ("choose --rate 1/s --consumers 1.5", "found 1.5, expected a whole number; see: "),
        ("layouts --measure connected_car", "connected_car has no layouts to measure; expected "),
        ("layouts --measure connected", "(did you mean connected_car?)"),
    ],
)
def test_fails_in_a_sentence_that_says_how_to_mend_it(
    arguments: str, says: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a newcomer types wrong, in no words of Python's."""
    (project / "cdk.out").mkdir()

    assert main(arguments.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert says in said.err
    assert said.err.count("\n") == 1


def test_fails_for_a_scenario_with_a_mistake(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place is named as the user named the file."""
    (project / "s.yaml").write_text("nam: x\n")

    assert main(["run", "connected_car", "--scenario", "s.yaml"]) == 2
    assert capsys.readouterr().err == (
        "hinagata: s.yaml:1: nam: found a field that is not known; expected one of name, sources, "
        "seed, duration, service_times, outside, faults, expect, run (did you mean name?)\n"
    )


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """As it is published."""
    assert main(["scenario", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Hinagata scenario"


def test_each_scenario_file_is_answered(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Good ones on standard output, the others with a sentence each; one of these makes it 2."""
    write(project, SCENARIO)
    (project / "bad.yaml").write_text("name: x\n")

    assert main(["scenario", "check", "small.yaml"]) == 0
    assert main(["scenario", "check", "bad.yaml", "small.yaml", "none.yaml"]) == 2
    captured = capsys.readouterr()
    unchecked = "that its nodes exist was not checked: add --against cdk.out"
    assert captured.out == f"small.yaml: good; {unchecked}\n" * 2
    assert captured.err == (
        "hinagata: bad.yaml:1: found no sources; expected the fields name, sources\n"
        "hinagata: none.yaml: there is no such scenario file\n"
    )


def test_a_scenario_file_is_held_against_an_architecture(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without running anything; what is good then is good without more ado."""
    write(project, SCENARIO)
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi"},
        "Hop": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "Hop"}}},
        },
    }
    (project / "a.json").write_text(json.dumps({"Resources": resources}))
    (project / "api.yaml").write_text(ONE_ENTRY)

    assert main(["scenario", "check", "api.yaml", "--against", "a.json"]) == 0
    assert capsys.readouterr().out == "api.yaml: good\n"

    assert main(["scenario", "check", "small.yaml", "--against", "a.json"]) == 2
    assert capsys.readouterr().err == (
        'hinagata: small.yaml:6: sources.cars.entry: found "Gateway", which the architecture does '
        "not have; expected the name of a load balancer or API: Api\n"
    )


def test_the_help_of_a_run_tells_what_a_suffix_does(capsys: pytest.CaptureFixture[str]) -> None:
    """`--output run.json` is as good as `--output json=run.json`."""
    assert main(["run", "--help"]) == 0
    assert "as json=run.json or just run.json" in " ".join(capsys.readouterr().out.split())


def test_a_reader_that_leaves_is_no_error(project: Path) -> None:
    """`hinagata list | true` ends quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(command("list"), stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)

    assert (ended.returncode, ended.stderr) == (0, b"")
