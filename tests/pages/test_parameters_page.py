"""The page Parameters: what is said of each one."""

import pytest


@pytest.mark.parametrize(
    ("name", "again"),
    [("dxy", "computes again: nothing."), ("max_shifts", "preview where it moves most, and what follows.")],
)
def test_what_a_change_runs_again(open_page, name, again):
    app = open_page("parameters")
    app.text_input[0].set_value(f".{name}").run()
    said = [caption.value.replace("\\", "") for caption in app.caption]
    assert any(text.endswith(again) for text in said), said
