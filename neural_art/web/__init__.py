"""The page: the only code that imports gradio, and only when it is served."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from neural_art.errors import SettingsError
from neural_art.files import check_usable, system_reason
from neural_art.web.loading import quick_imports
from neural_art.web.proxies import bypass_proxies
from neural_art.web.settings import Settings

if TYPE_CHECKING:
    import gradio as gr

__all__ = ["Settings", "launch", "serve"]

LOAD_AFTER: Final = 1.0
"""Seconds from the server's start to when it loads PyTorch, which takes it another one or two: a page that is opened at
once goes first. Whoever wants a picture earlier makes it load at once."""

PARTIAL_SECONDS: Final = 3600.0
"""An upload that nothing was added to for so long is no longer under way."""


def serve(settings: Settings) -> None:
    """Serve the page until it is interrupted. Raises ``SettingsError`` if the port or a folder cannot be used."""
    page = launch(settings)
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host
    sys.stdout.write(f"neural_art is at http://{host}:{settings.port}\n")
    sys.stdout.flush()
    page.block_thread()


def launch(settings: Settings) -> gr.Blocks:
    """The page, being served in a thread. Raises ``SettingsError`` if the port or a folder cannot be used."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # gradio reads it when it is imported
    bypass_proxies(os.environ, settings.host)  # so it does these
    _check_port(settings)
    _check_runs_folder(settings.runs)
    with quick_imports():  # here: whoever only reads settings need not wait for them
        from gradio.utils import get_upload_folder

        from neural_art.runs.studio import Studio
        from neural_art.web.gate import choose_cache
        from neural_art.web.page import build, launch_options

    cache = choose_cache(os.environ)
    _check_upload_folder(Path(get_upload_folder()))
    _remove_partial_uploads(Path(get_upload_folder()))
    studio = Studio(
        settings.runs,
        at_once=settings.at_once,
        keep_hours=settings.keep_hours,
        limits=settings.limits,
        base=settings.base,
        quotas=settings.quotas,
        left_hours=settings.left_hours,
        cache=cache,
    )
    page = build(studio, settings)
    page.launch(prevent_thread_lock=True, **launch_options(settings, studio))
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


def _check_runs_folder(folder: Path) -> None:
    try:
        check_usable(folder)
    except OSError as error:
        raise SettingsError("runs-folder-unusable", folder=folder, why=system_reason(error)) from error


def _check_upload_folder(folder: Path) -> None:
    try:
        check_usable(folder)
    except OSError as error:
        raise SettingsError("upload-folder-unusable", folder=folder, why=system_reason(error)) from error


def _remove_partial_uploads(folder: Path) -> None:
    """Remove what was uploaded in part when a connection broke, the disk was full or a server was killed.

    Gradio writes to a file of this name, and moves it into a folder of its own once it is whole. The folder may be that
    of other servers, too.
    """
    for path in folder.glob("tmp????????"):
        with contextlib.suppress(OSError):
            if path.is_file() and time.time() - path.stat().st_mtime > PARTIAL_SECONDS:
                path.unlink()
