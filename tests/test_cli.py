"""The commands, as a shell sees them: what goes to stdout, what to stderr, and the exit status."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import heed_ctrl_c

from qa import cli

Run = Callable[..., tuple[int, str, str]]

TITLE = "Red apple."  # an article without a heading is called by its first sentence


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tiny_model: Path) -> Run:
    """Run a command with the tiny model; gives its exit status, stdout and stderr."""

    def run(*arguments: str | Path, model: bool = True) -> tuple[int, str, str]:
        parser, _ = cli.make_parser()
        words = [str(argument) for argument in arguments]
        status = cli.run(parser, words + (["--model", str(tiny_model)] if model else []))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def fruit(tmp_path: Path) -> Path:
    file = tmp_path / "fruit.txt"
    file.write_text("Red apple. Green banana.\n\nBlue cherry.\n", "utf-8")
    return file


@pytest.fixture
def library(tmp_path: Path, fruit: Path, run: Run) -> Path:
    folder = tmp_path / "kept"
    assert run("add", fruit, "--library", folder)[0] == 0
    return folder


def test_ask_prints_numbered_quotes_with_their_places_and_nothing_else(run: Run, fruit: Path) -> None:
    status, out, err = run("ask", "blue cherry", "--article", fruit, "--k", "1")
    assert (status, err) == (0, "")
    assert out == f"[1] “Blue cherry.”\n    paragraph 2, sentence 1 · {TITLE} ({fruit})\n"


def test_ask_abstains_with_status_1_and_the_nearest_sentences(run: Run, fruit: Path) -> None:
    status, out, err = run("ask", "olive mango", "--article", fruit)
    assert (status, err) == (1, "")
    assert out.startswith("The article does not say: nothing in it seems to be about this.\n\nNearest sentences:\n- “")


def test_ask_as_json_prints_the_contracts_answer(run: Run, fruit: Path) -> None:
    status, out, _ = run("ask", "green banana", "--article", fruit, "--json")
    answer = json.loads(out)
    assert status == 0
    assert answer["evidence"][0]["quote"] == "Green banana."
    assert (answer["evidence"][0]["citation"]["start"], answer["evidence"][0]["citation"]["end"]) == (11, 24)
    assert answer["question"] == answer["query"] == "green banana"
    assert answer["confidence"] is None


def test_saved_citations_are_checked_against_the_article(run: Run, fruit: Path, library: Path, tmp_path: Path) -> None:
    """Status 0 where all are verbatim, 1 where not, 2 for what is no answer; no model is loaded for it."""
    saved = tmp_path / "answer.json"
    saved.write_text(run("ask", "green banana", "--article", fruit, "--k", "1", "--json")[1], "utf-8")
    assert run("verify-citation", saved, "--article", fruit)[:2] == (0, "verbatim “Green banana.”\n")
    assert run("verify-citation", saved, "--library", library)[:2] == (0, "verbatim “Green banana.”\n")
    fruit.write_text("New. Red apple. Green banana.", "utf-8")
    status, out, _ = run("verify-citation", saved, "--article", fruit)
    assert (status, out.split()[0]) == (1, "moved")
    assert run("verify-citation", saved, model=False)[:2] == (1, "missing  “Green banana.”\n")
    for wrong in (fruit, tmp_path / "absent.json", tmp_path):
        status, out, err = run("verify-citation", wrong, "--article", fruit)
        assert (status, out) == (2, "") and err.startswith("article-qa: ")


def test_articles_are_kept_listed_asked_and_removed(run: Run, library: Path, fruit: Path) -> None:
    status, out, _ = run("list", "--library", library)
    article_id = out.split()[0]
    assert status == 0
    assert out == f"{article_id}       3 sentences  {TITLE}  ({fruit})\n"
    assert run("add", fruit, "--library", library)[1] == f"{article_id}  there already  {TITLE}\n"
    assert run("ask", "blue cherry", "--library", library, "--in", article_id)[0] == 0
    assert run("verify", "--library", library)[:2] == (0, "1 article, 3 sentences: all whole\n")
    assert run("remove", article_id, "--library", library)[:2] == (0, f"{article_id}  removed\n")
    assert run("list", "--library", library)[:2] == (0, "")
    assert run("remove", article_id, "--library", library)[0] == 2


def test_add_skips_a_bad_file_names_it_and_keeps_the_others(run: Run, tmp_path: Path, fruit: Path) -> None:
    status, out, err = run("add", tmp_path / "absent.txt", fruit, "--library", tmp_path / "new")
    assert status == 1
    assert out.endswith(f"  added  {TITLE}\n")
    assert "There is no file" in err and "1 of 2 not added; the others are" in err
    assert run("add", tmp_path / "absent.txt", "--library", tmp_path / "new")[0] == 2


def test_add_takes_folders_patterns_and_standard_input(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder what has a known ending and is not hidden, each file once; what fits nothing is told and skipped."""
    texts = tmp_path / "texts"
    (texts / "deep" / ".git").mkdir(parents=True)
    for number, name in enumerate(["a.txt", "deep/b.MD", "deep/c.py", ".d.txt", "deep/.git/e.txt", "~$f.docx", "[g].txt"]):
        (texts / name).write_text(f"Red apple {number}.", "utf-8")
    (texts / "deep" / "h.html").write_text("<html><body><article><p>Green banana tree.</p></article></body></html>", "utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Blue cherry.")))
    named = (texts, texts / "a.txt", f"{texts}/**/*.txt", f"{texts}/[g].txt", "-")
    status, out, err = run("add", *named, "--library", tmp_path / "kept")
    assert (status, err) == (0, "")
    assert [line.split("  ", 2)[1:] for line in out.splitlines()] == [
        ["added", title] for title in ("Red apple 6.", "Red apple 0.", "Red apple 1.", "Green banana tree.", "Blue cherry.")
    ]
    assert run("add", tmp_path / "kept", f"{texts}/*.rtf", texts / "a.txt", "--library", tmp_path / "kept")[::2] == (
        1,
        f"article-qa: There is no article in {tmp_path / 'kept'}. Its files should end in one of "
        ".docx .htm .html .markdown .md .pdf .txt .xhtml.\n"
        f"article-qa: No file fits {texts}/*.rtf. Check the pattern and the folder.\n"
        "article-qa: 2 of 3 not added; the others are\n",
    )


