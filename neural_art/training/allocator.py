"""What the C library does with freed memory."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # glibc's malloc.h
_MADV_HUGEPAGE = 14  # Linux's mman.h
_HUGE = 1 << 21  # bytes of a huge page
_RESERVED = 768 << 20  # bytes, about what the tensors of a step take


def keep_freed_memory() -> bool:
    """Lets this process keep large blocks that were freed, for the next step to use; whether that is possible here.

    glibc gives every large block back to the system at once, and the system clears it anew when it is asked for again:
    up to a quarter of a training's time. What is kept lies in huge pages, where there are such: a step goes through
    hundreds of megabytes, and finding each small page's place takes longer than reading it. Other C libraries are left
    alone.
    """
    mallopt = _function("mallopt")
    settings = ((_MMAP_THRESHOLD, 1 << 30), (_TRIM_THRESHOLD, (1 << 31) - 1), (_ARENA_MAX, 1))
    if mallopt is None or not all(mallopt(name, value) == 1 for name, value in settings):
        return False
    _ask_for_huge_pages()
    return True


def release_freed_memory() -> bool:
    """Gives the system back what was freed so far, all pages of it that are whole; whether that is possible here.

    What comes next may want blocks of other sizes, and find little room in the pieces.
    """
    malloc_trim = _function("malloc_trim")
    if malloc_trim is None:
        return False
    malloc_trim(0)
    _ask_for_huge_pages()  # which those that were given back may have been
    return True


def _function(name: str) -> Callable[..., Any] | None:
    """The C library's function of that name, which only glibc may have; None on other systems than Linux."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def _ask_for_huge_pages() -> None:
    """Has the heap's next part made of huge pages. Memory is taken only when it is first written to."""
    library = ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    block = library.malloc(_RESERVED)
    if block is None:
        return
    start = -(-block // _HUGE) * _HUGE
    library.madvise(start, block + _RESERVED - start, _MADV_HUGEPAGE)  # refused where there are none: no harm
    library.free(block)
