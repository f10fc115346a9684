"""A REST API puts events on a bus by itself, with what its mapping templates say.

The emulator takes an integration with EventBridge for one with a function, and answers 500. Of
the templates' language (Velocity) it knows references and `#set`; here it learns `#if` with
`#elseif` and `#else`, `$util.escapeJavaScript`, `replaceAll` and `contains` of a text, an index in
a JSON path, and an answer's `$context.responseOverride.status` (API Gateway developer guide,
"Mapping template and access logging variable reference").

PutEvents itself refuses an entry whose detail is no JSON object (EventBridge API reference,
PutEventsResultEntry).
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

_DIRECTIVE = re.compile(r"#(?:(if|elseif)\s*\(((?:[^()]|\([^()]*\))*)\)|(else)|(end))[ \t]*\n?")
_COMPARED = re.compile(r"(?P<left>.+?)\s*==\s*(?P<right>.+)")
_STATUS = re.compile(r"#set\(\$context\.responseOverride\.status\s*=\s*(\d{3})\)[ \t]*\n?")


def _apply() -> None:
    apis = emulator_module("services.apigateway_v1")
    plain_invoke = apis._invoke_lambda_custom_v1
    _teach(apis)

    async def invoke(integration: Any, *args: Any, **scope: Any) -> Any:
        spec = apis._parse_service_integration_uri(integration.get("uri", ""))
        if not spec or spec[1:] != ("events", "action", "PutEvents"):
            return await plain_invoke(integration, *args, **scope)
        headers, body, query, path = args[6:10]
        parameters = _Caseless(headers or {})
        state = _state(body.decode("utf-8", errors="replace") if body else "", headers, query, path)
        with apis.request_scope(
            scope.get("owner_account_id") or apis.get_account_id(),
            spec[0] or scope.get("owner_region") or apis.get_region(),
        ):
            backend, answer = _put(_rendered(apis, _template(integration, parameters), state))
        return _answer(apis, integration, backend, answer)

    apis._invoke_lambda_custom_v1 = invoke


class _Caseless(dict[str, str]):
    """A request's parameters; the case of a header's name does not matter."""

    def __init__(self, *sources: Mapping[str, Any]) -> None:
        super().__init__()
        for source in sources:
            for name, value in source.items():
                self[name.lower()] = value if isinstance(value, str) else str(value[-1])

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def _state(body: str, headers: Any, query: Any, path: Any) -> dict[str, Any]:
    parameters = _Caseless(headers or {}, query or {}, path or {})
    return {"vars": {}, "context": {}, "body": body, "params": parameters, "gobbled": False}


def _template(integration: Any, headers: Mapping[str, str]) -> str:
    kind = str(headers.get("content-type") or "application/json").split(";")[0].strip().lower()
    templates = integration.get("requestTemplates") or {}
    return str(templates.get(kind) or templates.get("application/json") or "")


def _put(request: str) -> tuple[int, str]:
    """Put what a rendered template says on its bus; return the status and the answer."""
    buses = emulator_module("services.eventbridge")
    try:
        entries = json.loads(request)["Entries"]
    except (ValueError, KeyError, TypeError):
        return 400, json.dumps({"__type": "SerializationException"})
    readable = [entry for entry in entries if _is_object(entry.get("Detail", ""))]
    status, _, body = buses._put_events({"Entries": readable})
    answer = json.loads(body)
    if status != 200:
        return status, json.dumps(answer)
    results = iter(answer["Entries"])
    malformed = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    answer["Entries"] = [next(results) if entry in readable else malformed for entry in entries]
    answer["FailedEntryCount"] += len(entries) - len(readable)
    return 200, json.dumps(answer)


def _is_object(detail: str) -> bool:
    try:
        return isinstance(json.loads(detail), dict)
    except (ValueError, TypeError):
        return False


def _answer(apis: Any, integration: Any, backend: int, answer: str) -> Any:
    headers = {"Content-Type": "application/json"}
    selected = apis._select_service_integration_response(integration, backend)
    if selected is None:
        return 500, headers, json.dumps({"message": "Internal server error"}).encode()
    template = (selected.get("responseTemplates") or {}).get("application/json")
    if template is None:
        return int(selected["statusCode"]), headers, answer.encode()
    state = _state(answer, {}, {}, {})
    chosen = _chosen(apis, template, state)
    override = _STATUS.search(chosen)
    status = int(override[1] if override else selected["statusCode"])
    return status, headers, apis._vtl_render(_STATUS.sub("", chosen), state).encode()


def _rendered(apis: Any, template: str, state: dict[str, Any]) -> str:
    return str(apis._vtl_render(_chosen(apis, template, state), state))


def _chosen(apis: Any, template: str, state: dict[str, Any]) -> str:
    """Return a template with the branches of its `#if` that hold; they are not nested."""
    out, at, taken, holds = "", 0, False, True
    for found in _DIRECTIVE.finditer(template):
        if holds:
            out += template[at : found.start()]
        at = found.end()
        kind, condition, is_else, is_end = found.groups()
        if is_end:
            taken, holds = False, True
        elif is_else:
            holds = not taken
        else:
            taken = taken and kind == "elseif"
            holds = not taken and _holds(apis, condition, state)
        taken = taken or (holds and not is_end)
    return out + (template[at:] if holds else "")


def _holds(apis: Any, condition: str, state: dict[str, Any]) -> bool:
    compared = _COMPARED.fullmatch(condition.strip())
    if compared is None:
        return bool(apis._vtl_value(condition.strip(), state))
    left, right = apis._vtl_value(compared["left"], state), compared["right"].strip()
    wanted = int(right) if right.isdecimal() else apis._vtl_value(right, state)
    return bool(left == wanted)


def _teach(apis: Any) -> None:
    """Teach the emulator's Velocity what it lacks."""
    plain_walk, plain_util, plain_path = apis._vtl_walk, apis._vtl_util, apis._vtl_json_path

    def walk(node: Any, steps: Sequence[tuple[str, str | None]], state: Any) -> Any:
        for name, args in steps:
            if not isinstance(node, str) or args is None:
                return plain_walk(node, steps, state)
            given = [str(apis._vtl_value(arg, state)) for arg in apis._vtl_split_args(args)]
            if name == "replaceAll":
                pattern, replacement = given
                # As it stands, whatever a backslash would mean in it.
                node = re.sub(pattern, replacement.replace("\\", r"\\"), node)
            elif name == "contains":
                node = given[0] in node
            else:
                return None
        return node

    def util(steps: Any, state: Any) -> Any:
        if not steps or steps[0][0] != "escapeJavaScript":
            value = plain_util(steps, state)
        else:
            (given,) = apis._vtl_split_args(steps[0][1])
            text = apis._vtl_str(apis._vtl_value(given, state))
            value = json.dumps(text)[1:-1].replace("'", "\\'").replace("/", "\\/")
        return walk(value, steps[1:], state) if steps[1:] else value

    def json_path(body: str, path: str) -> Any:
        return plain_path(body, re.sub(r"\[(\d+)\]", r".\1", path))

    apis._vtl_walk, apis._vtl_util, apis._vtl_json_path = walk, util, json_path


PATCH = Patch(
    name="bus-routes",
    promise="a REST API puts events on a bus by itself, and answers as its mapping templates say",
    symbols=(
        "ministack.services.apigateway_v1:_invoke_lambda_custom_v1",
        "ministack.services.apigateway_v1:_parse_service_integration_uri",
        "ministack.services.apigateway_v1:_select_service_integration_response",
        "ministack.services.apigateway_v1:_vtl_json_path",
        "ministack.services.apigateway_v1:_vtl_render",
        "ministack.services.apigateway_v1:_vtl_split_args",
        "ministack.services.apigateway_v1:_vtl_str",
        "ministack.services.apigateway_v1:_vtl_util",
        "ministack.services.apigateway_v1:_vtl_value",
        "ministack.services.apigateway_v1:_vtl_walk",
        "ministack.services.apigateway_v1:get_account_id",
        "ministack.services.apigateway_v1:get_region",
        "ministack.services.apigateway_v1:request_scope",
        "ministack.services.eventbridge:_put_events",
    ),
    apply=_apply,
)
