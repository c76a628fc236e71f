"""Sends the request list to two servers and says where their answers differ (`scripts/compare-with-reference`).

What differs has to be listed in `tests.reference.reasons`, with its reason; what is listed has to differ.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import httpx

from tests.polling import until
from tests.reference.reasons import Difference, reason_for, unused
from tests.reference.request import Request
from tests.reference.requests import STORIES
from tests.reference.shapes import Shape, differences, parsed, shape_of
from tests.serving import Server

SETTLED_WITHIN = 15.0
"""Seconds; the reference looks at an execution only from time to time."""


@dataclass(frozen=True)
class Answer:
    """What one server said to one request."""

    status: int
    shape: Shape
    message: str


class Side:
    """One server, and what was kept of its answers."""

    def __init__(self, url: str, stem: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30.0, trust_env=False)
        self.values: dict[str, str] = {"stem": stem}

    def ask(self, request: Request) -> Answer:
        """Send a request, again if it is one that waits for something; keep what is asked for."""
        answer = self._send(request)
        if request.until is not None and answer.is_success:
            settled = request.until
            again = lambda: (sent := self._send(request)) and (sent if settled(parsed(sent)) else None)  # noqa: E731
            answer = until(again, request.name, SETTLED_WITHIN)
        body = parsed(answer)
        if answer.is_success and body:
            self.values |= {name: read(body) for name, read in request.keep.items()}
        message = body.get("message", "") if isinstance(body, dict) and answer.is_error else ""
        return Answer(answer.status_code, shape_of(answer, request, self.values), str(message))

    def close(self) -> None:
        """End the connection."""
        self._http.close()

    def _send(self, request: Request) -> httpx.Response:
        body = request.body(self.values)
        return self._http.request(
            request.method,
            request.target(self.values),
            params=request.parameters(self.values),
            content=body,
            headers={"Content-Type": request.content_type} if body is not None else {},
        )


def compared(story: str, theirs: Side, ours: Side) -> Iterator[tuple[Request, Answer, Answer, list[str]]]:
    """Each request of a story with both answers and what differs."""
    for request in STORIES[story]:
        expected, found = theirs.ask(request), ours.ask(request)
        lines = [] if expected.status == found.status else [f"status is {found.status}, not {expected.status}"]
        yield request, expected, found, lines + differences(expected.shape, found.shape)


def compare(reference: str, segue: str, stories: Sequence[str], verbose: bool) -> int:
    """The exit status: 0 when every difference is listed and every listed one was seen."""
    seen: set[Difference] = set()
    requests = open_ones = 0
    for story in stories:
        stem = f"cmp{secrets.token_hex(4)}"
        theirs, ours = Side(reference, stem), Side(segue, stem)
        with ExitStack() as ending:
            ending.callback(theirs.close)
            ending.callback(ours.close)
            for request, expected, found, lines in compared(story, theirs, ours):
                requests += 1
                unexplained = []
                for line in lines:
                    known = reason_for(story, request.name, expected.status, line)
                    if known is None:
                        unexplained.append(line)
                    else:
                        seen.add(known)
                open_ones += bool(unexplained)
                if unexplained or verbose:
                    _tell(story, request, expected, found, unexplained)
    left_over = unused(seen, stories, set(stories) == set(STORIES))
    for difference in left_over:
        print(f"listed, but not seen: {difference}")
    print(f"{requests} requests, {len(seen)} listed differences seen, {open_ones} requests with others")
    return 1 if open_ones or left_over else 0


def _tell(story: str, request: Request, expected: Answer, found: Answer, lines: list[str]) -> None:
    print(f"{story}: {request.name} ({request.method} {request.path})")
    for line in lines:
        print(f"    {line}")
    for side, answer in (("reference", expected), ("segue", found)):
        if expected.message or found.message:
            print(f"    {side} {answer.status}: {answer.message[:160]}")


def main() -> int:
    """Run it against a reference, and a server of its own unless one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", required=True, help="the root of its API, such as http://host:8090/api")
    parser.add_argument("--segue", help="the root of Segue's API; without it a server with --memory is started")
    parser.add_argument("--verbose", action="store_true", help="show every request")
    parser.add_argument("stories", nargs="*", help=f"of {', '.join(STORIES)}; all without")
    given = parser.parse_args()
    stories = given.stories or list(STORIES)
    if given.segue:
        return compare(given.reference, given.segue, stories, given.verbose)
    with Server("--memory") as server:
        return compare(given.reference, server.base_url, stories, given.verbose)


if __name__ == "__main__":
    sys.exit(main())
