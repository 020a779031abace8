"""Who answers: two people choose between two assistants, on a desktop and on a phone."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from local.harness import Running, local_run
from tests.e2e.scenes import COMPLETE, OPERATOR, assert_same, deed
from tests.e2e.visitor import visitor

TWO = [
    {"name": "demo", "provider": "demo", "display_name": "Demo"},
    {"name": "sage", "provider": "demo", "display_name": "The sage of the long winter evenings"},
]
SAGE = "The sage of the long winter evenings"
PHONE = (360, 740)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a system with two assistants."""
    named = {"WIRESIDE_ASSISTANTS": json.dumps(TWO)}
    with local_run(tmp_path_factory.mktemp("two-assistants"), named) as started:
        yield started


def test_two_people_choose_who_answers_and_see_each_others_choice(
    running: Running, browser: Browser
) -> None:
    with visitor(browser, "Ana") as ana, visitor(browser, "Ben", PHONE) as ben:
        for each in (ana, ben):
            each.sign_in(running.http_url)
        ana.create("Who answers?")
        ana.invite("Ben")
        ben.enter("Who answers?")
        choices = {each.name: each.page.get_by_label("Who answers") for each in (ana, ben)}
        for each in (ana, ben):
            expect(choices[each.name]).to_have_value("demo")
        ana.shoot("desktop-choice")
        ben.shoot("phone-choice")

        choices["Ana"].focus()
        ana.page.keyboard.press("ArrowDown")
        for each in (ana, ben):
            expect(each.notices.last).to_have_text(f"Ana chose {SAGE}")
            expect(choices[each.name]).to_have_value("sage")
        expect(choices["Ana"]).to_be_focused()
        ben.write("Is anybody there?")
        for each in (ana, ben):
            expect(each.answers.filter(has_text=COMPLETE).locator(".name")).to_have_text(SAGE)
        for name, each in (("desktop", ana), ("phone", ben)):
            each.shoot(f"{name}-chosen")
        assert ben.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        choices["Ben"].select_option("Demo")
        expect(ana.notices.last).to_have_text("Ben chose Demo")
        expect(choices["Ana"]).to_have_value("demo")
        assert_same(ana, ben)
        ana.page.reload()
        expect(choices["Ana"]).to_have_value("demo")

        deed(running, ana, "/admin/conversations/{id}/takeover", sub="olga", roles=OPERATOR)
        for name, each in (("desktop", ana), ("phone", ben)):
            expect(choices[each.name]).to_be_hidden()
            expect(each.page.locator(".answerer .operator")).to_have_text("Operator: Olga")
            each.shoot(f"{name}-choice-operator")
        deed(running, ana, "/admin/conversations/{id}/release", sub="olga", roles=OPERATOR)
        expect(choices["Ben"]).to_be_visible()
        deed(running, ana, "/conversations/{id}/end", sub="ana")
        for each in (ana, ben):
            expect(choices[each.name]).to_be_disabled()
