"""The page in a real Chromium, over the real model: what a visitor sees, clicks and types.

Without a Chromium these tests are skipped with a warning; where CI is set, they fail.
"""

import os
import re
import shutil
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Dialog, FilePayload, Locator, Page, Request, ViewportSize, expect, sync_playwright

import ui
from index import Article, Encoder, Library, load_bundled, load_bytes, load_text
from qa import ArticleQA
from qa.desk import Desk
from qa.transcript import conversation_from_json

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Every name and address but this machine's leads nowhere, for the browser's own requests as well as the page's.
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
Scheme = Literal["light", "dark"]
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 60_000  # milliseconds, for a machine that does much else

HOSTILE = (
    "<script>window.owned = 1</script>",
    "<img src=x onerror='window.owned = 2'>",
    "[a link](javascript:window.owned=3) <a href='javascript:window.owned=4'>another</a>",
    "</textarea></script></style><!-- <svg onload='window.owned=5'>",
    "$$x^2$$ and $y$ and *bold* and _italic_ and `code` and &lt;b&gt; and &#42;",
    "${window.owned=6} {{window.owned}} @children",
    '" onmouseover="window.owned=7" x="',
    "\u202egnol\u202c and \u2066isolated\u2069",
    "W" * 5000,
)


def make_desk(encoder: Encoder, *articles: Article) -> Desk:
    return Desk(ArticleQA(Library.in_memory(encoder)), articles)


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = ui.serve(desk, "127.0.0.1", port)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        page.close(verbose=False)


def harbour() -> Article:
    return load_text("The harbour of Eastport was rebuilt in 1912.\n\nIts lighthouse is green.", title="Eastport")


def hostile() -> Article:
    lines = (*HOSTILE, f"The windmill of Wolin was built in 1788 {HOSTILE[0]} and {HOSTILE[1]} by monks.")
    return load_text("\n\n".join(lines), title=" ".join(HOSTILE))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "no Chromium is installed: apt-get install chromium"
        warnings.warn("THE PAGE IS NOT TESTED: no Chromium is installed (apt-get install chromium)", stacklevel=1)
        pytest.skip("no Chromium is installed")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", NOWHERE]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def bundled_url(encoder: Encoder) -> Iterator[str]:
    desk = make_desk(encoder, load_bundled())
    desk.warm_up()
    with served(desk) as url:
        yield url


@pytest.fixture(scope="module")
def hostile_url(encoder: Encoder) -> Iterator[str]:
    """Two articles: one of Eastport, which opens first, and a hostile one of Wolin."""
    desk = make_desk(encoder, harbour(), hostile())
    desk.warm_up()
    with served(desk) as url:
        yield url


@contextmanager
def visit(browser: Browser, url: str, size: ViewportSize = WIDE, scheme: Scheme = "light") -> Iterator[Page]:
    """A new visitor's page, which must have thrown nothing, asked nothing, and reached for no other host."""
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def note(request: Request) -> None:
        if not request.url.startswith((url.partition("?")[0], "data:", "blob:")):
            wrong.append(request.url)

    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("request", note)
    page.goto(url)
    expect(box(page)).to_be_visible(timeout=PATIENCE)
    yield page
    assert wrong == []
    context.close()


def box(page: Page) -> Locator:
    return page.get_by_label("Your question")


def ask(page: Page, question: str) -> Locator:
    """Type a question, press Enter, and wait for the reply."""
    turns = page.locator("section.qa-turn").count()
    box(page).fill(question)
    box(page).press("Enter")
    expect(page.locator("section.qa-turn")).to_have_count(turns + 1, timeout=PATIENCE)
    reply = page.locator(".qa-turn").last.locator("> :is(.qa-answer, .qa-message)")
    expect(reply).to_be_visible(timeout=PATIENCE)
    return reply


