"""A report as JUnit's XML: each check is a suite, each finding a case.

What fails the run is a failure; what is settled, known or too light to fail is skipped, with the
sentence, so that a build server shows it and stays green. A check that finds nothing is one case
that passed.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from hinagata.checks.check import Check
from hinagata.checks.output.place import construct_of, shown, source_of
from hinagata.checks.report import Report, Reported

# What XML 1.0 cannot hold, escaped or not (section 2.2 of its specification).
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report, *, root: Path) -> str:
    """Returns a report as JUnit's XML; paths below the root are relative to it."""
    suites = ET.Element("testsuites", name="hinagata check")
    for check in report.checks:
        cases = [
            _case(each, report, root) for each in report.findings if each.check.id == check.id
        ] or [ET.Element("testcase", classname="hinagata", name=_title(check))]
        suite = ET.SubElement(suites, "testsuite", {"name": _title(check)} | _counts(cases))
        suite.extend(cases)
    for name, number in _counts(list(suites.iter("testcase"))).items():
        suites.set(name, number)
    ET.indent(suites)
    text = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _title(check: Check) -> str:
    return _clean(f"{check.id} {check.title}")


def _case(reported: Reported, report: Report, root: Path) -> ET.Element:
    check, finding = reported.check, reported.finding
    construct = construct_of(finding.node)
    name = f"{construct} {finding.property}".rstrip()
    case = ET.Element("testcase", classname=f"hinagata.{check.id}", name=_clean(name))
    place = ""
    if source := source_of(finding.node):
        file = _clean(shown(source.file, root))
        case.set("file", file)
        case.set("line", str(source.line))
        place = f"{file}:{source.line} "
    says = f"{reported.severity}: {finding.says}"
    if report.fails(reported):
        failure = ET.SubElement(case, "failure", message=_clean(says), type=str(reported.severity))
        failure.text = _clean(f"{place}{construct}\n{finding.says}\n{check.fix}")
    elif reported.acknowledgement:
        reason = f"acknowledged: {reported.acknowledgement.reason}"
        ET.SubElement(case, "skipped", message=_clean(reason))
    else:
        known = "in the baseline: " if reported.in_baseline else ""
        ET.SubElement(case, "skipped", message=_clean(f"{known}{says}"))
    return case


def _counts(cases: list[ET.Element]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
    }


def _clean(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
