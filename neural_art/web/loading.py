"""A quick start: Gradio, imported in less than half the time."""

from __future__ import annotations

import contextlib
import gc
import inspect
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def quick_imports() -> Iterator[None]:
    """For a block that imports Gradio and the page's components: it takes less than half the time.

    Without this, half of that time goes into stubs: for every class of components, ours too, Gradio parses its source
    and writes a ``.pyi`` beside it, for editors. It leaves out a class whose file cannot be told, so here none can.

    A third of the rest goes into collecting garbage. Imports make half a million objects, nearly all of which stay, and
    every collection looks at them anew. They are frozen afterwards: no later collection looks at them, either.
    """
    getfile, collecting = inspect.getfile, gc.isenabled()

    def no_class_file(thing: Any) -> str:
        if isinstance(thing, type):
            raise OSError("the file of a class is not told while components are imported")
        return getfile(thing)

    inspect.getfile = no_class_file  # type: ignore[assignment]
    gc.disable()
    try:
        yield
    finally:
        inspect.getfile = getfile
        gc.freeze()
        if collecting:
            gc.enable()
