"""What several test modules share. The environment is set before anything imports torch or gradio."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # each of two workers has a core
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import pytest
import torch

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Visitors
    from page_server import Site
    from playwright.sync_api import Browser

FIRST = (
    "test_page_lost",
    "test_page_hosted",
    "test_page",
    "test_supervisor",
    "test_cluster",
    "test_trainer",
    "test_command_line",
    "test_pretrain",
    "test_data_parallel",
    "test_packaging",
)
"""The modules that take longest: begun first, so that no worker has one left when the other is done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the slow modules first, and leaves the order within a module as it is."""
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST))


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Whatever a test draws from PyTorch's global generator is the same each time."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def drawn_paintings() -> torch.Tensor:
    """Twelve simple landscapes, all different, as a training wants them: (12, 3, 80, 80) bytes."""
    rng = torch.Generator().manual_seed(7)
    rows = torch.linspace(0, 1, 80)[None, None, :, None]
    columns = torch.linspace(-1, 1, 80)[None, None, None, :]
    sky, land = torch.rand(12, 3, 1, 1, generator=rng), torch.rand(12, 3, 1, 1, generator=rng)
    horizon = 0.3 + 0.4 * torch.rand(12, 1, 1, 1, generator=rng)
    tilt = 0.3 * (torch.rand(12, 1, 1, 1, generator=rng) - 0.5)
    pictures = torch.where(rows < horizon + tilt * columns, sky * (1 - 0.5 * rows), land * (0.5 + 0.5 * rows))
    grain = 0.05 * torch.randn(12, 3, 80, 80, generator=rng)
    return ((pictures + grain).clamp(0, 1) * 255).to(torch.uint8)


@pytest.fixture
def latents() -> torch.Tensor:
    """400 latents of four numbers, which spread unlike along each and do not lie around zero."""
    scales = torch.tensor([5.0, 2.0, 1.0, 0.5])
    drawn = torch.randn(400, 4, generator=torch.Generator().manual_seed(0))
    return drawn * scales + torch.tensor([1.0, -2.0, 0.0, 3.0])


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    """A folder of paintings, called "hills"."""
    from page_server import write_paintings  # here and below: most tests need no Gradio

    return write_paintings(tmp_path_factory.mktemp("set") / "hills", drawn_paintings)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A page without a browser. One a module."""
    from page_server import Site

    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site(built: Site) -> Site:
    """The module's page, without runs."""
    built.clear()
    return built


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. One a module: there is never more than one of Playwright in a process."""
    from browser import browsing  # here: it skips the module that asks for it where there is no browser

    with browsing() as browser:
        yield browser


@pytest.fixture
def visitors(browser: Browser) -> Iterator[Visitors]:
    """Makes visitors of the page, each with a storage of its own. An error of a script on any of their pages fails the
    test."""
    from browser import Visitors

    visitors = Visitors(browser)
    yield visitors
    visitors.leave()
    assert visitors.errors == []
