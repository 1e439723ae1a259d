from __future__ import annotations

import pytest

from common.ids import new_id
from common.presets import Preset, load_presets
from common.templates import TEXT_FIELDS, choose_values, fill_text

_PRESETS = list(load_presets().values())


def test_what_people_do_most_has_a_preset() -> None:
    wanted = {
        "small-tool",
        "review-folder",
        "research-question",
        "data-analysis",
        "security-review",
        "write-tests",
        "translate-docs",
        "brainstorm",
    }
    assert wanted <= load_presets().keys()
    assert load_presets()["brainstorm"].content.architecture == "FULLY_CONNECTED"
    assert len({preset.name for preset in _PRESETS}) == len(_PRESETS)
    assert new_id() not in load_presets()


@pytest.mark.parametrize("preset", _PRESETS, ids=lambda preset: preset.id)
def test_a_preset_says_all_that_people_need(preset: Preset) -> None:
    content = preset.content
    assert content.description.endswith(".")
    assert content.session_name
    assert content.workers in {2, 4, 6, 8, 12}, "the form offers no other"
    assert content.variables
    assert all(variable.label for variable in content.variables)
    values = choose_values(content.variables, {variable.name: "something" for variable in content.variables})
    filled = [fill_text(getattr(content, field), values) for field in TEXT_FIELDS]
    assert "{{" not in "".join(filled)
