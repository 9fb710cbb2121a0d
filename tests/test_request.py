from __future__ import annotations

from pathlib import Path

import pytest
from run_makers import finished, saved

from neural_art.errors import RecipeError, RunError
from neural_art.processor import Processor
from neural_art.recipe import DEFAULT_MINUTES, Budget, Recipe
from neural_art.runs.desired import set_desired_state
from neural_art.runs.recorder import Recorder
from neural_art.runs.request import TrainingRequest, recipe_and_budget
from neural_art.runs.run import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path, "Sisley")


def begun(run: Run) -> Run:
    """``run``, as it is after a training of five minutes that has finished."""
    run.set_recipe(Recipe(name="sketch", seed=3))
    set_desired_state(run, "training", 5)
    recorder = Recorder(run)
    recorder.record(saved(300))  # 300 seconds
    recorder.record(finished(300))
    return run


def test_what_is_not_asked_for_has_its_default(run: Run) -> None:
    assert recipe_and_budget(run, TrainingRequest()) == (Recipe(), Budget(minutes=DEFAULT_MINUTES))
    request = TrainingRequest(minutes=2, recipe="canvas", seed=7, base=False)
    assert recipe_and_budget(run, request) == (Recipe(name="canvas", seed=7, base=False), Budget(minutes=2))


def test_on_a_graphics_card_larger_pictures_are_usual_in_less_time(run: Run) -> None:
    card = Processor("cuda:0", "NVIDIA H200", 1 << 37)
    assert recipe_and_budget(run, TrainingRequest(), card) == (Recipe(name="canvas"), Budget(minutes=2))
    begun(run)
    set_desired_state(run, "training", 20)
    on_cpu = TrainingRequest(device="cpu")
    own = Recipe(name="sketch", seed=3, device="cpu")
    assert recipe_and_budget(run, on_cpu, card) == (own, Budget(minutes=20)), "an unfinished run has its own"


def test_a_run_that_saved_nothing_yet_can_still_be_changed(run: Run) -> None:
    run.set_recipe(Recipe(name="canvas"))
    set_desired_state(run, "training", 7)
    request = TrainingRequest(recipe="sketch", seed=3)
    assert recipe_and_budget(run, request) == (Recipe(name="sketch", seed=3), Budget(minutes=7))


def test_a_run_that_began_keeps_its_recipe(run: Run) -> None:
    begun(run)
    longer = TrainingRequest(minutes=9, recipe="sketch", base=False)
    assert recipe_and_budget(run, longer) == (Recipe(name="sketch", seed=3), Budget(minutes=9))
    for request, setting in ((TrainingRequest(recipe="canvas"), "recipe"), (TrainingRequest(seed=5), "seed")):
        with pytest.raises(RunError) as caught:
            recipe_and_budget(run, request)
        assert (caught.value.code, caught.value.values["setting"]) == ("began-otherwise", setting)


def test_an_unfinished_run_goes_on_with_the_budget_that_it_has(run: Run) -> None:
    begun(run)
    set_desired_state(run, "training", 20)
    assert recipe_and_budget(run, TrainingRequest())[1] == Budget(minutes=20)


def test_a_finished_run_needs_more_minutes_than_it_had(run: Run) -> None:
    begun(run)
    with pytest.raises(RunError) as caught:
        recipe_and_budget(run, TrainingRequest())
    assert (caught.value.code, caught.value.values["more"]) == ("finished", 10)
    with pytest.raises(RunError) as caught:
        recipe_and_budget(run, TrainingRequest(minutes=5))
    assert caught.value.code == "trained-as-long"


def test_values_out_of_range_are_refused(run: Run) -> None:
    for request in (TrainingRequest(minutes=0), TrainingRequest(minutes=500), TrainingRequest(recipe="fresco")):
        with pytest.raises(RecipeError):
            recipe_and_budget(run, request)
