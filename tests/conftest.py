"""What the tests share: the real model, and a tiny real one whose cosines can be worked out by hand."""

import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index import Encoder, ModelFiles
from index.transformer import Transformer
from qa import ArticleQA
from qa.reader import Combination, Reader

WORDS = (
    "apple banana cherry date elder fig grape lemon mango olive peach plum quince red green blue one two three four five "
    "the a of in is was not"
).split()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sentence-transformers model of bags of words: a vector counts each of WORDS, other words are zero.

    So the cosine of "red apple" and "red banana" is 1/2, of "apple" and "red apple" 1/sqrt(2).
    """
    return make_tiny_model(tmp_path_factory.mktemp("model"), WORDS)


def make_tiny_model(folder: Path, words: list[str]) -> Path:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    tokenizer = Tokenizer(
        WordLevel({"[UNK]": 0} | {word: number for number, word in enumerate(words, 1)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    weights = torch.cat([torch.zeros(1, len(words)), torch.eye(len(words))])
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu").save(str(folder))
    return folder


@pytest.fixture
def tiny(tiny_model: Path) -> Encoder:
    """The tiny encoder, fresh."""
    return Encoder(tiny_model)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The default encoder: all-MiniLM-L6-v2, loaded once."""
    return Encoder()


MakeBase = Callable[..., ModelFiles]


@pytest.fixture(scope="session")
def make_base() -> MakeBase:
    """Makes a folder with a BERT of one layer, 8 wide and random, that knows WORDS and every letter."""

    def make(folder: Path, *, inner: int = 16, seed: int = 1) -> ModelFiles:
        import torch
        from tokenizers import Tokenizer
        from tokenizers.models import WordPiece
        from tokenizers.normalizers import BertNormalizer
        from tokenizers.pre_tokenizers import BertPreTokenizer
        from transformers import BertConfig, BertModel

        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *letters, *(f"##{letter}" for letter in letters), *".,!?()"]
        numbers = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
        tokenizer = Tokenizer(WordPiece(numbers, unk_token="[UNK]"))
        tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(numbers), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=inner
        )
        BertModel(config).save_pretrained(folder)
        tokenizer.save(str(folder / "tokenizer.json"))
        return ModelFiles(folder)

    return make


@pytest.fixture(scope="session")
def tiny_bert(make_base: MakeBase, tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    return make_base(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="session")
def tiny_reader(tiny_bert: ModelFiles, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader with random weights over the tiny BERT: it reads nonsense, the same nonsense every time."""
    import torch

    torch.manual_seed(2)
    transformer = Transformer.load(tiny_bert)
    for tensor in transformer.parameters.values():
        torch.nn.init.normal_(tensor, std=0.5)
    weights = tmp_path_factory.mktemp("weights") / "reader.safetensors"
    transformer.save(weights, tiny_bert)
    return Reader(weights, combination=Combination("by hand", 0.5, 0.25, "a test"), base=tiny_bert)


@pytest.fixture(scope="session")
def bundled(encoder: Encoder) -> ArticleQA:
    """The bundled article, ready to be asked."""
    return ArticleQA.from_bundled(encoder=encoder)


def heed_ctrl_c() -> None:
    """For a child process: Ctrl-C reaches it even where the tests run in the background, whose children ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every socket that leaves this machine, and every look-up of a name but localhost's."""
    loopback = ("127.0.0.1", "::1", "localhost")
    real_connect, real_look_up = socket.socket.connect, socket.getaddrinfo

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in loopback:
            raise AssertionError(f"a request left the house: {address}")
        real_connect(self, address)

    def look_up(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in (*loopback, None):
            raise AssertionError(f"a name was looked up: {host}")
        return real_look_up(host, *rest, **more)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
