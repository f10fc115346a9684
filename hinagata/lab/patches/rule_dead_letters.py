"""A rule's target that cannot be reached leaves its events in the target's dead letters.

The emulator stores a target's DeadLetterConfig and drops what cannot be delivered: because the
target is gone, or because its resource policy does not let EventBridge in, which it does not look
at either. As on AWS, neither of the two is retried: "EventBridge sends these events directly to
the DLQ" (EventBridge user guide, "Using dead-letter queues").
"""

import json
from collections.abc import Callable
from typing import Any

from hinagata.lab.patches import destinations
from hinagata.lab.patches.destinations import hand_over_if_possible
from hinagata.lab.patches.patch import Patch, emulator_module

SERVICE = "events.amazonaws.com"


def _apply() -> None:
    buses = emulator_module("services.eventbridge")
    plain_invoke = buses._invoke_target

    def invoke(target: Any, event: Any, rule: Any, view: Any = None) -> None:
        found = refusal(str(target.get("Arn", "")), str(rule.get("Arn", "")))
        if found is None:
            plain_invoke(target, event, rule, view)
            return
        dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not dead_letters or refusal(dead_letters, str(rule.get("Arn", ""))) is not None:
            return
        payload = (view or buses._pattern_event_view(event)).event_with_detail()
        code, message = found
        hand_over_if_possible(
            dead_letters,
            json.dumps(payload),
            attributes={
                "RULE_ARN": str(rule.get("Arn", "")),
                "TARGET_ARN": str(target.get("Arn", "")),
                "ERROR_CODE": code,
                "ERROR_MESSAGE": message,
            },
        )

    buses._invoke_target = invoke


def refusal(arn: str, rule_arn: str) -> tuple[str, str] | None:
    """Return why EventBridge cannot deliver to a resource, as code and message; None if it can.

    Args:
        arn: of the target.
        rule_arn: of the rule, or of a schedule, which the emulator carries out in the same way.
    """
    account = rule_arn.split(":")[4]
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    checks: dict[str, Callable[[], tuple[bool, bool]]] = {
        "sqs": lambda: _queue(arn, rule_arn, account),
        "sns": lambda: _topic(arn, rule_arn, account),
        "lambda": lambda: (_function_exists(arn), True),
        "states": lambda: (_machine_exists(arn), True),
    }
    exists, allowed = checks.get(service, lambda: (True, True))()
    if not exists:
        return "NO_RESOURCE", f"{arn} does not exist"
    # A schedule delivers by its role, and needs no leave of its target's policy.
    if not allowed and ":scheduler:" not in rule_arn:
        return "NO_PERMISSIONS", f"the policy of {arn} does not let {SERVICE} in"
    return None


def _queue(arn: str, rule_arn: str, account: str) -> tuple[bool, bool]:
    queues = emulator_module("services.sqs")
    exists = queues._queue_by_arn(arn) is not None
    return exists, exists and queues.queue_policy_allows(arn, SERVICE, rule_arn, account)


def _topic(arn: str, rule_arn: str, account: str) -> tuple[bool, bool]:
    topics = emulator_module("services.sns")
    exists = topics._topic_by_arn_any_scope(arn) is not None
    return exists, exists and topics.topic_policy_allows(arn, SERVICE, rule_arn, account)


def _function_exists(arn: str) -> bool:
    return bool(emulator_module("services.lambda_svc")._get_func_record_for_ref(arn)[0])


def _machine_exists(arn: str) -> bool:
    return emulator_module("services.stepfunctions")._resolve_state_machine_arn(arn) is not None


PATCH = Patch(
    name="rule-dead-letters",
    promise="an event that cannot reach a rule's target, because it is gone or does not let "
    "EventBridge in, is in the target's dead letters",
    symbols=(
        "ministack.services.eventbridge:_invoke_target",
        "ministack.services.eventbridge:_pattern_event_view",
        "ministack.services.sqs:queue_policy_allows",
        "ministack.services.sns:_topic_by_arn_any_scope",
        "ministack.services.sns:topic_policy_allows",
        "ministack.services.stepfunctions:_resolve_state_machine_arn",
        *destinations.SYMBOLS,
    ),
    apply=_apply,
)