def assert_lit(page: Page, sentence: Locator) -> None:
    """The sentence is in the window, nothing covers it, and its colour is not that of the rest."""
    expect(sentence).to_be_in_viewport(ratio=1, timeout=PATIENCE)
    page.wait_for_timeout(600)  # smooth scrolling
    expect(sentence).to_be_in_viewport(ratio=1)
    assert sentence.evaluate(
        "e => { const r = e.getClientRects()[0];"
        " return e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)) }"
    )
    assert background(sentence) != background(page.locator(".qa-sentence:not(.qa-cited, :target):visible").first)


def background(element: Locator) -> str:
    colour: str = element.evaluate("e => getComputedStyle(e).backgroundColor")
    return colour


def test_a_citation_leads_to_its_sentence(browser: Browser, bundled_url: str) -> None:
    """The question has its quote; a click on the citation brings the sentence into view and lights it."""
    with visit(browser, bundled_url, {"width": 1440, "height": 500}) as page:
        reply = ask(page, "who did Zhao meet?")
        expect(reply.locator(".qa-best")).to_contain_text("Zhao met his North Korean counterpart Choe Ryong Hae")
        sentence = page.locator(".qa-cited[data-cited='1']")
        expect(sentence).to_have_text(reply.locator(".qa-best blockquote").inner_text())
        page.locator(".qa-sentence").last.scroll_into_view_if_needed()  # the reader is elsewhere
        expect(sentence).not_to_be_in_viewport(ratio=1)
        marked = background(sentence)
        reply.get_by_role("link", name="[1] paragraph 3, sentence 1").click()
        assert_lit(page, sentence)
        assert background(sentence) != marked
        assert len(page.context.pages) == 1


def test_a_new_answer_puts_out_the_light(browser: Browser, bundled_url: str) -> None:
    """With the next answer its own sentences are marked, and the one that was lit is as it was."""
    with visit(browser, bundled_url) as page:
        ask(page, "who did Zhao meet?").get_by_role("link").first.click()
        ask(page, "where did Kim travel in September?")
        expect(page.locator(".qa-sentence:target")).to_have_count(0)
        expect(page.locator(".qa-cited[data-cited='1']")).to_contain_text("Kim traveled to Russia in September")


def test_an_unanswerable_question_abstains(browser: Browser, bundled_url: str) -> None:
    """Far from the article's matter it says that it does not say; the nearest sentences are no quotations."""
    with visit(browser, bundled_url) as page:
        reply = ask(page, "how do I bake sourdough bread?")
        expect(reply).to_contain_text("The article does not say")
        expect(reply).to_contain_text("Nearest sentences, not an answer")
        expect(reply.locator("blockquote")).to_have_count(0)
        expect(page.locator(".qa-cited")).to_have_count(0)
        reply.get_by_role("link").first.click()
        assert_lit(page, page.locator(".qa-sentence:target"))


def test_a_suggestion_can_be_clicked(browser: Browser, bundled_url: str) -> None:
    """Questions that the article answers come by themselves, three at most; a click asks one, and then it is not there."""
    with visit(browser, bundled_url) as page:
        suggested = page.locator(".qa-suggestion")
        expect(suggested.first).to_be_visible(timeout=PATIENCE)
        assert suggested.count() <= 3
        question = suggested.first.inner_text()
        suggested.first.click()
        expect(page.locator(".qa-question")).to_have_text(question, timeout=PATIENCE)
        expect(page.locator(".qa-best")).to_be_visible(timeout=PATIENCE)
        expect(suggested.first).to_be_visible(timeout=PATIENCE)
        assert question not in suggested.all_inner_texts()


def test_a_bad_question_is_a_message(browser: Browser, bundled_url: str) -> None:
    """An empty question, or one that is too long, gets the cure, and can be put right where it was typed."""
    with visit(browser, bundled_url) as page:
        expect(ask(page, "   ")).to_have_text("The question is empty. Type a question, such as: who did Zhao meet?")
        expect(ask(page, "why? " * 400)).to_contain_text("1,000 is the limit")
        expect(box(page)).to_have_value("why? " * 400)
        expect(page.get_by_text("Traceback")).to_have_count(0)


