"""Moving pictures: a loop through chosen pictures, and the film of how a run learned. MP4, H.264, without sound."""

from __future__ import annotations

import contextlib
import math
import secrets
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final

import imageio_ffmpeg
import numpy as np
from PIL import Image
from torch import Tensor

from neural_art.dataset.prepare import Progress
from neural_art.errors import RunError
from neural_art.explore.explorer import Explorer, Position
from neural_art.runs.folder import Run, in_words

SECONDS: Final = (2.0, 60.0)
"""The shortest and the longest loop, in seconds."""

POSITIONS: Final = (2, 100)
"""How few and how many pictures a loop goes through."""

RATES: Final = (24, 30)
"""Frames a second that a film may have."""

_LONGEST = 512  # pixels on the longer side of a film at least, so that it looks good in a player
_LARGEST = 1280  # of a learning film at most
_IN_BT709 = (  # said in full: a browser that is told half of it decodes with another matrix, and colours shift
    "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,"
    "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
)
_BATCH = 8  # frames painted between two reports of progress


def loop_film(
    explorer: Explorer,
    positions: Sequence[Position],
    path: Path,
    seconds: float = 8.0,
    smoothness: float = 1.0,
    *,
    fps: int = 30,
) -> Iterator[Progress]:
    """Writes a film that passes through the positions in order and back to the first, and loops without a jump.

    ``smoothness``: 1 flows at an even pace, 0 rests at each picture. ``path`` is there when the iteration has ended;
    leaving it early leaves nothing behind. Raises ``RunError``.
    """
    if not POSITIONS[0] <= len(positions) <= POSITIONS[1]:
        raise RunError(f"A film cannot go through {len(positions)} pictures. Choose {POSITIONS[0]} to {POSITIONS[1]}.")
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        raise RunError(f"A film cannot last {seconds:g} seconds. Choose {SECONDS[0]:g} to {SECONDS[1]:g}.")
    if not 0 <= smoothness <= 1:
        raise RunError(f"The smoothness cannot be {smoothness:g}. Choose 0 to 1.")
    if fps not in RATES:
        raise RunError(f"A film cannot have {fps} frames a second. Choose {' or '.join(map(str, RATES))}.")
    return latent_film(explorer, explorer.loop(positions, round(seconds * fps), smoothness), path, fps=fps)


def latent_film(explorer: Explorer, latents: Tensor, path: Path, *, fps: int = 30) -> Iterator[Progress]:
    """Writes a film whose frames are the pictures of ``latents`` (frames, 256), at least 512 px on the longer side."""
    longest = max(_LONGEST, explorer.longest)
    total = len(latents)
    with _Writer(path, fps) as writer:
        yield Progress(0, total, path.name)
        for start in range(0, total, _BATCH):
            for pixels in explorer.paint(latents[start : start + _BATCH]):
                writer.add(explorer.in_aspect(pixels, longest))
            done = min(total, start + _BATCH)
            if done < total:
                yield Progress(done, total, path.name)
    yield Progress(total, total, path.name)


