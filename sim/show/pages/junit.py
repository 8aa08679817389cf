"""What a check found, for machines that build: JUnit XML, and a summary in Markdown."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as xml

from sim.results.files import report_os_errors, write_text
from sim.results.formatting import format_found
from sim.results.run import RunResult
from sim.show.factor_labels import label_point
from sim.study.sweep_result import SweepResult

STEP_SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""The file to which GitHub Actions takes a summary."""
MAX_SUMMARY_ROWS = 20


@dataclass(frozen=True)
class JUnitCase:
    """One thing that was checked: what is wrong with it, or None; `error` where it could not even be played."""

    name: str
    failure: str | None = None
    is_error: bool = False


def write_junit(path: Path, suite: str, cases: Iterable[JUnitCase]) -> None:
    """Write what was checked as JUnit XML, whole or not at all."""
    cases = list(cases)
    root = xml.Element("testsuites")
    into = xml.SubElement(
        root,
        "testsuite",
        name=suite,
        tests=str(len(cases)),
        failures=str(sum(case.failure is not None and not case.is_error for case in cases)),
        errors=str(sum(case.is_error for case in cases)),
    )
    for case in cases:
        element = xml.SubElement(into, "testcase", classname=suite, name=case.name)
        if case.failure is not None:
            xml.SubElement(element, "error" if case.is_error else "failure", message=xml_text(case.failure))
    xml.indent(root)
    with report_os_errors(path, "name another file with --junit"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(
            path, '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"
        )


def xml_text(text: str) -> str:
    """A text without the characters that XML does not allow."""
    return "".join(
        c if c in "\t\n" or (ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000) else "?" for c in text
    )


def append_step_summary(title: str, cases: Iterable[JUnitCase]) -> None:
    """Append a summary in Markdown to the file that the builder names, if it names one."""
    path = os.environ.get(STEP_SUMMARY_VARIABLE)
    if not path:
        return
    cases = list(cases)
    wrong = [case for case in cases if case.failure is not None]
    lines = [f"### {title}", "", f"{len(cases) - len(wrong)} of {len(cases)} checks hold."]
    if wrong:
        lines += ["", "| check | found |", "|---|---|"]
        lines += [
            f"| {markdown_cell(case.name)} | {markdown_cell(case.failure or '')} |"
            for case in wrong[:MAX_SUMMARY_ROWS]
        ]
        lines += [f"\nand {len(wrong) - MAX_SUMMARY_ROWS} more"] if len(wrong) > MAX_SUMMARY_ROWS else []
    with (
        report_os_errors(Path(path), f"{STEP_SUMMARY_VARIABLE} names it"),
        Path(path).open("a", encoding="utf-8") as file,
    ):
        file.write("\n".join(lines) + "\n\n")


def markdown_cell(text: str) -> str:
    """A text in a cell of a Markdown table."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def sweep_junit_cases(sweep: SweepResult) -> list[JUnitCase]:
    """What was checked in a sweep: every statement at every point, and every point for runs that failed."""
    failed = {row["point"]: row for row in sweep.failures.iter_rows(named=True)}
    cases = [
        JUnitCase(
            f"runs at {label_point(sweep, point)}",
            f"{row['runs']} of {sweep.replications} runs failed: {row['error']}",
            True,
        )
        for point, row in failed.items()
    ]
    for each in sweep.verdicts():
        wrong = None if each.holds else format_found(each.found)
        assert each.point is not None, "a verdict of a sweep"
        cases.append(JUnitCase(f"{each.statement} at {label_point(sweep, each.point)}", wrong))
    return cases


def report_sweep_check(sweep: SweepResult, junit: Path | None) -> bool:
    """Does a sweep hold what is expected of it, without a run that failed? Written for the builder too."""
    cases = sweep_junit_cases(sweep)
    if junit is not None:
        write_junit(junit, sweep.name, cases)
    append_step_summary(sweep.description["title"] or sweep.name, cases)
    return all(case.failure is None for case in cases)


def report_run_check(run: RunResult, junit: Path | None) -> None:
    """What a run was checked for, written for the builder too."""
    cases = []
    for verdict in run.verdicts():
        cases.append(JUnitCase(verdict.statement, None if verdict.holds else format_found(verdict.found)))
    if not run.precision_reached:
        cases.append(JUnitCase("precision", "was missed"))
    if junit is not None:
        write_junit(junit, run.scenario.name, cases)
    append_step_summary(run.scenario.title or run.scenario.name, cases)
