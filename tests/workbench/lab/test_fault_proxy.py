"""The proxy between handlers and endpoint changes nothing that a signature covers."""

from hinagata.lab.faults.proxy import ExactUrl


def test_a_path_is_passed_on_as_it_was_signed() -> None:
    """An ARN in a path keeps its escapes, or the endpoint would refuse the signature."""
    path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Apay/invocations"

    assert str(ExactUrl("http://127.0.0.1:4566") + path) == f"http://127.0.0.1:4566{path}"
