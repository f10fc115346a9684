"""A secret stands in the template.

What a template holds is read by everybody who may read the repository, the assembly, the bucket
that templates are uploaded to, or the stack; and what an environment variable holds, by everybody
who may look at a function's or a task's configuration. A secret that stands there has to be taken
for known, and nobody can change it without a deployment.

Looked at are the environment variables of functions and containers, and Systems Manager
parameters of type `String`, whose name ends in a word such as `PASSWORD`, `SECRET`, `TOKEN`,
`API_KEY`, `PRIVATE_KEY` or `CREDENTIALS` and whose value is a text of the template: written
there, or the default of a parameter (`NoEcho` hides a parameter in the console, but its default
is in the template). References, `{{resolve:...}}`, ARNs, addresses and paths are no secrets, nor
is a value that calls itself a dummy, an example or a placeholder, nor a name such as `SECRET_ARN`
or `TOKEN_TTL`. The finding does not repeat the value.

## How to mend it

Put the value into AWS Secrets Manager, give the code the secret's ARN and the right to read it, and
let it read it when it starts; in an ECS container, name it under `Secrets`. Then change the
secret: the old one has been seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Unknown, Value, alternatives, items

# The word ends the name: DB_PASSWORD and apiKey, but neither PASSWORD_LENGTH nor SECRET_ARN.
_SECRET = re.compile(
    r"(?:password|passwd|passphrase|secret|token|credentials?"
    r"|(?:api|private|secret|access|signing|encryption)[_-]?key)"
    r"(?:[_-]?(?:value|string|text|\d+))?$",
    re.IGNORECASE,
)
# What merely leads to a secret, or is too plain to be one.
_HARMLESS = re.compile(
    r"""
    $ | arn: | [a-z]+:// | / | \{\{resolve: | \$\{ | <     # ARN, address, path, placeholder
    | (?:true|false|yes|no|none|null|enabled|disabled)$
    | .*(?:dummy|example|placeholder|replace[_-]?me)       # says itself that it is none
    | [a-z][a-z0-9_.@-]*(?:/[a-z0-9_.@-]+)+$               # the name of a secret: prod/db/password
    """,
    re.VERBOSE | re.IGNORECASE,
)


@check(
    id="FM703",
    title="Secret in plain sight",
    severity=Severity.ERROR,
    reason="Everybody who may read the template or the configuration knows it, and it cannot be "
    "changed without a deployment.",
    sources=(
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
    ),
    fix="Keep it in AWS Secrets Manager and let the code read it by its ARN at run time.",
)
def secret_in_plain_sight(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for texts under names that promise a secret."""
    for function in topology.of_type("AWS::Lambda::Function"):
        # Nothing is resolved before a name promises a secret.
        if _promises(function.written("Environment")):
            variables = function.get("Environment", "Variables")
            for name, value in variables.items() if isinstance(variables, dict) else ():
                yield from _judge(function, f"Environment.Variables.{name}", name, value)
    for task in topology.of_type("AWS::ECS::TaskDefinition"):
        for index, container in enumerate(task.items("ContainerDefinitions") or ()):
            for entry in items(walk(container, "Environment")):
                variable, value = walk(entry, "Name"), walk(entry, "Value")
                if isinstance(variable, str):
                    path = f"ContainerDefinitions.{index}.Environment.{variable}"
                    yield from _judge(task, path, variable, value)
    for parameter in topology.of_type("AWS::SSM::Parameter"):
        given = parameter.get("Name")
        called = given if isinstance(given, str) else parameter.name
        yield from _judge(parameter, "Value", called, parameter.get("Value"))


def _promises(environment: object) -> bool:
    if environment is None:
        return False
    variables = environment.get("Variables") if isinstance(environment, dict) else None
    return not isinstance(variables, dict) or any(
        not isinstance(name, str) or name.startswith("Fn::") or _SECRET.search(name)
        for name in variables
    )


def _judge(node: Node, path: str, name: str, value: Value) -> Iterator[Finding | Unresolved]:
    if not _SECRET.search(name):
        return
    for each in alternatives(value):
        if isinstance(each, Unknown):
            yield Unresolved(node=node, property=path)
            return
        if isinstance(each, str) and not _HARMLESS.match(each):
            yield Finding(
                node=node,
                property=path,
                says=f"the value of {name} stands in the template",
            )
            return
