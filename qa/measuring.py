"""The commands that measure: evaluate and calibrate. What they run is loaded when they run.

Knows nothing of how figures come about.
"""

import argparse
from pathlib import Path

from index import Library
from qa.arguments import Commands, add_answer_arguments, add_model_arguments, answer_parts, encoder_of, print_json
from qa.article_qa import ArticleQA
from qa.rendering import figures_to_text

__all__ = ["declare_calibrate", "declare_evaluate"]


def declare_evaluate(commands: Commands) -> None:
    """`article-qa evaluate`."""
    command = commands.add_parser(
        "evaluate",
        help="measure on questions with known answers",
        description="Measure on SQuAD files: how often the right sentence is first, how well absence is known.",
    )
    command.add_argument("files", metavar="FILE.json", nargs="+")
    command.add_argument(
        "--scope",
        choices=("article", "corpus"),
        default="article",
        help="ask the question's own article, or all (default: article)",
    )
    command.add_argument("--limit", metavar="N", type=int, help="only N questions, drawn at random")
    command.add_argument("--seed", metavar="S", type=int, default=0, help="of the drawing (default: 0)")
    command.add_argument("--max-error", metavar="R", type=float, help="as in ask")
    command.add_argument("--predictions", metavar="OUT.jsonl", type=Path, help="write a line for each question")
    command.add_argument("--json", action="store_true", help="print the figures as JSON")
    add_answer_arguments(command)
    add_model_arguments(command)
    command.set_defaults(body=_evaluate)


def _evaluate(chosen: argparse.Namespace) -> int:
    from qa.evaluation import run_files

    reader, profile = answer_parts(chosen)
    figures = run_files(
        chosen.files,
        encoder=encoder_of(chosen),
        reader=reader,
        profile=profile,
        corpus=chosen.scope == "corpus",
        limit=chosen.limit,
        seed=chosen.seed,
        max_error=chosen.max_error,
        predictions=chosen.predictions,
    )
    if chosen.json:
        print_json(figures)
    else:
        print(figures_to_text(figures))
    return 0


def declare_calibrate(commands: Commands) -> None:
    """`article-qa calibrate`."""
    command = commands.add_parser(
        "calibrate",
        help="fit confidences on questions of your own",
        description="Fit a calibration for the models in use on SQuAD files, and write it for --profile to take. "
        "Each question is also asked with its paragraph withheld.",
    )
    command.add_argument("files", metavar="FILE.json", nargs="+")
    command.add_argument("--output", metavar="PROFILE.json", type=Path, required=True, help="where to write it")
    command.add_argument("--limit", metavar="N", type=int, help="only N questions, drawn at random")
    command.add_argument("--seed", metavar="S", type=int, default=0, help="of the drawing (default: 0)")
    add_answer_arguments(command, profile=False)
    add_model_arguments(command)
    command.set_defaults(body=_calibrate)


def _calibrate(chosen: argparse.Namespace) -> int:
    from qa.fitting import calibrate

    reader, _ = answer_parts(chosen)
    qa = ArticleQA(Library.in_memory(encoder_of(chosen)), reader=reader)
    profile = calibrate(qa, chosen.files, name=chosen.output.stem, limit=chosen.limit, seed=chosen.seed)
    profile.save(chosen.output)
    print(f"{chosen.output}: {profile.origin}")
    print("error among the answered, at most: " + ", ".join(f"{error:g}" for error, _ in profile.promises))
    return 0
