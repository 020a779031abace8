"""What README.md tells to do for each provider: short, complete, and valid."""

import json

from tests.recipes import KEYS_PATH, recipes
from tests.unit.test_settings import read
from wireside.assistants import KINDS


def test_every_kind_of_provider_has_a_recipe_of_five_lines_at_most() -> None:
    kinds = {entry["provider"] for each in recipes() for entry in each.entries}

    assert kinds == set(KINDS)
    assert all(len(each.text.splitlines()) <= 5 for each in recipes())


def test_every_recipe_is_valid_and_sets_the_keys_that_it_names() -> None:
    for recipe in recipes():
        found = read(WIRESIDE_ASSISTANTS=json.dumps(recipe.entries)).assistants

        named = {each.api_key_parameter for each in found if each.api_key_parameter}
        assert len(named) == len(recipe.keys), recipe.text
        assert all(each.startswith(KEYS_PATH) for each in named), recipe.text
