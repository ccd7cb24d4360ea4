"""Sentences become unit vectors, on this machine alone."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import WORDS

from index import Encoder, ModelError

DEFAULT = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def bag(**counts: float) -> list[float]:
    return [counts.get(word, 0.0) for word in WORDS]


def test_the_tiny_model_counts_words(tiny: Encoder) -> None:
    """ "red apple" is two words of equal weight, "red red apple" has lengths 2 and 1 over the root of 5."""
    vectors = tiny.encode(["apple", "Red apple.", "red red apple", "a zebra"])
    half, fifth = 0.5**0.5, 0.2**0.5
    expected = [bag(apple=1), bag(red=half, apple=half), bag(red=2 * fifth, apple=fifth), bag(a=1)]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    assert vectors.dtype == np.float32


def test_words_that_the_model_does_not_know_have_a_vector_of_zeros(tiny: Encoder) -> None:
    assert tiny.encode(["zebra", ""]).tolist() == [bag(), bag()]


def test_nothing_has_no_vectors(tiny: Encoder) -> None:
    assert len(tiny.encode([])) == 0


def test_the_default_model_gives_unit_vectors_near_in_meaning(encoder: Encoder) -> None:
    """384 numbers of length 1; a paraphrase that shares no word is nearer than another topic."""
    vectors = encoder.encode(["The physician arrived.", "A doctor came.", "Bananas are yellow."])
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.6 > 0.3 > vectors[0] @ vectors[2]


def test_an_encoder_is_named_by_the_digest_of_its_weights(encoder: Encoder, tiny: Encoder, tiny_model: Path) -> None:
    """The SHA-256 of the one weights file, whatever folder it lies in."""
    assert encoder.identity == DEFAULT
    assert tiny.identity == Encoder(str(tiny_model)).identity != DEFAULT


def test_a_name_that_is_not_there_is_refused_without_asking_the_network(no_network: None) -> None:
    with pytest.raises(ModelError) as caught:
        Encoder("nobody/has-this-model").encode(["apple"])
    assert caught.value.problem == (
        "The model nobody/has-this-model is not available: it is neither a folder nor in the local cache."
    )
    assert "--download" in caught.value.cure


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    """Before anything opens them: the file here would fail loudly in any unpickler."""
    (tmp_path / "pytorch_model.bin").write_bytes(b"cos\nabort\n(tR.")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"has no weights in safetensors form\. Use a model that has; pickled"):
        Encoder(tmp_path).encode(["apple"])


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match=r"cannot be loaded: .* Give a folder with a sentence-transformers model\."):
        Encoder(tmp_path).encode(["apple"])


def test_several_threads_get_the_vectors_that_one_gets(tiny_model: Path) -> None:
    """Also while the model is still being loaded: they all begin at once with a fresh encoder."""
    texts = [" ".join(WORDS[number : number + 5]) for number in range(16)]
    expected = Encoder(tiny_model).encode(texts).tolist()
    shared, barrier = Encoder(tiny_model), threading.Barrier(8)

    def work(_: int) -> bool:
        barrier.wait()
        return all(shared.encode(texts).tolist() == expected for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [True] * 8


def test_the_default_model_is_loaded_and_used_offline(no_network: None) -> None:
    """No socket but loopback's is opened, and no name looked up; the fixture itself refuses one."""
    assert Encoder().encode(["apple"]).shape == (1, 384)
    with pytest.raises(AssertionError, match="left the house"), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))
