"""What AppSync's, Cognito's and IoT Core's resources say."""

from __future__ import annotations

from tests.workbench.topology.edges.reading import (
    FUNCTION,
    QUEUE,
    TABLE,
    arn,
    lines,
    read,
    ref,
    resource,
)

API_ID = {"Fn::GetAtt": ["Graph", "ApiId"]}


def test_a_graphql_api_calls_its_data_sources() -> None:
    """Functions and tables, an event bus, and the function that authorizes."""
    topology = read(
        Check=FUNCTION,
        Work=FUNCTION,
        Stock=TABLE,
        Bus=resource("Events::EventBus"),
        Graph=resource(
            "AppSync::GraphQLApi", LambdaAuthorizerConfig={"AuthorizerUri": arn("Check")}
        ),
        Inside=resource("AppSync::GraphQLApi", Visibility="PRIVATE"),
        ToWork=resource(
            "AppSync::DataSource", ApiId=API_ID, LambdaConfig={"LambdaFunctionArn": arn("Work")}
        ),
        ToStock=resource(
            "AppSync::DataSource", ApiId=API_ID, DynamoDBConfig={"TableName": ref("Stock")}
        ),
        ToBus=resource(
            "AppSync::DataSource", ApiId=API_ID, EventBridgeConfig={"EventBusArn": arn("Bus")}
        ),
    )

    assert lines(topology) == [
        "Internet invokes_sync Graph via Graph",
        "Graph invokes_sync Check",
        "Graph invokes_sync Work via ToWork",
        "Graph invokes_sync Stock via ToStock",
        "Graph delivers Bus via ToBus",
    ]


def test_a_user_pool_asks_its_triggers() -> None:
    """Named alone, or with a version of what they are sent."""
    topology = read(
        Sign=FUNCTION,
        Token=FUNCTION,
        Key=resource("KMS::Key"),
        Pool=resource(
            "Cognito::UserPool",
            LambdaConfig={
                "PreSignUp": arn("Sign"),
                "PreTokenGenerationConfig": {"LambdaArn": arn("Token"), "LambdaVersion": "V2_0"},
                "KMSKeyID": arn("Key"),
            },
        ),
    )

    assert lines(topology) == ["Pool invokes_sync Sign", "Pool invokes_sync Token"]


def test_a_topic_rule_acts_on_what_devices_publish() -> None:
    """Named as each action does; what an action cannot do goes elsewhere."""
    topology = read(
        Work=FUNCTION,
        Orders=QUEUE,
        Dead=QUEUE,
        Clicks=resource("Kinesis::Stream", Name="clicks"),
        Stock=TABLE,
        Rule=resource(
            "IoT::TopicRule",
            TopicRulePayload={
                "Sql": "SELECT * FROM 'cars/+'",
                "Actions": [
                    {"Lambda": {"FunctionArn": arn("Work")}},
                    {"Sqs": {"QueueUrl": ref("Orders")}},
                    {"Kinesis": {"StreamName": "clicks"}},
                    {"DynamoDBv2": {"PutItem": {"TableName": ref("Stock")}}},
                ],
                "ErrorAction": {"Sqs": {"QueueUrl": ref("Dead")}},
            },
        ),
    )

    assert lines(topology) == [
        "Rule invokes_async Work",
        "Internet delivers Rule via Rule",
        "Rule delivers Orders",
        "Rule delivers Clicks",
        "Rule delivers Stock",
        "Rule dead_letter Dead",
    ]
