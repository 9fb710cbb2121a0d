"""Moving pictures: a loop through chosen pictures, a way there and back, and the film of how a run learned.

MP4, H.264, without sound, written by ffmpeg (through imageio-ffmpeg).
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from neural_art import files
from neural_art.checks import in_range
from neural_art.errors import ExploreError
from neural_art.events import Progress
from neural_art.explore.explorer import Explorer
from neural_art.explore.limits import DEFAULT_SECONDS, POSITIONS, RATES, SECONDS, SMOOTHNESS
from neural_art.explore.position import Position

_log = logging.getLogger(__name__)

_THERE_AND_BACK = 6.0  # seconds
_LONGEST = 512  # pixels on the longer side of a film at least, so that it looks good in a player
_WIDEST = 1920  # and at most, so that every player can
_LARGEST = 1280  # of a learning film at most
_AT_ONCE = 8  # frames painted between two reports of progress
_IN_BT709 = (  # said in full: a browser that is told half of it decodes with another matrix, and colours shift
    "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,"
    "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
)
_OUTPUT = ("-vf", _IN_BT709, "-an", "-preset", "medium", "-crf", "18", "-movflags", "+faststart", "-f", "mp4")


def loop_film(
    explorer: Explorer,
    positions: Sequence[Position],
    path: Path,
    seconds: float = DEFAULT_SECONDS,
    smoothness: float = 1.0,
    *,
    fps: int = 30,
) -> Iterator[Progress]:
    """Writes a film that passes through the positions in order and back to the first, and loops without a jump.

    ``smoothness``: 1 flows at an even pace, 0 rests at each picture. ``path`` is there when the iteration has ended;
    leaving it early leaves nothing behind. Raises ``ExploreError`` and ``StorageError``.
    """
    if not in_range(len(positions), POSITIONS):
        raise ExploreError("film-positions", given=len(positions), low=POSITIONS[0], high=POSITIONS[1])
    if not in_range(seconds, SECONDS):
        raise ExploreError("film-seconds", given=seconds, low=SECONDS[0], high=SECONDS[1])
    if not in_range(smoothness, SMOOTHNESS):
        raise ExploreError("film-smoothness", given=smoothness, low=SMOOTHNESS[0], high=SMOOTHNESS[1])
    if fps not in RATES:
        raise ExploreError("film-rate", given=fps, known=list(RATES))
    return latent_film(explorer, explorer.loop(positions, round(seconds * fps), smoothness), path, fps=fps)


def there_and_back_film(explorer: Explorer, a: Tensor, b: Tensor, path: Path, *, fps: int = 30) -> Iterator[Progress]:
    """Writes a film of six seconds from latent ``a`` to ``b`` and back, slow at both ends, that loops."""
    frames = round(_THERE_AND_BACK * fps)
    ways = [0.5 - 0.5 * math.cos(2 * math.pi * frame / frames) for frame in range(frames)]
    return latent_film(explorer, torch.stack([explorer.interpolate(a, b, t) for t in ways]), path, fps=fps)


def default_positions(explorer: Explorer, favourites: Sequence[Mapping[str, Any]], seconds: float) -> list[Position]:
    """What a loop of so many seconds goes through: the favourites, or where there are fewer than two, paintings from
    all over the set."""
    kept = [Position.from_json(favourite) for favourite in favourites]
    if len(kept) >= POSITIONS[0]:
        return kept
    n = len(explorer.latents)
    count = min(n, max(2, min(12, round(seconds / 1.6))))
    return [Position(origin="painting", a=index * n // count) for index in range(count)]


def latent_film(explorer: Explorer, latents: Tensor, path: Path, *, fps: int = 30) -> Iterator[Progress]:
    """Writes a film whose frames are the pictures of ``latents`` (frames, 256), 512 to 1,920 px on the longer
    side."""
    longest = min(_WIDEST, max(_LONGEST, explorer.longest))
    total = len(latents)
    yield Progress(0, total, path.name)
    with _writing(path, fps) as writer:
        for start in range(0, total, _AT_ONCE):
            for pixels in explorer.paint(latents[start : start + _AT_ONCE]):
                writer.add(explorer.in_aspect(pixels, longest))
            done = min(total, start + _AT_ONCE)
            if done < total:
                yield Progress(done, total, path.name)
    yield Progress(total, total, path.name)


def learning_film(sample_grids: Sequence[Path], path: Path) -> Iterator[Progress]:
    """Writes the sample grids of a run as a film: each fades into the next, and the last stays for two seconds.

    ``path`` is there when the iteration has ended. Raises ``ExploreError`` if there is no grid that can be read.
    """
    opened = (picture for picture in map(_opened, reversed(sample_grids)) if picture is not None)
    last = next(opened, None)
    if last is None:
        raise ExploreError("nothing-to-film")
    scale = max(1.0, _LONGEST / max(last.size)) * min(1.0, _LARGEST / max(last.size))
    size = (max(2, round(last.width * scale)), max(2, round(last.height * scale)))
    return _fading(sample_grids, size, path, fps=30)


def _fading(sample_grids: Sequence[Path], size: tuple[int, int], path: Path, *, fps: int) -> Iterator[Progress]:
    total = len(sample_grids)
    fade = max(3, min(fps, round(10 * fps / total)))  # frames from a grid to the next: ten seconds for all
    before: np.ndarray | None = None
    with _writing(path, fps) as writer:
        for done, grid in enumerate(sample_grids):
            yield Progress(done, total, path.name)
            picture = _opened(grid)
            if picture is None:  # a damaged file is no reason to have no film
                continue
            now = _fitted(picture, size)
            frames = itertools.repeat(now, fps // 2) if before is None else _fade(before, now, fade)
            for frame in frames:
                writer.add(Image.fromarray(frame))
            before = now
        assert before is not None
        for _ in range(2 * fps):
            writer.add(Image.fromarray(before))
    yield Progress(total, total, path.name)


def _fade(before: np.ndarray, now: np.ndarray, frames: int) -> Iterator[np.ndarray]:
    """From one picture to another, which is the last frame."""
    for number in range(1, frames + 1):
        share = number / frames
        yield (before * (1 - share) + now * share + 0.5).astype(np.uint8)


def write_mp4(frames: Iterable[np.ndarray | Image.Image], path: Path, *, fps: int = 30) -> None:
    """Writes frames, (h, w, 3) uint8 or RGB pictures, as an MP4 that every browser plays; whole or not at all.

    The first frame gives the size, to which later ones are fitted; odd sides grow by a pixel. Raises ``ExploreError``
    if there is no frame, or ffmpeg fails.
    """
    with _writing(path, fps) as writer:
        for frame in frames:
            writer.add(frame if isinstance(frame, Image.Image) else Image.fromarray(np.ascontiguousarray(frame)))


@contextlib.contextmanager
def _writing(path: Path, fps: int) -> Iterator[_Writer]:
    """A writer whose film appears at ``path`` when the block ends well."""
    with files.storage_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        files.remove_partial(path.parent, name=path.name)
        with files.replacing(path) as part, contextlib.closing(_Writer(part, fps)) as writer:
            yield writer
            writer.finish()


class _Writer:
    """ffmpeg, fed a frame at a time."""

    def __init__(self, path: Path, fps: int) -> None:
        self._path, self._fps = path, fps
        self._frames = 0
        self._size = (0, 0)  # of the frames, before they are made even
        self._process: Generator[None, bytes | None, None] | None = None

    def add(self, picture: Image.Image) -> None:
        if self._process is None:
            self._size = picture.size
            self._process = self._start(picture.width + picture.width % 2, picture.height + picture.height % 2)
            self._send(None)
        pixels = _fitted(picture, self._size)
        even = np.pad(pixels, ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)), mode="edge")
        self._send(even.tobytes())
        self._frames += 1

    def finish(self) -> None:
        """Wait for ffmpeg, and see whether every frame arrived: it does not tell when it could not write."""
        if self._process is None:
            raise ExploreError("film-empty")
        self.close()
        try:
            written = imageio_ffmpeg.count_frames_and_secs(self._path)[0]
        except RuntimeError as error:
            raise self._failure(str(error)) from error
        if written != self._frames:
            raise self._failure(f"{written} of {self._frames} frames were written")

    def close(self) -> None:
        if self._process is not None:
            self._process.close()

    def _start(self, width: int, height: int) -> Generator[None, bytes | None, None]:
        return imageio_ffmpeg.write_frames(
            self._path,
            (width, height),
            fps=self._fps,
            quality=None,  # the output parameters say it
            codec="libx264",
            macro_block_size=2,
            ffmpeg_log_level="error",
            output_params=list(_OUTPUT),
        )

    def _send(self, frame: bytes | None) -> None:
        assert self._process is not None
        try:
            self._process.send(frame)
        except RuntimeError as error:
            raise ExploreError("no-ffmpeg") from error
        except OSError as error:
            raise self._failure(str(error)) from error

    def _failure(self, why: str) -> ExploreError:
        """The error for a film that ffmpeg did not write. Raises ``OSError`` if the disk is the reason."""
        files.check_room(self._path.parent)
        _log.error("ffmpeg did not write a film: %s", why)
        return ExploreError("film-failed")


def _opened(path: Path) -> Image.Image | None:
    """The picture in a file; None if it cannot be read."""
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return None


def _fitted(picture: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """The pixels (h, w, 3) of a picture made to fit ``size`` whole, on black where its shape is another."""
    picture = picture.convert("RGB")
    if picture.size != size:
        picture = ImageOps.pad(picture, size, Image.Resampling.LANCZOS, color="black")
    return np.asarray(picture)
