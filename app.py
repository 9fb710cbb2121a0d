"""Starts the page: ``python app.py``, at home or on a Hugging Face Space. README has the environment variables."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # nothing phones home; must be set before gradio is imported
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads of PyTorch sleep instead of spinning

from neural_art.errors import NeuralArtError
from neural_art.web import Settings, prepare

try:
    prepared = prepare(Settings.from_environment(os.environ))
except NeuralArtError as error:
    sys.exit(str(error))

demo = prepared.page
"""The page: ``gradio app.py`` finds it by this name, and builds it anew when the code changes."""

if __name__ == "__main__":
    try:
        prepared.serve()
    except NeuralArtError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
