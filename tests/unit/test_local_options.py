"""What the environment of the local run may say."""

import pytest

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
