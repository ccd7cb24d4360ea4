"""A visitor's session without a browser: what is asked, what is whose, and what is gone afterwards."""

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from index import Article, Encoder, Library, LoadError, load_bundled, load_text
from qa import Answer, ArticleQA
from qa.desk import Desk
from qa.shelf import MAX_OWN, MAX_OWN_SENTENCES, Shelf
from qa.visit import Visit

EASTPORT = load_text("The harbour of Eastport was rebuilt in 1912.\n\nIts lighthouse is green.", title="Eastport")
WOLIN = load_text("The windmill of Wolin was built in 1788 by monks.", title="Wolin")


@pytest.fixture(scope="module")
def desk(encoder: Encoder) -> Iterator[Desk]:
    desk = Desk(ArticleQA(Library.in_memory(encoder)), [load_bundled()])
    desk.warm_up()
    yield desk
    desk.qa.close()


def ask(visit: Visit, question: str, *, as_typed: bool = False) -> Answer:
    visit.begin(question)
    visit.answer(as_typed=as_typed)
    reply = visit.turns[-1][1]
    assert isinstance(reply, Answer)
    return reply


def test_an_article_of_ones_own_is_asked_and_opened(desk: Desk) -> None:
    """What a visitor adds comes into view and is asked from then on, until all articles are asked again."""
    visit = desk.visit("own")
    visit.add(EASTPORT)
    assert visit.open[0] == EASTPORT.id
    assert ask(visit, "when was the harbour rebuilt?").evidence[0].quote == "The harbour of Eastport was rebuilt in 1912."
    assert ask(visit, "who did Zhao meet?").abstained
    visit.choose("scope", "all")
    assert "Choe Ryong Hae" in ask(visit, "who did Zhao meet?").evidence[0].quote
    assert visit.open[0] == load_bundled().id


def test_nobody_else_sees_it(desk: Desk) -> None:
    """Another visitor has neither its title nor its text, cannot open it by its id, and gets no evidence of it."""
    one, other = desk.visit("one"), desk.visit("other")
    one.add(EASTPORT)
    assert [title for title, _ in one.titles()][1:] == ["Eastport (yours)"]
    assert [article_id for _, article_id in other.titles()] == [load_bundled().id]
    assert not other.turn_to(EASTPORT.id)
    assert other.article(EASTPORT.id) is None
    assert "Eastport" not in other.pane() + str(ask(other, "when was the harbour of Eastport rebuilt?").to_dict()["nearest"])
    assert desk.article(EASTPORT.id) is None


def test_scores_do_not_depend_on_whose_articles_there_are(desk: Desk) -> None:
    """The desk's articles give the same evidence, with the same confidence, beside a visitor's own."""
    visit = desk.visit("scores")
    visit.add(EASTPORT)
    visit.choose("scope", "all")
    answer, alone = ask(visit, "who did Zhao meet?"), desk.ask("who did Zhao meet?")
    assert answer.evidence[0].citation == alone.evidence[0].citation
    assert answer.confidence == pytest.approx(alone.confidence, abs=0.02)


def test_it_is_gone_when_the_page_is(encoder: Encoder) -> None:
    """After the grace a visit whose page is gone is forgotten; one whose page came back is not."""
    desk = Desk(ArticleQA(Library.in_memory(encoder)), [load_bundled()])
    desk.warm_up()
    desk.grace = 0.2
    gone, back = desk.visit("gone"), desk.visit("back")
    gone.add(EASTPORT)
    back.add(WOLIN)
    desk.leave("gone")
    desk.leave("back")
    assert desk.visit("back") is back
    wait_until(lambda: not gone.titles()[1:])
    assert desk.visit("gone") is not gone
    assert desk.visit("gone").article(EASTPORT.id) is None
    assert desk.visit("back").article(WOLIN.id) == WOLIN


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")


def test_without_a_session_nothing_is_kept(desk: Desk) -> None:
    """Whoever comes without a session shares nothing with another one who does."""
    desk.visit(None).add(EASTPORT)
    assert desk.visit(None).article(EASTPORT.id) is None


