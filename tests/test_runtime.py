"""What the runtime computes is what sentence-transformers and the trained form compute, and it brings nothing else along."""

import json
import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import MakeBase
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index import Encoder, ModelError, ModelFiles, Network
from index.encoder import SAME_VECTOR
from index.pieces import BATCH, parts
from index.runtime import Runtime
from index.transformer import Transformer
from index.weights import Weights, read_tensors, widened
from qa.reader import SHIPPED, Reader

ROOT = Path(__file__).parent.parent
ARTICLES = [file.read_text("utf-8") for file in sorted((ROOT / "tests" / "data" / "articles").iterdir())]
ODD = ["", "?", "who did Zhao meet?", "Größe 東京 😀 \x07"]
TEXTS = [*ODD, *(text[i : i + 150] for text in ARTICLES for i in (0, 500, 900))]
LIGHT = ("torch", "transformers", "sentence_transformers", "openvino_telemetry", "openvino.tools.ovc", "gradio", "sklearn")


def test_the_vectors_are_those_of_sentence_transformers(encoder: Encoder) -> None:
    """On short, long, cut, odd and empty texts, in one batch: cosine .995 at least, length 1."""
    texts = [*TEXTS, " ".join(ARTICLES)[:5000]]
    reference = encoder._model.encode(texts, normalize_embeddings=True)
    vectors = encoder.encode(texts)
    assert (np.sum(vectors * reference, axis=1) > SAME_VECTOR).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        assert encoder.encode([text])[0] @ vector > 0.999


@pytest.mark.skipif(not SHIPPED.there, reason="the weights are not here")
def test_the_reader_reads_as_the_form_that_was_trained(encoder: Encoder) -> None:
    """The same best sentence-bearing piece in every window, and logits that differ by the rounding of 16 bits alone."""
    import torch

    network, trained = SHIPPED.network, Transformer.load(encoder.files, SHIPPED.weights)
    assert isinstance(network, Network)
    question = network.pieces(["who did Zhao meet?"])[0].ids
    texts = [one.ids[:170] for one in network.pieces(ARTICLES)]
    found = network.logits(question, texts)
    first, last = network.marks
    for text, logits in zip(texts, found, strict=True):
        row = torch.tensor([[first, *question, last, *text, last]])
        lead = len(question) + 2
        kinds = (torch.arange(row.shape[1]) >= lead).long()[None]
        with torch.inference_mode():
            expected = trained(row, kinds, torch.tensor([row.shape[1]])).numpy()[0]
        expected = np.concatenate([expected[:1], expected[lead:-1]])
        assert logits.shape == expected.shape
        assert np.abs(logits - expected).max() < 0.25  # of logits between -10 and 10
        assert expected[np.argmax(logits[:, 2]), 2] > expected[:, 2].max() - 0.1


