"""The checks inside cfn-lint, as its own command runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.workbench.checks.shop import OTHER, REASON, WORKER, loops, write_shop

TEMPLATE = """\
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      Timeout: 30
      Role: !GetAtt Role.Arn
      Code: {ZipFile: "def handler(*_): ..."}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Orders.Arn
      FunctionName: !Ref Worker
"""
CONFIGURATION = """\
[check.severity]
FM201 = { value = "off", reason = "the queue is watched by hand" }
FM204 = { value = "note", reason = "batches hold one message" }
"""


def linted(folder: Path, *templates: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What cfn-lint finds by our rules, by rule and the resource it is about."""
    linter = Path(sys.executable).with_name("cfn-lint")
    rules = ["--append-rules", "hinagata.checks.cfn_lint", "--include-checks", "I"]
    done = subprocess.run(
        [str(linter), "--format", "json", *rules, "--", *templates],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return {
        (match["Rule"]["Id"], match["Location"]["Path"][1]): match
        for match in json.loads(done.stdout)
        if match["Rule"]["Id"][1:].startswith("FM")
    }


def test_findings_are_matches_at_their_property(tmp_path: Path) -> None:
    """With the severity that is configured as the first letter; what is off is silent."""
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "hinagata.toml").write_text(CONFIGURATION)
    found = linted(tmp_path, "template.yaml")

    match = found["EFM101", "Orders"]
    assert match["Location"]["Start"]["LineNumber"] == 5
    assert match["Level"] == "Error"
    assert match["Rule"]["Source"].startswith("https://")
    assert found["IFM204", "Mapping"]["Level"] == "Informational"
    assert ("EFM201", "Orders") not in found


def test_a_stack_is_judged_with_its_assembly(tmp_path: Path) -> None:
    """What is acknowledged there with a reason is left out."""
    write_shop(
        tmp_path,
        resources={WORKER: loops(), OTHER: loops()},
        acknowledged={WORKER: {"FM108": REASON}},
    )
    found = linted(tmp_path, "cdk.out/Shop.template.json")

    assert ("WFM108", "Other") in found
    assert ("WFM108", "Worker") not in found