def test_the_limits_hold(tiny: Encoder) -> None:
    """A shelf holds so many articles and sentences, says how many more fit, and has room again when one is removed."""
    shelf = Shelf.before(Library.in_memory(tiny))
    for number in range(MAX_OWN):
        shelf.put(load_text(f"apple {number}"))
    with pytest.raises(LoadError, match=f"You have {MAX_OWN} articles of your own"):
        shelf.put(load_text("banana"))
    shelf.remove(shelf.own()[0].id)
    long = load_text("\n\n".join(["red apple"] * MAX_OWN_SENTENCES))
    with pytest.raises(LoadError, match=f"{MAX_OWN_SENTENCES - MAX_OWN + 1:,} more fit"):
        shelf.put(long)
    assert len(shelf.own()) == MAX_OWN - 1


def test_the_desk_is_never_changed(tiny: Encoder) -> None:
    """A shelf finds the articles behind it, and neither adding nor removing reaches them."""
    behind = Library.in_memory(tiny)
    fruit = load_text("The red apple.")
    behind.add(fruit)
    shelf = Shelf.before(behind)
    shelf.put(load_text("A blue plum."))
    assert [one.article.text for one in shelf.search("apple")] == ["A blue plum.", "The red apple."]
    assert [one.article.text for one in shelf.search("apple", within=[fruit.id])] == ["The red apple."]
    with pytest.raises(Exception, match=f"There is no article {fruit.id}"):
        shelf.remove(fruit.id)
    assert [entry.id for entry in behind.list()] == [fruit.id]


def test_events_at_once_share_one_shelf(desk: Desk) -> None:
    """Adding an article while questions are being looked for leaves one shelf, which both the list and the answers know."""
    for number in range(20):
        visit = desk.visit(f"at once {number}")
        together = threading.Barrier(2)

        def look(visit: Visit = visit, together: threading.Barrier = together) -> None:
            together.wait()
            visit.undo()
            visit._begun()

        other = threading.Thread(target=look)
        other.start()
        together.wait()
        visit.add(WOLIN)
        other.join()
        assert [entry.id for entry in visit._qa.library.list()] == [load_bundled().id, WOLIN.id]


def test_a_new_version_replaces_the_old(desk: Desk) -> None:
    """A file that is added again with another text takes the place of the one of its name."""
    visit = desk.visit("versions")
    old, new = (load_text(f"The harbour was rebuilt in {year}.", source="harbour.txt") for year in (1912, 1950))
    visit.add(old)
    visit.add(new)
    assert [article_id for _, article_id in visit.titles()[1:]] == [new.id]
    assert "1950" in ask(visit, "when was the harbour rebuilt?").evidence[0].quote


def test_undo_takes_the_memory_back_too(desk: Desk) -> None:
    """An undone turn is not leaned on, its question comes back to be changed, and the one before it is there again."""
    visit = desk.visit("undo")
    ask(visit, "who did Zhao meet?")
    ask(visit, "where did Kim travel in September?")
    assert visit.undo() == "where did Kim travel in September?"
    assert "Zhao" in ask(visit, "when?").query
    assert visit.undo() == "when?"
    assert ask(visit, "when?", as_typed=True).query == "when?"


def test_clearing_forgets(desk: Desk) -> None:
    """After clearing nothing is shown, and nothing is leaned on."""
    visit = desk.visit("clear")
    ask(visit, "who did Zhao meet?")
    visit.choose("clear", "")
    assert visit.turns == []
    assert ask(visit, "when?").query == "when?"


def test_only_kept_error_rates_can_be_chosen(desk: Desk) -> None:
    """The page offers the error rates that the calibration keeps; any other value means none."""
    visit = desk.visit("errors")
    kept = [error for error, _ in desk.qa.profile.promises]
    for error in kept:
        assert f'<option value="{error:g}"'.replace(".", "&#46;") in visit.choices()
    visit.choose("error", f"{kept[0]:g}")
    assert visit.max_error == kept[0]
    assert ask(visit, "what might be the weather in the south?").abstained
    for nonsense in ("0.001", "nan", "<b>", ""):
        visit.choose("error", nonsense)
        assert visit.max_error is None


