"""What policies let through."""

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import invoked, shows
from tests.emulator.templates import allow, attribute, deployed, function, ref, resource, role


@shows("secret-reference")
def test_a_role_granted_the_reference_of_a_secret_may_read_it(
    patched: Endpoint, plain: Endpoint
) -> None:
    """Ref is the ARN: the grant fits, and the function finds the secret by it."""
    code = """
        import os, boto3
        def handler(event, context):
            secrets = boto3.client("secretsmanager")
            return len(secrets.get_secret_value(SecretId=os.environ["TOKEN"])["SecretString"])
    """
    resources = {
        "Secret": resource("SecretsManager::Secret", GenerateSecretString={"PasswordLength": 40}),
        "Role": role(allow("secretsmanager:GetSecretValue", ref("Secret"))),
        "F": function(code, environment={"TOKEN": ref("Secret")}),
    }

    assert invoked(patched, deployed(patched, resources)["F"]) == 40
    assert "not authorized" in invoked(plain, deployed(plain, resources)["F"])["errorMessage"]


@shows("secure-transport")
def test_a_policy_that_denies_plain_http_lets_the_callers_in(
    patched: Endpoint, plain: Endpoint
) -> None:
    """The usual statement that enforces TLS does not deny what comes over the loopback."""
    code = """
        import os, boto3
        def handler(event, context):
            return boto3.client("sqs").send_message(
                QueueUrl=os.environ["QUEUE"], MessageBody="x")["ResponseMetadata"]["HTTPStatusCode"]
    """
    enforced = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    resources = {
        "Queue": resource("SQS::Queue"),
        "Policy": resource(
            "SQS::QueuePolicy",
            Queues=[ref("Queue")],
            PolicyDocument={"Version": "2012-10-17", "Statement": [enforced]},
        ),
        "Role": role(allow("sqs:SendMessage", attribute("Queue"))),
        "F": function(code, environment={"QUEUE": ref("Queue")}),
    }

    assert invoked(patched, deployed(patched, resources)["F"]) == 200
    assert "AccessDenied" in invoked(plain, deployed(plain, resources)["F"])["errorMessage"]
