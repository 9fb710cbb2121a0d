"""Positions, as they travel through a browser or a file."""

import json

import pytest

from neural_art.errors import ExploreError
from neural_art.explore.position import AMOUNTS, Position


def test_a_position_comes_back_from_json() -> None:
    position = Position(origin="morph", seed=2**53 - 1, a=1, b=2, t=0.25, amounts=(1.5, -4.0), truncation=0.7)
    assert Position.from_json(json.loads(json.dumps(position.to_json()))) == position
    assert Position.from_json({}) == Position()
    assert Position.from_json({"seed": 3.0, "amounts": [1]}) == Position(seed=3, amounts=(1,))


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        "seed",
        {"origin": "file:///etc/passwd"},
        {"origin": None},
        {"origin": ["seed"]},
        {"seed": -1},
        {"seed": 2**53},
        {"seed": 10**400},
        {"seed": 1.5},
        {"seed": True},
        {"seed": "7"},
        {"a": -1},
        {"b": float("inf")},
        {"t": float("nan")},
        {"t": 1.01},
        {"t": None},
        {"truncation": -0.1},
        {"truncation": 1.6},
        {"truncation": float("inf")},
        {"truncation": "1"},
        {"amounts": 3},
        {"amounts": "12"},
        {"amounts": [0] * 9},
        {"amounts": [AMOUNTS[1] + 0.01]},
        {"amounts": [float("nan")]},
        {"amounts": [[1]]},
        {"amounts": {"0": 1}},
        {"size": 4096},
        {1: 2},
    ],
    ids=lambda sent: str(sent)[:40],
)
def test_a_position_that_is_not_one_is_refused_in_a_sentence(sent: object) -> None:
    with pytest.raises(ExploreError) as refused:
        Position.from_json(sent)
    assert len(str(refused.value)) < 250


def test_a_position_with_a_class_survives_json_and_a_browser() -> None:
    assert Position.from_json(Position(class_index=3).to_json()) == Position(class_index=3)
    assert Position.from_json({"class_index": 1.0}).class_index == 1
    assert Position.from_json({"seed": 4}).class_index is None
    with pytest.raises(ExploreError, match="class_index"):
        Position(class_index=-1)
