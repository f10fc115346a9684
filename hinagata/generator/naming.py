"""A project's name, as Python, CloudFormation and S3 want it."""

from __future__ import annotations

import keyword
import re
import string
import sys
from dataclasses import dataclass

from hinagata.errors import UsageError

# A bucket's name has 63 characters (docs.aws.amazon.com/AmazonS3/latest/userguide,
# bucketnamingrules.html); an account and a region behind it take "-123456789012-ap-southeast-1".
_LONGEST = 63 - len("-123456789012-ap-southeast-1")
_SHORTEST = 3
_ALLOWED = frozenset(string.ascii_letters + string.digits + " -_.,!?&'+()")
# Where words meet in camel case: my|Shop, HTTP|Server.
SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[A-Za-z0-9]+")
# What neither a shell nor an option parser takes for something else.
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")

_PARTS_OF_A_PROJECT = (
    *("app", "cdk", "docs", "functions", "hinagata", "node_modules", "pattern_runtime"),
    *("patterns", "scenarios", "stacks", "test", "tests"),
)
# What the stacks' own modules name already.
_NAMES_OF_THE_CDK = ("construct", "duration", "size", "stack")
# What a project's code, tests and tools import; a folder of that name would hide it.
_PACKAGES = (
    *("aws_cdk", "aws_lambda_powertools", "boto3", "botocore", "cdk_nag", "cfnlint", "checkov"),
    *("cloudformation_validate", "constructs", "duckdb", "jinja2", "jsii", "matplotlib"),
    *("microburst", "ministack", "moto", "mypy", "numpy", "pip", "pytest", "rich", "ruff"),
    *("samtranslator", "setuptools", "starlette", "uvicorn", "yaml"),
)
# Files of these names cannot be made on Windows, whatever their suffix.
_DEVICES = (
    *("aux", "con", "nul", "prn"),
    *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)),
)


@dataclass(frozen=True, kw_only=True)
class ProjectName:
    """One name in the forms in which it stands in a project.

    Attributes:
        package: the Python package, and the stem of files: `my_shop`.
        stack: the stack and its class: `MyShop`.
        bucket: what a bucket's name or a host may be: `my-shop`.
        title: for people: `My shop`.
    """

    package: str
    stack: str
    bucket: str
    title: str


def project_name(name: str) -> ProjectName:
    """Returns a name in its forms.

    Args:
        name: What a person typed, such as `My Shop!`, `my-shop` or `MyShop`.

    Raises:
        UsageError: It cannot be made a name that Python, CloudFormation and S3 take, or one that
            hides nothing.

    Example:
        >>> project_name("My Shop!")
        ProjectName(package='my_shop', stack='MyShop', bucket='my-shop', title='My shop')
    """
    shown = repr(name[:_LONGEST] + ("..." if len(name) > _LONGEST else ""))
    for character in name:
        if character not in _ALLOWED:
            raise _refusal(
                shown,
                f"it has the character {character!r} (U+{ord(character):04X}); give letters from "
                "a to z, digits, spaces, hyphens or underscores",
            )
    words = _WORD.findall(SEAM.sub(" ", name).lower())
    package = "_".join(words)
    if not words:
        raise _refusal(shown, "it has no letter; give words, such as my-shop")
    if not package[0].isalpha():
        raise _refusal(shown, "it begins with a digit; begin with a letter")
    if len(package) < _SHORTEST:
        raise _refusal(shown, f"it is too short for a bucket; give {_SHORTEST} letters or more")
    if len(package) > _LONGEST:
        raise _refusal(
            shown,
            f"it is too long; give at most {_LONGEST} characters, so that an account and "
            "a region fit behind it in a bucket's name",
        )
    stack = "".join(word.capitalize() for word in words)
    _refuse_taken(shown, package, stack)
    return ProjectName(
        package=package,
        stack=stack,
        bucket="-".join(words),
        title=" ".join(words).capitalize(),
    )


def folder_name(name: str) -> str:
    """Returns the folder of a project: its name as it was typed, or its bucket's form of it.

    Args:
        name: What a person typed.

    Raises:
        UsageError: It is no name for a project.

    Example:
        >>> folder_name("my_shop"), folder_name("My shop!")
        ('my_shop', 'my-shop')
    """
    names = project_name(name)
    return name if _FOLDER.fullmatch(name) else names.bucket


def _refuse_taken(shown: str, package: str, stack: str) -> None:
    if keyword.iskeyword(package) or keyword.issoftkeyword(package) or keyword.iskeyword(stack):
        raise _refusal(shown, f"{package} is a word of Python; add a word")
    for taken, by in (
        (_PARTS_OF_A_PROJECT, "is a part of every project"),
        (_NAMES_OF_THE_CDK, "is a name of the CDK"),
        (_DEVICES, "cannot be a file's name on Windows"),
        (_PACKAGES, "is a package that a project imports, and would be hidden by it"),
        (sys.stdlib_module_names, "is a module of Python's own, and would be hidden by it"),
    ):
        if package in taken:
            raise _refusal(shown, f"{package} {by}; add a word")
    # The rest of what S3 keeps for itself has dots or two hyphens (bucketnamingrules.html).
    if package.startswith(("sthree_", "amzn_s3_demo_")) or package.endswith("_s3alias"):
        raise _refusal(shown, "S3 keeps such names for itself; give other words")


def _refusal(shown: str, why: str) -> UsageError:
    return UsageError(f"{shown} cannot be a project's name: {why}")
