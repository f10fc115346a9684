"""The command line: reads arguments, and loads what a command needs when it is called.

Exit codes: 0 good, 1 the answer is no, 2 wrong use or unreadable input, 130 interrupted.
"""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from hinagata.errors import HinagataError, UsageError
from hinagata.suggestion import suggest

_TRACE = "1-5759e988-bd862e3fe1be46a994272793"
MOST_PORTS = 65535
MOST_DAYS = 400  # as long as a lake keeps spans, unless it is told otherwise
GOOD, NO, WRONG = 0, 1, 2
_SITE = "catalogue,cdk,diagram,simulator"
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        argv: the arguments. Default: those of the process.
    """
    try:
        arguments = _read(sys.argv[1:] if argv is None else argv)
        command: Callable[[argparse.Namespace], int] = arguments.command
        code = command(arguments)
        sys.stdout.flush()
    except HinagataError as error:
        print(f"hinagata: {error}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        print("hinagata: interrupted", file=sys.stderr)
        return INTERRUPTED
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else GOOD
    except BrokenPipeError:
        # Whoever read the output has enough; what is left in the buffer must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    return code


class _Parser(argparse.ArgumentParser):
    """A parser whose refusals are errors like any other: one sentence, without the usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog} --help")


class _Help(argparse.HelpFormatter):
    """Help whose example can be copied: it stands on one line, however long."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("example: ") else super()._fill_text(text, width, indent)


class _Version(argparse.Action):
    """Reads the installed version only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"hinagata {version('hinagata')}")
        parser.exit()


