"""The JUnit report, as continuous integration systems read it: valid against Jenkins' junit-10.xsd."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from grader.report.candidate import candidate_report
from grader.report.cases import make_cases
from grader.report.reader import Audience
from grader.report.untrusted import neutral, one_line
from grader.report.wording import number, status_explanation, status_word
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from grader.report.candidate import CandidateReport
    from grader.report.cases import Case
    from grader.report.reader import Reader
    from grader.verdict import Verdict

_GRADED = {Status.ACCEPTED, Status.PARTIAL, Status.REJECTED}
_OURS = {Status.PROVISIONAL, Status.UNGRADED, Status.BROKEN}


def junit_report(verdict: Verdict, reader: Reader) -> str:
    """Return the report as JUnit XML."""
    reviewer = reader.audience is Audience.REVIEWER
    document = verdict if reviewer else candidate_report(verdict, reader.source)
    cases = make_cases(verdict, reader)
    elements = [_case_element(case, verdict.question) for case in cases]
    if not cases or verdict.status not in _GRADED:
        elements.append(_status_element(document, reader))  # an empty suite would be shown as a success
    root = ET.Element("testsuites")
    root.append(_suite(document, elements, time=sum(case.seconds for case in cases)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(document: Verdict | CandidateReport, elements: list[ET.Element], time: float) -> ET.Element:
    suite = ET.Element("testsuite", name=one_line(document.question), tests=str(len(elements)))
    for tag, attribute in {"failure": "failures", "error": "errors", "skipped": "skipped"}.items():
        suite.set(attribute, str(sum(element.find(tag) is not None for element in elements)))
    suite.set("time", f"{time:.3f}")
    suite.append(_properties(document))
    suite.extend(elements)
    if document.output:
        ET.SubElement(suite, "system-out").text = neutral(document.output)
    return suite


def _properties(document: Verdict | CandidateReport) -> ET.Element:
    values = {"submission": one_line(document.submission.name), "status": document.status.value}
    if document.points is not None and document.max_points is not None:
        values |= {"points": number(document.points), "max_points": number(document.max_points)}
    properties = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=value)
    return properties


def _case_element(case: Case, question: str) -> ET.Element:
    element = ET.Element("testcase", name=case.name, classname=one_line(question), time=f"{case.seconds:.3f}")
    if case.outcome is not Outcome.PASSED:
        tag = "failure" if case.outcome.known else "error"
        fault = ET.SubElement(element, tag, type=case.outcome.value, message=case.sentence)
        fault.text = case.text
    return element


def _status_element(document: Verdict | CandidateReport, reader: Reader) -> ET.Element:
    """Return a row for the submission as a whole, where there is no other."""
    status = document.status
    element = ET.Element("testcase", name="submission", classname=one_line(document.question), time="0.000")
    if status is not Status.ACCEPTED:
        fault = ET.SubElement(element, "error" if status in _OURS else "failure", type=status.value)
        fault.set("message", one_line(document.message) or status_word(status, reader.language))
        fault.text = status_explanation(status, reader.language)
    return element
