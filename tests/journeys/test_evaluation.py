"""Six tasks of the evaluation on the real embedded model: every check that is no matter of luck has to hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.__main__ import main
from evaluation.results import read_results
from workers.flow import Architecture

#: Each with the architecture in which it is tried.
_SAMPLE = {
    Architecture.CENTRALIZED: ("function", "hostile-task"),
    Architecture.HIERARCHICAL: ("readme", "sign"),
    Architecture.FULLY_CONNECTED: ("german", "json"),
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("architecture", Architecture)
def test_a_sample_of_the_evaluation_meets_the_bars_that_need_no_wit(
    architecture: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_FLOW_HOME", str(tmp_path / "home"))
    path = tmp_path / "results.json"
    words = ["--tasks", ",".join(_SAMPLE[architecture]), "--architectures", architecture, "--workers", "1"]
    main([*words, "--most-output", "40", "--results", str(path), "--page", str(tmp_path / "none.md")])
    results = list(read_results(path, "smollm2:135m").sessions.values())
    assert len(results) == 2
    failures = [failure for result in results for failure in result.failures if failure.check != "files"]
    assert failures == []
    assert all(result.calls > 2 and result.output_tokens for result in results)
