"""Which processors compute, by what PyTorch says of this machine. What it says is made up here; the code is not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from neural_art.models import processors
from neural_art.processor import Survey

CONVOLUTION = F.conv2d


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine of which nothing is known."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "proc").mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def with_cards(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A machine with such CUDA devices, (name, compute capability), for which this CPU computes."""

    def make(*cards: tuple[str, float], programs: tuple[str, ...] = ("sm_75", "sm_90", "compute_90")) -> None:
        def properties(index: int) -> SimpleNamespace:
            name, capability = cards[index]
            major, minor = divmod(round(10 * capability), 10)
            return SimpleNamespace(name=name, major=major, minor=minor, total_memory=8 << 30, uuid=f"GPU-{index}")

        ones = torch.ones
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(cards))
        monkeypatch.setattr(torch.cuda, "get_device_properties", properties)
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: list(programs))
        monkeypatch.setattr(torch, "ones", lambda *shape, device: ones(*shape))

    return make


def fail(monkeypatch: pytest.MonkeyPatch, message: str, first: int = 0) -> None:
    """All convolutions fail but the first ones."""
    done = []

    def conv2d(*arguments: Any) -> torch.Tensor:
        done.append(arguments)
        if len(done) > first:
            raise torch.AcceleratorError(message)
        return CONVOLUTION(*arguments)

    monkeypatch.setattr(F, "conv2d", conv2d)


def codes(survey: Survey) -> list[str]:
    return [message.code for message in survey.passed_over]


def test_a_machine_without_a_card_has_its_processor_by_name(root: Path) -> None:
    (root / "proc/cpuinfo").write_text("processor\t: 0\nmodel name\t: AMD EPYC 7763\nflags\t\t: fpu\n")
    survey = processors.survey(root)
    assert [(each.device, each.name) for each in survey.processors] == [("cpu", "AMD EPYC 7763")]
    assert survey.passed_over == ()


def test_cards_come_first_each_with_its_name_memory_and_key(root: Path, with_cards: Any) -> None:
    with_cards(("NVIDIA H200", 9.0), ("Tesla T4", 7.5))
    survey = processors.survey(root)
    assert [each.device for each in survey.processors] == ["cuda:0", "cuda:1", "cpu"]
    assert [(each.name, each.memory, each.key) for each in survey.cards] == [
        ("NVIDIA H200", 8 << 30, "GPU-0"),
        ("Tesla T4", 8 << 30, "GPU-1"),
    ]
    assert survey.chosen("auto")[0].where.sentence() == "on NVIDIA H200"


def test_a_card_that_this_pytorch_has_no_programs_for_is_passed_over_with_the_reason(
    root: Path, with_cards: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cards(("GeForce GTX 1080", 6.1))
    fail(monkeypatch, "CUDA error: no kernel image is available for execution on the device")
    survey = processors.survey(root)
    assert survey.cards == ()
    (message,) = survey.passed_over
    assert message.code == "processor.too-old"
    assert message.values == {"name": "GeForce GTX 1080", "capability": 6.1, "least": 7.5}


def test_a_card_that_fails_for_another_reason_is_passed_over_in_pytorchs_words_and_the_next_one_taken(
    root: Path, with_cards: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cards(("NVIDIA L4", 8.9), ("NVIDIA A10G", 8.6))
    fail(monkeypatch, "CUDA error: out of memory\nCompile with TORCH_USE_CUDA_DSA", first=1)
    survey = processors.survey(root)
    assert [each.name for each in survey.cards] == ["NVIDIA L4"]
    (message,) = survey.passed_over
    assert message.code == "processor.does-not-compute"
    assert message.values == {"name": "NVIDIA A10G", "why": "CUDA error: out of memory"}


def test_an_nvidia_card_under_a_pytorch_without_cuda_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    assert codes(processors.survey(root)) == []
    (root / "dev/nvidia0").touch()
    assert codes(processors.survey(root)) == ["processor.pytorch-without-cuda"]


def test_a_driver_that_does_not_work_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def init() -> None:
        raise RuntimeError("The NVIDIA driver on your system is too old (found version 11040).\nPlease update")

    (root / "dev/nvidia0").touch()
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "init", init)
    (message,) = processors.survey(root).passed_over
    assert message.code == "processor.does-not-compute"
    assert message.values["why"] == "The NVIDIA driver on your system is too old (found version 11040)."


def test_an_amd_card_is_called_so(root: Path, with_cards: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "hip", "7.0")
    with_cards(("Radeon RX 7900 XTX", 11.0), ("AMD Instinct MI300X", 9.4), programs=("gfx942", "gfx1100"))
    assert [each.name for each in processors.survey(root).cards] == ["AMD Radeon RX 7900 XTX", "AMD Instinct MI300X"]
