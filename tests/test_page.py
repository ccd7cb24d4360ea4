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
from typing import Literal

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, Request, ViewportSize, expect, sync_playwright

import ui
from index import Article, Encoder, Library, load_bundled, load_text
from qa import ArticleQA
from qa.desk import Desk

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Every name and address but this machine's leads nowhere, for the browser's own requests as well as the page's.
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
Scheme = Literal["light", "dark"]
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 30_000  # milliseconds, for a machine that does much else

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
        if not request.url.startswith((url, "data:", "blob:")):
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
    turns = page.locator(".qa-turn").count()
    box(page).fill(question)
    box(page).press("Enter")
    expect(page.locator(".qa-turn")).to_have_count(turns + 1, timeout=PATIENCE)
    reply = page.locator(".qa-turn").last.locator("> :not(.qa-question)")
    expect(reply).to_be_visible(timeout=PATIENCE)
    return reply


def assert_lit(page: Page, sentence: Locator) -> None:
    """The sentence is in the window, nothing covers it, and its colour is not that of the rest."""
    expect(sentence).to_be_in_viewport(ratio=1, timeout=PATIENCE)
    page.wait_for_timeout(600)  # smooth scrolling
    expect(sentence).to_be_in_viewport(ratio=1)
    assert sentence.evaluate(
        "e => { const r = e.getClientRects()[0];"
        " return document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) === e }"
    )
    assert background(sentence) != background(page.locator(".qa-sentence:not(.qa-cited, :target):visible").first)


def background(element: Locator) -> str:
    colour: str = element.evaluate("e => getComputedStyle(e).backgroundColor")
    return colour


def test_a_citation_leads_to_its_sentence(browser: Browser, bundled_url: str) -> None:
    """The question has its quote; a click on the citation brings the sentence into view and lights it."""
    with visit(browser, bundled_url, {"width": 1440, "height": 500}) as page:
        reply = ask(page, "who did Zhao meet?")
        expect(reply.locator("blockquote")).to_contain_text("Zhao met his North Korean counterpart Choe Ryong Hae")
        sentence = page.locator(".qa-cited[data-cited='1']")
        expect(sentence).to_have_text(reply.locator("blockquote").inner_text())
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


def test_an_example_can_be_clicked(browser: Browser, bundled_url: str) -> None:
    """A click on an example asks it."""
    with visit(browser, bundled_url) as page:
        page.get_by_role("button", name="who did Zhao meet?").click()
        expect(page.locator(".qa-question")).to_have_text("who did Zhao meet?", timeout=PATIENCE)
        expect(page.locator("blockquote")).to_contain_text("Choe Ryong Hae", timeout=PATIENCE)


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
        for _ in range(8):  # past the examples and the scores
            if citation.evaluate("e => e === document.activeElement"):
                break
            page.keyboard.press("Shift+Tab")
        expect(citation).to_be_focused()
        assert citation.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
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
        expect(reply.locator("blockquote")).to_be_in_viewport(ratio=1)
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
            "h1, h2, p, button, .qa-question, .qa-sentence, .qa-link, .qa-sure, .qa-near, summary, .qa-message, #qa-box span"
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
        assert reply.locator("blockquote").evaluate("e => e.textContent") == article.quote(article.sentences[-1])
        for question in HOSTILE:
            ask(page, question)
            assert page.locator(".qa-question").last.evaluate("e => e.textContent") == question[:2000] + "…" * (
                len(question) > 2000
            )
        foreign = "script, img, iframe, style, textarea, object, math, em, strong, code, [onerror], [onload], [onmouseover]"
        expect(page.locator(f":is(.qa-log, #qa-pane, #qa-status, #qa-picker) :is({foreign})")).to_have_count(0)
        expect(page.locator(":is(.qa-log, #qa-pane, #qa-status) svg")).to_have_count(0)
        hrefs = page.locator("a").evaluate_all("all => all.map(e => e.getAttribute('href'))")
        assert [href for href in hrefs if not re.fullmatch(r"#s-[0-9a-f]{16}-\d+", href or "")] == []
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
        page.locator(".qa-turn").first.get_by_role("link").first.click()
        expect(title).to_have_text("Eastport")
        assert_lit(page, page.locator(".qa-sentence:target"))
        page.get_by_label("Article", exact=True).click()
        page.get_by_role("option").nth(1).click()
        expect(title).to_contain_text("<script>", timeout=PATIENCE)


def test_the_page_is_there_before_the_model(browser: Browser, encoder: Encoder) -> None:
    """Before the model is loaded the article can be read and a question asked, which is answered afterwards."""
    desk = make_desk(encoder, harbour())
    with served(desk) as url, visit(browser, url) as page:
        expect(page.locator("#qa-status")).to_contain_text("Warming up")
        expect(page.locator(".qa-sentence").first).to_have_text("The harbour of Eastport was rebuilt in 1912.")
        expect(page.get_by_role("button")).to_have_text(["Ask"])  # no examples: nobody knows what this article answers
        expect(ask(page, "when was the harbour rebuilt?")).to_contain_text("Warming up")
        desk.warm_up()
        expect(page.locator("blockquote")).to_have_text("The harbour of Eastport was rebuilt in 1912.", timeout=PATIENCE)
        expect(page.locator("#qa-status")).to_have_text("", timeout=PATIENCE)


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
