"""Who answers in the local run, and where it keeps the keys."""

from local.assistants import Assistants, line

PATH = "/keys"


def test_every_key_has_the_name_that_assistants_use() -> None:
    known = Assistants.from_environment(
        {
            "OPENAI_API_KEY": "a",
            "ANTHROPIC_API_KEY": " b\n",
            "DIFY_API_KEY": "c",
            "AWS_BEARER_TOKEN_BEDROCK": "d",
        }
    )

    assert known.secrets(PATH) == {
        "/keys/openai": "a",
        "/keys/anthropic": "b",
        "/keys/dify": "c",
        "/keys/bedrock": "d",
    }
    assert "'a'" not in repr(known)
    assert "'b'" not in repr(known)


def test_without_keys_there_are_none() -> None:
    assert Assistants.from_environment({"ANTHROPIC_API_KEY": " "}).secrets(PATH) == {}


def test_no_assistant_is_said_to_be_where_it_is_not() -> None:
    entries = (
        '[{"name":"a","provider":"anthropic","model":"m"},'
        '{"name":"b","provider":"openai"},'
        '{"name":"c","provider":"anthropic","base_url":"https://proxy.example"}]'
    )

    assert line(entries) == (
        "answers come from m at anthropic's own address, b at https://api.openai.com/v1, "
        "c at https://proxy.example"
    )
