"""The faults of one run: aimed, begun with the first message, ended, and told."""

import contextlib
import io
import threading
import time
import urllib.request
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.faults.aim import Aim
from hinagata.lab.faults.board import BOARD_VARIABLE, Board, read_strikes, write_board
from hinagata.lab.faults.injection import Injection, Place
from hinagata.lab.faults.service_faults import SERVICES, ServiceFaults
from hinagata.lab.outside import Outside
from hinagata.lab.patches.mobile_push import PROVIDER_VARIABLE
from hinagata.lab.push_provider import PushProvider
from hinagata.lab.result import FaultRecord
from hinagata.lab.tasks import free_port
from hinagata.scenario import Scenario
from hinagata.scenario.fault import Fault, Inject, Moment

_SERVICE_FAULTS = (Inject.SLOW, Inject.DOWN, Inject.THROTTLE, Inject.SERVER_ERROR)
# A file that a new version of a function's code has more than the old.
UPDATE_MARK = "hinagata-update.txt"


class FaultSession:
    """The faults of a run.

    Args:
        scenario: with the faults.
        workdir: folder of the run.

    Attributes:
        push: the push service outside, if the scenario names one.
    """

    push: PushProvider | None

    def __init__(self, scenario: Scenario, workdir: Path) -> None:
        self._faults = scenario.faults
        self._outside = scenario.outside
        services = [name for name, at in self._outside.items() if at == PROVIDER_VARIABLE]
        self.push = PushProvider(services[0]) if services else None
        self._seed = scenario.seed
        self._workdir = workdir
        self._board = workdir / "faults.json"
        self._proxy_port = free_port() if self._needs_proxy() else None
        self._proxy: ServiceFaults | None = None
        self._places: list[list[Place]] = []
        self._injections: list[Injection] = []
        self._updates: list[threading.Timer] = []
        self._updated: dict[int, list[float]] = defaultdict(list)
        self._endpoint: Endpoint | None = None
        self._began = 0.0

    @contextlib.contextmanager
    def around(self) -> Iterator[dict[str, str]]:
        """Stand in for what is outside; gives the variables to start the endpoint with."""
        environment = {BOARD_VARIABLE: str(self._board)} if self._faults else {}
        if self.handlers_endpoint is not None:
            environment["AWS_ENDPOINT_URL"] = self.handlers_endpoint
        if not self._outside:
            yield environment
            return
        with Outside(self._outside, Board(self._board), push=self.push) as stand_in:
            urls = {variable: stand_in.url(name) for name, variable in self._outside.items()}
            yield environment | urls

    @property
    def handlers_endpoint(self) -> str | None:
        """Where the handlers find AWS; None if that is the endpoint itself."""
        return None if self._proxy_port is None else f"http://127.0.0.1:{self._proxy_port}"

    @contextlib.contextmanager
    def between(self, endpoint: Endpoint) -> Iterator[None]:
        """Keep open what stands between the handlers and the endpoint."""
        self._endpoint = endpoint
        try:
            if self._proxy_port is None:
                yield
            else:
                log = self._workdir / "proxy.log"
                url, seed = str(endpoint.url), str(self._seed)
                with ServiceFaults(self._proxy_port, url, seed, log) as self._proxy:
                    yield
        finally:
            self._stop_updates()

    def aim(self, aim: Aim) -> None:
        """Find what each fault strikes.

        Raises:
            HinagataError: one strikes nothing.
        """
        self._places = [aim.places(fault) for fault in self._faults]

    def turn_to(self, scenario: Scenario, aim: Aim) -> None:
        """Take the faults of another scenario, which is played on the same stage next.

        Args:
            scenario: with the faults; what is between the handlers and the endpoint stays.
            aim: finds what each fault strikes.

        Raises:
            HinagataError: one strikes nothing.
        """
        self._faults = scenario.faults
        self._seed = scenario.seed
        self.aim(aim)

    def begin(self) -> None:
        """Start the faults' clock: the first message is about to be sent."""
        self._began = time.time()
        self._injections = [
            self._injection(number, fault, place)
            for number, (fault, places) in enumerate(zip(self._faults, self._places, strict=True))
            for place in places
        ]
        self._updated.clear()
        if not self._injections:
            return
        of_services = [each for each in self._injections if _is_of_service(each)]
        write_board(self._board, (each for each in self._injections if not _is_of_service(each)))
        if self._proxy is not None:
            self._proxy.begin(of_services)
        for each in self._injections:
            if each.inject is Inject.UPDATE:
                wait = max(0.0, each.begin - self._began)
                timer = threading.Timer(wait, self._update, args=(each,))
                timer.daemon = True
                timer.start()
                self._updates.append(timer)

    def end(self) -> tuple[FaultRecord, ...]:
        """End what is still on, and return what each fault did."""
        now = time.time()
        if not self._injections:
            return ()
        self._stop_updates()
        strikes = [each for each in read_strikes(self._board) if each.at >= self._began]
        counts = Counter(strike.number for strike in strikes)
        if self._proxy is not None:
            counts.update(self._proxy.strikes())
            self._proxy.begin([])
        write_board(self._board, ())
        messages: dict[int, dict[str, None]] = defaultdict(dict)
        for strike in strikes:
            messages[strike.number] |= dict.fromkeys(strike.messages)
        for number, times in self._updated.items():
            counts[number] += len(times)
        return tuple(
            self._record(fault, now, counts[number], tuple(messages[number]))
            for number, fault in enumerate(self._faults)
        )

    def _record(
        self, fault: Fault, now: float, struck: int, messages: tuple[str, ...]
    ) -> FaultRecord:
        moment = _moment(fault)
        begin = self._began + moment.at_seconds
        end = None if moment.for_seconds is None else min(now, begin + moment.for_seconds)
        return FaultRecord(
            inject=fault.inject.value,
            target=fault.target,
            rate=fault.rate,
            began=begin if begin <= now else None,
            ended=end if begin <= now else None,
            struck=struck,
            messages=messages,
        )

    def _injection(self, number: int, fault: Fault, place: Place) -> Injection:
        moment = _moment(fault)
        begin = self._began + moment.at_seconds
        return Injection(
            number=number,
            inject=fault.inject,
            place=place,
            begin=begin,
            end=None if moment.for_seconds is None else begin + moment.for_seconds,
            rate=fault.rate,
            seed=f"{self._seed}/{number}",
            delay_seconds=fault.delay_seconds,
            limit=fault.limit,
        )

    def _needs_proxy(self) -> bool:
        return any(
            fault.inject in _SERVICE_FAULTS and fault.target not in self._outside
            for fault in self._faults
        )

    def _update(self, injection: Injection) -> None:
        if self._endpoint is not None:
            update_code(self._endpoint, injection.place.name)
            self._updated[injection.number].append(time.time())

    def _stop_updates(self) -> None:
        for timer in self._updates:
            timer.cancel()
        for timer in self._updates:
            timer.join()
        self._updates.clear()


def update_code(endpoint: Endpoint, function: str) -> None:
    """Give a function a new version of its code, which differs in a file that nobody reads."""
    functions = endpoint.client("lambda")
    location = functions.get_function(FunctionName=function)["Code"]["Location"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(location, timeout=30) as answer:
        code = io.BytesIO(answer.read())
    with zipfile.ZipFile(code, "a") as archive:
        if UPDATE_MARK not in archive.namelist():
            archive.writestr(UPDATE_MARK, f"{time.time()}\n")
    functions.update_function_code(FunctionName=function, ZipFile=code.getvalue())


def refuse_foreign(scenario: Scenario, endpoint_url: str | None) -> None:
    """Refuse faults on an endpoint that is not embedded: they are injected into that one."""
    if scenario.faults and endpoint_url is not None:
        raise HinagataError(
            f"{scenario.file}: its faults are injected into the embedded endpoint, and "
            f"{endpoint_url} is another: leave out --endpoint, or the faults"
        )


def _moment(fault: Fault) -> Moment:
    return fault.run or Moment(at_seconds=fault.at_seconds, for_seconds=fault.for_seconds)


def _is_of_service(injection: Injection) -> bool:
    return injection.inject in _SERVICE_FAULTS and injection.place.kind in SERVICES
