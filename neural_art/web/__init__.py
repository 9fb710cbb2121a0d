"""The page: the only code that imports gradio, and only when it is served."""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

from neural_art.errors import SettingsError
from neural_art.files import system_reason
from neural_art.web.loading import quick_imports
from neural_art.web.proxies import bypass_proxies
from neural_art.web.settings import Settings

if TYPE_CHECKING:
    import gradio as gr

__all__ = ["Settings", "launch", "serve"]

LOAD_AFTER: Final = 1.0
"""Seconds from the server's start to when it loads PyTorch, which takes it another one or two: a page that is opened at
once goes first. Whoever wants a picture earlier makes it load at once."""


def serve(settings: Settings) -> None:
    """Serve the page until it is interrupted. Raises ``SettingsError`` if the port cannot be used."""
    page = launch(settings)
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host
    sys.stdout.write(f"neural_art is at http://{host}:{settings.port}\n")
    sys.stdout.flush()
    page.block_thread()


def launch(settings: Settings) -> gr.Blocks:
    """The page, being served in a thread. Raises ``SettingsError`` if the port cannot be used."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # gradio reads it when it is imported
    bypass_proxies(os.environ, settings.host)  # so it does these
    _check_port(settings)
    with quick_imports():  # here: whoever only reads settings need not wait for them
        from neural_art.runs.studio import Studio
        from neural_art.web.page import build, launch_options

    studio = Studio(
        settings.runs,
        at_once=settings.at_once,
        keep_hours=settings.keep_hours,
        limits=settings.limits,
        base=settings.base,
    )
    page = build(studio, settings)
    page.launch(prevent_thread_lock=True, **launch_options(settings))
    loading = threading.Timer(LOAD_AFTER, studio.load_pytorch)
    loading.daemon = True
    loading.start()
    return page


def _check_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            why = system_reason(error)
            raise SettingsError("port-unusable", host=settings.host, port=settings.port, why=why) from error
