"""A recipe says how, a budget for how long; both refuse what is out of range."""

import dataclasses
import json
import math
from typing import Any

import pytest

from neural_art.errors import RecipeError
from neural_art.recipe import DEFAULT_MINUTES, MINUTES, SIZES, Budget, Recipe, stored_size

BASE_OF_VERSION_0_1 = (
    '{"name": "study", "minutes": 9.3, "seed": 1, "steps": null, "batch": 128, "generator_rate": 0.0005, '
    '"discriminator_rate": 0.0002, "adversarial": 0.5, "imagined": 0.25, "alone": 0.2, "averaging": 0.1, '
    '"base": false, "precision": "auto", "threads": 0}'
)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("name", "fresco"),
        ("seed", -1),
        ("seed", 1.5),
        ("seed", 2**63),
        ("batch", 1),
        ("batch", 16.0),
        ("generator_lr", 0),
        ("discriminator_lr", math.inf),
        ("adversarial_weight", -0.1),
        ("sampled_share", 0.95),
        ("reconstruction_warmup", 1.01),
        ("ema_half_life", 0),
        ("threads", True),
        ("base", 1),
        ("precision", "float16"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_its_value(setting: str, value: Any) -> None:
    with pytest.raises(RecipeError, match=str(value).replace("+", r"\+")):
        Recipe(**{setting: value})


def test_a_recipe_survives_json() -> None:
    recipe = Recipe(name="canvas", seed=3, base=False)
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_a_recipe_says_nothing_about_time() -> None:
    assert not {"minutes", "steps"} & {field.name for field in dataclasses.fields(Recipe)}


def test_a_setting_of_a_later_version_is_refused() -> None:
    with pytest.raises(RecipeError, match="brush") as caught:
        Recipe.from_json({"brush": 3})
    assert caught.value.code == "unknown-setting"


def test_a_recipe_of_version_0_1_is_read_by_its_former_names() -> None:
    recipe = Recipe.from_json(json.loads(BASE_OF_VERSION_0_1))
    assert recipe == Recipe(
        name="study",
        seed=1,
        batch=128,
        generator_lr=5e-4,
        discriminator_lr=2e-4,
        adversarial_weight=0.5,
        sampled_share=0.25,
        reconstruction_warmup=0.2,
        ema_half_life=0.1,
        base=False,
    )


def test_a_recipe_knows_its_sizes() -> None:
    for name, size in SIZES.items():
        assert Recipe(name=name).size == size
        assert Recipe(name=name).stored_size == stored_size(size) == 1.25 * size


@pytest.mark.parametrize("given", [{}, {"minutes": 5, "steps": 5}])
def test_a_budget_is_either_minutes_or_steps(given: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as caught:
        Budget(**given)
    assert caught.value.code == "no-budget"


@pytest.mark.parametrize("given", [{"minutes": 0}, {"minutes": math.nan}, {"steps": 0}, {"steps": 2.0}])
def test_a_budget_must_be_positive(given: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        Budget(**given)


def test_a_budget_of_minutes_has_seconds_and_one_of_steps_has_not() -> None:
    assert Budget(minutes=1.5).seconds == 90
    assert Budget(steps=10).seconds is None


@pytest.mark.parametrize("minutes", [0, 0.01, 121, math.nan, math.inf, "5", None, True])
def test_nobody_may_ask_for_more_or_fewer_minutes_than_the_limits(minutes: Any) -> None:
    with pytest.raises(RecipeError) as caught:
        Budget.requested(minutes)
    assert caught.value.code == "out-of-range"


@pytest.mark.parametrize("minutes", [*MINUTES, DEFAULT_MINUTES])
def test_the_limits_and_the_default_may_be_asked_for(minutes: float) -> None:
    assert Budget.requested(minutes) == Budget(minutes=minutes)
