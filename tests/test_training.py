"""Making weights: examples that hold what they say, and a command that learns, stops, and goes on."""

import json
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import heed_ctrl_c

from index import Batch, ModelFiles, Network, Trainer
from qa.examples import Sampler, Source
from qa.training import _named, batch_of, batches, main


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Four articles of two paragraphs: what is red is asked, and what the article does not have."""
    fruit = "apple banana cherry elder".split()
    entries = []
    for number, name in enumerate(fruit):
        context = f"The date is blue. The red one is {name}. The green one is plum."
        asked = [
            {"id": f"{number}", "question": "red one is?", "answers": [{"text": name, "answer_start": context.index(name)}]},
            {"id": f"{number}x", "question": "the quince is?", "answers": [], "is_impossible": True},
        ]
        entries.append(
            {"title": name, "paragraphs": [{"context": context, "qas": asked}, {"context": "Two figs.", "qas": []}]}
        )
    file = tmp_path / "fruit.json"
    file.write_text(json.dumps({"data": entries}), "utf-8")
    return file


@pytest.fixture
def network(tiny_bert: ModelFiles, tmp_path: Path) -> Network:
    return Network(tmp_path / "none.safetensors", base=tiny_bert)


def test_held_out_articles_are_named_and_not_learnt_from(questions: Path, network: Network) -> None:
    source = Source(questions, network, held_out=1, seed=3)
    (apart,) = source.apart
    assert len(source.questions) == 6 and len(source.texts) == 12
    assert not any(f"is {apart}." in text.words for text in source.texts)


def test_a_batch_marks_the_answer_where_it_stands_and_nowhere_else(questions: Path, network: Network) -> None:
    source = Source(questions, network, held_out=0, seed=0)
    sampler = Sampler(source, network, random.Random(5))
    for _ in range(40):
        example = sampler.draw()
        batch = batch_of([(source, example)])
        in_windows = any(sentence in window for window in example.windows for sentence, _, _ in example.spans)
        assert bool(batch.absent[0]) == (not in_windows)
        assert batch.start.any() == batch.end.any() == batch.sentence_gold.any() == in_windows
        assert (batch.sentence[batch.start] >= 0).all()
        for row, place in np.argwhere(batch.start):
            sentence = [one for window in example.windows for one in window][batch.sentence[row, place]]
            assert sentence in [one for one, _, _ in example.spans]


def test_batches_hold_no_more_pieces_than_they_may_or_one_question(questions: Path, network: Network) -> None:
    source = Source(questions, network, held_out=0, seed=0)
    drawn = batches([Sampler(source, network, random.Random(1))], [1.0], 200, random.Random(2))
    for _ in range(20):
        batch = next(drawn)
        assert batch.ids.size <= 200 or len(batch.absent) == 1


def test_learning_lowers_the_loss(questions: Path, network: Network, tiny_bert: ModelFiles) -> None:
    source = Source(questions, network, held_out=0, seed=0)
    drawn = batches([Sampler(source, network, random.Random(1))], [1.0], 2000, random.Random(2))
    batch: Batch = next(drawn)
    trainer = Trainer(tiny_bert, half=False, seed=1)
    losses = [sum(trainer.step([batch], 0.01)) for _ in range(30)]
    assert losses[-1] < 0.7 * losses[0]


def test_what_is_left_out_while_learning_is_a_tenth_and_the_mean_stays(tiny_bert: ModelFiles) -> None:
    """Another part at each place and step, the same in each run."""
    import torch

    ones = torch.ones(200, 500)
    trainer = Trainer(tiny_bert, half=False, seed=1)
    first, second = (trainer._drop(random.Random(seed), ones) for seed in (1, 2))
    for dropped in (first, second):
        assert sorted(set(dropped.flatten().tolist())) == pytest.approx([0, 1 / 0.9])
        assert float(dropped.mean()) == pytest.approx(1, abs=0.01)
    assert not torch.equal(first, second)
    assert torch.equal(first, Trainer(tiny_bert, half=False, seed=1)._drop(random.Random(1), ones))


def test_a_question_loses_at_most_one_of_the_words_that_its_answer_has_too(
    questions: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never its first word or a name, and none where it shares no two."""
    monkeypatch.setattr("qa.examples.THINNED", 1.0)
    context = "The old sweet date is never blue. The plum is green."
    answer = {"text": "blue", "answer_start": context.index("blue")}
    expected = {
        "which sweet old date is Blue?": {"which old date is Blue?", "which sweet old is Blue?"},
        "which date is like a plum?": {"which date is like a plum?"},
        "which date is never sweet at all?": {"which is never sweet at all?", "which date is never at all?"},
        "sweet date, or which?": {"sweet date, or which?"},
    }
    asked = [{"id": text, "question": text, "answers": [answer]} for text in expected]
    questions.write_text(
        json.dumps({"data": [{"title": "Fruit", "paragraphs": [{"context": context, "qas": asked}]}]}), "utf-8"
    )
    sampler = Sampler(Source(questions, network, held_out=0, seed=0), network, random.Random(3))
    assert {one.text: {sampler._thinned(one) for _ in range(40)} for one in sampler.source.questions} == expected


