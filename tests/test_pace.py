"""While a slider moves, pictures are as large as the machine paints quickly enough."""

from neural_art.explore.pace import Pace

MS = 0.001


class Machine:
    """Paints glimpses of a mural, ``milliseconds`` by size; its time goes by as it paints."""

    def __init__(self, milliseconds: dict[int, float]) -> None:
        self.milliseconds = milliseconds
        self.time = 0.0
        self.pace = Pace(35 * MS, now=lambda: self.time)

    def drag(self, pictures: int) -> list[int]:
        """The sizes of so many pictures in turn."""
        sizes = []
        for _ in range(pictures):
            sizes.append(self.pace.size(512))
            took = self.milliseconds[sizes[-1]] * MS
            self.time += took
            self.pace.note(sizes[-1], took)
        return sizes


def test_a_quick_machine_paints_in_full() -> None:
    assert set(Machine({512: 30, 256: 17, 128: 10}).drag(100)) == {512}


def test_a_slow_one_finds_the_size_that_keeps_up_within_a_few_pictures() -> None:
    sizes = Machine({512: 90, 256: 50, 128: 30}).drag(100)
    assert sizes[0] == 512
    assert set(sizes[10:]) == {128}


def test_the_smallest_size_is_the_least_that_is_painted() -> None:
    assert Machine({512: 900, 256: 500, 128: 300}).drag(50)[-1] == 128


def test_a_single_slow_picture_changes_nothing() -> None:
    machine = Machine({512: 30, 256: 17, 128: 10})
    machine.drag(5)
    machine.pace.note(512, 2.0)
    assert set(machine.drag(20)) == {512}


def test_sizes_do_not_alternate_where_one_is_too_large_and_the_next_is_quick() -> None:
    sizes = Machine({512: 40, 256: 15, 128: 9}).drag(2000)
    changes = sum(before != after for before, after in zip(sizes, sizes[1:], strict=False))
    assert changes <= 8, "at most every ten seconds it tries again"
    assert sizes.count(256) > 0.9 * len(sizes)


def test_pictures_grow_again_when_the_machine_has_time() -> None:
    machine = Machine({512: 90, 256: 50, 128: 30})
    machine.drag(50)
    machine.milliseconds = {512: 26, 256: 15, 128: 9}
    assert machine.drag(2000)[-1] == 512


def test_a_small_model_says_nothing_of_larger_pictures() -> None:
    pace = Pace(35 * MS)
    for _ in range(20):
        pace.note(64, 90 * MS)
    assert (pace.size(64), pace.size(512)) == (64, 512)
