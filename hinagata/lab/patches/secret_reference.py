"""A reference to a secret is its ARN, so that a grant on the reference is a grant on the secret.

In the emulator `Ref` gives the secret's name, and the role that was granted the reference is
denied the secret.
"""

from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module


def _apply() -> None:
    provisioners = emulator_module("services.cloudformation.provisioners")
    secrets = emulator_module("services.secretsmanager")._secrets
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    plain = dict(handlers)

    def name_of(arn: str) -> str:
        return next((str(s["Name"]) for s in secrets.values() if s["ARN"] == arn), arn)

    def create(*args: Any) -> Any:
        _, attributes = plain["create"](*args)
        return attributes["Arn"], attributes

    def update(arn: str, *args: Any) -> Any:
        _, attributes = plain["update"](name_of(arn), *args)
        return attributes["Arn"], attributes

    def delete(arn: str, *args: Any) -> Any:
        return plain["delete"](name_of(arn), *args)

    handlers.update(create=create, update=update, delete=delete)


PATCH = Patch(
    name="secret-reference",
    promise="a reference to a secret in a template is the secret's ARN",
    symbols=(
        "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
        "ministack.services.secretsmanager:_secrets",
    ),
    apply=_apply,
)
