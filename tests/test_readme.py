"""What the README shows is what happens."""

import re
import shlex
from pathlib import Path

import pytest

from qa import cli

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_python_examples_print_what_stands_below_them(capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(examples) == len(blocks("python")) == 2
    for code, output in examples:
        exec(compile(code, "README.md", "exec"), {})
        assert capsys.readouterr().out == output


def test_each_python_example_has_at_most_twelve_lines() -> None:
    for block in blocks("python"):
        assert len([line for line in block.splitlines() if line]) <= 12


def test_the_commands_print_what_stands_below_them(capsys: pytest.CaptureFixture[str]) -> None:
    for block in blocks("console"):
        command, output = block.split("\n", 1)
        words = shlex.split(command.removeprefix("$ article-qa "))
        parser, _ = cli.make_parser()
        assert cli.run(parser, words) == 0
        assert capsys.readouterr().out == output


def test_the_tour_names_every_module_once() -> None:
    root = Path(__file__).parent.parent
    modules = {path.relative_to(root).as_posix() for folder in ("index", "qa") for path in (root / folder).glob("*.py")}
    named = re.findall(r"^\| `((?:index|qa)/\w+\.py|ui\.py)`", README, re.MULTILINE)
    assert sorted(named) == sorted(modules - {"index/__init__.py", "qa/__init__.py"} | {"ui.py"})


def test_every_dependency_has_its_reason() -> None:
    project = (Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8")
    wanted = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert wanted
    for dependency in re.findall(r'"([\w-]+)', wanted[1]):
        assert f"\n| {dependency} | " in README, dependency


def test_nothing_was_left_to_be_filled_in() -> None:
    for document in ("README.md", "docs/model-card.md", "CHANGELOG.md", "CONTRIBUTING.md"):
        text = (Path(__file__).parent.parent / document).read_text("utf-8")
        assert not re.findall(r"^[A-Z@]{4,}$|TODO", text, re.MULTILINE), document


def test_every_file_that_the_readme_links_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (Path(__file__).parent.parent / target).exists(), target
