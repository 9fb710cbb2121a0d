"""Learning: what a training promises while it runs, when it is interrupted, and when things go wrong."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from neural_art.errors import CheckpointError, DatasetError, ProcessorError
from neural_art.events import Adapted, Event, Failed, Finished, RolledBack, Sampled, Saved, Started, Stepped
from neural_art.models.checkpoint import Model
from neural_art.processor import Processor
from neural_art.recipe import Budget, Recipe
from neural_art.training.trainer import Training, train

QUICK = Recipe(name="sketch", batch=2, threads=1, precision="float32")
SIX = Budget(steps=6)


def last_saved(events: list[Event]) -> Saved:
    return [event for event in events if isinstance(event, Saved)][-1]


def contested(training: Training) -> list[bool]:
    """Of each step: whether the discriminator learned, too."""
    return [event.discriminator_loss > 0 for event in training.run() if isinstance(event, Stepped)]


@pytest.fixture(scope="module")
def drawn_paintings(drawn_paintings: torch.Tensor) -> torch.Tensor:
    """Half of the drawn paintings: enough to learn from, and quickly encoded."""
    return drawn_paintings[:6]


@pytest.fixture(scope="module")
def quick(drawn_paintings: torch.Tensor) -> list[Event]:
    """The events of a quick training."""
    return list(train(drawn_paintings, QUICK, SIX))


@pytest.fixture
def base(quick: list[Event]) -> Model:
    saved = last_saved(quick)
    return Model.from_tensors(saved.checkpoint, saved.settings)


# ---- as it should go


def test_a_training_starts_shows_a_sample_grid_saves_and_finishes(quick: list[Event]) -> None:
    assert isinstance(quick[0], Started)
    assert isinstance(quick[1], Sampled)
    assert [type(event) for event in quick[-3:]] == [Sampled, Saved, Finished]
    assert quick[-1].step == 6
    assert any(isinstance(event, Stepped) for event in quick)


def test_sample_grids_show_the_same_latents_and_change_as_it_learns(quick: list[Event]) -> None:
    grids = [event.pictures for event in quick if isinstance(event, Sampled)]
    assert grids[0].shape == (24, 64, 64, 3)
    assert grids[0].dtype == np.uint8
    assert not np.array_equal(grids[0], grids[-1])


def test_the_same_seed_and_steps_give_the_same_weights(drawn_paintings: torch.Tensor, quick: list[Event]) -> None:
    again, first = last_saved(list(train(drawn_paintings, QUICK, SIX))), last_saved(quick)
    assert all(torch.equal(first.training[name], again.training[name]) for name in first.training)
    other = last_saved(list(train(drawn_paintings, replace(QUICK, seed=1), Budget(steps=1))))
    assert not torch.equal(first.training["rng"], other.training["rng"])


def test_red_paintings_make_red_pictures() -> None:
    rng = torch.Generator().manual_seed(0)
    red = torch.randint(0, 90, (12, 3, 80, 80), generator=rng, dtype=torch.uint8)
    red[:, 0] += 150
    recipe = replace(QUICK, ema_half_life=1e-3)
    grids = [
        event.pictures.astype(float) for event in train(red, recipe, Budget(steps=24)) if isinstance(event, Sampled)
    ]

    def redness(grid: np.ndarray) -> float:
        return float(grid[..., 0].mean() - grid[..., 1:].mean())

    assert redness(grids[-1]) > redness(grids[0]) + 15


def test_the_time_is_kept(drawn_paintings: torch.Tensor) -> None:
    began = time.monotonic()
    recipe = replace(QUICK, threads=2)
    events = list(train(drawn_paintings, recipe, Budget(minutes=0.1), began=began))
    assert time.monotonic() - began == pytest.approx(6, rel=0.2)
    assert events[-1].seconds <= 7
    assert 0 < max(event.progress for event in events if isinstance(event, Stepped)) <= 1


class Time:
    """A clock that moves on by so much whenever somebody looks at it."""

    def __init__(self, seconds: float) -> None:
        self.passed, self._seconds = 0.0, seconds

    def __call__(self) -> float:
        self.passed += self._seconds
        return self.passed


def test_a_set_up_that_would_use_up_the_budget_does_not_and_is_reported(drawn_paintings: torch.Tensor) -> None:
    now = Time(0.06)
    started, *rest = train(drawn_paintings, QUICK, Budget(minutes=0.1), began=-30, now=now)
    assert isinstance(started, Started)
    assert started.notice is not None
    assert (started.notice.code, started.notice.values) == ("training.slow-setup", {"seconds": 30})
    assert started.seconds < 2
    assert rest[-1].step > 6
    assert rest[-1].seconds < 6.5


def test_a_usual_set_up_is_not_worth_a_word(quick: list[Event]) -> None:
    assert isinstance(quick[0], Started)
    assert quick[0].notice is None


def test_a_process_that_stands_still_does_not_use_up_the_budget(drawn_paintings: torch.Tensor) -> None:
    now, paused_at = Time(0.05), []
    training = Training(drawn_paintings, QUICK, Budget(minutes=0.1), now=now)

    def stand_still(*_: object) -> None:
        if training.step == 4 and not paused_at:
            paused_at.append(training.seconds)
            now.passed += 3600

    training.networks.generator.register_forward_hook(stand_still)
    *_, last = training.run()
    assert isinstance(last, Finished)
    assert paused_at[0] < 3
    assert last.step > 6
    assert last.seconds < 6.5


# ---- interrupted


def test_a_training_that_was_interrupted_comes_to_what_it_would_have_come_to(drawn_paintings: torch.Tensor) -> None:
    recipe, budget = replace(QUICK, ema_half_life=1e-3), Budget(steps=12)
    whole = Training(drawn_paintings, recipe, budget)
    list(whole.run())
    first = Training(drawn_paintings, recipe, budget, step_seconds=0)
    for _ in first.run():
        if first.step == 8:
            break
    kept = first.saved()
    second = Training(drawn_paintings, recipe, budget, resume=(kept.training, kept.state))
    list(second.run())
    crops = [training.saved().training["crops"] for training in (whole, second)]
    assert torch.equal(*crops)
    assert len(crops[0]) > 0
    with torch.inference_mode():
        early, late, resumed = (each.networks.averaged(whole.latents) for each in (first, whole, second))
    assert (resumed - late).abs().mean() < 0.05 * (early - late).abs().mean()


def test_an_interrupted_training_resumes_with_its_step_time_weights_and_optimisers(
    drawn_paintings: torch.Tensor,
) -> None:
    first = Training(drawn_paintings, QUICK, SIX, step_seconds=0)
    for event in first.run():
        if first.step == 3:
            break
        assert not isinstance(event, Finished)
    kept = first.saved()
    second = Training(drawn_paintings, QUICK, SIX, resume=(kept.training, kept.state))
    assert second.step == 3
    assert second.seconds >= kept.state["seconds"]
    again = second.saved()
    assert set(kept.training) == set(again.training)
    assert any(name.startswith("generator_optimizer.") for name in kept.training)
    assert all(torch.equal(kept.training[name], again.training[name]) for name in kept.training)
    events = list(second.run())
    assert events[0].resumed
    assert events[-1].step == 6


def test_a_training_that_version_0_1_saved_is_resumed(drawn_paintings: torch.Tensor, quick: list[Event]) -> None:
    saved = last_saved(quick)
    former = {"generator_optimizer": "generator_optimiser", "discriminator_optimizer": "discriminator_optimiser"}
    former |= {"rng": "chance"}
    former_state = {"sample_grids": "walls", "compute": "machine", "out_of_domain": "strange"}

    def renamed(name: str) -> str:
        first, dot, rest = name.partition(".")
        return former.get(first, first) + dot + rest

    tensors = {renamed(name): tensor for name, tensor in saved.training.items()}
    state = {former_state.get(name, name): value for name, value in saved.state.items()}
    assert "chance" in tensors and "walls" in state
    resumed = Training(drawn_paintings, QUICK, Budget(steps=7), resume=(tensors, state))
    assert resumed.step == 6
    assert list(resumed.run())[-1].step == 7


def test_a_finished_training_can_be_given_more_steps(drawn_paintings: torch.Tensor, quick: list[Event]) -> None:
    kept = last_saved(quick)
    longer = list(train(drawn_paintings, QUICK, Budget(steps=8), resume=(kept.training, kept.state)))
    assert longer[-1].step == 8


def test_what_was_saved_for_something_else_is_refused(drawn_paintings: torch.Tensor, quick: list[Event]) -> None:
    saved = last_saved(quick)

    def code(paintings: torch.Tensor, state: dict[str, Any], networks: tuple[int, ...] = (0,)) -> str:
        with pytest.raises(CheckpointError) as refused:
            Training(paintings, QUICK, SIX, networks=networks, resume=(saved.training, state))
        return refused.value.code

    unnamed = {name: value for name, value in saved.state.items() if name != "format"}
    assert code(drawn_paintings, unnamed) == "other-format"
    assert code(drawn_paintings[:5], saved.state) == "other-training"
    assert code(drawn_paintings, saved.state, networks=(0, 1)) == "other-training"


def resumed_on_the_cpu(paintings: torch.Tensor, saved: Saved, **state: Any) -> tuple[Started, Saved]:
    recipe = replace(QUICK, batch=0)
    resume = (saved.training, saved.state | state)
    events = list(train(paintings, recipe, Budget(steps=7), resume=resume, processor=Processor("cpu", "EPYC")))
    assert isinstance(events[0], Started)
    return events[0], last_saved(events)


def test_a_run_that_began_on_a_card_goes_on_on_the_cpu_with_what_suits_that(
    drawn_paintings: torch.Tensor, quick: list[Event]
) -> None:
    """So a batch that was made smaller for a card's memory stays there."""
    on_the_card = {"compute": {"precision": "bfloat16", "threads": 3, "batch": 4}, "processor": "NVIDIA H200"}
    started, saved = resumed_on_the_cpu(drawn_paintings, last_saved(quick), device="cuda", **on_the_card)
    assert (started.precision, started.threads, started.batch) == ("float32", 1, 16)
    assert (started.device, started.processor, started.resumed) == ("cpu", "EPYC", True)
    assert saved.step == 7
    assert all(torch.isfinite(tensor).all() for tensor in saved.training.values())
    assert (saved.state["device"], saved.state["processor"]) == ("cpu", "EPYC")