def _read(argv: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="hinagata",
        description="Reference serverless architectures: prove and run them on this machine.",
        epilog="example: hinagata run connected_car",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND", dest="name", parser_class=_Parser)
    known = {
        "list": (_list, "list the samples and their scenarios", "hinagata list"),
        "synth": (_synth, "synthesize the app into cdk.out", "hinagata synth"),
        "topology": (
            _topology,
            "show an architecture, from its templates",
            "hinagata topology cdk.out --format svg > architecture.svg",
        ),
        "check": (
            _check,
            "find out how an architecture fails, from its templates",
            "hinagata check cdk.out --output sarif=found.sarif",
        ),
        "explain": (
            _explain,
            "say what a check is about, or list all checks",
            "hinagata explain FM101",
        ),
        "run": (
            _run,
            "run a sample on this machine, and say whether its results are right",
            "hinagata run connected_car --scenario morning_rush",
        ),
        "scenario": (
            _scenario,
            "check scenario files, print their schema, or write one for Locust",
            "hinagata scenario check scenarios/connected_car/morning_rush.yaml",
        ),
        "price": (
            _price,
            "say what an architecture costs a month, from its usage or under a scenario",
            "hinagata price cdk.out --scenario morning_rush",
        ),
        "redrive": (
            _redrive,
            "show what is dead in a sample's dead-letter queues and why, and send it back",
            "hinagata redrive resilient_orders --endpoint http://127.0.0.1:4566",
        ),
        "trace": (
            _trace,
            "show a message's way through everything, out of the lake that keeps it",
            f"hinagata trace trace_lake {_TRACE} --endpoint http://127.0.0.1:4566",
        ),
        "simulate": (
            _simulate,
            "say what an architecture would do under a scenario, before it exists",
            "hinagata simulate cdk.out --scenario morning_rush --output day.html",
        ),
        "plan": (
            _plan,
            "say how large an architecture must be for a scenario, and which limits it meets",
            "hinagata plan cdk.out --scenario morning_rush",
        ),
        "choose": (
            _choose,
            "say which pattern suits a traffic, and where two of them cost the same",
            "hinagata choose --rate 100/s --peak 5 --rise 10s --duration 100ms",
        ),
        "layouts": (
            _layouts,
            "compare three layouts of a table for what devices report",
            "hinagata layouts --devices 5000000 --items 300 --changed 5",
        ),
        "new": (
            _new,
            "make a project of your own, from a blueprint, a sample or a few questions",
            "hinagata new shop --blueprint order_intake",
        ),
        "update": (
            _update,
            "show what an update would change in a generated project, or do it",
            "hinagata update --apply",
        ),
        "show": (
            _show,
            "show a pattern: what it is for, sets, costs and withstands",
            "hinagata show event_stream",
        ),
        "catalogue": (
            _catalogue,
            "build the site of all patterns and samples, or serve it while they are edited",
            "hinagata catalogue build --output site",
        ),
        "doctor": (_doctor, "say what is missing on this machine", "hinagata doctor"),
    }
    parsers = {
        name: commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"example: {example}",
            formatter_class=_Help,
            allow_abbrev=False,
        )
        for name, (_, summary, example) in known.items()
    }
    for name in ("list", "explain", "run", "doctor"):
        parsers[name].add_argument(
            "--format", choices=("text", "json"), default="text", help="default: text"
        )
    _add_topology_arguments(parsers["topology"])
    _add_check_arguments(parsers["check"])
    parsers["explain"].add_argument(
        "check", metavar="ID", nargs="?", help="as FM101; default: list all checks"
    )
    _add_run_arguments(parsers["run"])
    _add_redrive_arguments(parsers["redrive"])
    _add_trace_arguments(parsers["trace"])
    _add_price_arguments(parsers["price"])
    _add_plan_arguments(parsers["plan"])
    _add_choose_arguments(parsers["choose"])
    _add_layouts_arguments(parsers["layouts"])
    _add_scenario_arguments(parsers["scenario"])
    _add_simulate_arguments(parsers["simulate"])
    _add_new_arguments(parsers["new"])
    parsers["update"].add_argument(
        "--apply", action="store_true", help="do it; default: only show it"
    )
    parsers["show"].add_argument("pattern", metavar="PATTERN", help="as event_stream")
    _add_catalogue_arguments(parsers["catalogue"])
    word = next((word for word in argv if not word.startswith("-")), None)
    if word is not None and word not in known:
        raise UsageError(f"there is no command {word}; expected {suggest(word, known)}")
    arguments, unknown = parser.parse_known_args(argv)
    if arguments.name is None:
        raise UsageError(f"no command; expected one of {', '.join(known)}; see: hinagata --help")
    if "paths" in arguments:
        # argparse leaves over the paths that stand behind an option that follows a path.
        arguments.paths += [word for word in unknown if not word.startswith("-")]
        unknown = [word for word in unknown if word.startswith("-")]
    if unknown:
        _refuse(unknown[0], parsers[arguments.name])
    arguments.command = known[arguments.name][0]
    return arguments


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="a cdk.out folder or a template (JSON, YAML, SAM), all of one architecture; "
        "default: synthesize the app here",
    )


def _add_topology_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "mermaid", "dot", "svg"),
        default="text",
        help="json: every resource and edge; the others: what carries messages; default: text",
    )


def _add_check_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "sarif", "junit"),
        default="text",
        help="what is printed; default: text",
    )
    parser.add_argument(
        "--output",
        metavar="FORMAT=FILE",
        action="append",
        default=[],
        help="write a file too; as often as you like",
    )
    parser.add_argument(
        "--check",
        metavar="ID,...",
        action="append",
        default=[],
        help="run these checks only; default: all that the configuration leaves on",
    )
    parser.add_argument(
        "--fail-on",
        choices=("note", "warning", "error", "never"),
        help="the lowest severity to end with 1 for; default: as configured, or error",
    )
    parser.add_argument("--baseline", metavar="FILE", type=Path, help="what is known never fails")
    parser.add_argument(
        "--write-baseline",
        metavar="FILE",
        type=Path,
        help="write what is found as known; a file that is there must be the --baseline",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="thresholds and severities; default: hinagata.toml, if it is here",
    )
    parser.add_argument(
        "--with-suppressed",
        action="store_true",
        help="have SARIF say what is acknowledged too",
    )


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sample", metavar="SAMPLE", help="a name that `hinagata list` shows")
    parser.add_argument(
        "--scenario",
        metavar="NAME_OR_FILE",
        help="a scenario of the sample, or any file; default: what the sample's card says",
    )
    parser.add_argument(
        "--endpoint",
        metavar="URL",
        help="an AWS endpoint that is up, or aws for AWS itself; default: start one",
    )
    parser.add_argument(
        "--yes", action="store_true", help="deploy to AWS, and pay for it, without being asked"
    )
    parser.add_argument(
        "--deadline",
        metavar="SECONDS",
        type=_above_zero("seconds"),
        help="how long to wait for results; default: what the scenario says",
    )
    parser.add_argument(
        "--report",
        metavar="FILE",
        type=Path,
        help="write a page with plots: the same as --output html=FILE",
    )
    parser.add_argument(
        "--output",
        metavar="FORMAT=FILE",
        action="append",
        default=[],
        help="write a page (html) or a document (json) with every message too, as json=run.json "
        "or just run.json; as often as you like",
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave everything up afterwards, until Ctrl-C"
    )
    parser.add_argument(
        "--list-gaps",
        action="store_true",
        help="run nothing; say what the embedded endpoint leaves out or does otherwise than AWS",
    )
    parser.add_argument("--verbose", action="store_true", help="tell every step")


