"""What a training computes with where its recipe leaves that open, and what the errors of cards mean."""

import pytest
import torch

from neural_art.errors import ProcessorError
from neural_art.processor import CPU, Processor
from neural_art.recipe import SIZES, Recipe
from neural_art.training import device
from neural_art.training.device import card_errors, is_out_of_memory, planned_compute, quick_batch, usual_batch

ON_CPU, H200 = torch.device("cpu"), Processor("cuda:1", "NVIDIA H200")
LARGE, LAPTOP, SMALL = 141e9, 6e9, 2e9  # bytes of memory


def test_a_cpu_takes_16_pictures_and_a_card_more_of_small_ones() -> None:
    assert {planned_compute(Recipe(name=name), ON_CPU).batch for name in SIZES} == {16}
    assert [usual_batch(size, int(LARGE), "bfloat16") for size in SIZES.values()] == [64, 64, 32, 16]


def test_a_card_with_little_memory_takes_fewer_pictures() -> None:
    assert usual_batch(128, int(LAPTOP), "bfloat16") == 64
    assert usual_batch(512, int(LAPTOP), "bfloat16") == 8
    assert usual_batch(512, int(LAPTOP), "float32") == 4
    assert usual_batch(512, int(SMALL / 8), "float32") == device.LEAST_BATCH


def test_a_batch_that_was_asked_for_stays_and_either_is_halved_for_want_of_memory() -> None:
    assert planned_compute(Recipe(batch=128), ON_CPU).batch == 128
    assert [planned_compute(Recipe(), ON_CPU, halvings).batch for halvings in (1, 3, 9)] == [8, 2, 2]
    assert planned_compute(Recipe(batch=128), ON_CPU, 2).batch == 32


def test_a_slow_card_takes_more_steps_of_fewer_pictures() -> None:
    assert quick_batch(64, step_seconds=0.013, seconds=120) == 64
    assert quick_batch(64, step_seconds=0.6, seconds=120) == 16
    assert quick_batch(64, step_seconds=9.0, seconds=120) == 16
    assert quick_batch(8, step_seconds=9.0, seconds=120) == 8


def fails(error: RuntimeError, on: Processor) -> BaseException:
    with pytest.raises((ProcessorError, RuntimeError)) as raised, card_errors(on):
        raise error
    return raised.value


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: an illegal memory access was encountered\nCompile with ..."),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
        NotImplementedError("The operator 'aten::x' is not currently implemented for the MPS device"),
    ],
)
def test_whatever_a_card_ends_with_means_that_it_is_lost(error: RuntimeError) -> None:
    lost = fails(error, H200)
    assert isinstance(lost, ProcessorError)
    assert (lost.code, lost.values["name"]) == ("lost", "NVIDIA H200")
    assert "\n" not in lost.values["why"]
    assert lost.values["why"] in str(error)


def test_an_error_on_the_cpu_is_our_own() -> None:
    assert type(fails(RuntimeError("shapes do not match"), CPU)) is RuntimeError


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_a_card_without_memory_is_told_from_a_lost_one(error: RuntimeError) -> None:
    lost = fails(error, H200)
    assert isinstance(lost, ProcessorError)
    assert lost.code == "out-of-memory"


def test_a_capture_that_fails_for_want_of_memory_ends_with_another_error() -> None:
    try:
        try:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        finally:
            raise torch.AcceleratorError("CUDA error: operation failed due to a previous error during capture")
    except RuntimeError as error:
        assert is_out_of_memory(error)
    assert not is_out_of_memory(torch.AcceleratorError("CUDA error: unspecified launch failure"))
