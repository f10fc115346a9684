"""An alarm goes off and nobody is told."""

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm407_alarm_that_tells_nobody import alarm_that_tells_nobody
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

FOUND = {
    "Resources": {
        "Operators": resource("AWS::SNS::Topic"),
        "Alarm": resource("AWS::CloudWatch::Alarm", AlarmName="orders-failed"),
    }
}
CLEAN = changed(FOUND, Alarm={"AlarmActions": [{"Ref": "Operators"}]})
UNKNOWN = {
    **changed(FOUND, Alarm={"AlarmActions": {"Ref": "Actions"}}),
    "Parameters": {"Actions": {"Type": "CommaDelimitedList"}},
}


def test_finds_an_alarm_without_an_action() -> None:
    """An alarm that only changes its colour is found."""
    [finding] = findings(alarm_that_tells_nobody, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Alarm", "AlarmActions")


def test_accepts_an_alarm_that_tells_a_topic() -> None:
    """An action is enough."""
    assert findings(alarm_that_tells_nobody, CLEAN) == []


def test_is_silent_where_the_actions_are_unknown() -> None:
    """Actions that a parameter lists may be there."""
    assert unresolved(alarm_that_tells_nobody, UNKNOWN) == [("Alarm", "AlarmActions")]


def test_finds_actions_that_are_switched_off() -> None:
    """An action that is disabled tells nobody."""
    [finding] = findings(alarm_that_tells_nobody, changed(CLEAN, Alarm={"ActionsEnabled": False}))

    assert finding.property == "ActionsEnabled"


@pytest.mark.parametrize(
    "listener",
    [
        resource(
            "AWS::CloudWatch::CompositeAlarm",
            AlarmRule={"Fn::Join": ["", ['ALARM("', arn("Alarm"), '")']]},
            AlarmActions=[{"Ref": "Operators"}],
        ),
        resource(
            "AWS::CloudWatch::CompositeAlarm",
            AlarmRule='ALARM("orders-failed") OR ALARM("other")',
            AlarmActions=[{"Ref": "Operators"}],
        ),
        resource(
            "AWS::ECS::Service",
            DeploymentConfiguration={"Alarms": {"AlarmNames": [{"Ref": "Alarm"}], "Enable": True}},
        ),
        resource(
            "AWS::CodeDeploy::DeploymentGroup",
            AlarmConfiguration={"Alarms": [{"Name": {"Ref": "Alarm"}}]},
        ),
        resource(
            "AWS::ECS::Service",
            DeploymentConfiguration={"Alarms": {"AlarmNames": ["orders-failed"]}},
        ),
        resource("AWS::Events::Rule", EventPattern={"source": ["aws.cloudwatch"]}),
    ],
)
def test_accepts_an_alarm_that_something_listens_to(listener: dict[str, Any]) -> None:
    """Composite alarms, deployments and rules on alarms' changes pass it on."""
    assert findings(alarm_that_tells_nobody, changed(FOUND, Listener=listener)) == []


def test_wants_an_action_of_a_composite_alarm() -> None:
    """What is made of alarms has to tell somebody itself."""
    composite = resource("AWS::CloudWatch::CompositeAlarm", AlarmRule='ALARM("orders-failed")')

    [finding] = findings(alarm_that_tells_nobody, changed(FOUND, Listener=composite))

    assert finding.node.logical_id == "Listener"