def test_a_run_that_goes_on_on_the_same_processor_keeps_what_it_computed_with(
    drawn_paintings: torch.Tensor, quick: list[Event]
) -> None:
    known = {"compute": {"precision": "float32", "threads": 1, "batch": 4}, "device": "cpu"}
    started, saved = resumed_on_the_cpu(drawn_paintings, last_saved(quick), processor="EPYC", **known)
    assert started.batch == saved.settings["batch"] == 4
    elsewhere, _ = resumed_on_the_cpu(drawn_paintings, last_saved(quick), processor="Xeon", **known)
    assert elsewhere.batch == 16


def test_a_batch_is_halved_for_want_of_memory_once_for_each_time_that_it_ran_out(
    drawn_paintings: torch.Tensor, quick: list[Event]
) -> None:
    def batch(halvings: int, before: int = 0) -> int:
        saved = last_saved(quick)
        compute = {"precision": "float32", "threads": 1, "batch": 8}
        resume = (saved.training, saved.state | {"compute": compute, "halvings": before})
        training = Training(drawn_paintings, replace(QUICK, batch=0), SIX, resume=resume, halvings=halvings)
        return training.saved().state["compute"]["batch"]

    assert [batch(halvings) for halvings in (0, 1, 2)] == [8, 4, 2]
    assert batch(1, before=1) == 8, "it was halved then"


