"""File assets on their way to a bucket."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from hinagata.lab.assets import zipped


def files(folder: Path) -> list[str]:
    """The names in the archive of a folder."""
    with zipfile.ZipFile(io.BytesIO(zipped(folder))) as archive:
        return archive.namelist()


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    """Neither the time of a file nor the order in which it was written shows."""
    for name, order in (("one", ("a.py", "b/c.py")), ("two", ("b/c.py", "a.py"))):
        for path in order:
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(path)
    os.utime(tmp_path / "two" / "a.py", (0, 0))

    assert zipped(tmp_path / "one") == zipped(tmp_path / "two")


def test_compiled_files_stay_at_home(tmp_path: Path) -> None:
    """A bytecode cache belongs to one interpreter."""
    (tmp_path / "shop" / "__pycache__").mkdir(parents=True)
    (tmp_path / "shop" / "__pycache__" / "orders.pyc").write_bytes(b"x")
    (tmp_path / "shop" / "orders.py").write_text("x")

    assert files(tmp_path) == ["shop/orders.py"]


def test_bytecode_goes_along_where_this_interpreter_will_run_it(tmp_path: Path) -> None:
    """An import takes it whenever it is unpacked: a source of another time is not read again."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "told.py").write_text("VALUE = 'compiled'")
    (tmp_path / "code" / "template.py").write_text("no Python at all")
    with zipfile.ZipFile(io.BytesIO(zipped(tmp_path / "code", compiled=True))) as archive:
        archive.extractall(tmp_path / "unpacked")
    (tmp_path / "unpacked" / "told.py").write_text("VALUE = 'read'")
    said = subprocess.run(
        [sys.executable, "-c", "import told; print(told.VALUE, told.__file__)"],
        cwd=tmp_path / "unpacked",
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert said == f"compiled {tmp_path / 'unpacked' / 'told.py'}\n"
    assert (tmp_path / "unpacked" / "template.py").exists()


def test_a_program_stays_executable(tmp_path: Path) -> None:
    """Permissions that matter are kept, for all who may read it."""
    program = tmp_path / "bootstrap"
    program.write_text("x")
    program.chmod(0o700)
    with zipfile.ZipFile(io.BytesIO(zipped(tmp_path))) as archive:
        mode = archive.getinfo("bootstrap").external_attr >> 16

    assert oct(mode) == "0o755"
