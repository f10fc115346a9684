"""The workbench's endpoint: it answers questions, and refuses all else in a sentence."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlparse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hinagata.catalogue.serving import ANSWER, Site, serving, warm_up
from hinagata.catalogue.workbench.bench import Bench
from hinagata.catalogue.workbench.question import MOST_BYTES, Question, QuestionError
from hinagata.catalogue.workbench.worker import Sources
from tests.workbench.catalogue.fake_reckoner import FakeReckoner

QUESTION = json.dumps({"page": "a", "sample": "order_events", "traffic": {"customers": 2}})
JSON = {"Content-Type": "application/json"}


class Served:
    """A site that is served, and somebody who asks it.

    Args:
        address: Where it is served.
        site: What is.
    """

    def __init__(self, address: str, site: Site) -> None:
        self.place = urlparse(address).netloc
        self.site = site

    def asked(
        self, body: bytes | str = QUESTION, path: str = ANSWER, method: str = "POST", **headers: str
    ) -> tuple[int, Any]:
        """The status and the document that a question is answered with."""
        connection = HTTPConnection(self.place, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=JSON | named)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site that was built, and a bench whose reckoner answers at once."""
    folder = tmp_path_factory.mktemp("served")
    site = Site(folder, folder / "site", io.StringIO())
    site.sources = Sources(project=folder, assembly=folder, version=1)
    site.output.mkdir()
    (site.output / "workbench.html").write_text("<html><head></head><body>bench</body></html>")
    reckoner = FakeReckoner()
    reckoner.may.set()
    with Bench(reckoner) as bench, serving(site, 0, bench) as address:
        yield Served(address, site)


def test_every_sample_is_asked_for_before_anybody_does(served: Served) -> None:
    """The server asks for each as it is, and what is refused ends nothing."""

    class Refusing(FakeReckoner):
        def answer(self, question: Question, sources: Sources, *, within_s: float) -> str:
            said = super().answer(question, sources, within_s=within_s)
            if question.sample == "broken":
                raise QuestionError(said)
            return said

    site = Site(served.site.output, served.site.output, io.StringIO())
    reckoner = Refusing()
    reckoner.may.set()
    with Bench(reckoner) as bench:
        warm_up(site, bench)
        site.sources = served.site.sources
        site.samples = ("broken", "order_events")
        warm_up(site, bench)
        assert reckoner.asked == ["broken", "order_events"]
        assert site.sources is not None
        bench.ask(Question(page="a", sample="order_events", traffic={}), site.sources)

    assert reckoner.asked == ["broken", "order_events"]


def test_a_question_is_answered(served: Served) -> None:
    """What the reckoner says comes as a document, from this machine's names."""
    port = served.place.partition(":")[2]

    assert served.asked() == (200, {"html": "order_events 1"})
    assert served.asked(Host=f"localhost:{port}", Origin=f"http://localhost:{port}")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status", "says"),
    [
        ({"Host": "evil.example"}, 403, "ask for 127.0.0.1 or localhost"),
        ({"Host": "127.0.0.1.evil.example:80"}, 403, "ask for 127.0.0.1 or localhost"),
        ({"Host": ""}, 403, "ask for 127.0.0.1 or localhost"),
        ({"Origin": "http://evil.example"}, 403, "a page of another site asks nothing here"),
        ({"Origin": "null"}, 403, "a page of another site asks nothing here"),
        ({"Content_Type": "text/plain"}, 415, "a question is application/json"),
        ({"Content_Length": "-1"}, 411, "say how long the question is"),
        ({"Content_Length": "1e3"}, 411, "say how long the question is"),
        ({"Content_Length": "9" * 30}, 411, "say how long the question is"),
    ],
)
def test_fails_for_other_names_and_other_sites(
    served: Served, headers: dict[str, str], status: int, says: str
) -> None:
    """Who is not a page of this site is refused before anything is read of what he asks."""
    assert served.asked(**headers) == (status, {"wrong": says})


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("{}", 400, "page is missing; expected"),
        ("no", 400, "this is no JSON"),
        (QUESTION.replace("2", "1e9"), 400, "traffic.customers is 1000000000.0; expected a number"),
        ("x" * (MOST_BYTES + 1), 413, "a question has at most 4,096 bytes"),
        ("x" * 65536, 413, "a question has at most 4,096 bytes"),
    ],
)
def test_fails_for_what_is_no_question(served: Served, body: str, status: int, says: str) -> None:
    """The sentence says what was found and what is expected."""
    answered, document = served.asked(body)

    assert answered == status
    assert document["wrong"].startswith(says)


def test_fails_elsewhere_and_before_there_is_a_site(served: Served) -> None:
    """Nothing is asked at other paths, nor before the first build."""
    assert served.asked(path="/index.html")[0] == 404
    sources, served.site.sources = served.site.sources, None
    try:
        assert served.asked() == (503, {"wrong": "the site is not built yet"})
    finally:
        served.site.sources = sources


def test_the_page_knows_that_it_is_served(served: Served) -> None:
    """Only a served page says that somebody answers, so that the static one asks nobody."""
    connection = HTTPConnection(served.place)
    connection.request("GET", "/workbench.html")
    page = connection.getresponse().read().decode()
    connection.close()

    assert '<meta name="served">' in page
    assert "served" not in (served.site.output / "workbench.html").read_text()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300)
    | st.dictionaries(
        st.sampled_from(["page", "sample", "traffic"]) | st.text(max_size=5),
        st.none() | st.text(max_size=20) | st.floats() | st.dictionaries(st.text(), st.floats()),
    ).map(lambda said: json.dumps(said).encode()),
    path=st.sampled_from([ANSWER, "/", "/..", "/%00", f"{ANSWER}/x", f"{ANSWER}?a=b"]),
)
def test_whatever_is_sent_it_stays_up(served: Served, body: bytes, path: str) -> None:
    """Any bytes at any path are answered with a document, and the next question with an answer."""
    status, document = served.asked(body, path)

    assert status in (200, 400, 404)
    assert document.keys() <= {"html", "wrong"}
    assert served.asked()[0] == 200
