"""An error is a code with values; its sentence comes from the catalogue."""

import pickle

import pytest

from neural_art import errors
from neural_art.errors import DatasetError, NeuralArtError, RecipeError, StorageError
from neural_art.messages import Message


def test_an_error_has_a_code_and_values_and_shows_as_its_english_sentence() -> None:
    error = RecipeError("unknown", name="fresco", known=["sketch", "study"])
    assert error.code == "unknown"
    assert error.values["name"] == "fresco"
    assert str(error) == "There is no recipe called fresco. Choose one of sketch, study."


def test_an_error_can_be_told_in_another_language() -> None:
    error = StorageError("disk-full")
    assert error.message == Message("storage.disk-full", {})
    assert "磁盘" in error.message.sentence("zh")


def test_all_errors_are_caught_as_one() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, NeuralArtError)]
    assert len(kinds) > 7
    with pytest.raises(NeuralArtError):
        raise DatasetError("too-few", count=3, least=8)


def test_every_kind_of_error_has_a_subject_of_its_own() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, NeuralArtError)]
    assert len({kind.subject for kind in kinds}) == len(kinds)


def test_an_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(StorageError("gone", name="a.png")))
    assert (error.code, error.values) == ("gone", {"name": "a.png"})
