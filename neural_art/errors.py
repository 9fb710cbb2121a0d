"""Every error that a person can act on, as a code with values.

    NeuralArtError
    ├── DatasetError       a file or a set of paintings cannot be used
    ├── RecipeError        a setting of a training is out of range
    ├── CheckpointError    weights cannot be read, or belong to something else
    ├── ExploreError       a position, a picture or a film cannot be made
    ├── RunError           a run does not exist, or cannot do what is asked of it now
    ├── StorageError       the disk or the memory refuses
    ├── ProcessorError     a graphics card does not compute any more
    └── SettingsError      an environment variable or an argument cannot be used

``DatasetError("too-few", count=3, least=8)``: code decides on an error by its ``code``, never by its text. The sentence
comes from the catalogue of the reader's language (``messages``); ``str(error)`` is the English one. Programming errors
are ``ValueError`` and ``TypeError`` as everywhere else.
"""

from __future__ import annotations

from typing import Any, ClassVar

from neural_art.messages import Message


class NeuralArtError(Exception):
    """Something that the person at the page or the terminal can put right.

    ``code`` and ``values`` say what is wrong; ``message`` is both, ready to be put into words.
    """

    subject: ClassVar[str] = "error"  # the part of the catalogue that the codes belong to

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
        self.message = Message(f"{self.subject}.{code}", values)

    def __str__(self) -> str:
        return self.message.sentence()


def first_line(error: BaseException) -> str:
    """What is the matter, of an exception that goes on with a page of advice, as PyTorch's do."""
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__


class DatasetError(NeuralArtError):
    """A file, an upload or a whole set of paintings cannot be used."""

    subject = "dataset"


class RecipeError(NeuralArtError):
    """A setting is missing, of the wrong kind or out of its range."""

    subject = "recipe"


class CheckpointError(NeuralArtError):
    """Weights on disk are damaged, missing, or of another shape than asked for."""

    subject = "checkpoint"


class ExploreError(NeuralArtError):
    """A position is out of range, or a picture or film cannot be made of it."""

    subject = "explore"


class RunError(NeuralArtError):
    """A run is unknown, or is not in a state to do what is asked of it."""

    subject = "run"


class StorageError(NeuralArtError):
    """The disk or the memory refuses (see ``files.storage_error``)."""

    subject = "storage"


class ProcessorError(NeuralArtError):
    """A graphics card stopped, or has too little memory: on with another processor, from what was saved last."""

    subject = "processor"


class SettingsError(NeuralArtError):
    """An environment variable or a command-line argument holds something that cannot be used."""

    subject = "settings"
