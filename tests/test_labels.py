"""Labels of stock components, which follow the language."""

from __future__ import annotations

import gradio as gr

from neural_art.web.labels import label, translated
from neural_art.web.words import WORDS


def test_a_page_is_built_in_english_and_put_into_another_language() -> None:
    with gr.Blocks() as page:
        button = gr.Button(label("train.start"))
        slider = gr.Slider(label=label("train.minutes"), info="always the same")
        heading = gr.Markdown(label("data.title", "# {}"))
        radio = gr.Radio([(label("film.favourites"), "favourites"), ("Plain", "plain")], label="Source")
        gr.Textbox(label="not ours")
    english, chinese = WORDS["en"], WORDS["zh"]
    assert (button.value, slider.label, heading.value) == (
        english["train.start"], english["train.minutes"], f"# {english['data.title']}",
    )  # fmt: skip
    updates = translated(page.blocks.values(), "zh")
    assert set(updates) == {button, slider, heading, radio}
    assert updates[button] == gr.update(value=chinese["train.start"])
    assert updates[slider] == gr.update(label=chinese["train.minutes"])
    assert updates[heading] == gr.update(value=f"# {chinese['data.title']}")
    assert updates[radio] == gr.update(choices=[(chinese["film.favourites"], "favourites"), ("Plain", "plain")])


def test_values_in_a_label_are_said_in_every_language() -> None:
    made = label("data.ready", n=1200)
    assert made == "1,200 paintings are ready"
    assert "1,200" in made.in_language("zh")
