"""Fitting a calibration: on scores whose truth is known, and by the command on a file."""

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import Encoder, LoadError
from qa import ArticleQA, cli
from qa.calibration import Profile
from qa.fitting import Case, fit, thresholds


def synthetic(count: int, seed: int, *, articles: int = 10) -> list[Case]:
    """Cases of which half are unanswerable, and of which the first feature tells how probable each is right."""
    dice = random.Random(seed)
    cases = []
    for number in range(count):
        answerable = number % 2 == 0
        right = answerable and dice.random() < 0.85
        strength = dice.gauss(1.6 if right else 0.0, 1.0)
        cases.append(Case((strength, dice.random(), 0.0), right, answerable, str(number % articles)))
    return cases


def fitted(cases: list[Case]) -> Profile:
    return fit(cases, name="synthetic", source="dice", encoder="e", reader=None)


def confidence(profile: Profile, case: Case) -> float:
    value = profile.intercept + sum(w * x for w, x in zip(profile.weights, case.features, strict=True))
    return float(1 / (1 + np.exp(-value)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_promised_error_is_kept_on_cases_that_did_not_fit_it(seed: int) -> None:
    profile, others = fitted(synthetic(3000, seed)), synthetic(20_000, seed + 100)
    assert len(profile.promises) >= 4
    for error, threshold in profile.promises:
        answered = [case for case in others if confidence(profile, case) > threshold]
        assert len(answered) > 50
        assert sum(not case.right for case in answered) / len(answered) <= error + 0.02


def test_a_confidence_is_the_share_that_is_right() -> None:
    profile, others = fitted(synthetic(3000, 5)), synthetic(20_000, 6)
    for low in (0.1, 0.3, 0.5, 0.7):
        among = [case for case in others if low <= confidence(profile, case) < low + 0.2]
        share = sum(case.right for case in among) / len(among)
        assert share == pytest.approx(sum(confidence(profile, case) for case in among) / len(among), abs=0.05)


def test_a_smaller_error_never_has_a_lower_threshold() -> None:
    promises = fitted(synthetic(1000, 7)).promises
    for (error, threshold), (next_error, next_threshold) in pairwise(promises):
        assert error < next_error and threshold >= next_threshold


def test_the_default_threshold_lets_most_answerable_questions_through() -> None:
    profile, others = fitted(synthetic(3000, 8)), [case for case in synthetic(5000, 9) if case.answerable]
    kept = sum(confidence(profile, case) > profile.default_threshold for case in others) / len(others)
    assert kept == pytest.approx(0.92, abs=0.02)


def test_thresholds_of_a_hundred_right_and_a_hundred_wrong_ones() -> None:
    """All right ones above all wrong ones: small errors are kept to just above the wrong ones, .5 by answering all."""
    values = np.linspace(1, 0, 200)
    right = np.arange(200) < 100
    found = dict(thresholds(values, right, np.ones(200)))
    assert 0.4 < found[0.02] < values[95]
    assert found[0.02] >= found[0.10] >= found[0.30]
    assert dict(thresholds(values, ~right, np.ones(200))) == {}  # the surest are wrong: no promise, though half is right


def test_a_promise_holds_for_the_harder_kind_of_absent_question_too() -> None:
    """Withheld answers that are told apart at once do not soften what real ones need."""
    hard = synthetic(2000, 11)
    easy = [Case((-9.0, 0.0, 0.0), False, False, str(number % 10), withheld=True) for number in range(1000)]
    profile, others = fitted(hard + easy), synthetic(20_000, 12)
    for error, threshold in profile.promises:
        answered = [case for case in others if confidence(profile, case) > threshold]
        assert sum(not case.right for case in answered) / len(answered) <= error + 0.03


def test_too_few_questions_are_refused() -> None:
    with pytest.raises(LoadError, match=r"too few to calibrate\. Give files with at least 40 of each"):
        fitted(synthetic(60, 13))


def test_a_profile_is_saved_and_loaded_alike(tmp_path: Path) -> None:
    profile = fitted(synthetic(500, 14))
    profile.save(tmp_path / "profile.json")
    assert Profile.load(tmp_path / "profile.json") == profile


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"name": 1}', '{"weights": "x", "reader": null}', '{"weights": [1], "reader": null}']
)
def test_what_is_no_profile_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(LoadError, match="holds no calibration"):
        Profile.load(tmp_path / "x.json")
    with pytest.raises(LoadError, match=r"absent\.json cannot be read"):
        Profile.load(tmp_path / "absent.json")


def fruit_file(folder: Path) -> Path:
    """Six articles of ten paragraphs, each asked of by its own two words; every other question names what is not there."""
    fruit = "apple banana cherry elder grape lemon mango olive peach plum".split()
    colours = "red green blue one two three".split()
    entries = []
    for colour in colours:
        paragraphs = []
        for name in fruit:
            context = f"{colour.capitalize()} {name} was four."
            asked: list[dict[str, Any]] = [
                {
                    "id": f"{colour}{name}",
                    "question": f"{colour} {name}",
                    "answers": [{"text": name, "answer_start": context.index(name)}],
                }
            ]
            asked.append({"id": f"{colour}{name}x", "question": f"quince {name} not", "answers": [], "is_impossible": True})
            paragraphs.append({"context": context, "qas": asked})
        entries.append({"title": colour, "paragraphs": paragraphs})
    file = folder / "fruit.json"
    file.write_text(json.dumps({"data": entries}), "utf-8")
    return file


def test_the_command_fits_a_profile_that_ask_and_evaluate_then_use(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, output = fruit_file(tmp_path), tmp_path / "mine.json"
    parser, _ = cli.make_parser()
    assert cli.run(parser, ["calibrate", str(file), "--output", str(output), "--model", str(tiny_model)]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(
        f"{output}: Logistic regression on fruit, 6 articles: 60 answerable questions, against 120"
    )
    profile = Profile.load(output)
    assert (profile.name, profile.reader, profile.encoder) == ("mine", None, Encoder(tiny_model).identity)
    qa = ArticleQA.from_text("Red apple was elder. Green plum.", encoder=Encoder(tiny_model), profile=profile)
    assert qa.calibrated
    sure, unsure = qa.ask("red apple"), qa.ask("quince mango not")
    assert sure.confidence is not None and unsure.confidence is not None and sure.confidence > unsure.confidence
    most = f"{profile.promises[-1][0]}"
    ask = ["ask", "red apple", "--article", str(tmp_path / "a.txt"), "--model", str(tiny_model), "--max-error", most]
    (tmp_path / "a.txt").write_text("Red apple was elder. Green plum.")
    assert cli.run(parser, ask) == 2
    assert "article-qa calibrate" in capsys.readouterr().err
    assert cli.run(parser, [*ask, "--profile", str(output)]) in (0, 1)
    capsys.readouterr()
    evaluate = ["evaluate", str(file), "--model", str(tiny_model), "--profile", str(output), "--limit", "5", "--json"]
    assert cli.run(parser, evaluate) == 0
    assert json.loads(capsys.readouterr().out)["profile"]["calibration"] == "mine"
