"""App: the same templates from every door, validated and checked; each run is a process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.synth.conftest import Synthesized

HOUSE = Path(__file__).parents[2]
CDK = HOUSE / "node_modules" / ".bin" / "cdk"

WRONG = """
import sys

from patterns import App  # first: it chooses the Node that jsii starts
import aws_cdk as cdk

app = App()
queue = cdk.CfnResource(
    cdk.Stack(app, "Wrong"),
    "Queue",
    type="AWS::SQS::Queue",
    properties={"VisibilityTimeout": "soon"},
)
if "acknowledged" in sys.argv:
    cdk.Validations.of(queue).acknowledge(
        cdk.Acknowledgment(id="CloudFormation-Validate::F3012", reason="the test wants it so")
    )
app.synth()
"""

# Valid, but a message that always fails circles until it expires.
LOSING = """
import sys

from patterns import App  # first: it chooses the Node that jsii starts
import aws_cdk as cdk

app = App()
stack = cdk.Stack(app, "Losing")
queue = cdk.CfnResource(stack, "Queue", type="AWS::SQS::Queue")
function = cdk.CfnResource(
    stack,
    "Function",
    type="AWS::Lambda::Function",
    properties={
        "Code": {"ZipFile": "def handler(event, context): ..."},
        "Handler": "index.handler",
        "Runtime": "python3.13",
        "Role": "arn:aws:iam::111122223333:role/worker",
    },
)
cdk.CfnResource(
    stack,
    "Mapping",
    type="AWS::Lambda::EventSourceMapping",
    properties={"EventSourceArn": queue.get_att("Arn"), "FunctionName": function.ref},
)
if "acknowledged" in sys.argv:
    cdk.Validations.of(queue).acknowledge(
        cdk.Acknowledgment(id="Hinagata::FM201", reason="the test wants it so")
    )
