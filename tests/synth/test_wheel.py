"""The built wheel works in somebody else's project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from hinagata.generator.from_sample import sample_files
from hinagata.generator.own_source import own_files
from hinagata.samples import read_samples

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "order_intake"

# Prints all that the generator makes of samples, and where it was imported from.
MADE = """
import json
from pathlib import Path

from hinagata.generator import from_sample
from hinagata.generator.own_source import own_files
from hinagata.samples import read_samples

shipped = Path(from_sample.__file__).parent / "samples"
files = {
    sample.name: from_sample.sample_files(sample.name, name="Acme fleet")
    for sample in read_samples(shipped)
}
files["own"] = own_files()
texts = {
    name: {path: content.decode() for path, content in each.items()}
    for name, each in files.items()
}
print(json.dumps({"from": from_sample.__file__, **texts}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(REPOSITORY)], check=True, capture_output=True)
    return next(folder.glob("hinagata-*.whl"))


def test_the_example_synthesizes_with_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """A project of its own installs the wheel in a new environment, imports, and synthesizes."""
    project = tmp_path / "order_intake"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__", "cdk.out"))
    python = _environment(tmp_path / "venv", f"hinagata[cdk] @ file://{wheel}")

    done = subprocess.run(
        [python, "app.py"], cwd=project, env=_clean(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    template = json.loads((project / "cdk.out" / "OrderIntake.template.json").read_text())
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert {"AWS::ApiGateway::RestApi", "AWS::SQS::Queue", "AWS::Kinesis::Stream"} <= types
    assert done.stderr == ""


def test_the_wheel_holds_the_packages_with_their_types_and_nothing_else(wheel: Path) -> None:
    """Samples are data of the generator; they and the tests are no packages in an environment."""
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(wheel)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = [line.split()[0] for line in listed.splitlines()[1:]]

    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "hinagata",
        "patterns",
        "pattern_runtime",
    }
    assert {"patterns/py.typed", "pattern_runtime/py.typed", "hinagata/py.typed"} <= set(names)
    assert [name for name in names if "__pycache__" in name] == []


def test_the_wheel_makes_the_same_projects_as_this_checkout(wheel: Path, tmp_path: Path) -> None:
    """Every sample's files, and the constructs as own source, come out of it byte for byte."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    installed = sysconfig.get_path("purelib")
    environment = _clean() | {"PYTHONPATH": os.pathsep.join([str(tmp_path), installed])}

    # Without the environment's own .pth files, of which one leads to this checkout.
    done = subprocess.run(
        [sys.executable, "-S", "-c", MADE],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made.pop("from") == str(tmp_path / "hinagata" / "generator" / "from_sample.py")
    samples = [sample.name for sample in read_samples(REPOSITORY)]
    expected = {name: sample_files(name, name="Acme fleet") for name in samples}
    assert made == {
        name: {path: content.decode() for path, content in files.items()}
        for name, files in {**expected, "own": own_files()}.items()
    }


def _environment(folder: Path, requirement: str) -> str:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet"]
    lock = REPOSITORY / "requirements.txt"
    target = ["--python", str(python), "--constraint", str(lock), requirement]
    subprocess.run([*uv, *target], check=True)
    return str(python)


def _clean() -> dict[str, str]:
    """An environment that says nothing of AWS, Node or this checkout."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "CDK_", "JSII_", "NODE", "PYTHON"))
    }
