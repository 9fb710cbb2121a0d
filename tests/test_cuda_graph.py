"""What goes to a card in one copy. The graphs themselves need a card: see benchmarks/card.py."""

import torch

from neural_art.training.cuda_graph import SharedMemory


def test_tensors_of_all_types_share_one_piece_of_memory_and_come_out_as_they_went_in() -> None:
    rng = torch.Generator().manual_seed(0)

    def drawn() -> list[torch.Tensor]:
        return [
            torch.rand(3, generator=rng),
            torch.randint(2**60, (5,), generator=rng),
            torch.randint(256, (2, 3, 5, 5), generator=rng).to(torch.uint8),
            torch.rand(4, 2, generator=rng),
        ]

    first, second = drawn(), drawn()
    memory = SharedMemory(first, torch.device("cpu"))
    kept = memory.tensors
    for given in (first, second):
        memory.fill(given)
        assert all(torch.equal(a, b) and a.dtype == b.dtype for a, b in zip(kept, given, strict=True))
    assert len({tensor.untyped_storage().data_ptr() for tensor in kept}) == 1
