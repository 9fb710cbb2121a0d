"""Step 3, Explore: pictures at positions of the latent space, and those that a person keeps."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from neural_art.checks import Range, check_range, in_range
from neural_art.errors import RunError
from neural_art.explore.limits import ENLARGED
from neural_art.explore.newest import Newest
from neural_art.runs.favourites import Favourites
from neural_art.runs.ready import READY, ReadyModel
from neural_art.runs.studio import Studio
from neural_art.web import answers, requests
from neural_art.web.requests import Request
from neural_art.web.words import say

if TYPE_CHECKING:
    from neural_art.explore.explorer import Explorer

SHOWN: Final = 256
"""Pixels: a smaller picture is enlarged here, more finely than a browser would do it."""

FINE: Final = {64: 512, 128: 512, 256: 1024, 512: 1024}
"""Pixels of a picture that is looked at while nothing moves, by the size that its model paints."""

PICTURES: Final[Range] = (1, 16)
"""How many pictures ``paint_many`` paints at once."""

SIDES: Final[Range] = (16, 256)
"""Their side in pixels."""

NUMBERS: Final[Range] = (0, 1 << 53)
"""What JavaScript counts to exactly."""

LONGEST_NAME: Final = 60
"""Characters of a run's name in a file's."""

THUMBNAILS: Final = 48
"""Paintings shown by one call."""


class Explore:
    """What the stage and the tiles ask. In place of a run's id stands ``READY`` for the model that is shipped.

    ``publish(content, name)`` makes a file that a browser may load, and gives its address.
    """

    def __init__(self, studio: Studio, ready: ReadyModel, publish: Callable[[bytes, str], str]) -> None:
        self._studio = studio
        self._glimpses, self._fine = Newest(), Newest()  # a slider does not wait for what the enlarger paints
        self._ready = ready
        self._publish = publish

    def explore(self, request: Request) -> dict[str, Any]:
        """What the run's model offers; ``directions``: how many of the sliders move anything."""
        explorer = self._explorer(request)
        return {
            "names": [answers.short_name(painting) for painting in explorer.paintings],
            "classes": list(explorer.class_names),
            "version": explorer.step,
            "directions": len(explorer.directions),
            **self.favourites(request),
        }

    def paint(self, request: Request) -> dict[str, Any]:
        """The square picture at a ``position``, as large as can be painted 20 times a second: this is what a slider
        waits for.

        ``fine``: in full and with the enlarger's strokes, for when nothing moves. ``client`` and ``number``, if they
        are given: the tab and its how-manieth request this is. One that was overtaken by a newer one of the same tab is
        answered with ``{"stale": true}``, and nothing is painted.
        """
        began = time.perf_counter()
        explorer, position = self._explorer(request), requests.position(request)
        fine = requests.flag(request, "fine")
        with self._turn(request, self._fine if fine else self._glimpses) as mine:
            if not mine:
                return {"stale": True}
            threads = self._studio.spare_threads
            if fine:
                enlarge = FINE[explorer.size] // explorer.size
                picture = explorer.picture(position, square=True, enlarge=enlarge, threads=threads)
            else:
                picture = explorer.glimpse(position, threads=threads)
        if picture.width < SHOWN:
            picture = picture.resize((SHOWN, SHOWN), Image.Resampling.BICUBIC)
        uri = answers.jpeg(picture, 92, subsampling=0) if fine else answers.jpeg(picture, 88)
        took = round(1000 * (time.perf_counter() - began), 1)
        return {"picture": uri, "version": explorer.step, "fine": fine, "took": took}

    def paint_many(self, request: Request) -> dict[str, Any]:
        """Small square pictures at up to 16 ``positions``, ``side`` pixels wide."""
        positions, side = requests.positions(request), requests.whole(request, "side", SIDES)
        check_range(RunError, "positions", len(positions), PICTURES, whole=True)
        explorer, pictures = self._explorer(request), []
        for position in positions:  # one by one, so that a slider gets its turn in between
            small = explorer.glimpse(position).resize((side, side), Image.Resampling.LANCZOS)
            pictures.append(answers.jpeg(small, 85))
        return {"pictures": pictures}

    def thumbnails(self, request: Request) -> dict[str, Any]:
        """Thumbnails of up to 48 of the run's own paintings, by their ``indexes``."""
        own, indexes = self._explorer(request).paintings, request.get("indexes")
        if not isinstance(indexes, list) or len(indexes) > THUMBNAILS:
            raise RunError("request-no-list", name="indexes")
        if not all(in_range(index, (0, len(own) - 1), whole=True) for index in indexes):
            raise RunError("no-such-paintings")
        folder = self._studio.run(requests.text(request, "run")).paths.paintings
        return {"thumbnails": [answers.thumbnail(folder / own[index].file) for index in indexes]}

    def picture(self, request: Request) -> dict[str, Any]:
        """The picture at a ``position`` as a PNG file in the paintings' aspect, ``enlarge`` times as large: its
        ``address``, and a ``name`` after the run."""
        explorer, position = self._explorer(request), requests.position(request)
        enlarge = requests.whole(request, "enlarge", ENLARGED)
        size = "" if enlarge == 1 else f"-{enlarge}x"
        name = f"{answers.file_name(explorer.name, LONGEST_NAME)}{size}-{time.strftime('%Y%m%d-%H%M%S')}.png"
        return {"address": self._publish(explorer.png(position, enlarge=enlarge), name), "name": name}

    def favourites(self, request: Request) -> dict[str, Any]:
        """The positions that were kept, oldest first."""
        return {"favourites": [] if self._is_ready(request) else self._kept(request).all()}

    def keep(self, request: Request) -> dict[str, Any]:
        """Keep one more ``position``; other tabs may keep some, too. Of the shipped model that makes a ``run``."""
        position = requests.position(request).to_json()
        if not self._is_ready(request):
            return {"favourites": self._kept(request).keep(position)}
        name, visitor = say("play.name", requests.language(request)), requests.visitor(request)
        run = self._ready.make_run(self._studio, name, visitor=visitor)
        return {"favourites": Favourites(run).keep(position), "run": run.id}

    def unkeep(self, request: Request) -> dict[str, Any]:
        """Keep a ``position`` no longer."""
        return {"favourites": self._kept(request).unkeep(requests.position(request).to_json())}

    def _kept(self, request: Request) -> Favourites:
        return Favourites(self._studio.run(requests.text(request, "run")))

    def _turn(self, request: Request, line: Newest) -> contextlib.AbstractContextManager[bool]:
        client, visitor = requests.text(request, "client") if "client" in request else "", requests.visitor(request)
        number = requests.whole(request, "number", NUMBERS) if client else 0
        return line.turn(f"{visitor} {client}", number, visitor=visitor) if client else contextlib.nullcontext(True)

    def _is_ready(self, request: Request) -> bool:
        return requests.text(request, "run") == READY

    def _explorer(self, request: Request) -> Explorer:
        return (
            self._ready.explorer() if self._is_ready(request) else self._studio.explorer(requests.text(request, "run"))
        )
