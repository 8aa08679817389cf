"""The checks of a run or a sweep for continuous integration: JUnit XML, and a summary in Markdown."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as xml

from sim.results.files import report_os_errors, write_text
from sim.results.formatting import format_found
from sim.results.run import RunResult
from sim.scenario.text import printable
from sim.show.factor_labels import label_point
from sim.study.sweep_result import SweepResult

STEP_SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""The environment variable with which GitHub Actions names the file for a summary."""
MAX_SUMMARY_ROWS = 20
"""The number of failed checks that a summary lists."""


@dataclass(frozen=True)
class JUnitCase:
    """One check: its failure, or None where it holds; an error is a check that could not be made."""

    name: str
    failure: str | None = None
    is_error: bool = False


def write_junit(path: Path, suite: str, cases: Iterable[JUnitCase]) -> None:
    """Write checks as JUnit XML; the file is whole or not there. Raises OutputError where it cannot be written."""
    cases = list(cases)
    root = xml.Element("testsuites")
    suite_element = xml.SubElement(
        root,
        "testsuite",
        name=xml_text(suite),
        tests=str(len(cases)),
        failures=str(sum(case.failure is not None and not case.is_error for case in cases)),
        errors=str(sum(case.is_error for case in cases)),
    )
    for case in cases:
        element = xml.SubElement(
            suite_element, "testcase", classname=xml_text(suite), name=xml_text(case.name)
        )
        if case.failure is not None:
            xml.SubElement(element, "error" if case.is_error else "failure", message=xml_text(case.failure))
    xml.indent(root)
    with report_os_errors(path, "name another file with --junit"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(
            path, '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"
        )


def xml_text(text: str) -> str:
    """Replace the characters of a text that XML does not allow by question marks."""
    return "".join(
        c if c in "\t\n" or (ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000) else "?" for c in text
    )


def append_step_summary(title: str, cases: Iterable[JUnitCase]) -> None:
    """Append a summary of checks in Markdown to the file that the environment names, if it names one."""
    path = os.environ.get(STEP_SUMMARY_VARIABLE)
    if not path:
        return
    cases = list(cases)
    failed = [case for case in cases if case.failure is not None]
    lines = [f"### {markdown_cell(title)}", "", f"{len(cases) - len(failed)} of {len(cases)} checks hold."]
    if failed:
        lines += ["", "| check | found |", "|---|---|"]
        lines += [
            f"| {markdown_cell(case.name)} | {markdown_cell(case.failure or '')} |"
            for case in failed[:MAX_SUMMARY_ROWS]
        ]
        lines += [f"\nand {len(failed) - MAX_SUMMARY_ROWS} more"] if len(failed) > MAX_SUMMARY_ROWS else []
    with (
        report_os_errors(Path(path), f"{STEP_SUMMARY_VARIABLE} names it"),
        Path(path).open("a", encoding="utf-8") as file,
    ):
        file.write("\n".join(lines) + "\n\n")


def markdown_cell(text: str) -> str:
    """Escape a text for a heading or a cell of a table in Markdown, in which nothing of it is markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~])", r"\\\1", printable(" ".join(text.split())))


def sweep_junit_cases(sweep: SweepResult) -> list[JUnitCase]:
    """List the checks of a sweep: the points at which runs failed, and every statement at every point."""
    failures = {row["point"]: row for row in sweep.failures.iter_rows(named=True)}
    cases = [
        JUnitCase(
            f"runs at {label_point(sweep, point)}",
            f"{row['runs']} of {sweep.replications} runs failed: {row['error']}",
            True,
        )
        for point, row in failures.items()
    ]
    for verdict in sweep.verdicts():
        failure = None if verdict.holds else format_found(verdict.found)
        assert verdict.point is not None, "a verdict of a sweep"
        cases.append(JUnitCase(f"{verdict.statement} at {label_point(sweep, verdict.point)}", failure))
    return cases


def report_sweep_check(sweep: SweepResult, junit: Path | None) -> bool:
    """Write the checks of a sweep for continuous integration; return whether all hold and no run failed."""
    cases = sweep_junit_cases(sweep)
    if junit is not None:
        write_junit(junit, sweep.name, cases)
    append_step_summary(sweep.description["title"] or sweep.name, cases)
    return all(case.failure is None for case in cases)


def report_run_check(run: RunResult, junit: Path | None) -> None:
    """Write the checks of a run for continuous integration: its expectations, and the precision asked for."""
    cases = []
    for verdict in run.verdicts():
        cases.append(JUnitCase(verdict.statement, None if verdict.holds else format_found(verdict.found)))
    if not run.precision_reached:
        cases.append(JUnitCase("precision", "was missed"))
    if junit is not None:
        write_junit(junit, run.scenario.name, cases)
    append_step_summary(run.scenario.title or run.scenario.name, cases)