def test_the_keyboard_alone(browser: Browser, bundled_url: str) -> None:
    """Type, Enter, back to the citation with Shift+Tab, Enter: the sentence is lit, and the focus was always to be seen."""
    with visit(browser, bundled_url) as page:
        expect(box(page)).to_be_focused()
        page.keyboard.type("who did Zhao meet?")
        page.keyboard.press("Enter")
        citation = page.get_by_role("link", name="[1] paragraph 3, sentence 1")
        expect(citation).to_be_visible(timeout=PATIENCE)
        unlit = background(page.locator(".qa-cited[data-cited='1']"))
        for _ in range(20):  # past suggestions, tools, scores and further evidence
            if citation.evaluate("e => e === document.activeElement"):
                break
            page.keyboard.press("Shift+Tab")
        expect(citation).to_be_focused()
        assert citation.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
        assert background(page.locator(".qa-cited[data-cited='1']")) != unlit  # the focus lights what is cited
        page.keyboard.press("Enter")
        assert_lit(page, page.locator(".qa-cited[data-cited='1']"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window(browser: Browser, bundled_url: str, scheme: Scheme) -> None:
    """The article lies below the chat, nothing is wider than the window, and a citation still leads to its sentence."""
    with visit(browser, bundled_url, NARROW, scheme) as page:
        reply = ask(page, "who did Zhao meet?")
        chat, article = page.locator("#qa-asking").bounding_box(), page.locator("#qa-reading").bounding_box()
        assert chat is not None and article is not None
        assert article["y"] >= chat["y"] + chat["height"]
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        expect(reply.locator(".qa-best")).to_be_in_viewport(ratio=1)
        reply.get_by_role("link").first.click()
        assert_lit(page, page.locator(".qa-cited[data-cited='1']"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser: Browser, bundled_url: str, scheme: Scheme) -> None:
    """Every text has a contrast of 4.5 to 1 with what is behind it, by WCAG's formula, in light and in dark."""
    with visit(browser, bundled_url, scheme=scheme) as page:
        ask(page, "who did Zhao meet?").get_by_role("link").first.click()
        ask(page, "how do I bake sourdough bread?")
        ask(page, "   ")
        texts = page.locator(
            "h1, h2, p, button, a, q, .qa-sentence, mark, .qa-sure, .qa-near, summary, .qa-message, #qa-box span, label"
        )
        assert texts.count() > 30
        assert {name: ratio for name, ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5} == {}


def test_two_visitors(browser: Browser, bundled_url: str) -> None:
    """Two visitors at once have a conversation each."""
    with visit(browser, bundled_url) as one, visit(browser, bundled_url) as other:
        ask(one, "who did Zhao meet?")
        ask(other, "how do I bake sourdough bread?")
        ask(one, "where did Kim travel?")
        expect(one.locator(".qa-question")).to_have_text(["who did Zhao meet?", "where did Kim travel?"])
        expect(other.locator(".qa-question")).to_have_text(["how do I bake sourdough bread?"])
        expect(other.locator(".qa-cited")).to_have_count(0)


def test_hostile_text_is_text(browser: Browser, hostile_url: str) -> None:
    """Markup in title, text and question is shown as it was written: no element comes of it, and no script runs."""
    with visit(browser, hostile_url) as page:
        reply = ask(page, "when was the windmill of Wolin built?")
        article = hostile()
        shown = page.locator(f"[id^='s-{article.id}-']")
        assert shown.evaluate_all("all => all.map(e => e.textContent)") == [article.quote(one) for one in article.sentences]
        expect(page.locator(".qa-article:visible .qa-title")).to_have_text(article.title, use_inner_text=False)
        assert reply.locator(".qa-best blockquote").evaluate("e => e.textContent") == article.quote(article.sentences[-1])
        for question in HOSTILE:
            ask(page, question)
            assert page.locator(".qa-question").last.evaluate("e => e.textContent") == question[:2000] + "…" * (
                len(question) > 2000
            )
        foreign = "script, img, iframe, style, textarea, object, math, em, strong, code, [onerror], [onload], [onmouseover]"
        page.wait_for_timeout(500)
        expect(page.locator(f":is(.qa-log, #qa-pane, #qa-status, #qa-picker) :is({foreign})")).to_have_count(0)
        expect(page.locator(":is(.qa-log, #qa-pane, #qa-status) svg")).to_have_count(0)
        hrefs = page.locator("a").evaluate_all("all => all.map(e => e.getAttribute('href'))")
        ours = r"#s-[0-9a-f]{16}-\d+|#qa-quote-\d|\?article=[0-9a-f]{16}&q=[\w.%+~-]+"
        assert [href for href in hrefs if not re.fullmatch(ours, href or "")] == []
        assert page.evaluate("[typeof window.owned, document.title]") == ["undefined", "Ask the article"]
        ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id).filter(id => id)")
        assert sorted(set(ids)) == sorted(ids)
        assert page.evaluate("document.documentElement.scrollWidth") == WIDE["width"]


def test_evidence_opens_its_article(browser: Browser, hostile_url: str) -> None:
    """An answer brings its article into view, an earlier answer's citation leads back to its own, and so does the list."""
    with visit(browser, hostile_url) as page:
        title = page.locator(".qa-article:visible .qa-title")
        expect(title).to_have_text("Eastport")
        ask(page, "when was the harbour of Eastport rebuilt?")
        ask(page, "when was the windmill of Wolin built?")
        expect(title).to_contain_text("<script>")
        page.locator(".qa-turn").first.locator(".qa-link").first.click()
        expect(title).to_have_text("Eastport")
        assert_lit(page, page.locator(".qa-sentence:target"))
        page.get_by_label("Article", exact=True).click()
        page.locator("#qa-picker").get_by_role("option").nth(1).click()
        expect(title).to_contain_text("<script>", timeout=PATIENCE)


def test_the_page_is_there_before_the_model(browser: Browser, encoder: Encoder) -> None:
    """Before the model is loaded the article can be read and a question asked, which is answered afterwards."""
    desk = make_desk(encoder, harbour())
    with served(desk) as url, visit(browser, url) as page:
        expect(page.locator("#qa-status")).to_contain_text("Warming up")
        expect(page.locator(".qa-sentence").first).to_have_text("The harbour of Eastport was rebuilt in 1912.")
        expect(page.locator(".qa-suggestion")).to_have_count(0)  # nobody knows yet what this article answers
        expect(ask(page, "when was the harbour rebuilt?")).to_contain_text("Warming up")
        desk.warm_up()
        expect(page.locator("blockquote").first).to_have_text(
            "The harbour of Eastport was rebuilt in 1912.", timeout=PATIENCE
        )
        expect(page.locator("#qa-status")).to_have_text("", timeout=PATIENCE)


def test_a_conversation_of_four_turns(browser: Browser, bundled_url: str, tmp_path: Path) -> None:
    """Follow-ups are understood in the light of what came before, each citation leads to its place, and all can be saved."""
    with visit(browser, bundled_url) as page:
        for question, quoted in (
            ("who did Zhao meet?", "Choe Ryong Hae"),
            ("when?", "later Thursday"),
            ("where did Kim travel in September?", "Kim traveled to Russia in September"),
            ("why?", "for a summit with Russian President Vladimir Putin"),
        ):
            reply = ask(page, question)
            expect(reply.locator(".qa-best")).to_contain_text(quoted)
            reply.locator(".qa-best .qa-link").click()
            assert_lit(page, page.locator(".qa-cited[data-cited='1']"))
        understood = page.locator(".qa-understood q").all_inner_texts()
        assert len(understood) == 2
        assert "Zhao" in understood[0]
        assert "Kim" in understood[1]
        page.locator(".qa-menu summary").click()
        with page.expect_download() as saved:
            page.get_by_role("button", name="As JSON").click()
        saved.value.save_as(tmp_path / "saved.json")
        turns = conversation_from_json((tmp_path / "saved.json").read_text("utf-8"))
        assert [turn.question for turn in turns] == [
            "who did Zhao meet?", "when?", "where did Kim travel in September?", "why?",
        ]  # fmt: skip
        assert all(turn.answer.evidence[0].citation.holds(load_bundled()) for turn in turns)
        page.locator(".qa-menu summary").click()
        with page.expect_download() as saved:
            page.get_by_role("button", name="As Markdown").click()
        assert saved.value.suggested_filename == "conversation.md"
        assert "## when?" in Path(saved.value.path()).read_text("utf-8")


def test_an_interpretation_can_be_undone(browser: Browser, bundled_url: str) -> None:
    """What a question was taken for is shown; a click asks it as it was typed, and the last turn can be undone."""
    with visit(browser, bundled_url) as page:
        ask(page, "who did Zhao meet?")
        ask(page, "when?")
        expect(page.locator(".qa-understood")).to_contain_text("Understood as: ")
        page.get_by_role("button", name="Ask it as typed").click()
        expect(page.locator(".qa-understood")).to_have_count(0, timeout=PATIENCE)
        expect(page.locator(".qa-question")).to_have_text(["who did Zhao meet?", "when?"])
        expect(page.locator(".qa-turn").last.locator(".qa-answer")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".qa-question")).to_have_text(["who did Zhao meet?"], timeout=PATIENCE)
        expect(box(page)).to_have_value("when?")
        page.get_by_role("button", name="Clear").click()
        expect(page.locator(".qa-question")).to_have_count(0, timeout=PATIENCE)
        expect(page.locator(".qa-cited")).to_have_count(0)


def test_quote_and_sentence_light_each_other(browser: Browser, bundled_url: str) -> None:
    """Pointing at a quote lights its sentence, and at a sentence its quote; its number leads back to the quote."""
    with visit(browser, bundled_url) as page:
        ask(page, "who did Zhao meet?")
        quote, sentence = page.locator("[data-quote='1']"), page.locator(".qa-cited[data-cited='1']")
        page.mouse.move(1, 1)
        quote_before, sentence_before = background(quote), background(sentence)
        quote.hover()
        page.wait_for_timeout(300)
        assert background(sentence) != sentence_before
        sentence.hover()
        page.wait_for_timeout(300)
        assert background(quote) != quote_before
        page.get_by_role("link", name="To quote 1 in the conversation").click()
        expect(quote.locator(".qa-link")).to_be_focused()
        page.locator(".qa-tick").first.click()
        assert_lit(page, page.locator(".qa-sentence:target"))


def test_a_quote_and_a_link_can_be_copied(browser: Browser, bundled_url: str) -> None:
    """A quote is copied with its citation, and a link that opens its article and asks the question again."""
    with visit(browser, bundled_url) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        ask(page, "who did Zhao meet?")
        page.get_by_role("button", name="Copy quote 1").click()
        expect(page.get_by_role("button", name="Copy quote 1")).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("“Zhao met his North Korean counterpart Choe Ryong Hae")
        assert copied.endswith("(article.txt), paragraph 3, sentence 1")
        page.get_by_role("link", name="Copy link").click()
        expect(page.locator("[data-do='link']")).to_have_text("Link copied")
        link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{bundled_url}?article={load_bundled().id}&q=who+did+Zhao+meet%3F"
    with visit(browser, link) as page:
        expect(page.locator(".qa-question")).to_have_text("who did Zhao meet?", timeout=PATIENCE)
        expect(page.locator(".qa-best")).to_contain_text("Choe Ryong Hae", timeout=PATIENCE)
    with visit(browser, f"{bundled_url}?article=0123456789abcdef&q=<b>why</b>") as page:
        expect(page.locator(".qa-question")).to_have_text("<b>why</b>", timeout=PATIENCE)
        expect(page.locator(".qa-message")).to_contain_text("is not here")


def test_an_article_of_ones_own(browser: Browser, encoder: Encoder) -> None:
    """Upload, ask, click through: an uploaded article is its visitor's alone, and its file is gone from the server."""
    desk = make_desk(encoder, load_bundled())
    desk.warm_up()
    desk.grace = 0
    name = "<img src=x onerror='window.owned=1'>.md"
    with served(desk) as url, visit(browser, url) as other:
        with visit(browser, url) as page:
            page.get_by_role("button", name="Add an article").click()
            page.locator("#qa-drop input[type=file]").set_input_files(
                [FilePayload(name=name, mimeType="text/markdown", buffer=b"# Eastport\n\nThe harbour was rebuilt in 1912.")]
            )
            expect(page.locator(".qa-article:visible .qa-heading")).to_have_text("# Eastport", timeout=PATIENCE)
            expect(page.locator(".qa-article:visible .qa-source")).to_contain_text("onerror=")
            assert [file for file in uploads().rglob("*") if file.is_file()] == []
            reply = ask(page, "when was the harbour rebuilt?")
            reply.locator(".qa-best .qa-link").click()
            assert_lit(page, page.locator(".qa-cited[data-cited='1']"))
            expect(page.locator("[data-do='link']")).to_have_count(0)  # nobody else could follow it
            expect(ask(page, "who did Zhao meet?")).to_contain_text("does not say")
            page.get_by_label("Ask", exact=True).select_option("all")
            reply = ask(page, "who did Zhao meet?")
            expect(page.locator(".qa-article:visible .qa-source")).to_contain_text("article.txt")
            page.locator(".qa-turn").first.locator(".qa-link").first.click()
            expect(page.locator(".qa-article:visible .qa-heading")).to_have_text("# Eastport")
            assert_no_markup(page)
            expect(ask(other, "when was the harbour of Eastport rebuilt?")).not_to_contain_text("1912")
            expect(other.locator("#qa-picker")).to_have_count(0)
            own = load_bytes(b"# Eastport\n\nThe harbour was rebuilt in 1912.", name=name)
            assert any(visit.article(own.id) for visit in desk.visits())
        for _ in range(100):
            if not any(visit.article(own.id) for visit in desk.visits()):
                break
            other.wait_for_timeout(100)
        assert not any(visit.article(own.id) for visit in desk.visits())


def uploads() -> Path:
    return Path(os.environ["GRADIO_TEMP_DIR"])


def assert_no_markup(page: Page) -> None:
    expect(page.locator(":is(.qa-log, #qa-pane, #qa-told, #qa-picker) :is(img, script, b)")).to_have_count(0)
    assert page.evaluate("typeof window.owned") == "undefined"


def test_refusals_say_why(browser: Browser, bundled_url: str) -> None:
    """What cannot be added says why, beside the form, and what was typed stays; nothing of the server is opened."""
    with visit(browser, bundled_url) as page:
        page.get_by_role("button", name="Add an article").click()
        address = page.get_by_label("Or the address of a page")
        for typed, told in (
            ("file:///etc/passwd", "is not the address of a page"),
            ("/etc/passwd", "is not the address of a page"),
            ("http://127.0.0.1:1/", "not on the public internet"),
        ):
            address.fill(typed)
            page.get_by_role("button", name="Fetch").click()
            expect(page.get_by_role("alert").filter(has_text=told)).to_be_visible(timeout=PATIENCE)
            expect(address).to_have_value(typed)
        page.locator("#qa-drop input[type=file]").set_input_files(
            [FilePayload(name="<b>photo</b>.txt", mimeType="text/plain", buffer=b"\x89PNG\r\n\x1a\n\0")]
        )
        expect(page.get_by_role("alert").filter(has_text="<b>photo</b>.txt")).to_be_visible(timeout=PATIENCE)
        assert_no_markup(page)
        expect(page.locator(".qa-article")).to_have_count(1)
        page.get_by_label("Or a text").fill("The windmill of Wolin was built in 1788 by monks.")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".qa-article:visible .qa-text")).to_have_text(
            "The windmill of Wolin was built in 1788 by monks.", timeout=PATIENCE
        )
        page.get_by_role("button", name="Remove").click()
        expect(page.locator(".qa-article:visible .qa-source")).to_contain_text("article.txt", timeout=PATIENCE)


