"""What a picture calls its boxes and arrows."""

from __future__ import annotations

from hinagata.diagram.picture import Line, Symbol
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.node import Node, Role

_SYMBOLS = {
    Role.API: Symbol.API,
    Role.BUCKET: Symbol.BUCKET,
    Role.BUS: Symbol.BUS,
    Role.COMPUTE: Symbol.SERVICE,
    Role.DISTRIBUTION: Symbol.DISTRIBUTION,
    Role.EXTERNAL: Symbol.EXTERNAL,
    Role.INTERNET: Symbol.INTERNET,
    Role.LOAD_BALANCER: Symbol.LOAD_BALANCER,
    Role.QUEUE: Symbol.QUEUE,
    Role.SCHEDULE: Symbol.SCHEDULE,
    Role.STREAM: Symbol.STREAM,
    Role.TABLE: Symbol.TABLE,
    Role.TOPIC: Symbol.TOPIC,
    Role.WORKFLOW: Symbol.WORKFLOW,
}
_FUNCTIONS = ("AWS::Lambda::Function", "AWS::Serverless::Function")
# What an ARN's service says of a resource that no template declares.
_ROLES_OUTSIDE = {
    "dynamodb": Role.TABLE,
    "events": Role.BUS,
    "execute-api": Role.API,
    "kinesis": Role.STREAM,
    "s3": Role.BUCKET,
    "sns": Role.TOPIC,
    "sqs": Role.QUEUE,
    "states": Role.WORKFLOW,
}
_WHAT = {
    "AWS::ApiGateway::RestApi": "REST API",
    "AWS::AppRunner::Service": "App Runner service",
    "AWS::AppSync::Api": "event API",
    "AWS::AppSync::GraphQLApi": "GraphQL API",
    "AWS::Batch::JobDefinition": "batch job",
    "AWS::CodeBuild::Project": "build project",
    "AWS::Cognito::UserPool": "user pool",
    "AWS::EC2::Instance": "instance",
    "AWS::ECS::TaskDefinition": "task",
    "AWS::EFS::FileSystem": "file system",
    "AWS::ElastiCache::CacheCluster": "cache",
    "AWS::ElastiCache::ReplicationGroup": "cache",
    "AWS::ElastiCache::ServerlessCache": "cache",
    "AWS::Glue::Job": "Glue job",
    "AWS::IoT::TopicRule": "IoT rule",
    "AWS::KinesisFirehose::DeliveryStream": "delivery stream",
    "AWS::Lambda::Function": "function",
    "AWS::MSK::Cluster": "Kafka cluster",
    "AWS::MSK::ServerlessCluster": "Kafka cluster",
    "AWS::OpenSearchServerless::Collection": "search collection",
    "AWS::OpenSearchService::Domain": "search domain",
    "AWS::Serverless::Function": "function",
    "AWS::RDS::DBCluster": "database",
    "AWS::RDS::DBInstance": "database",
    "AWS::DocDB::DBCluster": "database",
}
_WHAT_ROLE = {
    Role.BUS: "event bus",
    Role.EXTERNAL: "outside",
    Role.INTERNET: "",
    Role.LOG: "log group",
}
_PROTOCOLS = {"HTTP": "HTTP API", "WEBSOCKET": "WebSocket API"}
_ASYNCHRONOUS = (Role.QUEUE, Role.TOPIC, Role.BUS, Role.STREAM, Role.WORKFLOW)
_WRITES = {
    Role.API: "calls",
    Role.BUS: "puts events",
    Role.COMPUTE: "calls",
    Role.LOAD_BALANCER: "calls",
    Role.QUEUE: "sends",
    Role.STREAM: "puts records",
    Role.TOPIC: "publishes",
    Role.WORKFLOW: "starts",
}
_INVOKES = {
    Role.COMPUTE: "calls",
    Role.DISTRIBUTION: "forwards",
    Role.INTERNET: "requests",
    Role.LOAD_BALANCER: "forwards",
    Role.SCHEDULE: "starts",
    Role.WORKFLOW: "runs",
}
_REACHED_BY_URL = (Role.API, Role.DISTRIBUTION, Role.LOAD_BALANCER)
_LINES = {
    Kind.INVOKES_SYNC: Line.WAITS,
    Kind.INVOKES_ASYNC: Line.HANDS_OVER,
    Kind.POLLS: Line.HANDS_OVER,
    Kind.DELIVERS: Line.HANDS_OVER,
    Kind.MAY_READ: Line.WAITS,
    Kind.PASSES_ENV: Line.KNOWS,
    Kind.DEAD_LETTER: Line.GIVES_UP,
    Kind.ON_FAILURE: Line.GIVES_UP,
    Kind.ON_SUCCESS: Line.HANDS_OVER,
}


def symbol_of(node: Node) -> Symbol:
    """Returns the sign that a node's box carries."""
    if node.type in _FUNCTIONS or _service_outside(node) == "lambda":
        return Symbol.FUNCTION
    return _SYMBOLS.get(_role_of(node), Symbol.OTHER)


def what_is(node: Node) -> str:
    """Returns what a node is, in a word or three that a reader of AWS's documents knows."""
    match node.type:
        case "AWS::SQS::Queue":
            return "FIFO queue" if node.flag("FifoQueue") else "queue"
        case "AWS::SNS::Topic":
            return "FIFO topic" if node.flag("FifoTopic") else "topic"
        case "AWS::ApiGatewayV2::Api":
            return _PROTOCOLS.get(str(node.get("ProtocolType")), "API")
        case "AWS::ECS::Service":
            return "Fargate service" if node.get("LaunchType") == "FARGATE" else "ECS service"
    if node.role is Role.OTHER and node.type not in _WHAT:
        return " ".join(node.type.split("::")[1:])
    role = _role_of(node)
    what = _WHAT.get(node.type) or _WHAT_ROLE.get(role, role.value.replace("_", " "))
    return f"{what} outside" if node.role is Role.EXTERNAL is not role else what


def word_of(edge: Edge) -> str:
    """Returns what happens on an edge, read from its source to its target."""
    target = _role_of(edge.target)
    match edge.kind:
        case Kind.INVOKES_SYNC | Kind.INVOKES_ASYNC:
            asks = "Authorizer" in edge.via.type
            word = "asks" if asks else _INVOKES.get(edge.source.role, "invokes")
        case Kind.POLLS:
            word = "piped to" if edge.via.type == "AWS::Pipes::Pipe" else "polled by"
        case Kind.DELIVERS:
            word = "starts" if target is Role.WORKFLOW else "delivers"
        case Kind.MAY_WRITE:
            word = _WRITES.get(target, "writes")
        case Kind.MAY_READ:
            word = "reads"
        case Kind.PASSES_ENV:
            word = "has its URL" if target in _REACHED_BY_URL else "has its name"
        case Kind.DEAD_LETTER:
            word = "dead letters"
        case _:
            word = edge.kind.value.replace("_", " ")
    return word


def line_of(edge: Edge) -> Line:
    """Returns how an edge is drawn."""
    if edge.kind is Kind.MAY_WRITE:
        return Line.HANDS_OVER if _role_of(edge.target) in _ASYNCHRONOUS else Line.WAITS
    return _LINES.get(edge.kind, Line.KNOWS)


def _role_of(node: Node) -> Role:
    """Returns what a node does; of what lies outside, as far as its ARN says it."""
    return _ROLES_OUTSIDE.get(_service_outside(node), node.role)


def _service_outside(node: Node) -> str:
    parts = node.logical_id.split(":")
    return parts[2] if node.role is Role.EXTERNAL and parts[0] == "arn" and len(parts) > 2 else ""
