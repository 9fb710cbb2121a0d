"""``doctor``: what this machine has, what will be used of it, and why not the rest."""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from typing import Final

import psutil

from neural_art import __version__
from neural_art.cli.arguments import Commands, add_command
from neural_art.errors import SettingsError, first_line
from neural_art.machine import available_cores
from neural_art.processor import Processor, Survey
from neural_art.recipe import Recipe, usual_minutes
from neural_art.shipped import BASE, ENLARGER

PACKAGES: Final = ("torchvision", "gradio", "numpy", "pillow", "safetensors", "spaces", "ray")
"""Whose versions are printed; the last two are extras."""

VARIABLES: Final = ("NEURAL_ART_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "HSA_", "PYTORCH_", "OMP_", "MKL_", "SPACE")
"""How the names of environment variables begin that decide on any of this."""

Rows = Iterator[tuple[str, str]]
"""What a line is about, and what it says; a line without the former goes on with the one before."""


def add_commands(commands: Commands) -> None:
    """Add ``doctor``."""
    add_command(commands, doctor, "say what this machine has, what is used of it, and why not the rest", "")


def doctor(_: argparse.Namespace) -> int:
    """Print it all. The exit status is 1 where PyTorch cannot be used."""
    pytorch, works = _pytorch()
    _print("Versions", _versions(pytorch))
    if works:
        from neural_art.runs.processors import ask, sign_of_a_card

        survey = ask()
        _print("Processors", _processors(survey, sign_of_a_card(), pytorch))
        _print("Used", _used(survey))
    _print("Machine", _machine())
    _print("Environment", ((name, value) for name, value in sorted(os.environ.items()) if name.startswith(VARIABLES)))
    return 0 if works else 1


def _pytorch() -> tuple[str, bool]:
    """The version of PyTorch and what it was built for, and whether it can be used."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return f"cannot be used: {first_line(error)}. Install it again: pip install -r requirements.txt", False
    cuda, rocm = torch.version.cuda, getattr(torch.version, "hip", None)
    build = f"ROCm {rocm}" if rocm else f"CUDA {cuda}" if cuda else "the CPU"
    if torch.backends.mps.is_built():
        build += " and Apple GPUs"
    return f"{torch.__version__}, for {build}", True


def _versions(pytorch: str) -> Rows:
    yield "neural_art", __version__
    yield "python", f"{platform.python_version()} on {platform.platform()}"
    yield "torch", pytorch
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            yield name, importlib.metadata.version(name)


def _processors(survey: Survey, sign: str, pytorch: str) -> Rows:
    from neural_art.runs.cards import is_taken

    for processor in survey.processors:
        words = [processor.name or platform.machine()]
        if processor.memory:
            words.append(f"{processor.memory / (1 << 30):.0f} GB")
        if processor.is_card and is_taken(processor):
            words.append("a training is using it")
        yield processor.device, ", ".join(words)
    for number, message in enumerate(survey.passed_over):
        yield "" if number else "not used", message.sentence()
    if sign and not survey.cards and not survey.passed_over:
        yield "not used", f"{sign} speaks for a graphics card, but PyTorch {pytorch}, finds none."


def _used(survey: Survey) -> Rows:
    from neural_art.web.settings import device_in

    try:
        processor = survey.chosen(device_in(os.environ))[0]
    except SettingsError as error:
        yield "nothing", str(error)
        return
    recipe = Recipe()
    yield "to learn", _named(processor)
    yield "to paint", _named(processor)
    yield "usually", f"recipe {recipe.name} ({recipe.size} px), {usual_minutes(processor):g} minutes"


def _named(processor: Processor) -> str:
    name = processor.name if processor.is_card else "this computer's processor"
    return f"{processor.device} ({name})"


def _machine() -> Rows:
    yield "cores", f"{available_cores()} of {os.cpu_count()} may be used"
    memory = psutil.virtual_memory()
    yield "memory", f"{memory.available / (1 << 30):.1f} of {memory.total / (1 << 30):.1f} GB free"
    for what, path in (("base", BASE), ("enlarger", ENLARGER)):
        yield what, str(path) if path.exists() else f"missing: {path} is not there"
    yield from _runs_folder()


def _runs_folder() -> Rows:
    from neural_art.web.settings import Settings

    try:
        folder = Settings.from_environment(os.environ).runs
    except SettingsError as error:
        yield "runs", str(error)
        return
    there = next(path for path in (folder, *folder.parents) if path.exists())
    yield "runs", f"{folder}, {shutil.disk_usage(there).free / 1e9:.1f} GB free on its disk"


def _print(title: str, rows: Iterable[tuple[str, str]]) -> None:
    """A title and its rows, aligned; nothing where there are none."""
    found = list(rows)
    if not found:
        return
    width = max(len(about) for about, _ in found)
    print(f"{title}\n" + "\n".join(f"  {about:<{width}}  {text}" for about, text in found) + "\n")