def learning_film(run: Run, path: Path) -> None:
    """Writes the walls of a run as a film: each fades into the next, and the last stays for two seconds.

    Raises ``RunError`` if there is no wall yet.
    """
    walls = run.walls()
    last = next((picture for picture in map(_opened, reversed(walls)) if picture), None)
    if last is None:
        raise RunError("There is nothing to film yet. Wait for the first pictures of the training.")
    fps = 30
    scale = max(1.0, _LONGEST / max(last.size)) * min(1.0, _LARGEST / max(last.size))
    size = (max(2, round(last.width * scale)), max(2, round(last.height * scale)))
    fade = max(3, min(fps, round(10 * fps / len(walls))))  # frames from a wall to the next: ten seconds for all

    def frames() -> Iterator[np.ndarray]:
        before: np.ndarray | None = None
        for wall in walls:
            opened = _opened(wall)
            if opened is None:  # a damaged file is no reason to have no film
                continue
            now = _fitted(opened, size)
            if before is None:
                yield from [now] * (fps // 2)
            else:
                for number in range(1, fade + 1):
                    share = number / fade
                    yield (before * (1 - share) + now * share + 0.5).astype(np.uint8)
            before = now
        assert before is not None
        yield from [before] * (2 * fps)

    write_mp4(frames(), path, fps=fps)


def write_mp4(frames: Iterable[np.ndarray | Image.Image], path: Path, *, fps: int = 30) -> None:
    """Writes frames, (h, w, 3) uint8 or RGB pictures, as an MP4 that every browser plays; whole or not at all.

    The first frame gives the size, to which later ones are fitted; odd sides grow by a pixel. Raises ``RunError`` if
    there is no frame, or ffmpeg fails.
    """
    with _Writer(path, fps) as writer:
        for frame in frames:
            writer.add(frame)


class _Writer:
    """ffmpeg, fed a frame at a time. The film appears under its name when the block ends without an error."""

    def __init__(self, path: Path, fps: int) -> None:
        self._path, self._fps = path, fps
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._process: subprocess.Popen[bytes] | None = None
        self._size = (0, 0)  # of the frames, before they are made even

    def __enter__(self) -> _Writer:
        self._said = tempfile.TemporaryFile()
        return self

    def add(self, frame: np.ndarray | Image.Image) -> None:
        picture = frame if isinstance(frame, Image.Image) else Image.fromarray(np.ascontiguousarray(frame))
        if self._process is None:
            self._size = picture.size
            self._process = self._start(picture.width + picture.width % 2, picture.height + picture.height % 2)
        pixels = _fitted(picture, self._size)
        pixels = np.pad(pixels, ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)), mode="edge")
        try:
            _pipe(self._process).write(pixels.data)
        except BrokenPipeError:
            raise self._failure() from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            if self._process is not None:
                if self._process.poll() is None:
                    self._process.kill()
                with contextlib.suppress(BrokenPipeError):
                    _pipe(self._process).close()
                self._process.wait()
            self._said.close()
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)

    def _start(self, width: int, height: int) -> subprocess.Popen[bytes]:
        try:
            program = imageio_ffmpeg.get_ffmpeg_exe()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return subprocess.Popen(
                [
                    *(program, "-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
                    *(
                        "-f",
                        "rawvideo",
                        "-pix_fmt",
                        "rgb24",
                        "-s",
                        f"{width}x{height}",
                        "-r",
                        str(self._fps),
                        "-i",
                        "pipe:0",
                    ),
                    *("-vf", _IN_BT709),
                    *("-an", "-c:v", "libx264", "-preset", "medium", "-crf", "18", "-pix_fmt", "yuv420p"),
                    *("-movflags", "+faststart", "-f", "mp4", str(self._part.absolute())),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
            )
        except RuntimeError:
            raise RunError(
                "ffmpeg is not there. Install the requirements again: pip install -r requirements.txt."
            ) from None
        except OSError as error:
            raise RunError(in_words(error)) from error

    def _finish(self) -> None:
        if self._process is None:
            raise RunError("A film needs at least one picture. Choose some.")
        try:
            _pipe(self._process).close()
        except BrokenPipeError:
            raise self._failure() from None
        if self._process.wait() != 0:
            raise self._failure()
        try:
            self._part.replace(self._path)
        except OSError as error:
            raise RunError(in_words(error)) from error

    def _failure(self) -> RunError:
        assert self._process is not None
        self._process.wait()
        self._said.seek(0)
        lines = (
            self._said.read().decode(errors="replace").replace(str(self._part.absolute()), self._path.name).split("\n")
        )
        said = next((line.strip() for line in lines if line.strip()), f"exit status {self._process.returncode}")
        return RunError(f"The film could not be written ({said[:200]}). Free some space on the disk, then try again.")


def _pipe(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


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
        scale = min(size[0] / picture.width, size[1] / picture.height)
        inner = (max(1, math.floor(picture.width * scale + 0.5)), max(1, math.floor(picture.height * scale + 0.5)))
        ground = Image.new("RGB", size)
        ground.paste(
            picture.resize(inner, Image.Resampling.LANCZOS), ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2)
        )
        picture = ground
    return np.asarray(picture)
