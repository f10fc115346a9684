"""A template is read whatever it is written in, and what is none is refused in one sentence."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from pathlib import Path

import pytest

from hinagata.topology.template_file import (
    TemplateError,
    copy_template,
    lines_of_resources,
    read_template,
)

YAML = """\
# The shop.
Parameters:
  Stage: {Type: String}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${Stage}-orders"
  "Function":
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
"""


def write(folder: Path, text: str, name: str = "template.yaml") -> Path:
    """Write a file and return its path."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    """Short forms are written out; the name of the file decides nothing that its text does not."""
    from_yaml = read_template(write(tmp_path, YAML)).document
    from_json = read_template(write(tmp_path, json.dumps(from_yaml), "x.template")).document

    assert from_json == from_yaml
    assert from_yaml["Resources"]["Function"]["Properties"] == {
        "Role": {"Fn::GetAtt": ["Role", "Arn"]}
    }


def test_json_in_a_file_named_yaml_is_read(tmp_path: Path) -> None:
    """JSON is YAML; a byte order mark in front is skipped."""
    file = tmp_path / "x.yaml"
    file.write_bytes(b'\xef\xbb\xbf{"Resources": {}}')

    assert read_template(file).document == {"Resources": {}}


@pytest.mark.parametrize("name", ["x.json", "x.yaml"])
def test_resources_have_lines(tmp_path: Path, name: str) -> None:
    """The line is that of the logical id, from 1, also where another section uses the name."""
    document = {
        "Outputs": {"Queue": {"Value": '"Resources": {'}},
        "Resources": {"Queue": {"Type": "A::B::C"}, "Other": {"Type": "A::B::C"}},
    }
    text = json.dumps(document, indent=1)
    expected = {
        name: next(
            number
            for number, line in enumerate(text.splitlines(), start=1)
            if line.startswith(f'  "{name}"') and number > 5
        )
        for name in ("Queue", "Other")
    }

    assert lines_of_resources(write(tmp_path, text, name)) == expected


def test_resources_in_yaml_have_lines(tmp_path: Path) -> None:
    """Comments and quotes do not mislead."""
    assert lines_of_resources(write(tmp_path, YAML)) == {"Queue": 5, "Function": 9}


@pytest.mark.parametrize("text", ["", "{", '{"Resources"', '{"Resources": {"A"', "[", "a: [", "{}"])
def test_a_file_that_changed_meanwhile_has_no_lines(tmp_path: Path, text: str) -> None:
    """Lines are looked up late; a file that broke since is no reason to fail."""
    assert lines_of_resources(write(tmp_path, text)) == {}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.json", '{"Resources": {"A": ', r"no whole JSON: .* at line 1, column 21"),
        ("t.json", '{\n "Resources": {,}}', r"no whole JSON: .* line 2, column 16"),
        ("t.yaml", "Resources:\n  A: [", r"cannot be read: .* line 3, column 1"),
        ("t.yaml", "Resources:\n  A: !Reff B", r"no tag !Reff, at line 2, column 6"),
        ("t.yaml", "Resources:\n  A: !!python/object:os.system {}", r"no tag !!python/object"),
        ("t.yaml", "A: 1\n---\nB: 2", r"a second document begins at line 2"),
        ("t.yaml", "Resources: {? [a] : b}", r"the key at line 1.* is no text"),
        ("t.yaml", "", r"no CloudFormation template: it has no Resources"),
        ("t.yaml", "just text", r"no CloudFormation template"),
        ("t.json", "[]", r"no CloudFormation template"),
        ("t.json", '{"a": 1}', r"no CloudFormation template"),
        ("t.json", '{"Resources": []}', r"Resources is no mapping"),
        ("t.json", '{"Resources": {}, "Outputs": [1]}', r"Outputs is no mapping"),
        ("t.json", '{"Resources": {"A": []}}', r"the resource A is no mapping"),
        ("t.json", '{"Resources": {"A": {}}}', r"the resource A has no Type"),
        ("t.json", '{"Resources": {"A": {"Type": 3}}}', r"the resource A has no Type"),
        ("t.json", '{"a": ' + "9" * 5000 + "}", r"cannot be read: .*digits"),
        ("t.json", '{"Resources": {"\\ud800": {"Type": "A"}}}', r"cannot be read: .*surrogate"),
        ("t.json", "[" * 200_000, r"nested deeper than 150 levels"),
        ("t.json", '{"Resources": ' + '{"a": ' * 100_000, r"nested too deep"),
        ("t.yaml", "[" * 200_000, r"nested deeper than 150 levels"),
        ("t.yaml", "- " * 200_000, r"nested deeper than 150 levels"),
        ("t.yaml", "a: &a [*a]", r"the alias \*a at line 1, column 8 stands for nothing"),
        ("t.yaml", "a: *b", r"the alias \*b"),
        ("t.yaml", "Resources: {<<: 3}", r"`<<` .* merges what is no mapping"),
    ],
)
def test_fails_on_what_is_no_template(tmp_path: Path, name: str, text: str, message: str) -> None:
    """One sentence names the file and what is wrong, with its line where there is one."""
    file = write(tmp_path, text, name)

    with pytest.raises(TemplateError, match=message) as refused:
        read_template(file)

    assert str(refused.value).startswith(str(file))
    assert "\n" not in str(refused.value)


def test_an_empty_section_may_be_anything(tmp_path: Path) -> None:
    """Nothing is lost where there is nothing, e.g. in `Outputs:` of YAML."""
    assert read_template(write(tmp_path, "Resources: {}\nOutputs:\nConditions: []")).document


def test_fails_on_aliases_that_grow(tmp_path: Path) -> None:
    """Ten levels of ten aliases each would be ten thousand million values."""
    levels = [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 10)]
    text = "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x, x]", *levels])

    with pytest.raises(TemplateError, match="its aliases grow to more than"):
        read_template(write(tmp_path, text))


def test_fails_on_aliases_that_nest(tmp_path: Path) -> None:
    """What is deep only by its aliases is as deep."""
    levels = [f"a{at}: &a{at} [*a{at - 1}]" for at in range(1, 200)]

    with pytest.raises(TemplateError, match="nested deeper"):
        read_template(write(tmp_path, "\n".join(["a0: &a0 x", *levels])))


def test_aliases_and_merges_are_followed(tmp_path: Path) -> None:
    """What a mapping has itself goes before what it merges."""
    text = """\
