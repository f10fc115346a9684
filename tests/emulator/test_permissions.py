"""IAM is enforced: what no template grants is denied, here as on AWS."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from hinagata.lab.endpoint import Endpoint
from tests.emulator.templates import (
    allow,
    attribute,
    deployed,
    function,
    lets,
    ref,
    resource,
    role,
)

WRITES = """
    import os, boto3
    def handler(event, context):
        table = boto3.client("dynamodb")
        item = {"id": {"S": "1"}}
        new = {"TableName": os.environ["TABLE"], "Item": item,
               "ConditionExpression": "attribute_not_exists(id)"}
        done = []
        for write in (
            lambda: table.put_item(**new),
            lambda: table.put_item(**new),
            lambda: table.transact_write_items(TransactItems=[{"Put": new}]),
        ):
            try:
                write()
                done.append("written")
            except Exception as error:
                done.append(error.response["Error"]["Code"])
        return done
"""


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        (True, ["written", "ConditionalCheckFailedException", "TransactionCanceledException"]),
        (False, ["AccessDeniedException"] * 3),
    ],
)
def test_a_missing_grant_is_a_denial(
    endpoint: Endpoint, *, granted: bool, expected: list[str]
) -> None:
    """A function may write to a table if, and only if, its role's policy says so."""
    grants = [allow("dynamodb:PutItem", attribute("Table"))] if granted else []
    names = deployed(
        endpoint,
        {
            "Table": resource(
                "DynamoDB::Table",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            ),
            "Role": role(*grants),
            "F": function(WRITES, environment={"TABLE": ref("Table")}),
        },
    )
    answer = endpoint.client("lambda").invoke(FunctionName=names["F"])

    assert json.loads(answer["Payload"].read()) == expected


def test_a_queue_takes_a_topics_messages_only_if_its_policy_says_so(endpoint: Endpoint) -> None:
    """A subscription alone delivers nothing."""
    names = deployed(
        endpoint,
        {
            "Topic": resource("SNS::Topic"),
            "Open": resource("SQS::Queue"),
            "Closed": resource("SQS::Queue"),
            "Policy": lets("sns.amazonaws.com", "sqs:SendMessage", ref("Open")),
            **{
                f"To{queue}": resource(
                    "SNS::Subscription",
                    TopicArn=ref("Topic"),
                    Protocol="sqs",
                    Endpoint=attribute(queue),
                )
                for queue in ("Open", "Closed")
            },
        },
    )
    endpoint.client("sns").publish(TopicArn=names["Topic"], Message="hello")
    received = [
        len(endpoint.client("sqs").receive_message(QueueUrl=names[queue]).get("Messages", []))
        for queue in ("Open", "Closed")
    ]

    assert received == [1, 0]


def test_an_iam_authorized_api_lets_in_who_is_granted_and_signs(endpoint: Endpoint) -> None:
    """No signature, a wrong one and a caller without the grant are refused; the granted gets in."""
    names = deployed(
        endpoint,
        {
            "Api": resource("ApiGateway::RestApi", Name="commands"),
            "Method": resource(
                "ApiGateway::Method",
                RestApiId=ref("Api"),
                ResourceId=attribute("Api", "RootResourceId"),
                HttpMethod="POST",
                AuthorizationType="AWS_IAM",
                Integration={
                    "Type": "MOCK",
                    "RequestTemplates": {"application/json": '{"statusCode": 200}'},
                    "IntegrationResponses": [{"StatusCode": "200"}],
                },
                MethodResponses=[{"StatusCode": "200"}],
            ),
            "Deployment": {
                **resource("ApiGateway::Deployment", RestApiId=ref("Api")),
                "DependsOn": ["Method"],
            },
            "Stage": resource(
                "ApiGateway::Stage",
                RestApiId=ref("Api"),
                DeploymentId=ref("Deployment"),
                StageName="live",
            ),
            "Stranger": resource("IAM::User"),
            "Operator": resource("IAM::User", Policies=[grant_to_call("Api")]),
        },
    )
    url = endpoint.url_of_api(names["Api"], "live") + "/?of=a%20b"
    headers = {"Content-Type": "application/json"}
    operator, stranger = (as_user(endpoint, names[user]) for user in ("Operator", "Stranger"))
    forged = operator.sign("POST", url, headers, b"{}")
    forged["Authorization"] = forged["Authorization"][:-4] + "0000"

    assert status(url, headers) == 403
    assert status(url, forged) == 403
    assert status(url, stranger.sign("POST", url, headers, b"{}")) == 403
    assert status(url, operator.sign("POST", url, headers, b"{}")) == 200
    assert status(url, endpoint.sign("POST", url, headers, b"{}")) == 200


def grant_to_call(api: str) -> dict[str, Any]:
    """A policy that grants the calls of an API."""
    arn = {"Fn::Sub": f"arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}/*"}
    return {
        "PolicyName": "call",
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [allow("execute-api:Invoke", arn)],
        },
    }


def as_user(endpoint: Endpoint, user: str) -> Endpoint:
    """The endpoint, as a user with a new access key."""
    key = endpoint.client("iam").create_access_key(UserName=user)["AccessKey"]
    return Endpoint(endpoint.url, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])


def status(url: str, headers: dict[str, str]) -> int:
    """The status that a POST of `{}` gets."""
    request = urllib.request.Request(url, data=b"{}", headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
