"""The wires that providers speak, each as a server says it; for tests alone.

A new provider adds a module here: all that is promised of providers is then asked of it too.
"""

import pytest

from tests.contract.dialects.anthropic import ANTHROPIC
from tests.contract.dialects.bedrock import BEDROCK
from tests.contract.dialects.dialect import CASES, Dialect
from tests.contract.dialects.dify import DIFY
from tests.contract.dialects.nlweb import NLWEB, NLWEB_JSON
from tests.contract.dialects.openai import OPENAI

DIALECTS = (OPENAI, ANTHROPIC, DIFY, BEDROCK, NLWEB, NLWEB_JSON)


def where(case: str) -> pytest.MarkDecorator:
    """Give a test the dialects that can say this; those that cannot give their reasons."""
    assert case in CASES, case
    able = [each for each in DIALECTS if case not in each.cannot]
    return pytest.mark.parametrize("dialect", able, ids=lambda each: each.name)


__all__ = [
    "ANTHROPIC",
    "BEDROCK",
    "DIALECTS",
    "DIFY",
    "NLWEB",
    "NLWEB_JSON",
    "OPENAI",
    "Dialect",
    "where",
]
