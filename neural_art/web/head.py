"""What stands in the document's head: styles, so that nothing is seen without them, and the page's modules."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import Final

from neural_art.web.components.base import FOLDER as COMPONENTS
from neural_art.web.words import WORDS

HERE: Final = Path(__file__).parent
MODULES: Final = HERE / "modules"
STYLES: Final = HERE / "styles"

SHEETS: Final = ("base", "head", "controls", "data", "train", "explore", "small")
"""Style sheets in this order; Gradio's own ``css=`` drops ``@supports`` and splits selectors at commas."""

ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32'"
    " rx='6' fill='%231d6a58'/%3E%3Cpath d='M8 23c3-9 6-13 9-13s1 9 4 9 3-5 3-9' fill='none' stroke='%23f8f6f1'"
    " stroke-width='2.6' stroke-linecap='round'/%3E%3C/svg%3E"
)


@cache
def head() -> str:
    """The markup for the head. Modules are named by an import map and lie in it, so the page needs no address of its
    own for them behind a proxy or in a frame; its first module runs before Gradio does."""
    style = "\n".join((STYLES / f"{name}.css").read_text(encoding="utf-8") for name in SHEETS)
    imports = json.dumps({"imports": modules()})
    return (
        f'<link rel="icon" href="{ICON}"><style>{style}</style>'
        f'<script type="importmap">{imports}</script><script type="module">import "#page/start";</script>'
    )


def modules() -> dict[str, str]:
    """Name -> address of every module: ``#page/<name>`` and ``#component/<name>``; ``#page/catalogue`` has words."""
    found = {"#page/catalogue": f"export default {json.dumps(WORDS, ensure_ascii=False)};"}
    found["#page/start"] = (HERE / "start.js").read_text(encoding="utf-8")
    for prefix, folder in (("#page", MODULES), ("#component", COMPONENTS)):
        found |= {f"{prefix}/{path.stem}": path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js"))}
    return {name: _address(f"{source}\n//# sourceURL=neural_art/{name[1:]}.js") for name, source in found.items()}


def _address(source: str) -> str:
    return "data:text/javascript;base64," + base64.b64encode(source.encode()).decode("ascii")
