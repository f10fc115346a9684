"""AppSync: what the data sources of a GraphQL API call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.service_calls import BUS
from hinagata.topology.edges.target import targets, targets_of
from hinagata.topology.node import Node, walk

if TYPE_CHECKING:
    from hinagata.topology.world import World

_SOURCES = (
    ("LambdaConfig", "LambdaFunctionArn"),
    ("DynamoDBConfig", "TableName"),
    ("EventBridgeConfig", "EventBusArn"),
    ("HttpConfig", "Endpoint"),
)
_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")


def _api(api: Node, world: World) -> Iterator[Edge]:
    visible = api.strings("Visibility", default="GLOBAL")
    if visible is not None and "GLOBAL" in visible:
        yield Edge(world.internet, api, Kind.INVOKES_SYNC, api)
    uri = ("LambdaAuthorizerConfig", "AuthorizerUri")
    others = api.items("AdditionalAuthenticationProviders") or ()
    authorizers = [api.get(*uri), *(walk(each, *uri) for each in others)]
    for authorizer in authorizers:
        for function, through in targets_of(authorizer, world):
            yield Edge(api, function, Kind.INVOKES_SYNC, api, through)


def _data_source(source: Node, world: World) -> Iterator[Edge]:
    for api, _ in targets(source, world, "ApiId"):
        for path in _SOURCES:
            for node, through in targets(source, world, *path, named=_TABLES):
                kind = Kind.DELIVERS if node.type == BUS else Kind.INVOKES_SYNC
                yield Edge(api, node, kind, source, through)


BUILDERS: dict[str, Builder] = {
    "AWS::AppSync::DataSource": _data_source,
    "AWS::AppSync::GraphQLApi": _api,
}
