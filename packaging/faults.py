"""Make every fault of tests/faults happen, long version included, and write docs/faults.md of what came out.

python packaging/faults.py                run everything (an hour or more), write docs/faults.md
python packaging/faults.py PART ...       only these parts (PARTS below) or test files; the newest result of
                                          every test counts
python packaging/faults.py page           only write the page
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.faults.rows import ROWS, Row  # noqa: E402 (the source is not installed where this runs)

RESULTS = ROOT / "build" / "faults"
PARTS = ("faults", "elsewhere", "models", "fuzz")  # of a run; models: whatever loads torch in children
SLOW = ("tests/faults/test_day.py", "tests/faults/test_memory.py")
HEAD = """# Faults that were made to happen

Written by `python packaging/dev.py faults`; do not edit. Run of {date} on {system}, Python {python}:
{passed} tests held, {failed} failed, {skipped} could not be run there. The ordinary test suite runs the same
faults with few tries. `tests/faults/rows.py` is the list; tests named here lie below `tests/`.

| # | Fault | What must happen | Tries | Outcome |
| --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One test that ran: ``file::name`` below tests/, its parameters, what came of it."""

    test: str
    parameters: str
    outcome: str  # held, failed, not run
    tries: int
    told: str


def tests_of(part: str) -> list[str]:
    """What pytest is to run for a part, or the test file itself."""
    if part not in PARTS:
        return [part]
    if part == "fuzz":
        return ["tests/fuzz"]
    if part == "faults":
        return ["tests/faults", *(f"--ignore={file}" for file in SLOW)]
    named = sorted(
        {f"tests/{test}" for row in ROWS for test in row.elsewhere if not test.startswith("fuzz/")}
    )
    with_models = [test for test in named if test.startswith(("tests/trainer/", "tests/e2e/"))]
    return [*SLOW, *with_models] if part == "models" else [test for test in named if test not in with_models]


def run(part: str) -> None:
    """Run one part and keep its results."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    options = [
        "-m",
        "",
        "-o",
        "junit_family=xunit1",
        "-o",
        "timeout=3600",
        f"--junitxml={RESULTS / Path(part).stem}.xml",
    ]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", *options, *tests_of(part)]
    subprocess.run(command, cwd=ROOT, env=environment, check=False)


def cases() -> list[Case]:
    """The newest result of every test, from the JUnit files of the runs."""
    files = sorted(RESULTS.glob("*.xml"), key=lambda file: file.stat().st_mtime)
    found = [_case(element) for file in files for element in ElementTree.parse(file).iter("testcase")]
    return list({(case.test, case.parameters): case for case in found}.values())


def _case(element: ElementTree.Element) -> Case:
    name, _, parameters = element.attrib["name"].partition("[")
    told = {p.attrib["name"]: p.attrib["value"] for p in element.iter("property")}
    outcome = "held"
    if element.find("failure") is not None or element.find("error") is not None:
        outcome = "failed"
    elif element.find("skipped") is not None:
        outcome = "not run"
    file = element.attrib["file"].removeprefix("tests/")
    parameters = parameters.removesuffix("]")
    return Case(f"{file}::{name}", parameters, outcome, int(told.get("tries", 1)), told.get("outcome", ""))


def of_row(row: Row, ran: Iterable[Case]) -> list[Case]:
    """The cases that make the fault of a row."""
    mark = f"::test_fault_{row.number:02}_"
    return [case for case in ran if mark in case.test or case.test in row.elsewhere]


def verdict(found: Sequence[Case]) -> str:
    """What came of a fault over all its cases."""
    outcomes = {case.outcome for case in found}
    if "failed" in outcomes:
        return "**failed**"
    if "held" in outcomes:
        return "held"
    return "could not be made there" if outcomes else "no result"


def outcome_of(row: Row, found: Sequence[Case]) -> str:
    """The same for a row, of which some can only be looked at by a person."""
    return "see below" if row.by_hand and not found else verdict(found)


def page(ran: Sequence[Case]) -> str:
    """docs/faults.md."""
    count = {what: sum(case.outcome == what for case in ran) for what in ("held", "failed", "not run")}
    text = HEAD.format(
        date=datetime.now(UTC).date(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        passed=count["held"],
        failed=count["failed"],
        skipped=count["not run"],
    )
    for row in ROWS:
        found = of_row(row, ran)
        tries = sum(case.tries for case in found if case.outcome == "held")
        text += f"| {row.number} | {row.fault} | {row.expected} | {tries} | {outcome_of(row, found)} |\n"
    text += "\n## What is missing\n\n"
    text += "".join(f"- {row.number}, {row.fault}: {row.missing}\n" for row in ROWS if row.missing)
    text += "\n## By hand\n\nWhat no test on this computer can bring about, and how a person checks it.\n\n"
    text += "".join(f"- {row.number}, {row.fault}: {row.by_hand}\n" for row in ROWS if row.by_hand)
    text += "\n## Parsers and broken input\n\n| Test | Inputs | Outcome |\n| --- | --- | --- |\n"
    fuzzed = [case for case in ran if case.test.startswith("fuzz/") and case.parameters.isdigit()]
    most = {case.test: int(case.parameters) for case in sorted(fuzzed, key=lambda case: int(case.parameters))}
    for case in fuzzed:
        if int(case.parameters) == most[case.test]:
            text += f"| {_words(case.test)} | {int(case.parameters):,} | {verdict([case])} |\n"
    text += "\n## Every test\n"
    for row in ROWS:
        text += f"\n### {row.number}. {row.fault}\n\n"
        text += "".join(_line(case) for case in of_row(row, ran)) or "No test.\n"
    return text


def _line(case: Case) -> str:
    parameters = f" [{case.parameters}]" if case.parameters else ""
    told = f"; {case.told}" if case.told else ""
    return f"- `{case.test}`{parameters}: {case.outcome}, {case.tries}x{told}\n"


def _words(test: str) -> str:
    return re.sub(r"^.*::test_", "", test).replace("_", " ")


def main(argv: Sequence[str]) -> int:
    for part in argv or PARTS:
        if part != "page":
            run(part)
    ran = cases()
    (ROOT / "docs" / "faults.md").write_text(page(ran), encoding="utf8")
    return 1 if any(case.outcome == "failed" for case in ran) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
