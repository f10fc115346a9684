"""`hinagata redrive`: show what is dead, and send it back if asked to."""

import time
from pathlib import Path
from typing import TextIO

from botocore.exceptions import BotoCoreError, ClientError

from hinagata.assembly.synthesis import synthesize
from hinagata.errors import HinagataError, UsageError
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.redrive import redrive_of
from hinagata.lab.redrive_report import write_json, write_text
from hinagata.lab.steps import Steps
from hinagata.samples import Sample


def redrive(
    sample: Sample,
    *,
    project: Path,
    endpoint_url: str,
    hop: str | None,
    per_second: float | None,
    stream: TextIO,
    format: str,
) -> bool:
    """Show the dead letters of a sample, and say whether none is left.

    Args:
        sample: the sample.
        project: the folder with the app.
        endpoint_url: where it runs.
        hop: show and send back only what this hop gave up.
        per_second: how many events a second go back at most; None to send nothing.
        stream: where the answer goes.
        format: text or json.

    Raises:
        HinagataError: the endpoint does not answer, or the sample is not there.
        UsageError: no dead-letter queue takes what the hop gives up.
    """
    if not endpoint_url.startswith(("http://", "https://")):
        raise UsageError(
            f"{endpoint_url} is no endpoint; expected a URL such as http://127.0.0.1:4566"
        )
    endpoint = Endpoint(endpoint_url)
    endpoint.must_be_aws()
    steps = Steps()
    gone: set[str] = set()
    unseen = 0
    try:
        with steps.step("synthesize"):
            assembly = synthesize(project)
        with steps.step("find the dead-letter queues"):
            found = redrive_of(sample, assembly, endpoint=endpoint)
        with steps.step("read the dead letters"):
            letters = found.read(hop)
            unseen = found.unseen(letters)
        if per_second is not None and letters:
            with steps.step("send them back") as step:
                gone = found.send_back(
                    letters,
                    per_second=per_second,
                    progress=lambda count: step.progress(f"{count} of {len(letters) + unseen}"),
                )
    except (BotoCoreError, ClientError) as error:
        raise HinagataError(
            f"{endpoint_url} did not answer as expected: {error}; what was not sent back lies "
            "where it lay"
        ) from error
    now, elsewhere = time.time(), found.elsewhere
    if format == "json":
        write_json(letters, gone, stream, now=now, unseen=unseen, elsewhere=elsewhere)
    else:
        write_text(letters, gone, stream, now=now, unseen=unseen, hop=hop, elsewhere=elsewhere)
    return len(gone) >= len(letters) + unseen