def test_how_sure_an_answer_must_be(browser: Browser, bundled_url: str, bundled: ArticleQA) -> None:
    """The page offers the error rates that can be kept; asked again with the strictest one, an unsure answer is withheld."""
    with visit(browser, bundled_url) as page:
        least, most = bundled.threshold(None) or 0, bundled.threshold(bundled.profile.promises[0][0]) or 1
        tried = (
            "who accuses North Korea?",
            "where did Zhao go?",
            "who is the leader?",
            "who met Putin?",
            "who did Zhao meet?",
        )
        question = next(one for one in tried if least < (bundled.ask(one).confidence or 0) < most)
        expect(ask(page, question).locator(".qa-best")).to_contain_text("sure")
        choice = page.get_by_label("Answer", exact=True)
        assert choice.locator("option").all_inner_texts()[0] == "whenever one seems right"
        choice.select_option(index=choice.locator("option").count() - 1)
        page.wait_for_timeout(500)
        page.get_by_role("button", name="Ask again").click()
        expect(page.locator(".qa-reason")).to_contain_text("does not say", timeout=PATIENCE)
        expect(page.locator(".qa-question")).to_have_text([question])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_of_ours(browser: Browser, bundled_url: str, scheme: Scheme) -> None:
    """The accessibility checker axe-core finds nothing against WCAG 2.2 AA: at the start, with answers, in the form."""
    from axe_playwright_python.sync_playwright import Axe

    def found(page: Page) -> list[tuple[str, str]]:
        page.wait_for_timeout(500)
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        violations = Axe().run(page, options={"runOnly": rules}).response["violations"]
        return [(violation["id"], node["html"][:120]) for violation in violations for node in violation["nodes"]]

    with visit(browser, bundled_url, scheme=scheme) as page:
        assert found(page) == []
        ask(page, "who did Zhao meet?")
        ask(page, "when?")
        assert found(page) == []
        ask(page, "how do I bake sourdough bread?")
        page.get_by_role("button", name="Add an article").click()
        page.get_by_label("Or the address of a page").fill("file:x")
        page.get_by_role("button", name="Fetch").click()
        expect(page.get_by_role("alert").first).to_be_visible(timeout=PATIENCE)
        page.locator(".qa-menu summary").click()
        assert found(page) == []


