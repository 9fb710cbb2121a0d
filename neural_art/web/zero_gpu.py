"""ZeroGPU: graphics cards that Hugging Face lends to a Space for a minute, on its visitors' account.

A card exists only inside a function that ``spaces.GPU`` wraps, in a fork of the page. Whose account it is on is said by
a header that travels with requests of Gradio's queue, so the function must be called in one (``Wiring.queued``).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from neural_art.errors import RunError

if TYPE_CHECKING:
    from neural_art.runs.lending import Lend

_log = logging.getLogger(__name__)


def find_lender(device: str) -> Lend | None:
    """What lends cards to the runs of this Space; None where the package ``spaces`` is missing.

    To be called before anything imports PyTorch, which ``spaces`` changes: in the page, ``torch.cuda.is_available()``
    is true from then on, though there is no card. ``device``: where to train in a loan.
    """
    try:
        import spaces
    except ImportError:
        return None
    import gradio as gr

    from neural_art.runs.loan import declared_seconds, train_on_loan

    train = spaces.GPU(train_on_loan, duration=declared_seconds)

    def lend(folder: str, seconds: int, base: str | None) -> dict[str, Any]:
        try:
            return train(folder, seconds, base, device)
        except gr.Error as error:
            _log.warning("No card was lent: %s: %s", error.title, error)
            raise _refusal(error.title) from error
        except Exception as error:  # the package raises a RuntimeError for whatever else goes wrong
            _log.exception("A loan of a card ended with an error.")
            raise RunError("loan-refused") from error

    return lend


def _refusal(title: str) -> RunError:
    """The error of ours for a refusal, which ``spaces`` tells from others by its title alone."""
    match title:
        case "ZeroGPU quota exceeded" | "ZeroGPU pending credits exceeded":
            return RunError("loan-quota")
        case "ZeroGPU queue timeout":
            return RunError("loan-no-card")
        case "ZeroGPU illegal duration":
            return RunError("loan-too-long")
        case "ZeroGPU worker error":
            return RunError("loan-broke-off")
        case _:
            return RunError("loan-refused")