def test_a_renamed_question_has_the_same_answer_where_it_stands_now(
    questions: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other names are longer or shorter than those they replace, and the answer's place moves with them."""
    monkeypatch.setattr("qa.examples.RENAMED", 1.0)
    monkeypatch.setattr("qa.examples._misspelt", lambda text, dice: text)  # else a name may go in two ways
    monkeypatch.setattr("qa.examples.BENT", 0.0)
    entries = []
    for context, word, question in (
        ("The great Plum of Plum is red. The small Apple of Cherry is blue.", "red", "which is the great Plum"),
        ("An old Elder is green. A nice Fig is not the Banana.", "green", "which is old"),
    ):
        answer = {"text": word, "answer_start": context.index(word)}
        asked = [{"id": word, "question": question, "answers": [answer]}]
        entries.append({"title": word, "paragraphs": [{"context": context, "qas": asked}]})
    questions.write_text(json.dumps({"data": entries}), "utf-8")
    sampler = Sampler(Source(questions, network, held_out=0, seed=0), network, random.Random(3))
    red, plum = (network.pieces([word])[0].ids[0] for word in ("red", "Plum"))
    seen = 0
    for _ in range(800):
        example = sampler.draw()
        if plum in example.ids or example.spans[0][0] != 0 or not any(0 in window for window in example.windows):
            continue  # names are kept, it is the other question, or its window was withheld
        batch = batch_of([(sampler.source, example)])
        assert batch.ids[batch.start].tolist() == batch.ids[batch.end].tolist() == [red]
        assert plum not in batch.ids[batch.sentence == 0]
        seen += 1
    assert seen > 20


def test_going_on_from_a_checkpoint_is_as_if_it_had_never_stopped(
    questions: Path, network: Network, tiny_bert: ModelFiles, tmp_path: Path
) -> None:
    source = Source(questions, network, held_out=0, seed=0)
    drawn = batches([Sampler(source, network, random.Random(1))], [1.0], 400, random.Random(2))
    first, second = next(drawn), next(drawn)
    through = Trainer(tiny_bert, half=False, seed=1)
    through.step([first], 0.01)
    through.keep(tmp_path / "checkpoint")
    expected = through.step([second], 0.01)
    again = Trainer(tiny_bert, half=False, seed=1)
    again.resume(tmp_path / "checkpoint")
    assert again.steps == 1
    assert again.step([second], 0.01) == pytest.approx(expected, abs=1e-6)


def test_ctrl_c_keeps_what_was_learnt_and_the_same_command_goes_on(questions: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qa.training", str(questions), "--pieces", "256", "--batches", "1", "--exact"]
    command += ["--output", str(tmp_path / "w.safetensors")]
    child = subprocess.Popen([*command, "--steps", "100000"], stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c)
    assert child.stderr
    assert any("step 1 of 100,000" in line for line in iter(child.stderr.readline, ""))
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    stopped = re.search(r"stopped; the same command goes on from step ([\d,]+)\n$", err)
    assert child.returncode == 130 and stopped and "Traceback" not in err
    steps = int(stopped[1].replace(",", ""))
    again = subprocess.run([*command, "--steps", str(steps + 1)], stderr=subprocess.PIPE, text=True, timeout=60)
    assert again.returncode == 0
    assert f"going on from step {steps:,}" in again.stderr and f"step {steps + 1:,} of {steps + 1:,}" in again.stderr


def test_a_file_may_carry_its_weight_and_how_much_is_left_out(questions: Path) -> None:
    assert _named(f"{questions}") == (questions, 1.0, 0)
    assert _named(f"{questions}:2.5") == (questions, 2.5, 0)
    assert _named(f"{questions}:5:4") == (questions, 5.0, 4)


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "absent.json"), "--output", str(tmp_path / "w.safetensors")]) == 2
    assert "There is no file" in capsys.readouterr().err
