"""An IoT rule's actions for streams, delivery streams, buckets and state machines are carried out.

The emulator knows the actions for functions, tables, topics, queues and republishing, and skips
all others without a word; so a rule that feeds a stream seems to work, and nothing arrives.
"""

import json
import re
from contextvars import ContextVar
from typing import Any

from hinagata.lab.patches import destinations
from hinagata.lab.patches.destinations import hand_over
from hinagata.lab.patches.patch import Patch, emulator_module

_PLACE = re.compile(r"\$\{([^}]+)\}")

# The topic of the message whose rules are being carried out.
_topic: ContextVar[str] = ContextVar("hinagata_iot_topic", default="")


def _apply() -> None:
    iot = emulator_module("services.iot")
    scope = emulator_module("core.responses").request_scope
    plain_dispatch = iot._dispatch_rule_action
    plain_run = iot._run_rule_actions

    async def run(
        account: str, region: str, rule: Any, payload: bytes, topic: str = "", *args: Any
    ) -> None:
        token = _topic.set(topic)
        try:
            await plain_run(account, region, rule, payload, topic, *args)
        finally:
            _topic.reset(token)

    async def dispatch(account: str, region: str, rule: str, action: Any, event: Any) -> None:
        arn = f"arn:aws:{{}}:{region}:{account}:{{}}".format
        body = event if isinstance(event, str) else json.dumps(event)

        def filled(text: Any) -> str:
            return _PLACE.sub(lambda found: _value(iot, found[1], event), str(text or ""))

        with scope(account, region):
            match action:
                case {"kinesis": settings}:
                    key = filled(settings.get("partitionKey"))
                    stream = arn("kinesis", f"stream/{settings['streamName']}")
                    hand_over(stream, body, partition_key=key)
                case {"firehose": settings}:
                    name = f"deliverystream/{settings['deliveryStreamName']}"
                    hand_over(arn("firehose", name), body + (settings.get("separator") or ""))
                case {"stepFunctions": settings}:
                    machine = f"stateMachine:{settings['stateMachineName']}"
                    hand_over(arn("states", machine), body)
                case {"s3": settings}:
                    bucket = f"arn:aws:s3:::{settings['bucketName']}"
                    hand_over(bucket, body, key=filled(settings.get("key")))
                case _:
                    await plain_dispatch(account, region, rule, action, event)

    iot._dispatch_rule_action = dispatch
    iot._run_rule_actions = run


def _value(iot: Any, expression: str, event: Any) -> str:
    """Return what a substitution template stands for: a field of the event, or a function."""
    found = iot._eval_select_expr(expression, _topic.get(), b"", event, None)
    return "" if found is iot._MISSING else str(found)


PATCH = Patch(
    name="iot-actions",
    promise="an IoT rule's actions for Kinesis, Firehose, S3 and Step Functions are carried out",
    symbols=(
        "ministack.services.iot:_dispatch_rule_action",
        "ministack.services.iot:_run_rule_actions",
        "ministack.services.iot:_MISSING",
        "ministack.services.iot:_eval_select_expr",
        "ministack.core.responses:request_scope",
        *destinations.SYMBOLS,
    ),
    apply=_apply,
)