def test_other_models_are_not_calibrated(tiny: Encoder) -> None:
    """With a model that no calibration is for, the page says so and offers no error rate."""
    desk = Desk(ArticleQA(Library.in_memory(tiny)), [load_text("The red apple.")])
    desk.warm_up()
    visit = desk.visit("tiny")
    ask(visit, "red apple?")
    assert "Not calibrated" in visit.choices()
    assert "<select" not in visit.choices()
    assert "not calibrated" in visit.chat()


def test_a_foreign_language_is_told(desk: Desk) -> None:
    """An article in a language that the model does not know says so at its head, and nothing of it is suggested."""
    visit = desk.visit("foreign")
    visit.add(
        load_text(
            "Der Leuchtturm wurde im Jahr 1891 gebaut und steht auf einem kahlen Felsen nördlich des Hafens. Der Wärter "
            "sagte, dass die Lampe jede Nacht brannte, bis aus dem Turm ein Museum wurde."
        )
    )
    assert "It seems to be German" in visit.pane().replace("&#46;", ".")
    visit.suggest(60)
    assert "qa-suggestion" not in visit.chat()


def test_three_questions_at_most_are_suggested_and_none_twice(desk: Desk) -> None:
    """At most three questions are suggested, none of them one that was asked."""
    visit = desk.visit("suggestions")
    visit.suggest(120)
    first = visit.chat().count('class="qa-suggestion"')
    assert 1 <= first <= 3
    ask(visit, "When did Kim travel to Russia?")
    assert "qa-suggestion" not in visit.chat()
    visit.suggest(120)
    assert "When did Kim travel to Russia&#63;</button>" not in visit.chat()
    assert 1 <= visit.chat().count('class="qa-suggestion"') <= 3


def test_the_conversation_can_be_saved(desk: Desk) -> None:
    """As Markdown and as JSON it has the questions, the quotes and their citations; undone turns are not in it."""
    visit = desk.visit("saved")
    ask(visit, "who did Zhao meet?")
    ask(visit, "how do I bake bread?")
    visit.undo()
    markdown = json.loads(visit.transcript("markdown"))
    assert (markdown["name"], markdown["type"]) == ("conversation.md", "text/markdown")
    assert "## who did Zhao meet?" in markdown["text"]
    assert load_bundled().sha256[:12] in markdown["text"]
    saved = json.loads(json.loads(visit.transcript("json"))["text"])
    assert [turn["question"] for turn in saved["turns"]] == ["who did Zhao meet?"]
    assert saved["turns"][0]["answer"]["evidence"][0]["citation"]["article_id"] == load_bundled().id
    assert json.loads(desk.visit("empty").transcript("json"))["name"] == "conversation.json"


def test_a_removed_article_leaves_the_rest(desk: Desk) -> None:
    """An article of one's own can be removed; an id of the desk's removes nothing."""
    visit = desk.visit("remove")
    visit.add(EASTPORT)
    visit.choose("remove", load_bundled().id)
    visit.choose("remove", EASTPORT.id)
    assert visit.titles() == desk.titles()
    assert visit.open == [load_bundled().id]
    visit.choose("scope", "all")
    assert ask(visit, "who did Zhao meet?").evidence


def articles(count: int) -> list[Article]:
    return [load_text(f"apple {number}", title=str(number)) for number in range(count)]


def test_so_many_visits_are_remembered(tiny: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many visits, the one that was away longest is forgotten."""
    monkeypatch.setattr("qa.desk.MAX_VISITS", 2)
    desk = Desk(ArticleQA(Library.in_memory(tiny)), articles(1))
    one, two = desk.visit("one"), desk.visit("two")
    assert desk.visit("one") is one
    desk.visit("three")
    assert desk.visit("one") is one
    assert desk.visit("two") is not two
