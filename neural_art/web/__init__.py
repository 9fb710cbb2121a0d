"""The page: the only code that imports gradio, and only when it is served."""

from __future__ import annotations

import os
import socket
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from neural_art.errors import SettingsError
from neural_art.files import check_usable, system_reason
from neural_art.web.loading import quick_imports
from neural_art.web.proxies import bypass_proxies
from neural_art.web.settings import Settings
from neural_art.web.zero_gpu import find_lender

if TYPE_CHECKING:
    import gradio as gr

    from neural_art.runs.studio import Studio

__all__ = ["Prepared", "Settings", "launch", "prepare", "serve"]

LOAD_AFTER: Final = 1.0
"""Seconds from the server's start to when it loads PyTorch, which takes it another one or two: a page that is opened at
once goes first. Whoever wants a picture earlier makes it load at once."""


@dataclass(frozen=True)
class Prepared:
    """A page and what serves it."""

    settings: Settings
    studio: Studio
    page: gr.Blocks

    def launch(self) -> gr.Blocks:
        """The page, being served in a thread. Raises ``SettingsError`` if the port cannot be used."""
        from neural_art.web.page import launch_options

        _check_port(self.settings)
        self.page.launch(prevent_thread_lock=True, **launch_options(self.settings, self.studio))
        loading = threading.Timer(LOAD_AFTER, self.studio.load_pytorch)
        loading.daemon = True
        loading.start()
        return self.page

    def serve(self) -> None:
        """Serve the page until it is interrupted. Raises ``SettingsError`` if the port cannot be used."""
        self.launch()
        host = "127.0.0.1" if self.settings.host == "0.0.0.0" else self.settings.host
        sys.stdout.write(f"neural_art is at http://{host}:{self.settings.port}\n")
        sys.stdout.flush()
        self.page.block_thread()


def prepare(settings: Settings) -> Prepared:
    """The page over the runs of ``settings``, not yet served. Raises ``SettingsError`` if a folder cannot be used."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # gradio reads it when it is imported
    bypass_proxies(os.environ, settings.host)  # so it does these
    _check_runs_folder(settings.runs)
    # First: it must change PyTorch before anything imports that.
    lend = None if settings.loan_device is None else find_lender(settings.loan_device)
    with quick_imports():  # here: whoever only reads settings need not wait for them
        from neural_art.runs.studio import Studio
        from neural_art.web.gate import choose_cache
        from neural_art.web.page import build

    cache = choose_cache(os.environ)
    studio = Studio(
        settings.runs,
        at_once=settings.at_once,
        device=settings.device,
        cluster=settings.cluster,
        keep_hours=settings.keep_hours,
        limits=settings.limits,
        base=settings.base,
        quotas=settings.quotas,
        left_hours=settings.left_hours,
        cache=cache,
        lend=lend,
        loan_seconds=settings.loan_seconds,
    )
    return Prepared(settings, studio, build(studio, settings))


def launch(settings: Settings) -> gr.Blocks:
    """The page, being served in a thread. Raises ``SettingsError`` if the port or a folder cannot be used."""
    _check_port(settings)  # before anything takes time
    return prepare(settings).launch()


def serve(settings: Settings) -> None:
    """Serve the page until it is interrupted. Raises ``SettingsError`` if the port or a folder cannot be used."""
    _check_port(settings)
    prepare(settings).serve()


def _check_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            why = system_reason(error)
            raise SettingsError("port-unusable", host=settings.host, port=settings.port, why=why) from error


def _check_runs_folder(folder: Path) -> None:
    try:
        check_usable(folder)
    except OSError as error:
        raise SettingsError("runs-folder-unusable", folder=folder, why=system_reason(error)) from error
