"""A project's name is one that Python, CloudFormation and S3 take, or it is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.errors import UsageError
from hinagata.generator.naming import folder_name, project_name


@pytest.mark.parametrize(
    ("typed", "package", "stack", "bucket", "title"),
    [
        ("My Shop!", "my_shop", "MyShop", "my-shop", "My shop"),
        ("my-shop", "my_shop", "MyShop", "my-shop", "My shop"),
        ("connected_car", "connected_car", "ConnectedCar", "connected-car", "Connected car"),
        ("HTTPServer", "http_server", "HttpServer", "http-server", "Http server"),
        ("s3backup2go", "s3backup2go", "S3backup2go", "s3backup2go", "S3backup2go"),
        ("__init__", "init", "Init", "init", "Init"),
    ],
)
def test_a_name_has_its_forms(
    typed: str, package: str, stack: str, bucket: str, title: str
) -> None:
    """Words are found where they are apart and where camel case joins them."""
    name = project_name(typed)

    assert (name.package, name.stack, name.bucket, name.title) == (package, stack, bucket, title)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "it has no letter"),
        ("?!", "it has no letter"),
        ("9 lives", "it begins with a digit"),
        ("ab", "it is too short for a bucket"),
        ("a" * 36, "it is too long; give at most 35 characters"),
        ("class", "class is a word of Python"),
        ("None", "none is a word of Python"),
        ("match", "match is a word of Python"),
        ("test", "test is a part of every project"),
        ("Stacks", "stacks is a part of every project"),
        ("stack", "stack is a name of the CDK"),
        ("json", "json is a module of Python's own"),
        ("aws-cdk", "aws_cdk is a package that a project imports"),
        ("com1", "com1 cannot be a file's name on Windows"),
        ("sthree shop", "S3 keeps such names for itself"),
        ("shop-s3alias", "S3 keeps such names for itself"),
        ("../shop", "it has the character '/'"),
        ("shop\n", r"it has the character '\n'"),
        ("{{ 7 }}", "it has the character '{'"),
        (
            "m\u0443_shop",
            "'m\u0443_shop' cannot be a project's name: it has the character '\u0443' (U+0443)",
        ),
        ("雛形", "'雛形' cannot be a project's name: it has the character '雛' (U+96DB)"),
        ("shop\u202e", r"it has the character '\u202e' (U+202E)"),
    ],
)
def test_fails_for_what_cannot_be_a_name(typed: str, said: str) -> None:
    """The reason and a way out are one printable sentence, whatever was typed."""
    with pytest.raises(UsageError) as failure:
        project_name(typed)

    sentence = str(failure.value)
    assert said in sentence
    assert " cannot be a project's name: " in sentence
    assert sentence.isprintable()


@pytest.mark.parametrize(
    ("typed", "folder"),
    [
        *((typed, typed) for typed in ("my_shop", "my-shop", "MyShop", "shop2")),
        *((typed, "my-shop") for typed in ("My shop!", "my.shop", "-my-shop", "my shop")),
    ],
)
def test_a_folder_has_the_name_that_was_typed(typed: str, folder: str) -> None:
    """Unless a shell would take it for something else."""
    assert folder_name(typed) == folder


@given(st.text(max_size=40) | st.text(alphabet="aZ9 -_.!", max_size=40))
def test_every_text_is_a_valid_name_or_refused(typed: str) -> None:
    """What is returned keeps the rules of all three, and is the same when it is given again."""
    try:
        name = project_name(typed)
    except UsageError:
        return

    assert name.package.isidentifier()
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name.stack)
    assert re.fullmatch(r"[a-z][a-z0-9-]{1,33}[a-z0-9]", name.bucket)
    assert project_name(name.package) == project_name(name.bucket) == name
