"""What is installed from the wheel works without the source beside it."""

import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # A copy of what git would carry: building in place leaves a build folder that the next build would pack again.
    source = folder / "source"
    for file in ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "ui.py", *package_files("index"), *package_files("qa")):
        target = source / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / file).read_bytes())
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=source)
    (built,) = folder.glob("*.whl")
    return built


def package_files(package: str) -> list[str]:
    return [
        file.relative_to(ROOT).as_posix()
        for file in sorted((ROOT / package).rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]


def run(*command: object, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_carries_the_article_the_css_and_the_type_marks_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"index/data/article.txt", "qa/page.css", "index/py.typed", "qa/py.typed", "ui.py"} <= names
    assert {"LICENSE", "NOTICE"} <= {Path(name).name for name in names}
    assert not [name for name in names if name.startswith("tests")]
    assert {name.split("/")[0].split("-")[0] for name in names} == {"article_qa", "index", "qa", "ui.py"}


def test_an_installed_wheel_answers_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    """In CI with all its dependencies freshly installed; elsewhere with those of the environment that runs the tests."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    if os.environ.get("CI"):
        run(python, "-m", "pip", "install", "-q", wheel, "-c", ROOT / "constraints.txt", cwd=tmp_path)
    else:
        run(python, "-m", "pip", "install", "-q", "--no-deps", wheel, cwd=tmp_path)
        packages = run(python, "-c", "import site; print(site.getsitepackages()[0])", cwd=tmp_path).strip()
        (Path(packages) / "parent.pth").write_text("\n".join(site.getsitepackages()))
    out = run(python.with_name("article-qa"), "ask", "who did Zhao meet?", "--k", "1", cwd=tmp_path)
    assert out.startswith("[1] “Zhao met his North Korean counterpart Choe Ryong Hae later Thursday")
    where = run(python, "-c", "import qa; print(qa.__file__)", cwd=tmp_path)
    assert where.startswith(str(tmp_path))
