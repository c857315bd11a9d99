# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every example prints what stands beside it, and leaves nothing unclosed."""

from __future__ import annotations

from pathlib import Path

import fresh_python
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = sorted((EXAMPLES / "python").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_the_example_prints_what_stands_beside_it(program: Path) -> None:
    code = f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')"
    expected = (EXAMPLES / program.stem).with_suffix(".out").read_text()
    assert fresh_python.output(code, "-X", "dev", "-W", "error") == expected


def test_every_idea_has_its_program() -> None:
    ideas = {path.stem for path in EXAMPLES.glob("*.out")}
    assert ideas == {path.stem for path in PROGRAMS}