@pytest.mark.parametrize("width", [360, 2560])
def test_any_width(browser: Browser, bundled_url: str, width: int) -> None:
    """From the narrowest telephone to the widest screen nothing is wider than the window, and no line of text too long."""
    with visit(browser, bundled_url, {"width": width, "height": 800}) as page:
        ask(page, "who did Zhao meet?")
        page.get_by_role("button", name="Add an article").click()
        expect(page.get_by_label("Or a text")).to_be_visible(timeout=PATIENCE)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for text in (".qa-paragraph", ".qa-best .qa-quote"):
            assert page.locator(text).first.evaluate("e => e.clientWidth / parseFloat(getComputedStyle(e).fontSize)") < 45


CONTRAST = """all => all.filter(e => e.textContent.trim() && e.getClientRects().length).map(e => {
  const parse = colour => (colour.match(/[\\d.]+/g) || []).map(Number)
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)
  let behind = e, ground = [0, 0, 0, 0]
  const clear = element => (ground = parse(getComputedStyle(element).backgroundColor)).length > 3 && ground[3] === 0
  while (behind && clear(behind)) behind = behind.parentElement
  const pair = [light(parse(getComputedStyle(e).color)), light(ground)].sort((a, b) => b - a)
  return [e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 30), (pair[0] + .05) / (pair[1] + .05)]
})"""
