"""What a machine can compute with: its processor, and graphics cards. No PyTorch; ``models.processors`` finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from neural_art.errors import SettingsError
from neural_art.messages import Message

DEVICES: Final = ("auto", "cpu", "cuda", "mps")
"""What somebody may ask to be computed on; "auto" is the best that there is."""


@dataclass(frozen=True)
class Processor:
    """Something that networks can compute on.

    ``device``: as ``torch.device`` takes it: "cpu", "cuda:0", "mps". ``name``: as its maker calls it. ``memory``: bytes
    of its own; 0 where it shares the computer's. ``key``: tells a card from all others of the machine.
    """

    device: str
    name: str = ""
    memory: int = 0
    key: str = ""

    @property
    def kind(self) -> str:
        """One of ``DEVICES``, but for "auto"."""
        return self.device.partition(":")[0]

    @property
    def is_card(self) -> bool:
        """Whether it is another than the computer's own processor."""
        return self.kind != "cpu"

    @property
    def where(self) -> Message:
        """ "on NVIDIA H200", "on this computer's processor"."""
        return Message("processor.on-card", {"name": self.name}) if self.is_card else Message("processor.on-cpu")


CPU: Final = Processor("cpu")
"""The computer's own processor."""


@dataclass(frozen=True)
class Survey:
    """``processors`` that compute, the best first and the CPU last; and why others that are there were
    ``passed_over``."""

    processors: tuple[Processor, ...] = (CPU,)
    passed_over: tuple[Message, ...] = ()

    @property
    def cards(self) -> tuple[Processor, ...]:
        """All but the CPU."""
        return tuple(processor for processor in self.processors if processor.is_card)

    def chosen(self, wanted: str = "auto") -> tuple[Processor, ...]:
        """The processors that are meant by one of ``DEVICES``, the best first; for "auto" all of them.

        Raises ``SettingsError`` for a device that is not there, with what was passed over.
        """
        if wanted not in DEVICES:
            raise SettingsError("unknown-device", value=wanted, known=list(DEVICES))
        found = tuple(each for each in self.processors if wanted in ("auto", each.kind))
        if not found:
            why = " ".join(message.sentence() for message in self.passed_over)
            raise SettingsError("no-such-device", device=wanted, why=why)
        return found

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values; ``from_json`` makes the same survey of it."""
        return {
            "processors": [asdict(processor) for processor in self.processors],
            "passed_over": [message.to_json() for message in self.passed_over],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Survey:
        """The survey that ``to_json`` wrote."""
        return cls(
            tuple(Processor(**each) for each in values["processors"]),
            tuple(Message.from_json(each) for each in values["passed_over"]),
        )
