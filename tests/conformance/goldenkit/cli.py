"""Command line: record, check, list."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from .compare import Comparer, Difference
from .runner import Runner, StepFailed
from .scenario import Scenario, ScenarioError, find, kind_of
from .stub import Stub

Json = Any

STANDARD_FOLDER = Path(__file__).resolve().parents[1] / "scenarios"


@dataclass
class Outcome:
    """What one scenario run showed."""

    scenario: Scenario
    seconds: float = 0.0
    error: str = ""
    differences: list[Difference] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.error and not self.differences

    def report(self) -> str:
        """Readable text for the terminal."""
        head = f"{'ok  ' if self.passed else 'FAIL'} {self.scenario.name} ({self.seconds:.1f} s)"
        lines = [head]
        if not self.passed:
            lines.append(f"     {self.scenario.data['shows']}")
        lines += [f"     {difference}" for difference in self.differences]
        if self.error:
            lines.append(f"     {self.error}")
        return "\n".join(lines)


def run(scenario: Scenario, base_url: str, stub_url: str) -> tuple[list[Json], dict[str, Json], str]:
    """Run a scenario; connection problems and answers of an unexpected form become its error text."""
    try:
        return Runner(scenario, base_url, stub_url).execute()
    except (httpx.HTTPError, StepFailed, AttributeError, KeyError, TypeError) as error:
        return [], {}, f"{type(error).__name__}: {error}"


def record(scenario: Scenario, base_url: str, stub_url: str) -> Outcome:
    """Run a scenario and write what happened into its file as the expectation."""
    begin = time.monotonic()
    results, workflows, error = run(scenario, base_url, stub_url)
    outcome = Outcome(scenario, time.monotonic() - begin, error)
    if error:
        return outcome
    for step, result in zip(scenario.steps, results, strict=False):
        step.pop("expect", None)
        if result:
            step["expect"] = result
    scenario.data["expect"] = {"workflows": workflows}
    scenario.save()
    return outcome


def check(scenario: Scenario, base_url: str, stub_url: str) -> Outcome:
    """Run a scenario and compare with its recorded expectation."""
    begin = time.monotonic()
    results, workflows, error = run(scenario, base_url, stub_url)
    comparer = Comparer(scenario.strict_nulls)
    for number, (step, result) in enumerate(zip(scenario.steps, results, strict=False), 1):
        compare_step(comparer, step, result, f"step {number} ({kind_of(step)})")
    if "expect" not in scenario.data:
        error = error or "nothing recorded yet"
    for alias, state in scenario.data.get("expect", {}).get("workflows", {}).items():
        if alias in workflows:
            comparer.compare(state, workflows[alias], f"workflow {alias}")
        elif not error:
            error = f"workflow '{alias}' was not started"
    return Outcome(scenario, time.monotonic() - begin, error, comparer.differences)


def compare_step(comparer: Comparer, step: Json, result: Json, path: str) -> None:
    """Compare one step's result; `match` and `accept` loosen it."""
    expected = step.get("expect", {})
    if isinstance(expected, dict) and isinstance(result, dict) and "status" in expected:
        got = result.get("status")
        if got != expected["status"] and same_success(expected, result, step):
            result = {**result, "status": expected["status"]}
        if got in step.get("accept", []):
            return
    match = step.get("match", "exact")
    if match == "status":
        comparer.compare(expected.get("status"), result.get("status"), f"{path}.status")
    elif match == "shape":
        comparer.compare(expected.get("status"), result.get("status"), f"{path}.status")
        comparer.compare_shape(expected.get("body"), result.get("body"), f"{path}.body")
    else:
        comparer.compare(expected, result, path)


def same_success(expected: Json, result: Json, step: Json) -> bool:
    """An empty 200 and a 204 say the same to every client."""
    codes = {expected["status"], result.get("status")}
    empty = not expected.get("body") and not result.get("body")
    return codes == {200, 204} and empty and not step.get("exactStatus")


def run_all(
    scenarios: list[Scenario], arguments: argparse.Namespace, action: Callable[[Scenario, str, str], Outcome]
) -> list[Outcome]:
    """Run scenarios several at a time and print each outcome when it is known."""

    def attempt(scenario: Scenario, stub_url: str) -> Outcome:
        outcome = action(scenario, arguments.base_url, stub_url)
        for _ in range(arguments.retries):
            if outcome.passed:
                break
            outcome = action(scenario, arguments.base_url, stub_url)
        return outcome

    outcomes: list[Outcome] = []
    with (
        Stub(arguments.stub_bind, arguments.stub_port, arguments.stub_host) as stub_url,
        ThreadPoolExecutor(arguments.jobs) as pool,
    ):
        futures = [pool.submit(attempt, s, stub_url) for s in scenarios]
        for future in as_completed(futures):
            outcome = future.result()
            outcomes.append(outcome)
            if not (arguments.quiet and outcome.passed):
                print(outcome.report(), flush=True)
    return outcomes


def write_report(path: str, outcomes: list[Outcome]) -> None:
    """Write the outcomes as JSON, for other programs."""
    rows = [
        {
            "name": o.scenario.name,
            "passed": o.passed,
            "seconds": round(o.seconds, 2),
            "error": o.error,
            "differences": [str(d) for d in o.differences],
        }
        for o in outcomes
    ]
    Path(path).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="golden", description=__doc__)
    parser.add_argument("command", choices=("record", "check", "list"))
    parser.add_argument("paths", nargs="*", type=Path, default=[STANDARD_FOLDER], help="scenario files or folders")
    parser.add_argument("--base-url", default="http://127.0.0.1:8080/api", help="server under test, with /api")
    parser.add_argument("--jobs", type=int, default=8, help="scenarios at the same time")
    parser.add_argument("--only", default="", help="run scenarios whose name contains this text")
    parser.add_argument("--missing", action="store_true", help="record: only scenarios without a recording")
    parser.add_argument("--retries", type=int, default=0, help="run a failing scenario again, up to this often")
    parser.add_argument("--quiet", action="store_true", help="print failures only")
    parser.add_argument("--json", default="", help="also write the outcomes to this file")
    parser.add_argument("--stub-bind", default="127.0.0.1", help="address the HTTP stub listens on")
    parser.add_argument("--stub-host", default="", help="name under which the server reaches the stub")
    parser.add_argument("--stub-port", type=int, default=0, help="port of the HTTP stub (0 = any free one)")
    return parser.parse_intermixed_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        scenarios = list(find(options.paths, options.only))
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    if options.command == "list":
        for scenario in scenarios:
            print(f"{scenario.name}: {scenario.data['shows']}")
        return 0
    if options.missing:
        scenarios = [s for s in scenarios if "expect" not in s.data]
    outcomes = run_all(scenarios, options, record if options.command == "record" else check)
    if options.json:
        write_report(options.json, outcomes)
    passed = sum(outcome.passed for outcome in outcomes)
    print(f"{passed} passed, {len(outcomes) - passed} failed")
    return 0 if passed == len(outcomes) else 1
