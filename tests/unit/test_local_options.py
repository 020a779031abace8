"""What the environment of the local run may say."""

from pathlib import Path

import pytest

from local.account import logs_of, refuse_unknown
from local.options import OptionError, Options


def test_parameters_of_the_template_have_the_values_that_are_given() -> None:
    given = {"LOCAL_PARAMETERS": " MaxParticipants=500  LogLevel=A=b "}

    assert Options.from_environment(given).parameters == {
        "MaxParticipants": "500",
        "LogLevel": "A=b",
    }
    assert Options.from_environment({}).parameters == {}


@pytest.mark.parametrize("text", ["MaxParticipants", "=500", "Max Participants=500", "a-b=c"])
def test_what_is_no_parameter_is_named(text: str) -> None:
    with pytest.raises(OptionError, match="LOCAL_PARAMETERS"):
        Options.from_environment({"LOCAL_PARAMETERS": text})


def test_a_parameter_that_the_template_does_not_have_is_named() -> None:
    with pytest.raises(OptionError, match=r"no MaxParticipant$"):
        refuse_unknown(["LogLevel", "MaxParticipant"], {"LogLevel", "MaxParticipants"})


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(OptionError, match=f"DATA_DIR cannot be {file}: "):
        logs_of(file)
