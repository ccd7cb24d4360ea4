"""A conversation that is saved keeps every quote with its citation, and reads as it was written."""

import json

import pytest

from index import LoadError, load_text
from qa import Answer, AnswerSpan, Citation, Evidence, Turn
from qa.transcript import conversation_from_json, conversation_to_json, conversation_to_markdown, evidence_to_markdown

PAGE = load_text("Ada Holm lives in Lund.\nShe sells *red* apples.", title="Lund [1]", source="https://example.org/a(b)#top")
FILE = load_text("Rain fell.", title="Rain", source="rain.txt")
LIVES, SELLS = (Citation.of(PAGE, sentence) for sentence in PAGE.sentences)
EVIDENCE = Evidence(SELLS, 1.5, 0.75, AnswerSpan("*red* apples", 34, 46), (LIVES,))
TYPED = "what does she sell? <b>"
TURNS = (
    Turn(
        "what does she sell? <b>",
        Answer("what does she sell? <b>", "what does Ada Holm sell?", (EVIDENCE,), confidence=0.75),
    ),
    Turn("snow?", Answer("snow?", "snow?", (), (Evidence(Citation.of(FILE, FILE.sentences[0]), 0.1),), "Not there.", 0.01)),
)


def test_markdown_has_questions_interpretations_quotes_and_citations() -> None:
    assert (
        conversation_to_markdown(TURNS)
        == f"""## what does she sell? \\<b\\>

understood as: what does Ada Holm sell?

> “She sells **\\*red\\* apples**.”
>
> — [*Lund \\[1\\]*](https://example.org/a%28b%29#top:~:text=She%20sells%20%2Ared%2A%20apples.) \
(https://example.org/a(b)\\#top), \
paragraph 2, sentence 1, SHA-256 {PAGE.sha256[:12]}, characters 24–47
>
> leans on paragraph 1, sentence 1: “Ada Holm lives in Lund.”

## snow?

Not there.

Nearest sentences, not an answer:

> “Rain fell.”
>
> — *Rain* (rain.txt), paragraph 1, sentence 1, SHA-256 {FILE.sha256[:12]}, characters 0–10
"""
    )


def test_a_quote_is_copied_with_its_citation() -> None:
    lines = evidence_to_markdown(Evidence(Citation.of(FILE, FILE.sentences[0]), 1.0)).splitlines()
    assert lines[0] == "> “Rain fell.”"
    assert lines[2].startswith("> — *Rain* (rain.txt), paragraph 1, sentence 1")


def test_json_is_read_again_as_it_was() -> None:
    read = conversation_from_json(conversation_to_json(TURNS))
    assert read == TURNS
    assert read[0].answer.evidence[0].citation.prefix == "Ada Holm lives in Lund.\n"
    assert conversation_to_json(read) == conversation_to_json(TURNS)


def test_json_carries_each_answer_as_the_command_line_prints_it_and_each_quote_as_an_annotation() -> None:
    saved = json.loads(conversation_to_json(TURNS))
    assert saved["format"] == "article-qa conversation 1"
    assert saved["turns"][0]["answer"] == json.loads(json.dumps(TURNS[0].answer.to_dict()))
    assert saved["turns"][0]["annotations"] == [SELLS.to_w3c()]


def test_nothing_said_is_nothing_saved() -> None:
    assert conversation_to_markdown(()) == "\n"
    assert conversation_from_json(conversation_to_json(())) == ()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"format": "x", "turns": []}', "[" * 100_000])
def test_what_is_no_saved_conversation_is_refused_with_the_cure(text: str) -> None:
    with pytest.raises(LoadError, match=r"no saved conversation.*Give a file that the chat has saved as JSON"):
        conversation_from_json(text)