# ---- from a base


def test_a_model_is_a_base_also_for_other_paintings_and_another_size(
    drawn_paintings: torch.Tensor, quick: list[Event]
) -> None:
    kept = last_saved(quick)
    base = Model.from_tensors(kept.checkpoint, kept.settings, size=128)
    wide = torch.nn.functional.interpolate(drawn_paintings[:8].float(), (160, 160)).to(torch.uint8)
    events = list(train(wide, replace(QUICK, name="study", batch=2), Budget(steps=1), base=base))
    assert events[0].base != "none"
    assert events[-1].step == 1


def line_drawings(drawn_paintings: torch.Tensor) -> torch.Tensor:
    """Six pictures unlike any painting."""
    lines = torch.full_like(drawn_paintings[:6], 255)
    for number in range(6):
        lines[number, :, :: number + 3] = 0
    return lines


def test_a_set_out_of_the_bases_domain_is_reconstructed_without_an_adversary_first(
    drawn_paintings: torch.Tensor, base: Model, quick: list[Event]
) -> None:
    recipe, budget = replace(QUICK, reconstruction_warmup=0.5), Budget(steps=4)
    like_the_base = Training(drawn_paintings[:6].flip(3), recipe, budget, base=base, step_seconds=0)
    assert contested(like_the_base) == [True] * 4

    lines = line_drawings(drawn_paintings)
    saved = last_saved(quick)
    unlike = Training(lines, recipe, budget, base=Model.from_tensors(saved.checkpoint, saved.settings), step_seconds=0)
    assert contested(unlike) == [False, False, False, True]
    kept = unlike.saved()
    resumed = Training(
        lines,
        replace(QUICK, reconstruction_warmup=0.9),
        Budget(steps=8),
        resume=(kept.training, kept.state),
        step_seconds=0,
    )
    assert contested(resumed) == [False] * 4