Base: &base {A: 1, B: 2}
Resources:
  One: {Type: X, Properties: {<<: *base, B: 3}}
  Two: {Type: X, Properties: {<<: [*base, {C: 4}]}}
"""

    resources = read_template(write(tmp_path, text)).document["Resources"]

    assert resources["One"]["Properties"] == {"A": 1, "B": 3}
    assert resources["Two"]["Properties"] == {"A": 1, "B": 2, "C": 4}


def test_scalars_are_what_cloudformation_takes_them_for(tmp_path: Path) -> None:
    """Dates, times and accounts with a leading zero stay text; keys are always text."""
    text = """\
Resources: {}
Values: [1, 0x10, 2.5, yes, ~, 2012-10-17, 22:30, 012345678901, "3", !!str 4, !Sub 5, -, 1_0]
200: {on: x}
"""

    document = read_template(write(tmp_path, text)).document

    assert document["Values"] == [
        *(1, 16, 2.5, True, None, "2012-10-17", "22:30", "012345678901", "3", "4"),
        *({"Fn::Sub": "5"}, "-", 10),
    ]
    assert document["200"] == {"on": "x"}


def test_every_short_form_is_known(tmp_path: Path) -> None:
    """Ref and Condition stand alone; others are functions, also within each other."""
    text = """\
Resources: {}
Values:
  - !Ref A
  - !Condition B
  - !GetAtt A.B.C
  - !GetAtt [A, B]
  - !If [C, !Ref D, !Join ["", [x]]]
  - !Select [0, !GetAZs ""]
"""

    assert read_template(write(tmp_path, text)).document["Values"] == [
        {"Ref": "A"},
        {"Condition": "B"},
        {"Fn::GetAtt": ["A", "B.C"]},
        {"Fn::GetAtt": ["A", "B"]},
        {"Fn::If": ["C", {"Ref": "D"}, {"Fn::Join": ["", ["x"]]}]},
        {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
    ]


def test_fails_on_paths_that_are_no_file(tmp_path: Path) -> None:
    """A missing file, a folder, a link to itself, a pipe and bytes that are no text."""
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"Resources: \xff")
    expected = {
        "none.yaml": "does not exist: name a template or a cdk.out folder",
        "cdk.out": "does not exist: make it with `make synth` or `hinagata synth`, or name a",
        ".": "folder without a manifest.json",
        "loop.yaml": "cannot be read",
        "pipe.yaml": "is no file",
        "bytes.yaml": "its byte 11 is not UTF-8",
        "a\0b": "cannot be read",
        "x" * 5000: "cannot be read",
    }

    for name, message in expected.items():
        with pytest.raises(TemplateError, match=message):
            read_template(tmp_path / name)


def test_a_million_lines_do_not_hang(tmp_path: Path) -> None:
    """JSON of a million lines is read; YAML of as many is refused, for it is no template."""
    resources = '"Resources": {}\n'
    many = write(tmp_path, "{\n" + '"a": 1,\n' * 1_000_000 + resources + "}", "many.json")
    yaml = write(tmp_path, "Resources:\n" + "  Queue: {Type: x}\n" * 1_000_000)
    short = write(tmp_path, "Resources:\n" + "- \n" * 1_000_000, "short.yaml")
    started = time.monotonic()

    assert read_template(many).document == {"a": 1, "Resources": {}}
    with pytest.raises(TemplateError, match="too large for a template in YAML"):
        read_template(yaml)
    with pytest.raises(TemplateError, match="holds more than 400000 values"):
        read_template(short)

    assert time.monotonic() - started < 60


def test_fails_on_a_file_that_is_too_large_before_reading_it(tmp_path: Path) -> None:
    """A hole of a gigabyte takes no time and no memory."""
    file = tmp_path / "large.json"
    with file.open("wb") as hole:
        hole.truncate(2**30)

    with pytest.raises(TemplateError, match="too large for a template: 1024 MB"):
        read_template(file)


def test_a_mapping_is_read_as_its_file_would_be() -> None:
    """Tuples are lists, dates are text, and what changes afterwards changes nothing."""
    document = {"Resources": {}, "Metadata": {"at": (dt.date(2026, 1, 2),)}}

    read = copy_template(document, "it").document
    document["Metadata"]["at"] = ()

    assert read["Metadata"] == {"at": ["2026-01-02"]}


def test_fails_on_a_mapping_that_holds_itself() -> None:
    """Such a one cannot be JSON."""
    document: dict[str, object] = {"Resources": {}}
    document["Metadata"] = document

    with pytest.raises(TemplateError, match="it cannot be written as JSON"):
        copy_template(document, "it")
