"""What a follow-up question is taken to mean, by the rules alone: the first reading, on turns written by hand."""

import pytest

from qa.followup import added, asks_for_more, readings
from qa.talk import Past

TEXT = (
    "Zhao Leji, the chairman of the congress, arrived in North Korea on Thursday. Zhao met his counterpart Choe Ryong Hae "
    "later Thursday and discussed cooperation. The two also exchanged views on regional issues. In 2019, the two countries "
    "held two summit meetings. A top Chinese official led Zhao's visit to Pyongyang. Dr. Marit Oyelaran led the team. She "
    "works at the Varde Institute. The camera showed a chimney of black rock. The clams carry bacteria in their gills. "
    "Captain Lewis Carrow scored. He was sent off in the 71st minute. The ferry sank at Skagen on Monday."
)
MET = Past("who did Zhao meet?", ("Zhao met his counterpart Choe Ryong Hae later Thursday.",), "Choe Ryong Hae")
LED = Past("who led the team?", ("Dr. Marit Oyelaran led the team.",), "Dr. Marit Oyelaran")
HELD = Past(
    "how many summit meetings did the two countries hold?", ("In 2019, the two countries held two summit meetings.",), "two"
)
SANK = Past("where did the ferry sink?", ("The ferry sank at Skagen on Monday.",), "Skagen")
SHOWED = Past("what did the camera show?", ("The camera showed a chimney of black rock.",), "a chimney of black rock")
SENT = Past("when was Marit Oyelaran sent off?", typed="when was he sent off?")
VISIT = Past("who led the visit?", ("A top Chinese official led Zhao's visit to Pyongyang.",))
CARRY = Past("what do the clams carry?", ("The clams carry bacteria in their gills.",), "bacteria")


@pytest.mark.parametrize(
    ("past", "question", "query"),
    [
        # bare interrogatives
        (MET, "when?", "when did Zhao meet Choe Ryong Hae?"),
        (MET, "And why", "why did Zhao meet Choe Ryong Hae?"),
        (MET, "when was that?", "when did Zhao meet Choe Ryong Hae?"),
        (MET, "who else?", "who else did Zhao meet?"),
        (LED, "how long?", "how long did Marit Oyelaran lead the team?"),
        (HELD, "when?", "when did the two countries hold the summit meetings?"),
        (SANK, "why?", "why did the ferry sink at Skagen?"),
        # pronouns and possessives
        (MET, "who is he?", "who is Choe Ryong Hae?"),
        (MET, "and what did they discuss?", "what did Zhao and Choe Ryong Hae discuss?"),
        (LED, "where does she work?", "where does Marit Oyelaran work?"),
        (LED, "what is her job?", "what is Marit Oyelaran's job?"),
        (LED, "who helped her?", "who helped Marit Oyelaran?"),
        (SHOWED, "how tall is it?", "how tall is the chimney of black rock?"),
        (SANK, "who lives there?", "who lives at Skagen?"),
        (CARRY, "where do they live?", "where do the clams live?"),
        (CARRY, "which bacteria do they like?", "which bacteria do the clams like?"),
        # "the two"
        (MET, "what did the two talk about?", "what did Zhao and Choe Ryong Hae talk about?"),
        # ellipsis
        (SANK, "what about the camera?", "where did the camera sink?"),
        (HELD, "and in 2020?", "how many summit meetings did the two countries hold in 2020?"),
        (Past("who won in 2019?", (), None), "and in 2020?", "who won in 2020?"),
        (Past("who won in 2019?", (), None), "2020?", "who won in 2020?"),
        # corrections
        (SENT, "no, I meant Carrow", "when was Carrow sent off?"),
        (Past("where did Zhao travel?", (), None), "I meant Choe", "where did Choe travel?"),
        # descriptions
        (VISIT, "when did the visit end?", "when did Zhao's visit end?"),
    ],
)  # fmt: skip
def test_a_question_that_leans_on_the_turn_before_is_made_to_stand_alone(past: Past, question: str, query: str) -> None:
    assert readings(question, [past], text=TEXT)[0] == query


@pytest.mark.parametrize(
    "question",
    [
        "who led the team?",
        "where does Marit Oyelaran work?",
        "did Carrow say that he would return?",
        "do the clams digest their food?",
        "how many species are there?",
        "is it true that the ferry sank?",
        "how long did it take to raise the ferry?",
        "how many summit meetings did the two countries hold?",
        "which team lost its captain?",
        "what was the price of the ferry that sank?",
        "and who led the team?",
        "North Korea",
    ],
)
def test_a_question_that_stands_alone_stays_as_it_is(question: str) -> None:
    for past in (MET, LED, HELD, SANK, SHOWED, CARRY):
        assert readings(question, [past], text=TEXT) == [question]


@pytest.mark.parametrize("question", ["when?", "who is he?", "what about Kim?", "no, the first one", "why did they?"])
def test_without_anything_before_it_a_question_stays_as_it_is(question: str) -> None:
    assert readings(question, []) == [question]


def test_of_several_that_can_be_meant_each_is_a_reading_the_likeliest_first() -> None:
    assert readings("where did he go?", [MET], text=TEXT) == ["where did Choe Ryong Hae go?", "where did Zhao go?"]


def test_a_topic_can_be_meant_from_the_first_question_on() -> None:
    assert readings("When was she born?", [], topic="Rosalind Franklin") == ["When was Rosalind Franklin born?"]
    assert readings("Did the band tour?", [], topic="INXS (band)") == ["INXS: Did the band tour?"]
    assert readings("Did the band tour?", [], topic="INXS (band)", text="The band toured.") == ["Did the band tour?"]


@pytest.mark.parametrize("hostile", ["(" * 200, "he " * 100, "no, " * 100, "\\1 \\g<0> [a-z]+ he?", "what about .*?"])
def test_a_question_is_no_pattern_and_takes_no_time(hostile: str) -> None:
    assert readings(hostile, [MET, LED], text=TEXT)
    assert readings("when?", [Past(hostile, (hostile,), hostile)], text=TEXT)


def test_what_a_query_adds_and_what_asks_for_more() -> None:
    assert added("what did she study?", "what did Sabine Roth study?") == ["sabine", "roth"]
    assert asks_for_more("who else?") and asks_for_more("any others?") and not asks_for_more("when?")
