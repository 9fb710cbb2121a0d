"""Events are frozen; on disk each is one line of plain values."""

import dataclasses
import json

import numpy as np
import pytest

from neural_art.events import Event, Failed, RolledBack, Sampled, Saved, Stepped
from neural_art.messages import Message

STEPPED = Stepped(
    step=7,
    seconds=3.5,
    progress=0.25,
    texture_distance=0.4,
    fooling_rate=0.3,
    discriminator_loss=1.0,
    generator_loss=0.5,
    pictures_per_second=40.0,
    seconds_left=10.0,
)


def test_an_event_is_a_line_of_json_with_its_name() -> None:
    values = json.loads(json.dumps(STEPPED.to_json()))
    assert values["event"] == "stepped"
    assert (values["step"], values["seconds"], values["fooling_rate"]) == (7, 3.5, 0.3)
    assert values["at"] > 0


def test_tensors_and_pictures_stay_out_of_the_line() -> None:
    sampled = Sampled(step=1, seconds=1.0, number=0, pictures=np.zeros((2, 8, 8, 3), np.uint8))
    saved = Saved(step=1, seconds=1.0, checkpoint={}, training={}, settings={}, state={})
    assert set(sampled.to_json()) == {"event", "step", "seconds", "at", "number"}
    assert set(saved.to_json()) == {"event", "step", "seconds", "at"}


@pytest.mark.parametrize("kind", [Failed, RolledBack])
def test_a_reason_is_kept_as_a_code_in_no_language(kind: type[Event]) -> None:
    reason = Message("storage.gone", {"name": "a.jpg"})
    more = {"rate": 0.5} if kind is RolledBack else {}
    values = json.loads(json.dumps(kind(step=1, seconds=1.0, reason=reason, **more).to_json()))
    assert Message.from_json(values["reason"]) == reason


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        STEPPED.step = 8  # type: ignore[misc]
