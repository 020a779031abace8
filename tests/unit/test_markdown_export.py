"""Markdown that nobody's text breaks out of."""

from random import Random

import pytest
from markdown_it import MarkdownIt

from wireside.domain.markdown import code, inline, quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", "> plain"),
        ("two\r\nlines\rthree", "> two\n> lines\n> three"),
        ("# fake", "> \\# fake"),
        ("- ## fake", "> - \\## fake"),
        ("fake\n===", "> fake\n> \\==="),
        ("fake\n---", "> fake\n> \\---"),
        ("</blockquote><h1>fake", "> \\</blockquote>\\<h1>fake"),
        ("\\<b> and \\\\<b>", "> \\<b> and \\\\\\<b>"),
        ("![pixel](https://spy.example/1)", "> \\![pixel](https://spy.example/1)"),
        ("[soup]: https://evil.example", "> [soup]\\: https://evil.example"),
        ("[run](javascript:alert(1))", "> [run]\\(javascript:alert(1))"),
        ("[fine](https://example.org)", "> [fine](https://example.org)"),
        ("**bold**, `code`, a > b", "> **bold**, `code`, a > b"),
        ("a\u2028b\x85c\x00d", "> a b c\ufffdd"),
        ("one\n\ntwo", "> one\n>\n> two"),
    ],
)
def test_a_text_keeps_its_markdown_but_for_what_reaches_beyond_it(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("```python\nx < 1  # one\n```\nafter", "> ```python\n> x < 1  # one\n> ```\n> after"),
        ("~~~\n```\n# text\n~~~", "> ````\n> ```\n> # text\n> ````"),
        ("```\nnever closed\n# text", "> ```\n> never closed\n> # text\n> ```"),
        ("```<b onclick=x>\ny\n```", "> ```\n> y\n> ```"),
        ("``` a`b\n# text", "> ``` a`b\n> \\# text"),
    ],
)
def test_code_is_as_it_was_written_and_ends_with_its_message(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_a_name_is_one_line_in_which_nothing_has_a_meaning() -> None:
    assert inline("Ana\n# *B* `c` [d](e) <f>") == "Ana \\# \\*B\\* \\`c\\` \\[d\\](e) \\<f\\>"
    assert inline("a\u202eb\u0007c") == "abc"
    assert code("id`x\ny") == "`id'x y`"


PIECES = (
    *(
        "# h",
        "## h",
        "===",
        "---",
        "- ",
        "1. ",
        "> ",
        "    ",
        "\t",
        "\n",
        "\n\n",
        " ",
        "\\",
        "\\\\",
    ),
    *("```", "````", "~~~", "``", "`", "```py", "<b>", "</blockquote>", "<!--", "-->", "<script>"),
    *(
        "<![CDATA[",
        "<?",
        "[a]: /x",
        "[a]",
        "![a](/x)",
        "![a][a]",
        "](",
        "]:",
        "&lt;",
        "*",
        "_",
        "x",
    ),
    *("<http://x.example>", "\r", "\x85", "\u2028", "| a |", "|---|", "<", ">", "=", "-", "#"),
)
"""What texts are put together from that try to get out."""


def test_no_text_makes_a_heading_a_tag_or_an_image_for_who_reads_commonmark() -> None:
    reader, chance = MarkdownIt("commonmark", {"html": True}).enable("table"), Random(6)

    for _ in range(1_500):
        text = "".join(chance.choices(PIECES, k=chance.randint(1, 14)))
        tokens = reader.parse(f"### Ana\n\n{quote(text)}\n\n### Ben\n\n> [a]\n")
        every = [*tokens, *(inner for each in tokens for inner in each.children or ())]

        headings = [each.map for each in every if each.type == "heading_open"]
        assert len(headings) == 2, text
        assert tokens[0].tag == "h3"
        assert not [each for each in every if each.type in {"html_block", "html_inline", "image"}]
        assert {each.type for each in tokens[-3].children or ()} == {"text"}, text
