"""What a picture's file tells about how it was made."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from neural_art import __version__


def png_bytes(picture: Image.Image, provenance: Mapping[str, Any]) -> bytes:
    """A PNG file with ``provenance`` as JSON in its text "neural_art", beside the text "Software"."""
    text = PngInfo()
    text.add_text("Software", f"neural_art {__version__}")
    text.add_text("neural_art", json.dumps(provenance, ensure_ascii=True))
    buffer = io.BytesIO()
    picture.save(buffer, "png", pnginfo=text)
    return buffer.getvalue()
