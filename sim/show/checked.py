"""What a check found, for machines that build: JUnit XML, and a summary in Markdown."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as xml

from sim.show.swept import in_words, where
from sim.study.outcome import Outcome
from sim.study.store import telling, written
from sim.study.swept import Swept

SUMMARY = "GITHUB_STEP_SUMMARY"
"""The file to which GitHub Actions takes a summary."""
MOST_TOLD = 20


@dataclass(frozen=True)
class Case:
    """One thing that was checked: what is wrong with it, or None; `error` where it could not even be played."""

    name: str
    wrong: str | None = None
    error: bool = False


def junit_to(path: Path, suite: str, cases: Iterable[Case]) -> None:
    """Write what was checked as JUnit XML, whole or not at all."""
    cases = list(cases)
    root = xml.Element("testsuites")
    into = xml.SubElement(
        root,
        "testsuite",
        name=suite,
        tests=str(len(cases)),
        failures=str(sum(case.wrong is not None and not case.error for case in cases)),
        errors=str(sum(case.error for case in cases)),
    )
    for case in cases:
        element = xml.SubElement(into, "testcase", classname=suite, name=case.name)
        if case.wrong is not None:
            xml.SubElement(element, "error" if case.error else "failure", message=legal(case.wrong))
    xml.indent(root)
    with telling(path, "name another file with --junit"):
        path.parent.mkdir(parents=True, exist_ok=True)
        written(
            path, '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"
        )


def legal(text: str) -> str:
    """A text without the characters that XML does not allow."""
    return "".join(
        c if c in "\t\n" or (ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000) else "?" for c in text
    )


def summarise(title: str, cases: Iterable[Case]) -> None:
    """Append a summary in Markdown to the file that the builder names, if it names one."""
    path = os.environ.get(SUMMARY)
    if not path:
        return
    cases = list(cases)
    wrong = [case for case in cases if case.wrong is not None]
    lines = [f"### {title}", "", f"{len(cases) - len(wrong)} of {len(cases)} checks hold."]
    if wrong:
        lines += ["", "| check | found |", "|---|---|"]
        lines += [f"| {cell(case.name)} | {cell(case.wrong or '')} |" for case in wrong[:MOST_TOLD]]
        lines += [f"\nand {len(wrong) - MOST_TOLD} more"] if len(wrong) > MOST_TOLD else []
    with telling(Path(path), f"{SUMMARY} names it"), Path(path).open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n\n")


def cell(text: str) -> str:
    """A text in a cell of a Markdown table."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def cases_of(done: Swept) -> list[Case]:
    """What was checked in a sweep: every statement at every point, and every point for runs that failed."""
    failed = {row["point"]: row for row in done.failures.iter_rows(named=True)}
    cases = [
        Case(
            f"runs at {where(done, point)}",
            f"{row['runs']} of {done.replications} runs failed: {row['error']}",
            True,
        )
        for point, row in failed.items()
    ]
    for each in done.verdicts():
        wrong = None if each.holds else in_words(each.found)
        cases.append(Case(f"{each.statement} at {where(done, each.point)}", wrong))
    return cases


def checked(done: Swept, junit: Path | None) -> bool:
    """Does a sweep hold what is expected of it, without a run that failed? Written for the builder too."""
    cases = cases_of(done)
    if junit is not None:
        junit_to(junit, done.name, cases)
    summarise(done.told["title"] or done.name, cases)
    return all(case.wrong is None for case in cases)


def run_checked(done: Outcome, junit: Path | None) -> None:
    """What a run was checked for, written for the builder too."""
    cases = []
    for verdict in done.verdicts():
        cases.append(Case(verdict.statement, None if verdict.holds else in_words(verdict.found)))
    if not done.precise:
        cases.append(Case("precision", "was missed"))
    if junit is not None:
        junit_to(junit, done.scenario.name, cases)
    summarise(done.scenario.title or done.scenario.name, cases)
