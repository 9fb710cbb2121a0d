"""The page: one Gradio component that holds it all, and the named endpoints for programs.

The look and the behaviour are in ``assets``, what the page asks of the server is in ``handlers``. Here is the wiring,
and what the browser has to know beforehand: every limit and default that it shows comes from Python.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import gradio as gr
from starlette.middleware import Middleware

from neural_art.checks import in_range
from neural_art.explore import limits, position
from neural_art.recipe import DEFAULT_MINUTES, MINUTES, SIZES, Recipe
from neural_art.runs.studio import Studio
from neural_art.web.api import add_endpoints
from neural_art.web.failures import storage_refusal
from neural_art.web.gate import Gate, visitor_of
from neural_art.web.handlers import Handler, Handlers, answering
from neural_art.web.settings import Settings
from neural_art.web.words import WORDS

ASSETS: Final = Path(__file__).parent / "assets"
SCRIPTS: Final = ("base.js", "data.js", "train.js", "stage.js", "explore.js", "runs.js", "main.js")
"""In this order they are one program."""

STOPS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120)
"""Minutes that the slider stops at, as far as a training may last so long."""

POLL_SECONDS: Final = (0.05, 0.1)
"""How often Gradio looks for events in its queue, and for their progress. Every 1 and 10 ms, as it does by itself on
Linux, takes a twentieth of a core while nobody is there; these are the values that it has on Windows."""

LOOK_AHEAD: Final = 2.5
"""The amount of a direction that the thumbnails at both ends of its slider show."""

ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32'"
    " rx='6' fill='%231d6a58'/%3E%3Cpath d='M8 23c3-9 6-13 9-13s1 9 4 9 3-5 3-9' fill='none' stroke='%23f8f6f1'"
    " stroke-width='2.6' stroke-linecap='round'/%3E%3C/svg%3E"
)


def build(studio: Studio, settings: Settings) -> gr.Blocks:
    """The page of ``studio``, not yet launched."""
    handlers = Handlers(studio, Path(gr.utils.get_upload_folder()))

    def served(handler: Handler) -> Callable[[Any, gr.Request], dict[str, Any]]:
        return _served(handler, settings.proxies)

    with gr.Blocks(title="neural art", analytics_enabled=False, delete_cache=(600, 7200)) as page:
        gr.HTML(
            html_template='<div class="na na-page"></div>',
            js_on_load=script(),
            apply_default_css=False,
            padding=False,
            elem_id="neural-art",
            server_functions=[served(handler) for handler in handlers.all()],
            words=WORDS,
            setting=_setting(studio, settings),
        )
        add_endpoints(studio, settings.proxies)
    page.queue(max_size=32, default_concurrency_limit=2, api_open=False)
    page._queue.sleep_when_free, page._queue.progress_update_sleep_when_free = POLL_SECONDS
    return page


def launch_options(settings: Settings, studio: Studio) -> dict[str, Any]:
    """What ``gr.Blocks.launch`` needs for this page: its look, its limits, and nothing that phones home."""
    cache = Path(gr.utils.get_upload_folder())
    gate = Middleware(Gate, visitors=studio.visitors, cache=cache, proxies=settings.proxies)
    return {
        "app_kwargs": {"middleware": [gate], "exception_handlers": {OSError: storage_refusal}},
        "server_name": settings.host,
        "server_port": settings.port,
        "head": head(),
        "theme": gr.themes.Base(),
        "footer_links": ["api"],
        "max_file_size": f"{settings.file_mb}mb",
        "allowed_paths": [],
        "blocked_paths": [str(settings.runs)],
        "show_error": True,
        "ssr_mode": False,
        "run_history": False,
        "enable_monitoring": False,
        "strict_cors": True,
        "state_session_capacity": 200,
        "share": False,
        "quiet": True,
    }


@cache
def script() -> str:
    """The page's program."""
    return "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)


@cache
def head() -> str:
    """What goes into the document's head: the style sheet, so that nothing is seen without it, and the icon."""
    style = (ASSETS / "page.css").read_text(encoding="utf-8")
    return f'<link rel="icon" href="{ICON}"><style>{style}</style>'


def _setting(studio: Studio, settings: Settings) -> dict[str, Any]:
    """What the browser has to know beforehand."""
    return {
        "recipes": SIZES,
        "recipe": Recipe().name,
        "minutes": {
            "stops": [stop for stop in STOPS if in_range(stop, MINUTES)],
            "default": DEFAULT_MINUTES,
            "longer": DEFAULT_MINUTES,
        },
        "directions": {"count": position.SLIDERS, "amounts": position.AMOUNTS, "look_ahead": LOOK_AHEAD},
        "truncation": {"range": position.TRUNCATION, "default": position.DEFAULT_TRUNCATION},
        "film": {
            "positions": limits.POSITIONS,
            "seconds": {"range": limits.SECONDS, "default": limits.DEFAULT_SECONDS},
            "smoothness": {"range": limits.SMOOTHNESS, "default": limits.SMOOTHNESS[1]},
        },
        "base": studio.base is not None and studio.base.exists(),
        "keep_hours": settings.keep_hours,
        "file_bytes": studio.limits.file_bytes,
        "total_bytes": studio.limits.total_bytes,
        "entries": studio.limits.entries,
    }


def _served(handler: Handler, proxies: int) -> Callable[[Any, gr.Request], dict[str, Any]]:
    """``handler`` under a name that gr.HTML does not have: Gradio marks the function and sets it on the component."""
    answer = answering(handler)

    def served(request: Any, asked: gr.Request) -> dict[str, Any]:
        return answer(request, visitor_of(asked, proxies))

    served.__name__ = f"ask_{handler.__name__}"
    return served
