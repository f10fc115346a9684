"""Work that is done once for an event, however often the event comes."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from pattern_runtime import aws
from pattern_runtime.events import Event
from pattern_runtime.spans import service_name

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

IDEMPOTENCY_VARIABLE = "IDEMPOTENCY_TABLE_NAME"

# Does the work, unless it was done for the event before; returns what it, or `repeat`, returns.
Run = Callable[[Event, "LambdaContext", Callable[[], object]], object]


def once(table_name: str, remember: timedelta, *, repeat: Callable[[object], object]) -> Run:
    """Return what does work once for each event.

    Args:
        table_name: Remembers the events; `id` is its key and `expiration` its time to live.
        remember: How long.
        repeat: Makes the answer to an event that is known, of what the work returned then.
    """
    # Importing these takes a quarter of a second, which only those pay who use them.
    from aws_lambda_powertools.utilities.idempotency import (
        DynamoDBPersistenceLayer,
        IdempotencyConfig,
        idempotent_function,
    )

    config = IdempotencyConfig(
        expires_after_seconds=int(remember.total_seconds()),
        hash_function="sha256",
        # Its answer takes the place of the function's when the event is known.
        response_hook=lambda response, _record: repeat(response),
    )

    def do(*, work: Callable[[], object], identity: list[str]) -> object:  # noqa: ARG001 - what is remembered
        return work()

    do_once = idempotent_function(
        do,
        data_keyword_argument="identity",
        persistence_store=DynamoDBPersistenceLayer(
            table_name=table_name, boto3_client=aws.client("dynamodb")
        ),
        config=config,
        # Several hops may share a table, and each has to see the event once.
        key_prefix=service_name(),
    )

    def run(event: Event, context: "LambdaContext", work: Callable[[], object]) -> object:
        # Bounds how long an attempt that died can keep the next one out.
        config.register_lambda_context(context)
        # Two sources may number their events alike: only both together name an event.
        done: object = do_once(work=work, identity=[event.source, event.id])
        return done

    return run
