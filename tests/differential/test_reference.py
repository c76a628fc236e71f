"""Random workflows on Segue and on a running reference server; scripts/differential tells more of them, and reports."""

from __future__ import annotations

import os

import pytest

from tests.conformance.goldenkit.stub import Stub
from tests.differential.command import REFERENCE
from tests.differential.comparing import compare
from tests.differential.telling import Side
from tests.serving import Server

URL = os.environ.get(REFERENCE, "")
STORIES = {False: 60, True: 40}


@pytest.mark.long
@pytest.mark.skipif(not URL, reason=f"no reference: set {REFERENCE} to the /api of a running Conductor 3.32.1")
@pytest.mark.parametrize("operated", STORIES, ids=["undisturbed", "operated"])
def test_the_reference_tells_the_same_or_a_listed_difference(server: Server, operated: bool) -> None:
    with Stub() as stub:
        reference, ours = Side(URL, stub, nudged=True), Side(server.base_url, stub)
        verdicts = list(compare(range(STORIES[operated]), operated, reference, ours))
    assert [verdict.report() for verdict in verdicts if verdict.differences] == []