def test_asking_imports_neither_torch_nor_transformers_nor_what_reports_to_others(tmp_path: Path) -> None:
    """A library is made, opened and asked in a process of its own; openvino reports each import of its converters."""
    program = (
        "import sys\n"
        "from qa import ArticleQA\n"
        "from index import load_bundled\n"
        "with ArticleQA.open(sys.argv[1], create=True) as qa: qa.library.add(load_bundled())\n"
        "with ArticleQA.open(sys.argv[1]) as qa: assert qa.ask('who did Zhao meet?').evidence[0].answer\n"
        f"print([name for name in {LIGHT} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "l")], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_importing_qa_imports_no_library_that_computes() -> None:
    program = (
        "import qa, sys; print([n for n in ('torch', 'openvino', 'tokenizers', 'gradio', 'faiss') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_another_model_is_run_by_sentence_transformers(tiny: Encoder, tiny_bert: ModelFiles) -> None:
    """One of bags of words, and one of BERT's kind whose vectors nobody has put on record."""
    for other in (tiny, Encoder(tiny_bert.folder)):
        assert other._compiled is None
        assert other.form == "fp32"
        assert len(other.encode(["red apple"])) == 1


def test_a_model_whose_vectors_are_not_those_on_record_is_left_to_sentence_transformers(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As on a processor that computes them wrongly: the log says so in one line, and the vectors are right."""
    expected = encoder.encode(["red apple"])[0]
    record = tmp_path / "reference.json"
    record.write_text(json.dumps({encoder.identity: {"text": "apple", "vector": encoder.encode(["plum"])[0].tolist()}}))
    monkeypatch.setattr("index.encoder.RECORD", record)
    fresh = Encoder()
    with caplog.at_level(logging.WARNING):
        vector = fresh.encode(["red apple"])[0]
    assert vector @ expected > SAME_VECTOR and fresh._compiled is None
    (line,) = caplog.messages
    assert line.startswith("all-MiniLM-L6-v2 is run by sentence-transformers, not by openvino: its vectors are others there")


def test_rows_of_any_lengths_keep_their_places(tiny_reader: Reader, tiny_bert: ModelFiles) -> None:
    """Logits of many rows are those of each row alone, in the order that they were given."""
    runtime = Runtime(Weights.load(tiny_bert, tiny_reader.weights), pooled=False)
    rows = [np.arange(4, 4 + length, dtype=np.int64) for length in (9, 3, 40, 3, 17)]
    for row, logits in zip(rows, runtime.logits(rows, 3), strict=True):
        (alone,) = runtime.logits([row], 3)
        assert logits.shape == (len(row), 3)
        np.testing.assert_allclose(logits, alone, atol=0.05)


@pytest.mark.parametrize("kind", ["bfloat16", "float16", "float32"])
def test_logits_are_the_same_however_the_weights_are_stored(
    kind: str, tiny_reader: Reader, tiny_bert: ModelFiles, tmp_path: Path
) -> None:
    """Numbers that all three can hold, stored in each, give the logits of the 32-bit ones."""
    import torch
    from safetensors.torch import load_file, save_file

    exact = {name: tensor.bfloat16().clamp(-4, 4) for name, tensor in load_file(tiny_reader.weights).items()}
    exact = {name: torch.where(tensor.abs() < 2**-8, 0, tensor) for name, tensor in exact.items()}
    rows = [np.arange(4, 4 + length, dtype=np.int64) for length in (9, 3, 40)]

    def logits(stored: str) -> list[NDArray[np.float32]]:
        save_file({name: tensor.to(getattr(torch, stored)) for name, tensor in exact.items()}, tmp_path / stored)
        return Runtime(Weights.load(tiny_bert, tmp_path / stored), pooled=False).logits(rows, 3)

    for found, expected in zip(logits(kind), logits("float32"), strict=True):
        assert np.ptp(expected) > 0
        np.testing.assert_allclose(found, expected, atol=0.02)


def test_parts_that_are_stored_in_different_numbers_are_joined_as_numbers(
    tiny_reader: Reader, tiny_bert: ModelFiles, tmp_path: Path
) -> None:
    """The bits of a bf16 are no number of their own."""
    from safetensors.torch import load_file, save_file

    stored = load_file(tiny_reader.weights)
    query = next(name for name in stored if name.endswith("0.attention.self.query.weight"))
    save_file(stored | {query: stored[query].float()}, tmp_path / "mixed")
    alike, mixed = (
        Weights.load(tiny_bert, file).parameters["layers.0.qkv.weight"] for file in (tiny_reader.weights, tmp_path / "mixed")
    )
    assert (widened(alike) == mixed).all() and mixed.dtype == np.float32


def test_weights_are_read_without_copying_and_as_they_are(tmp_path: Path) -> None:
    """Against the safetensors library, in 32 and in 16 bits."""
    import torch
    from safetensors.torch import save_file

    expected = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 8
    save_file({"a": expected, "b": expected.bfloat16(), "c": expected.half()}, tmp_path / "w", metadata={"base": "x"})
    arrays, said = read_tensors(tmp_path / "w")
    assert said == {"base": "x"}
    for name in "abc":
        assert widened(arrays[name]).tolist() == expected.tolist()
        assert isinstance(arrays[name], np.memmap)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"12345678",
        b"\xff" * 30,
        b"\x02\0\0\0\0\0\0\0[]",
        b'\x10\0\0\0\0\0\0\0{"a": {"x": 12}}',
        b'\x3b\0\0\0\0\0\0\0{"a": {"dtype":"F32","shape":[4],"data_offsets":[0,16]}}   ' + b"1234",
        b'\x3b\0\0\0\0\0\0\0{"a": {"dtype":"F32","shape":[4],"data_offsets":[-9,7]}}   ' + b"\0" * 99,
    ],
)
def test_a_torn_or_hostile_file_of_weights_is_refused(tmp_path: Path, content: bytes, tiny_bert: ModelFiles) -> None:
    """Whatever it says of itself: as ours, with the cure, and before anything is computed."""
    file = tmp_path / "reader.safetensors"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"does not hold a reader's weights: .*\. Install the package again"):
        Weights.load(tiny_bert, file)


def test_a_base_of_another_activation_is_refused(make_base: MakeBase, tmp_path: Path) -> None:
    base = make_base(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"hidden_act": "relu"}), "utf-8")
    with pytest.raises(ModelError, match="is not of BERT's kind: its activation is relu"):
        Weights.load(base)


def test_many_threads_get_what_each_would_get_alone(tiny_reader: Reader, tiny_bert: ModelFiles) -> None:
    """More of them than cores, with more parts each than can be computed at once."""
    runtime = Runtime(Weights.load(tiny_bert, tiny_reader.weights), pooled=False)
    asked = [[np.arange(4, 8 + (7 * row + 3 * one) % 60, dtype=np.int64) for row in range(200)] for one in range(12)]
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda rows: runtime.logits(rows, 3), asked))
    for rows, logits in zip(asked, found, strict=True):
        for row, together, alone in zip(rows, logits, runtime.logits(rows, 3), strict=True):
            assert together.shape == (len(row), 3)
            np.testing.assert_allclose(together, alone, atol=0.05)


def test_a_question_does_not_wait_until_an_article_is_embedded(encoder: Encoder) -> None:
    """It is computed between two parts of what others began before it."""
    runtime = encoder._compiled
    assert runtime is not None
    rows = encoder.word_pieces.rows(TEXTS * 150, 256)
    asked = threading.Thread(target=lambda: runtime.vectors(rows[:1]))
    done = answered_after = 0

    def embedded(part: int) -> None:
        nonlocal done, answered_after
        if not done:
            asked.start()
        done += part
        if not answered_after and not asked.is_alive():
            answered_after = done

    runtime.vectors(rows, embedded)
    assert done == len(rows) and 0 < answered_after < len(rows)


def test_an_interruption_or_an_error_leaves_the_runtime_as_it_was(encoder: Encoder) -> None:
    """Ctrl-C while sentences are embedded, and rows that no model can read, more often than there are cores."""
    runtime = encoder._compiled
    assert runtime is not None
    rows = encoder.word_pieces.rows(TEXTS * 40, 256)
    expected = runtime.vectors(rows[:4])

    def interrupt(rows: int) -> None:
        raise KeyboardInterrupt

    too_long = np.full(600, 1000, dtype=np.int64)  # the model knows 512 places
    for _ in range(runtime._at_once + 1):
        with pytest.raises(KeyboardInterrupt):
            runtime.vectors(rows, interrupt)
        with pytest.raises(RuntimeError):
            runtime.vectors([*rows[:50], too_long, too_long])
    np.testing.assert_allclose(runtime.vectors(rows[:4]), expected, atol=0.01)


@given(st.lists(st.integers(1, 3000), max_size=60), st.integers(1, 8))
def test_parts_hold_every_row_once_in_as_many_as_can_be_computed_at_once(lengths: list[int], at_once: int) -> None:
    found = parts(lengths, at_once)
    assert sorted(row for part in found for row in part) == list(range(len(lengths)))
    assert all(len(part) == 1 or len(part) * lengths[part[-1]] <= BATCH for part in found)
    fewest = len(parts(lengths))
    assert fewest <= len(found) <= at_once * -(-fewest // at_once)


@pytest.mark.parametrize(
    ("lengths", "at_once", "sizes"),
    [
        ([90, 103, 119, 124, 130, 147, 165, 167], 1, [6, 2]),  # seven rows of 165 are more than a BATCH
        ([90, 103, 119, 124, 130, 147, 165, 167], 2, [5, 3]),
        ([90, 103, 119, 124, 130, 147, 165, 167], 4, [2, 2, 2, 2]),
        ([10] * 6, 4, [2, 2, 2]),  # a fourth part would make none of the others shorter
        ([500, 500, 500], 2, [2, 1]),
        ([500, 500, 500], 3, [1, 1, 1]),
        ([5], 8, [1]),
        ([], 2, []),
    ],
)
def test_a_few_rows_are_parted_evenly(lengths: list[int], at_once: int, sizes: list[int]) -> None:
    assert [len(part) for part in parts(lengths, at_once)] == sizes