def test_a_changed_file_replaces_its_old_version(run: Run, library: Path, fruit: Path) -> None:
    fruit.write_text("Red apple. Green fig.\n", "utf-8")
    assert run("add", fruit, "--library", library)[1].endswith(f"  replaced  {TITLE}\n")
    assert run("list", "--library", library)[1].count("\n") == 1


def test_standard_input_replaces_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two texts that came that way are two articles without a source."""
    for text in (b"Red apple.", b"Green fig tree."):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert run("add", "-", "--library", tmp_path / "kept")[0] == 0
    assert [line.split("  ")[-1] for line in run("list", "--library", tmp_path / "kept")[1].splitlines()] == [
        "Red apple.",
        "Green fig tree.",
    ]


def test_an_article_in_another_language_is_said_to_be(run: Run, tmp_path: Path) -> None:
    """By add and by ask, of the default model, which knows English; nobody knows what another one knows."""
    german = tmp_path / "sturm.txt"
    german.write_text(
        "Der Sturm erreichte Skagen am Montagabend und riss das Dach von der alten Fischhalle. Niemand wurde verletzt."
    )
    said = "the article seems to be in another language than English (de). The model knows English"
    status, _, err = run("add", german, "--library", tmp_path / "kept", model=False)
    assert status == 0 and said in err
    assert said in run("ask", "Wer wurde verletzt?", "--article", german, "--no-reader", model=False)[2]
    assert "another language" not in run("ask", "Wer wurde verletzt?", "--article", german)[2]


def test_the_bundled_article_is_asked_where_none_is_named(run: Run) -> None:
    status, out, err = run("ask", "who did Zhao meet?", "--k", "1", model=False)
    assert (status, err) == (0, "")
    assert out.startswith("[1] “Zhao met his North Korean counterpart Choe Ryong Hae later Thursday and discussed")
    assert "\n    paragraph 3, sentence 1 · " in out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["ask", ""], "The question is empty. Type a question"),
        (["ask", " \n "], "The question is empty."),
        (["ask", "x" * 1001], "The question has 1,001 characters, and 1,000 is the limit. Ask it in fewer words."),
        (["ask", "x", "--k", "0"], "k is 0. Ask for 1 to 100 sentences."),
        (["ask", "x", "--k", "101"], "k is 101."),
        (["ask", "x", "--in", "nothing"], "There is no article nothing in the library."),
        (["ask", "x", "--max-error", "0.1"], "An error rate cannot be promised"),
        (["ask", "x", "--article", "absent.txt"], "There is no file absent.txt. Check the name and the folder."),
        (["ask", "x", "--article", "http://127.0.0.1/"], "leads to 127.0.0.1, which is not on the public internet."),
        (["ask", "x", "--article", "file:///etc/hostname"], "is no http or https address."),
        (["ask", "x", "--library", "absent"], "There is no library in absent. Make one: article-qa add"),
        (["remove", "x", "--library", "absent"], "There is no library in absent."),
        (["evaluate", "absent.json"], "absent.json cannot be read"),
        (["evaluate", "absent.json", "--limit", "0"], "The limit is 0. Draw at least one question."),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_input_is_a_message_with_the_cure_and_status_2(run: Run, arguments: list[str], problem: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("article-qa: ") and problem in err
    assert "Traceback" not in err


def test_wrong_use_is_status_2(run: Run) -> None:
    for arguments in (["ask"], ["nonsense"], ["ask", "x", "--k", "many"], ["ask", "x", "--article", "a", "--library", "b"]):
        with pytest.raises(SystemExit) as stop:
            run(*arguments)
        assert stop.value.code == 2


def test_an_odd_byte_in_a_file_name_is_only_a_name(run: Run, tmp_path: Path) -> None:
    """Two such files are two sources: neither replaces the other."""
    folder = os.fsencode(tmp_path)
    for byte, text in ((b"\xff", "Red apple."), (b"\xfe", "Green fig tree.")):
        (Path(os.fsdecode(folder + b"/k" + byte + b".txt"))).write_text(text, "utf-8")
    files = sorted(tmp_path.glob("*.txt"))
    assert run("add", *files, "--library", tmp_path / "kept")[0] == 0
    listed = run("list", "--library", tmp_path / "kept")[1]
    assert "k\\udcff.txt" in listed and "k\\udcfe.txt" in listed


def test_a_mistyped_id_removes_nothing(run: Run, library: Path) -> None:
    article_id = run("list", "--library", library)[1].split()[0]
    assert run("remove", article_id, "nothing", "--library", library)[0] == 2
    assert run("list", "--library", library)[1].startswith(article_id)


@pytest.mark.parametrize(
    ("redirect", "environment", "status"),
    [
        (">/dev/null", {"PYTHONIOENCODING": "ascii"}, 0),
        (">/dev/null", {"PYTHONIOENCODING": "latin-1"}, 0),
        (">&-", {}, 0),
        (">/dev/full", {}, 2),
        ("| true", {}, 0),
    ],
)
def test_the_output_may_go_anywhere(
    redirect: str, environment: dict[str, str], status: int, fruit: Path, tiny_model: Path
) -> None:
    """Another encoding, a closed or full output, a reader that has gone: never a traceback."""
    command = f'{sys.executable} -m ui ask "red apple" --article {fruit} --model {tiny_model} --no-reader {redirect}'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=os.environ | environment)
    assert done.returncode == status
    assert "Traceback" not in done.stderr


def test_json_is_json_in_any_encoding(fruit: Path, tiny_model: Path) -> None:
    fruit.write_text("Röd apple.", "utf-8")
    command = [sys.executable, "-m", "ui", "ask", "apple", "--article", str(fruit), "--model", str(tiny_model), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert json.loads(done.stdout)["evidence"][0]["quote"] == "Röd apple."


def test_a_model_that_is_not_here_is_not_fetched(run: Run, fruit: Path) -> None:
    status, _, err = run("ask", "x", "--article", fruit, "--model", "nobody/nothing", model=False)
    assert status == 2
    assert "nobody/nothing is not available: it is neither a folder nor in the local cache" in err and "--download" in err


def test_a_library_of_another_model_is_refused_and_left_as_it_was(run: Run, library: Path) -> None:
    before = run("list", "--library", library)
    status, _, err = run("ask", "x", "--library", library, model=False)
    assert status == 2
    assert "holds vectors of the model" in err and "--model" in err
    assert run("list", "--library", library) == before
    assert run("verify", "--library", library)[0] == 0


def test_evaluate_prints_a_table_or_json(run: Run, tmp_path: Path) -> None:
    qa = {"id": "1", "question": "red apple", "answers": [{"text": "Red", "answer_start": 0}]}
    file = tmp_path / "q.json"
    file.write_text(json.dumps({"data": [{"title": "t", "paragraphs": [{"context": "Red apple. Plum.", "qas": [qa]}]}]}))
    status, out, _ = run("evaluate", file)
    assert status == 0
    assert "          P@1       MRR@10    R@5\nfused     1.000     1.000     1.000\ndense     1.000" in out
    figures = json.loads(run("evaluate", file, "--json")[1])
    assert sorted(figures) == ["baselines", "files", "metrics", "profile", "speed"]
    assert figures["metrics"]["sentence_p_at_1"] == 1.0 and figures["metrics"]["auroc"] is None


def test_ctrl_c_ends_quietly_with_status_130(tmp_path: Path, tiny_model: Path) -> None:
    """What was added before stays: every article is one step."""
    sources = []
    for number in range(4000):
        sources.append(tmp_path / f"{number}.txt")
        sources[-1].write_text(f"Apple {number}.", "utf-8")
    command = [sys.executable, "-c", "import sys; from ui import main; sys.exit(main())", "add", *map(str, sources)]
    child = subprocess.Popen(
        [*command, "--library", str(tmp_path / "kept"), "--model", str(tiny_model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )
    assert child.stdout and child.stdout.readline()  # at least one is added
    time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err.strip().endswith("article-qa: stopped") and "Traceback" not in err
    parser, _ = cli.make_parser()
    assert cli.run(parser, ["verify", "--library", str(tmp_path / "kept"), "--model", str(tiny_model)]) == 0
