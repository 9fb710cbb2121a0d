"""ZeroGPU: graphics cards that Hugging Face lends to a Space for a minute, on its visitors' account.

A card exists only inside a function that ``spaces.GPU`` wraps, in a fork of the page. Whose account it is on is said by
a header that travels with requests of Gradio's queue, so the function must be called in one (``Wiring.queued``).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from neural_art.errors import RunError

if TYPE_CHECKING:
    from neural_art.runs.lending import Lend

REFUSALS: Final = {
    "ZeroGPU quota exceeded": "loan-quota",
    "ZeroGPU pending credits exceeded": "loan-quota",
    "ZeroGPU queue timeout": "loan-no-card",
    "ZeroGPU illegal duration": "loan-too-long",
    "ZeroGPU worker error": "loan-broke-off",
}
"""The title of a refusal, by which alone ``spaces`` tells them apart -> the code of ours."""

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
            raise RunError(REFUSALS.get(error.title, "loan-refused")) from error
        except Exception as error:  # the package raises a RuntimeError for whatever else goes wrong
            _log.exception("A loan of a card ended with an error.")
            raise RunError("loan-refused") from error

    return lend