app.synth()
"""


@dataclass(frozen=True)
class Run:
    """How a process ended, what it said, and where it wrote."""

    status: int
    said: str
    directory: Path

    def templates(self) -> dict[str, bytes]:
        """By file name."""
        return {file.name: file.read_bytes() for file in self.directory.glob("*.template.json")}


@pytest.fixture(scope="module")
def runs(synthesized: Synthesized, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """All runs of this module, two at a time; while they go, the linter goes on as well."""
    assert synthesized.directory.is_dir()
    wrong = tmp_path_factory.mktemp("wrong") / "app.py"
    wrong.write_text(WRONG)
    losing = tmp_path_factory.mktemp("losing") / "app.py"
    losing.write_text(LOSING)
    python = sys.executable
    # Another user, home, hash seed and time zone; through the CDK CLI where it is installed.
    elsewhere = {"HOME": "/nowhere", "USER": "somebody", "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    lines: dict[str, tuple[list[object], dict[str, str]]] = {
        "app": ([python, "app.py"], {}),
        "elsewhere": ([CDK, "synth", "--quiet"] if CDK.exists() else [python, "app.py"], elsewhere),
        "wrong": ([python, wrong], {}),
        "acknowledged": ([python, wrong, "acknowledged"], {}),
        "builtin": ([python, wrong], {"CDK_VALIDATION": "builtin"}),
        "false": ([python, wrong], {"CDK_VALIDATION": "false"}),
        "losing": ([python, losing], {}),
        "accepted": ([python, losing, "acknowledged"], {}),
        "unchecked": ([python, losing], {"CDK_VALIDATION": "false"}),
        "unknown": ([python, wrong], {"CDK_VALIDATION": "of"}),
    }
    return dict(_run(tmp_path_factory.mktemp("runs"), lines))


def _run(
    folder: Path, lines: dict[str, tuple[list[object], dict[str, str]]]
) -> Iterator[tuple[str, Run]]:
    def run(name: str) -> tuple[str, Run]:
        line, environment = lines[name]
        directory = folder / name.replace(" ", "-")
        output = ["--output", directory] if line[0] == CDK else []
        done = subprocess.run(
            [str(word) for word in [*line, *output]],
            cwd=HOUSE,
            env={**_scrubbed(), "CDK_OUTDIR": str(directory), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return name, Run(done.returncode, done.stdout, directory)

    # Not all at once: two cores have other tests to run, and some of those watch the clock.
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(run, lines)


def _scrubbed() -> dict[str, str]:
    """No AWS_* variable, and a proxy where nobody answers in place of the network."""
    nobody = "http://127.0.0.1:9"
    return {
        "PATH": os.pathsep.join([str(HOUSE / ".venv" / "bin"), os.environ["PATH"]]),
        "PYTHONPATH": str(HOUSE),
        "HOME": os.environ["HOME"],
        "HTTP_PROXY": nobody,
        "HTTPS_PROXY": nobody,
        "http_proxy": nobody,
        "https_proxy": nobody,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_it_needs_no_account_network_or_user(runs: dict[str, Run]) -> None:
    """Without credentials, region, network or a home, the sample is synthesized in silence."""
    assert (runs["app"].status, runs["app"].said) == (0, "")
    assert runs["elsewhere"].status == 0, runs["elsewhere"].said


def test_two_processes_give_equal_templates(runs: dict[str, Run]) -> None:
    """`cdk synth` and `python app.py` write the same bytes, whatever user, home, seed and zone."""
    assert sorted(runs["app"].templates()) == [
        "ConnectedCar.template.json",
        "HvacPlatform.template.json",
        "OrderEvents.template.json",
        "PushJobs.template.json",
        "ResilientOrders.template.json",
        "TraceLake.template.json",
    ]
    assert runs["elsewhere"].templates() == runs["app"].templates()


def test_a_sample_does_not_depend_on_its_neighbours(
    runs: dict[str, Run], synthesized: Synthesized
) -> None:
    """A stack is the same in its own app and among the exhibits."""
    for file, text in runs["app"].templates().items():
        name = file.removesuffix(".template.json")

        assert json.loads(text) == synthesized.templates[name].document


@pytest.mark.parametrize("validation", ["wrong", "builtin"])
def test_fails_if_a_template_is_wrong(runs: dict[str, Run], validation: str) -> None:
    """A wrong property fails the synthesis with status 1, and without a traceback."""
    run = runs[validation]

    assert run.status == 1
    assert "ERROR VisibilityTimeout: 'soon' is not of type 'integer'" in run.said
    assert "Wrong/Queue" in run.said
    assert "Acknowledge with 'CloudFormation-Validate::F3012'" in run.said
    assert "Traceback" not in run.said


def test_an_acknowledged_finding_does_not_fail(runs: dict[str, Run]) -> None:
    """What is acknowledged with a reason is let through."""
    assert runs["acknowledged"].status == 0
    assert runs["acknowledged"].said == ""


def test_fails_if_messages_would_be_lost(runs: dict[str, Run]) -> None:
    """A failure mode that is an error fails the synthesis; what else is found is a warning."""
    run = runs["losing"]

    assert run.status == 1
    assert "ERROR Consumed queue without dead-letter queue" in run.said
    assert "Losing/Queue" in run.said
    assert "Acknowledge with 'Hinagata::FM201'" in run.said
    assert "WARNING Consumer without a bound on its concurrency" in run.said
    assert "Traceback" not in run.said


def test_an_acknowledged_failure_mode_does_not_fail(runs: dict[str, Run]) -> None:
    """What is acknowledged by the check's id is let through, and warnings are still said."""
    run = runs["accepted"]

    assert run.status == 0, run.said
    assert "FM201" not in run.said
    assert "WARNING Consumer without a bound on its concurrency" in run.said


def test_no_validation_is_no_check(runs: dict[str, Run]) -> None:
    """CDK_VALIDATION=false turns the checks off too."""
    assert runs["unchecked"].status == 0
    assert "FM" not in runs["unchecked"].said


def test_no_validation_is_said(runs: dict[str, Run]) -> None:
    """CDK_VALIDATION=false lets everything through, and says so."""
    assert runs["false"].status == 0
    assert runs["false"].said == "template validation is off: CDK_VALIDATION=false\n"


def test_fails_if_the_validation_is_unknown(runs: dict[str, Run]) -> None:
    """A word that CDK_VALIDATION does not know is refused, rather than taken for another."""
    assert runs["unknown"].status == 1
    assert runs["unknown"].said == "CDK_VALIDATION='of': give one of native, builtin, false\n"