def test_a_set_out_of_the_bases_domain_is_learned_at_half_the_rate_once_there_is_an_adversary(
    drawn_paintings: torch.Tensor, quick: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []
    fused_adam = torch._fused_adam_

    def noted(*arguments: Any, **keywords: Any) -> None:
        rates.append(keywords["lr"])
        fused_adam(*arguments, **keywords)

    def last_rate(paintings: torch.Tensor) -> float:
        saved = last_saved(quick)
        base = Model.from_tensors(saved.checkpoint, saved.settings)
        list(train(paintings, replace(QUICK, reconstruction_warmup=0), Budget(steps=2), base=base))
        return rates[-1]

    monkeypatch.setattr(torch, "_fused_adam_", noted)
    assert last_rate(drawn_paintings[:6].flip(3)) == 2 * last_rate(line_drawings(drawn_paintings)) > 0


def test_critics_on_two_feature_networks_are_resumed_as_they_were(drawn_paintings: torch.Tensor) -> None:
    recipe, budget = replace(QUICK, reconstruction_warmup=0.0), Budget(steps=4)
    first = Training(drawn_paintings, recipe, budget, networks=(0, 1))
    for _ in first.run():
        pass
    kept = first.saved()
    second = Training(drawn_paintings, recipe, budget, networks=(0, 1), resume=(kept.training, kept.state))
    for ours, theirs in zip(first.networks.critics, second.networks.critics, strict=True):
        weights = theirs.discriminator.state_dict()
        assert all(torch.equal(a, weights[name]) for name, a in ours.discriminator.state_dict().items())
        assert ours.optimizer.steps == theirs.optimizer.steps > 0
    assert not any(name.startswith("critic") for name in kept.checkpoint)  # a model has one


def test_a_base_stays_as_it_was(drawn_paintings: torch.Tensor, base: Model) -> None:
    before = base.tensors()
    list(train(line_drawings(drawn_paintings), QUICK, Budget(steps=2), base=base))
    assert all(torch.equal(tensor, before[name]) for name, tensor in base.tensors().items())
    assert all(parameter.grad is None for parameter in base.generator.parameters())


# ---- when things go wrong


def spoil(training: Training) -> None:
    with torch.no_grad():
        training.networks.generator.first.weight[0, 0] = float("nan")


def spoil_average(training: Training) -> None:
    with torch.no_grad():
        training.networks.averaged.first.weight[0, 0] = float("nan")


def test_a_loss_that_is_not_a_number_rolls_back_with_a_smaller_step(drawn_paintings: torch.Tensor) -> None:
    events = []
    training = Training(drawn_paintings, QUICK, SIX)
    for event in training.run():
        events.append(event)
        if isinstance(event, Sampled) and training.step == 0:
            spoil(training)
    rolled_back = [event for event in events if isinstance(event, RolledBack)]
    assert [(event.rate, event.reason.code) for event in rolled_back] == [(0.5, "training.not-finite")]
    assert isinstance(events[-1], Finished)
    assert events[-1].step == 6


def test_a_training_that_stays_unstable_fails(drawn_paintings: torch.Tensor) -> None:
    events = []
    training = Training(drawn_paintings, QUICK, SIX)
    for event in training.run():
        events.append(event)
        if isinstance(event, (RolledBack, Sampled)):
            spoil(training)
    assert [event.rate for event in events if isinstance(event, RolledBack)] == [0.5, 0.25, 0.125]
    assert isinstance(events[-1], Failed)
    assert events[-1].reason.code == "training.unstable"


def test_weights_that_are_not_numbers_are_not_saved(drawn_paintings: torch.Tensor) -> None:
    """The losses of a step are of the weights before it, so they do not tell yet."""
    training = Training(drawn_paintings, QUICK, SIX, save_seconds=0)

    def spoil_once(*_: object) -> None:
        if training.step == 2:
            spoil_average(training)
            hook.remove()

    hook = training.networks.generator.register_forward_hook(spoil_once)
    events = list(training.run())
    assert [event.step for event in events if isinstance(event, RolledBack)] == [2]
    saves = [event for event in events if isinstance(event, Saved)]
    assert [event.step for event in saves] == [1, 2, 3, 4, 5, 6, 6]
    assert all(torch.isfinite(tensor).all() for event in saves for tensor in event.training.values())


def test_a_training_that_ends_on_weights_that_are_not_numbers_keeps_the_last_good_ones(
    drawn_paintings: torch.Tensor,
) -> None:
    events: list[Event] = []
    training = Training(drawn_paintings, QUICK, SIX, step_seconds=0)
    for event in training.run():
        events.append(event)
        if isinstance(event, Stepped) and event.step == 6:
            spoil_average(training)
            assert training.saved().step == 0, "the last good moment, when somebody asks"
    assert [type(event) for event in events[-4:]] == [RolledBack, Sampled, Saved, Finished]
    assert all(torch.isfinite(tensor).all() for tensor in last_saved(events).training.values())


def test_nothing_is_learned_from_weights_that_are_not_numbers(
    drawn_paintings: torch.Tensor, base: Model, quick: list[Event]
) -> None:
    kept = last_saved(quick)
    tensors = {name: tensor.clone() for name, tensor in kept.training.items()}
    tensors["generator_optimizer.0.square"][0] = float("inf")
    with torch.no_grad():
        base.generator.first.weight[0, 0] = float("nan")
    for wrong in ({"resume": (tensors, kept.state)}, {"base": base}):
        with pytest.raises(CheckpointError) as refused:
            Training(drawn_paintings, QUICK, SIX, **wrong)
        assert refused.value.code == "not-finite"


def test_a_card_without_memory_for_a_step_gets_smaller_batches(drawn_paintings: torch.Tensor) -> None:
    training = Training(drawn_paintings, replace(QUICK, batch=8), SIX)

    def too_many(_: object, inputs: tuple[torch.Tensor]) -> None:
        if len(inputs[0]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    training.networks.generator.register_forward_pre_hook(too_many)
    events = list(training.run())
    adapted = [(event.batch, event.device, event.reason.code) for event in events if isinstance(event, Adapted)]
    assert adapted == [(batch, "cpu", "training.smaller-batch") for batch in (4, 2)]
    assert isinstance(events[-1], Finished)
    assert last_saved(events).state["compute"]["batch"] == 2


def test_a_step_that_ends_half_way_for_want_of_memory_is_taken_back(
    drawn_paintings: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates, fused_adam = [], torch._fused_adam_

    def fourth_fails(*arguments: Any, **keywords: Any) -> None:
        updates.append(arguments)
        if len(updates) == 7:  # the generator's in the fourth step, after that of the heads
            raise torch.OutOfMemoryError("CUDA out of memory.")
        fused_adam(*arguments, **keywords)

    monkeypatch.setattr(torch, "_fused_adam_", fourth_fails)
    recipe = replace(QUICK, batch=4, reconstruction_warmup=0)
    training = Training(drawn_paintings, recipe, Budget(steps=60), save_seconds=0)
    saved: Saved | None = None
    for event in training.run():
        if isinstance(event, Adapted):
            break
        saved = event if isinstance(event, Saved) else saved
    assert saved is not None and saved.step == event.step == training.step == 3
    now = training.saved().training
    assert all(torch.equal(tensor, now[name]) for name, tensor in saved.training.items() if name != "rng")


def test_a_card_that_stops_leaves_what_was_saved_last(drawn_paintings: torch.Tensor) -> None:
    training = Training(drawn_paintings, QUICK, SIX, save_seconds=0, processor=Processor("cpu", "NVIDIA H200"))

    def stop(*_: object) -> None:
        if training.step >= 3:
            raise torch.AcceleratorError("CUDA error: unspecified launch failure")

    for network in (training.networks.generator, training.networks.averaged):
        network.register_forward_hook(stop)
    events: list[Event] = []
    with pytest.raises(ProcessorError) as lost:
        for event in training.run():
            events.append(event)
    assert (lost.value.code, lost.value.values["name"]) == ("lost", "NVIDIA H200")
    assert training.saved() is last_saved(events)
    assert last_saved(events).step == 3


def test_a_card_that_stops_while_somebody_saves_gives_what_was_saved_last(
    drawn_paintings: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = Training(drawn_paintings, QUICK, SIX, save_seconds=0)
    saved = next(event for event in training.run() if isinstance(event, Saved))

    def stop(*_: object) -> None:
        raise torch.AcceleratorError("CUDA error: unspecified launch failure")

    monkeypatch.setattr(torch, "_foreach_norm", stop)
    assert training.saved() is saved
    monkeypatch.undo()
    assert training.saved() is saved, "nothing is asked of that card again"


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a card")
@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_a_card_that_is_not_there_is_lost(device: str, drawn_paintings: torch.Tensor) -> None:
    with pytest.raises(ProcessorError) as lost:
        Training(drawn_paintings, QUICK, SIX, processor=Processor(device, "a card"))
    assert (lost.value.code, lost.value.values["name"]) == ("lost", "a card")


def test_a_card_without_memory_for_the_smallest_batch_is_given_up(drawn_paintings: torch.Tensor) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    training = Training(drawn_paintings, QUICK, SIX)
    training.networks.generator.register_forward_hook(full)
    with pytest.raises(ProcessorError) as lost:
        list(training.run())
    assert lost.value.code == "out-of-memory"
    assert training.saved().step == 0


def test_one_painting_is_too_few(drawn_paintings: torch.Tensor) -> None:
    with pytest.raises(DatasetError) as refused:
        Training(drawn_paintings[:1], QUICK, SIX)
    assert (refused.value.code, refused.value.values["count"]) == ("too-few", 1)


def test_paintings_of_another_size_are_a_programming_error(drawn_paintings: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"\(n, 3, 160, 160\) bytes"):
        Training(drawn_paintings, Recipe(name="study"), SIX)