def _add_redrive_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sample", metavar="SAMPLE", help="a name that `hinagata list` shows")
    parser.add_argument(
        "--endpoint", metavar="URL", required=True, help="where it runs: an AWS endpoint that is up"
    )
    parser.add_argument("--hop", metavar="HOP", help="only what this hop gave up")
    parser.description = (
        f"{parser.description} Queues are read, not buckets; of a FIFO queue's group ten letters "
        "are shown at a time, the others counted, and all go back."
    )
    parser.add_argument("--apply", action="store_true", help="send it back; default: only show it")
    parser.add_argument(
        "--rate",
        metavar="PER_SECOND",
        type=_above_zero("events a second"),
        default=10.0,
        help="how many events a second go back at most; default: 10",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def _add_trace_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sample", metavar="SAMPLE", help="one that has a lake, as trace_lake")
    parser.add_argument(
        "trace", metavar="TRACE", help="the root of a trace, 1-..., or the header that it stands in"
    )
    parser.add_argument(
        "--endpoint", metavar="URL", required=True, help="where it runs: an AWS endpoint that is up"
    )
    parser.add_argument(
        "--days",
        metavar="DAYS",
        type=_whole,
        default=1,
        help="how many days after it began the trace may have gone on; default: 1",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def _add_scenario_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("check", "schema", "locust"),
        help="check: read scenarios; schema: print their format; locust: print a scenario's "
        "traffic for Locust",
    )
    parser.add_argument(
        "scenarios",
        metavar="NAME_OR_FILE",
        nargs="*",
        help="what to read: the name of a sample's scenario, or any file",
    )
    parser.add_argument(
        "--against",
        metavar="PATH",
        type=Path,
        help="a cdk.out folder or a template that must have all that the scenarios name; "
        "default: nodes are not checked",
    )


def _add_price_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="a usage file (see docs/price.md); with --scenario, a cdk.out folder or a template, "
        "all of one architecture; default then: synthesize the app here",
    )
    _add_scenario_options(parser)
    parser.add_argument("--schema", action="store_true", help="print the schema of usage files")
    parser.add_argument(
        "--free-tier",
        action="store_true",
        default=None,
        help="take off what AWS grants each month; default: as the file says, or not",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument(
        "--sources", action="store_true", help="name source and date of each number"
    )


def _add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    _add_scenario_options(parser)
    parser.add_argument(
        "--points", metavar="FILE", type=Path, help="durations of functions by memory, as CSV"
    )
    _add_answer_options(parser)


def _add_choose_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", required=True, help="messages on average, as 100/s or 6000/min")
    for option, metavar, help_ in (
        ("--rise", "TIME", "from the mean to the peak, as 10s; default: 1h"),
        ("--duration", "TIME", "work on a message; default: 100ms"),
        ("--cold-start", "TIME", "of a function's new environment; default: 350ms"),
        ("--latency", "TIME", "what 99 of 100 answers may take; default: any"),
    ):
        parser.add_argument(option, metavar=metavar, help=help_)
    for option, name, help_ in (
        ("--peak", "peak_over_mean", "how many times the mean the highest rate is; default: 1"),
        ("--memory-mb", "memory_mb", "of a function; default: 512"),
        ("--cpu-share", "cpu_share", "share of the work that needs the processor; default: 1"),
        ("--message-kb", "message_kb", "default: 1"),
        ("--response-kb", "response_kb", "default: 1"),
    ):
        parser.add_argument(option, dest=name, metavar="NUMBER", type=_number, help=help_)
    parser.add_argument("--consumers", type=_integer, help="who each message is for; default: 1")
    parser.add_argument("--no-wait", action="store_true", help="nobody waits for the answer")
    parser.add_argument("--ordered", action="store_true", help="the messages of a key keep order")
    parser.add_argument("--replay", action="store_true", help="past messages are read again")
    _add_facts_options(parser)
    _add_answer_options(parser)


def _add_layouts_arguments(parser: argparse.ArgumentParser) -> None:
    for option, name, help_ in (
        ("--devices", "devices", "how many; default: 5000000"),
        ("--interval", "interval_s", "seconds between two reports; default: 60"),
        ("--items", "items", "data items of a device; default: 300"),
        ("--item-bytes", "item_bytes", "size of one with its name; default: 64"),
        ("--changed", "changed", "of them, between two reports; default: 5"),
        ("--devices-per-building", "devices_per_building", "on a screen; default: 10"),
        ("--screens", "screens", "open at once; default: 90000"),
        ("--refresh", "refresh_s", "seconds between two reads of a screen; default: 60"),
        ("--call-ms", "call_ms", "a call of the table; assumed: 5"),
        ("--kb-per-ms", "kb_per_ms", "what a function works up of what it read; assumed: 20"),
        ("--memory-mb", "memory_mb", "of that function; default: 512"),
    ):
        parser.add_argument(option, dest=name, metavar="NUMBER", type=_number, help=help_)
    parser.add_argument(
        "--measure",
        metavar="SAMPLE",
        help="deploy each layout of the sample on this machine first, drive the same traffic "
        "through each, and show what it took; takes some minutes",
    )
    _add_facts_options(parser)
    _add_answer_options(parser)


def _add_answer_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument(
        "--sources", action="store_true", help="show formula, source and date of each number"
    )


def _add_scenario_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenario", metavar="NAME_OR_FILE", help="the traffic; a scenario")
    _add_assume(parser)
    _add_facts_options(parser)


def _add_assume(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--assume",
        metavar="FILE",
        type=Path,
        help="what neither templates nor scenario tell, see docs/price.md; default: assumed.yml "
        "beside the scenario, if it is there",
    )


def _add_facts_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--region", help="default: what the input says, or us-east-1")
    parser.add_argument(
        "--facts", metavar="FILE", type=Path, help="numbers that replace those that ship"
    )


def _add_simulate_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    parser.add_argument(
        "--scenario", metavar="NAME_OR_FILE", required=True, help="what is sent to it"
    )
    parser.add_argument(
        "--engine",
        choices=("auto", "tick", "event"),
        default="auto",
        help="tick: expected values a second; event: every message; default: what is affordable",
    )
    parser.add_argument("--seed", type=_integer, help="of every draw; default: the scenario's")
    parser.add_argument("--duration", metavar="TIME", help="as 2h; default: what the scenario says")
    parser.add_argument(
        "--as-run",
        action="store_true",
        help="what `hinagata run` plays of it: its messages, its pace, its times",
    )
    parser.add_argument(
        "--fault",
        metavar="FIELDS",
        action="append",
        default=[],
        help="as 'inject: slow, on: Orders, at: 8h, for: 5m, rate: 1, delay: 2s'; as often as "
        "you like",
    )
    parser.add_argument("--region", default="us-east-1", help="for prices; default: us-east-1")
    parser.add_argument(
        "--facts", metavar="FILE", type=Path, help="quotas and prices that replace those that ship"
    )
    _add_assume(parser)
    parser.add_argument(
        "--sensitivity", action="store_true", help="try other times that environments stay warm"
    )
    parser.add_argument(
        "--no-check",
        action="store_true",
        help="do not hold the outcome against closed forms and the other engine",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument(
        "--output",
        metavar="FORMAT=FILE",
        action="append",
        default=[],
        help="write a page (html), plots (png), a table (csv) or a document (json) too, as "
        "html=day.html or just day.html; as often as you like",
    )


def _above_zero(what: str) -> Callable[[str], float]:
    """Return what reads a number of something, and refuses none of it."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        # Written so that NaN is refused too.
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"found {text}, expected a number of {what} above 0")
        return value

    return read


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text}, expected a number") from None


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text}, expected a whole number") from None


def _whole(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"found {text}, expected 1 to {MOST_DAYS:,} days")
    return int(text)


def _refuse(word: str, parser: argparse.ArgumentParser) -> NoReturn:
    if not word.startswith("-"):
        raise UsageError(f"{word} is one argument too many; see: {parser.prog} --help")
    options = [
        option
        for action in parser._actions  # noqa: SLF001 - argparse has no public way to ask
        for option in action.option_strings
        if option.startswith("--")
    ]
    option = word.partition("=")[0]
    raise UsageError(f"{parser.prog} has no option {option}; expected {suggest(option, options)}")


def _list(arguments: argparse.Namespace) -> int:
    from hinagata.samples import read_samples

    samples = read_samples(Path.cwd())
    if arguments.format == "json":
        _print_json([vars(sample) for sample in samples])
        return GOOD
    width = max(len(sample.name) for sample in samples)
    for sample in samples:
        print(f"{sample.name:<{width}}  {sample.title}")
        print(f"{'':<{width}}  {sample.summary}")
        if sample.scenarios:
            names = (
                f"{name} (default)" if name == sample.scenario else name
                for name in sample.scenarios
            )
            print(f"{'':<{width}}  scenarios: {', '.join(names)}")
    return GOOD


def _synth(_: argparse.Namespace) -> int:
    from hinagata.assembly.synthesis import synthesize

    assembly = synthesize(Path.cwd())
    for stack in assembly.stacks:
        print(f"{stack.name}  {_shown(stack.template_file)}")
    return GOOD


def _topology(arguments: argparse.Namespace) -> int:
    from hinagata.diagram.command import topology

    print(topology(arguments.paths, project=Path.cwd(), format=arguments.format), end="")
    return GOOD


def _check(arguments: argparse.Namespace) -> int:
    from hinagata.checks.command import check

    # The topology lives until the end: looking for garbage in it takes time and finds none.
    gc.disable()
    try:
        good = check(
            arguments.paths,
            project=Path.cwd(),
            stream=sys.stdout,
            format=arguments.format,
            outputs=arguments.output,
            only=arguments.check,
            config=arguments.config,
            fail_on=arguments.fail_on,
            baseline=arguments.baseline,
            new_baseline=arguments.write_baseline,
            with_suppressed=arguments.with_suppressed,
        )
    finally:
        gc.enable()
    return GOOD if good else NO


def _explain(arguments: argparse.Namespace) -> int:
    from hinagata.checks.explain import explain

    explain(arguments.check, stream=sys.stdout, format=arguments.format)
    return GOOD


def _run(arguments: argparse.Namespace) -> int:
    from hinagata.samples import find_sample
    from hinagata.scenario import find_scenario, read_scenario

    project = Path.cwd()
    sample = find_sample(arguments.sample, project=project)
    if arguments.list_gaps:
        try:
            from hinagata.lab.list_gaps import list_gaps
        except ModuleNotFoundError as error:
            raise _not_installed("run", error) from None
        list_gaps(sample, project=project, stream=sys.stdout, format=arguments.format)
        return GOOD
    file = find_scenario(arguments.scenario or sample.scenario, sample=sample.name, project=project)
    scenario = read_scenario(_shown(file), project=project)
    try:
        from hinagata.lab.output import output_files, write_files
        from hinagata.lab.report import write_text
        from hinagata.lab.result import Result
        from hinagata.lab.run import run
        from hinagata.lab.run_json import write_json
    except ModuleNotFoundError as error:
        raise _not_installed("run", error) from None

    files = output_files(arguments.output, report=arguments.report)

    def show(result: Result) -> None:
        if arguments.format == "json":
            write_json(result, sys.stdout)
        else:
            write_text(result, sys.stdout, verbose=arguments.verbose)
        sys.stdout.flush()
        write_files(result, files, lambda line: print(line, file=sys.stderr))

    signal.signal(signal.SIGTERM, _terminate)
    met = run(
        sample,
        scenario,
        project=project,
        show=show,
        endpoint_url=arguments.endpoint,
        deadline_seconds=arguments.deadline,
        keep=arguments.keep,
        verbose=arguments.verbose,
        agreed=arguments.yes,
    )
    return GOOD if met else NO


def _redrive(arguments: argparse.Namespace) -> int:
    from hinagata.samples import find_sample

    sample = find_sample(arguments.sample, project=Path.cwd())
    try:
        from hinagata.lab.redrive_command import redrive
    except ModuleNotFoundError as error:
        raise _not_installed("redrive", error) from None
    return (
        GOOD
        if redrive(
            sample,
            project=Path.cwd(),
            endpoint_url=arguments.endpoint,
            hop=arguments.hop,
            per_second=arguments.rate if arguments.apply else None,
            stream=sys.stdout,
            format=arguments.format,
        )
        else NO
    )


def _trace(arguments: argparse.Namespace) -> int:
    from hinagata.samples import find_sample

    sample = find_sample(arguments.sample, project=Path.cwd())
    try:
        from hinagata.lab.trace_command import trace
    except ModuleNotFoundError as error:
        raise _not_installed("trace", error) from None
    whole = trace(
        sample,
        arguments.trace,
        project=Path.cwd(),
        endpoint_url=arguments.endpoint,
        days=arguments.days,
        stream=sys.stdout,
        format=arguments.format,
    )
    return GOOD if whole else NO


def _scenario(arguments: argparse.Namespace) -> int:
    if arguments.action == "schema":
        from hinagata.scenario.schema import schema_text

        if arguments.scenarios:
            raise UsageError(f"schema takes no scenario; found {arguments.scenarios[0]}")
        print(schema_text(), end="")
        return GOOD
    if arguments.action == "locust":
        return _scenario_for_locust(arguments.scenarios)
    from hinagata.scenario import find_scenario, read_scenario

    if not arguments.scenarios:
        raise UsageError("no scenario to check; see: hinagata scenario --help")
    topology = None
    unchecked = "; that its nodes exist was not checked: add --against cdk.out"
    if arguments.against is not None:
        from hinagata.topology.reading import read_topology

        topology = read_topology(arguments.against)
        unchecked = ""
    failed = False
    for name in arguments.scenarios:
        try:
            file = _shown(find_scenario(name, project=Path.cwd()))
            scenario = read_scenario(file, project=Path.cwd())
            if topology is not None:
                from hinagata.lab.hold import hold

                hold(scenario, topology)
        except HinagataError as error:
            print(f"hinagata: {error}", file=sys.stderr)
            failed = True
        else:
            print(f"{file}: good{unchecked}")
    return WRONG if failed else GOOD


def _scenario_for_locust(names: Sequence[str]) -> int:
    from hinagata.lab.locust_file import locust_file
    from hinagata.scenario import find_scenario, read_scenario

    if len(names) != 1:
        raise UsageError(f"locust takes one scenario; found {len(names)}")
    file = _shown(find_scenario(names[0], project=Path.cwd()))
    print(locust_file(read_scenario(file, project=Path.cwd())), end="")
    return GOOD


def _price(arguments: argparse.Namespace) -> int:
    if arguments.schema:
        from hinagata.planner.pricing.schema import schema_text

        print(schema_text(), end="")
        return GOOD
    if arguments.scenario is not None:
        from hinagata.planner.deriving.command import price_architecture

        price_architecture(
            arguments.paths,
            arguments.scenario,
            project=Path.cwd(),
            stream=sys.stdout,
            region=arguments.region,
            facts=arguments.facts,
            assumptions=arguments.assume,
            free_tier=arguments.free_tier,
            format=arguments.format,
            sources=arguments.sources,
        )
        return GOOD
    if len(arguments.paths) != 1:
        raise UsageError(
            f"found {len(arguments.paths)} usage files, expected one; "
            "to price an architecture, add --scenario NAME_OR_FILE"
        )
    if Path(arguments.paths[0]).is_dir() or arguments.paths[0].endswith(".template.json"):
        raise UsageError(
            f"{arguments.paths[0]} is an architecture, which costs what its traffic makes it do; "
            "add --scenario NAME_OR_FILE"
        )
    if arguments.assume is not None:
        raise UsageError("--assume is for --scenario; a usage file says everything itself")
    from hinagata.planner.pricing.command import price_usage

    price_usage(
        Path(arguments.paths[0]),
        stream=sys.stdout,
        region=arguments.region,
        facts=arguments.facts,
        free_tier=arguments.free_tier,
        format=arguments.format,
        sources=arguments.sources,
    )
    return GOOD


def _simulate(arguments: argparse.Namespace) -> int:
    try:
        from hinagata.simulator.command import simulate_scenario
    except ModuleNotFoundError as error:
        raise _not_installed("simulate", error, extras="simulator") from None

    met = simulate_scenario(
        arguments.paths,
        project=Path.cwd(),
        stream=sys.stdout,
        scenario=arguments.scenario,
        engine=arguments.engine,
        format=arguments.format,
        outputs=arguments.output,
        seed=arguments.seed,
        duration=arguments.duration,
        played=arguments.as_run,
        faults=arguments.fault,
        region=arguments.region,
        facts=arguments.facts,
        assumptions=arguments.assume,
        checked=not arguments.no_check,
        sensitivity=arguments.sensitivity,
    )
    return GOOD if met else NO


def _plan(arguments: argparse.Namespace) -> int:
    from hinagata.planner.sizes.command import plan_architecture

    if arguments.scenario is None:
        raise UsageError("no scenario to plan for; add --scenario NAME_OR_FILE")
    fits = plan_architecture(
        arguments.paths,
        arguments.scenario,
        project=Path.cwd(),
        stream=sys.stdout,
        region=arguments.region,
        facts=arguments.facts,
        assumptions=arguments.assume,
        points=arguments.points,
        format=arguments.format,
        sources=arguments.sources,
    )
    return GOOD if fits else NO


def _choose(arguments: argparse.Namespace) -> int:
    from hinagata.planner.choosing.command import choose_pattern

    named = ("command", "name", "region", "facts", "format", "sources", "no_wait")
    options = {name: value for name, value in vars(arguments).items() if name not in named}
    choose_pattern(
        options | {"waits": not arguments.no_wait},
        stream=sys.stdout,
        region=arguments.region,
        facts=arguments.facts,
        format=arguments.format,
        sources=arguments.sources,
    )
    return GOOD


def _layouts(arguments: argparse.Namespace) -> int:
    from hinagata.planner.layouts.command import compare_layouts

    named = ("command", "name", "region", "facts", "format", "sources", "measure")
    measured = None
    if arguments.measure is not None:
        measured = _measured_layouts(arguments.measure, format=arguments.format)
    compare_layouts(
        {name: value for name, value in vars(arguments).items() if name not in named},
        stream=sys.stdout,
        region=arguments.region,
        facts=arguments.facts,
        format=arguments.format,
        sources=arguments.sources,
        measured=measured,
    )
    return GOOD


def _measured_layouts(name: str, *, format: str) -> object:
    from hinagata.samples import find_sample

    sample = find_sample(name, project=Path.cwd())
    try:
        from hinagata.lab.measured_layouts import as_document, as_text, measure_layouts
        from hinagata.lab.steps import Steps
    except ModuleNotFoundError as error:
        raise _not_installed("layouts --measure", error) from None

    signal.signal(signal.SIGTERM, _terminate)
    measured = measure_layouts(sample, project=Path.cwd(), steps=Steps())
    return as_document(measured) if format == "json" else as_text(measured)


def _add_new_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="NAME", nargs="?", help="as shop; its folder's too")
    origin = parser.add_mutually_exclusive_group()
    origin.add_argument(
        "--blueprint",
        metavar="FILE",
        help="what it is made of, in YAML; or the name of a blueprint that comes along",
    )
    origin.add_argument("--from", dest="sample", metavar="SAMPLE", help="a sample, as its own")
    origin.add_argument(
        "--schema", action="store_true", help="only print the JSON Schema of a blueprint"
    )
    parser.add_argument(
        "--own",
        action="store_true",
        help="with the constructs as its own source; default: they are a dependency",
    )


def _new(arguments: argparse.Namespace) -> int:
    if arguments.schema:
        if arguments.project is not None or arguments.own:
            raise UsageError("--schema prints a format and makes no project; give it alone")
        from hinagata.generator.schema import schema_text

        print(schema_text(), end="")
        return GOOD
    if arguments.project is None:
        raise UsageError("no name for the project; give one, as hinagata new shop")
    from hinagata.generator.new_command import new_project

    new_project(
        arguments.project,
        blueprint=arguments.blueprint,
        sample=arguments.sample,
        own=arguments.own,
        here=Path.cwd(),
        stream=sys.stdout,
    )
    return GOOD


def _update(arguments: argparse.Namespace) -> int:
    from hinagata.generator.rendering import files_of
    from hinagata.generator.update_command import update_project

    good = update_project(Path.cwd(), files_of=files_of, stream=sys.stdout, apply=arguments.apply)
    return GOOD if good else NO


def _show(arguments: argparse.Namespace) -> int:
    try:
        from hinagata.catalogue.show import show_pattern
    except ModuleNotFoundError as error:
        raise _not_installed("show", error, extras=_SITE) from None

    show_pattern(arguments.pattern, project=Path.cwd(), stream=sys.stdout)
    return GOOD


def _add_catalogue_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("build", "serve"),
        help="build: write the site; serve: on this machine, anew whenever a source changes",
    )
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        type=Path,
        default=Path("site"),
        help="where the site is; default: site",
    )
    parser.add_argument(
        "--port", metavar="PORT", type=_port, default=8000, help="to serve it on; default: 8000"
    )
    parser.add_argument("--no-search", action="store_true", help="build without the search's index")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MOST_PORTS:
        raise argparse.ArgumentTypeError(f"found {text}, expected 1 to {MOST_PORTS:,}")
    return int(text)


def _catalogue(arguments: argparse.Namespace) -> int:
    try:
        from hinagata.catalogue.command import build_catalogue
        from hinagata.catalogue.serving import serve_catalogue
    except ModuleNotFoundError as error:
        raise _not_installed("catalogue", error, extras=_SITE) from None

    if arguments.action == "serve":
        serve_catalogue(
            project=Path.cwd(), output=arguments.output, port=arguments.port, stream=sys.stdout
        )
    else:
        build_catalogue(
            project=Path.cwd(),
            output=arguments.output,
            stream=sys.stdout,
            search=not arguments.no_search,
        )
    return GOOD


def _doctor(arguments: argparse.Namespace) -> int:
    from hinagata.doctor import diagnose

    diagnoses = diagnose(Path.cwd())
    if arguments.format == "json":
        _print_json([vars(diagnosis) for diagnosis in diagnoses])
    else:
        for diagnosis in diagnoses:
            mark = "missing" if diagnosis.remedy else "found"
            print(f"{mark:<7}  {diagnosis.name:<8}  {diagnosis.remedy or diagnosis.found}")
    return NO if any(diagnosis.remedy for diagnosis in diagnoses) else GOOD


def _not_installed(
    command: str, error: ModuleNotFoundError, *, extras: str = "lab,cdk"
) -> Exception:
    """Return what to raise where a command's extras are missing; our own modules are never."""
    if (error.name or "").partition(".")[0] == "hinagata":
        return error
    return HinagataError(
        f"{command} needs {error.name}, which is not installed; "
        f"do: pip install 'hinagata[{extras}]', or in this repository: make setup"
    )


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    # An exception, so that everything that was started is stopped on the way out.
    raise SystemExit(TERMINATED)


def _shown(file: Path) -> Path:
    """Return a path as a person in the current folder would write it."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def _print_json(document: object) -> None:
    import json

    print(json.dumps(document, indent=2))
