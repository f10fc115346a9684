"""Nobody runs a scenario on AWS itself without having been asked."""

import sys
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from hinagata.errors import HinagataError, UsageError
from hinagata.lab.endpoint import Endpoint

# What stands in place of an endpoint's URL.
AWS = "aws"


def ask_for_aws(
    endpoint: Endpoint,
    stack: str,
    *,
    agreed: bool,
    ask: Callable[[str], str] = input,
    is_terminal: Callable[[], bool] | None = None,
) -> None:
    """Return if the user agrees that a stack is deployed to their account.

    Args:
        endpoint: AWS, with the user's credentials.
        stack: the name of the stack.
        agreed: whether they have agreed already.
        ask: shows a question and returns the answer.
        is_terminal: whether there is somebody to ask. Default: whether input comes from a terminal.

    Raises:
        UsageError: they do not, or nobody can be asked.
        HinagataError: there are no credentials, or they are not valid.
    """
    region = endpoint.region
    if not agreed and not (is_terminal or sys.stdin.isatty)():
        raise UsageError(
            f"a run on AWS deploys {stack} to {region}, costs money and leaves the stack there; "
            "nobody can be asked here: agree with --yes"
        )
    try:
        account = str(endpoint.client("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise HinagataError(f"AWS does not know who runs this: {error}") from None
    if agreed:
        return
    question = (
        f"This deploys {stack} to account {account} in {region}, sends it traffic, costs money and "
        "leaves the stack there.\nType the account's number to go on: "
    )
    try:
        answer = ask(question)
    except EOFError:
        answer = ""
    if answer.strip() != account:
        raise UsageError(f"nothing was deployed: that is not the number of account {account}")
