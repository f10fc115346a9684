"""A project carries our wheel, and asks no package index for it."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from hinagata.generator.carried_wheel import wheel_files
from hinagata.generator.rendering import sample_project
from hinagata.generator.shipped import checkout
from tests.workbench.generator.trees import build

REPOSITORY = Path(__file__).parents[3]
UV = str(Path(sys.executable).with_name("uv"))

# Packs the wheel of the hinagata that is found first, and says where that is.
REPACK = """
import sys
from pathlib import Path

from hinagata.generator import carried_wheel

((name, content),) = carried_wheel.wheel_files().items()
Path(sys.argv[1]).write_bytes(content)
print(carried_wheel.__file__, name)
"""


def put_empty_package(folder: Path, name: str, version: str) -> None:
    """Put a wheel with nothing in it where an index has it."""
    stem = f"{name.replace('-', '_')}-{version}"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    (folder / name).mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / name / f"{stem}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", metadata)
        archive.writestr(f"{stem}.dist-info/WHEEL", tags)
        archive.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a package of each name that our lock file has, and of ours."""
    folder = tmp_path_factory.mktemp("packages")
    lock = (REPOSITORY / "requirements.txt").read_text()
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE):
        put_empty_package(folder, name, version)
    put_empty_package(folder, "hinagata", "9.9.9")
    return folder


@pytest.fixture
def index(packages: Path) -> Iterator[tuple[str, set[str]]]:
    """Return the address of a package index, and the names that it is asked for."""
    asked: set[str] = set()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            asked.add(self.path.split("/")[1])

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=packages)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which the wheel was installed, with no index to ask."""
    folder = tmp_path_factory.mktemp("installed")
    build(folder, wheel_files())
    install = [UV, "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", "site"]
    subprocess.run([*install, f"./{next(iter(wheel_files()))}"], cwd=folder, check=True)
    return folder / "site"


def test_the_wheel_is_this_hinagata(installed: Path) -> None:
    """Every module of the checkout is in it, and its record holds."""
    (metadata,) = installed.glob("hinagata-*.dist-info")
    listed = PathDistribution(metadata).files or []
    root = checkout()
    assert root is not None

    for package in ("hinagata", "patterns", "pattern_runtime"):
        for module in (root / package).rglob("*.py"):
            path = module.relative_to(root)
            assert (installed / path).read_bytes() == module.read_bytes()
    for path in listed:
        if path.hash:
            digest = hashlib.sha256(path.read_binary()).digest()
            assert path.hash.value == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert len([path for path in listed if path.hash]) > 500


def test_one_that_was_installed_packs_the_same_wheel(installed: Path, tmp_path: Path) -> None:
    """From a checkout and from a wheel, with what installers leave: the same to the byte."""
    path = os.pathsep.join([str(installed), sysconfig.get_path("purelib")])
    packed = tmp_path / "packed.whl"

    # Without the environment's own .pth files, of which one leads to this checkout.
    done = subprocess.run(
        [sys.executable, "-S", "-c", REPACK, str(packed)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (installed / "hinagata-0.1.0.dist-info" / "INSTALLER").exists()
    ((name, content),) = wheel_files().items()
    module = installed / "hinagata" / "generator" / "carried_wheel.py"
    assert done.stdout.split() == [str(module), name]
    assert packed.read_bytes() == content


@pytest.mark.parametrize(
    ("tool", "own"),
    [([sys.executable, "-m", "pip"], False), ([UV, "pip"], True)],
    ids=["pip", "uv, own"],
)
def test_no_index_is_asked_for_it(
    tool: list[str], *, own: bool, index: tuple[str, set[str]], tmp_path: Path
) -> None:
    """Whoever installs a project's requirements asks an index for the rest alone."""
    address, asked = index
    project = tmp_path / "project"
    build(project, sample_project("trace_lake", name="photos 2030", own=own))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    to = ["--python", python]
    wanted = ["install", "--dry-run", "-r", "requirements-dev.txt"]
    command = [*tool, *to, *wanted] if tool[0] != UV else [*tool, *wanted, *to]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))
    }

    done = subprocess.run(
        command,
        cwd=project,
        env=environment
        | {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": address, "PIP_NO_CACHE_DIR": "1"}
        | {"UV_NO_CONFIG": "1", "UV_DEFAULT_INDEX": address, "UV_NO_CACHE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert {"aws-cdk-lib", "constructs", "microburst", "numpy", "pytest"} <= asked
    assert "hinagata" not in asked
