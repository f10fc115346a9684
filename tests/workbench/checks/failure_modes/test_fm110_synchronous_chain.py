"""Functions that wait for functions while a client waits."""

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm110_synchronous_chain import synchronous_chain
from tests.workbench.checks.failure_modes import test_fm109_outlives_its_api as api
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved


def role_that(action: str, target: object) -> dict[str, object]:
    """Return a role that allows one action on one resource."""
    statement = {"Effect": "Allow", "Action": action, "Resource": target}
    return resource(
        "AWS::IAM::Role",
        Policies=[{"PolicyName": "calls", "PolicyDocument": {"Statement": [statement]}}],
    )


FOUND = changed(
    api.CLEAN,
    Worker={"Timeout": 29, "Role": arn("Role")},
    Role=role_that("lambda:InvokeFunction", arn("Prices")),
    Prices=resource("AWS::Lambda::Function", Timeout=20),
)
CLEAN = changed(FOUND, Worker={"Timeout": 5})
UNKNOWN = {
    **changed(FOUND, Worker={"Timeout": 3}, Prices={"Timeout": {"Ref": "Seconds"}}),
    "Parameters": {"Seconds": {"Type": "Number"}},
}


def test_names_the_chain_in_order() -> None:
    """Two functions whose timeouts together exceed what the API waits are found."""
    [finding] = findings(synchronous_chain, FOUND)

    assert finding.node.logical_id == "Worker"
    assert "Worker -> Prices may take 49 s together" in finding.says
    assert [node.logical_id for node in finding.related] == ["Api", "Prices"]


def test_accepts_a_chain_that_fits() -> None:
    """Five and twenty seconds fit into twenty-nine."""
    assert findings(synchronous_chain, CLEAN) == []


def test_is_silent_where_a_timeout_is_unknown() -> None:
    """A timeout that is known only after the deployment is told apart, not judged."""
    assert unresolved(synchronous_chain, UNKNOWN) == [("Prices", "Timeout")]


def test_leaves_chains_behind_a_queue_alone() -> None:
    """Where nobody waits, a chain only costs."""
    nobody = {
        "Resources": {
            name: each for name, each in FOUND["Resources"].items() if name not in ("Api", "Method")
        }
    }

    assert findings(synchronous_chain, nobody) == []


def test_leaves_functions_that_take_events_alone() -> None:
    """A durable function, or one with a dead-letter queue, is started and not waited for."""
    durable = changed(FOUND, Prices={"DurableConfig": {"ExecutionTimeout": 3600}})
    kept = changed(
        FOUND,
        Dead=resource("AWS::SQS::Queue"),
        Prices={"DeadLetterConfig": {"TargetArn": arn("Dead")}},
    )

    assert findings(synchronous_chain, durable) == []
    assert findings(synchronous_chain, kept) == []


def test_notes_a_call_that_could_not_be_waited_for() -> None:
    """A function that may take longer than its caller is likely not waited for."""
    [finding] = findings(synchronous_chain, changed(FOUND, Prices={"Timeout": 300}))

    assert finding.severity is Severity.NOTE
    assert findings(synchronous_chain, FOUND)[0].severity is None


def test_follows_a_workflow_that_is_waited_for() -> None:
    """An express workflow that is started synchronously is waited for, with its functions."""
    definition = {
        "StartAt": "Price",
        "States": {"Price": {"Type": "Task", "Resource": arn("Prices"), "End": True}},
    }
    through = changed(
        FOUND,
        Role=role_that("states:StartSyncExecution", {"Ref": "Flow"}),
        Flow=resource(
            "AWS::StepFunctions::StateMachine",
            StateMachineType="EXPRESS",
            Definition=definition,
        ),
    )
    started = changed(through, Role=role_that("states:StartExecution", {"Ref": "Flow"}))

    [finding] = findings(synchronous_chain, through)

    assert "Worker -> Flow -> Prices" in finding.says
    assert findings(synchronous_chain, started) == []


def test_ends_on_functions_that_call_each_other() -> None:
    """A circle of calls is followed once."""
    circle = changed(
        FOUND,
        Prices={"Role": arn("Back")},
        Back=role_that("lambda:InvokeFunction", arn("Worker")),
    )

    assert len(findings(synchronous_chain, circle)) == 1
