"""Every error that a person can act on.

    NeuralArtError
    ├── PaintingError      a file or a set of paintings cannot be used
    ├── RecipeError        a setting is out of range
    ├── CheckpointError    weights cannot be read, or belong to something else
    └── RunError           a run does not exist, or cannot do what is asked of it now

Each message is two sentences: what is wrong with this value, and what to do about it.
Programming errors are ``ValueError`` and ``TypeError`` as everywhere else.
"""


class NeuralArtError(Exception):
    """Something that the person at the page or the terminal can put right."""


class PaintingError(NeuralArtError):
    """A file, an upload or a whole set of paintings cannot be used."""


class RecipeError(NeuralArtError):
    """A setting is missing, of the wrong kind or out of its range."""


class CheckpointError(NeuralArtError):
    """Weights on disk are damaged, missing, or of another shape than asked for."""


class RunError(NeuralArtError):
    """A run is unknown, or is not in a state to do what is asked of it."""
