"""The README's two first workflows, run word for word against a real server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import PROJECT, Server

ADDRESS = "http://127.0.0.1:8080"


def example(language: str, server: Server) -> str:
    """The README's example in that language, pointed at the server."""
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL)
    assert len(found) == 1, f"the README has one example in {language}"
    assert ADDRESS in found[0]
    return str(found[0]).replace(ADDRESS, server.root_url)


@pytest.mark.acceptance
@pytest.mark.parametrize(("language", "program"), [("bash", "bash"), ("python", sys.executable)])
def test_the_first_workflow(language: str, program: str, server: Server, tmp_path: Path) -> None:
    script = tmp_path / "example"
    script.write_text(example(language, server), encoding="utf-8")
    ran = subprocess.run([program, str(script)], capture_output=True, text=True, timeout=40, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "Hello, world" in ran.stdout, ran.stdout + ran.stderr
    assert "COMPLETED" in ran.stdout
