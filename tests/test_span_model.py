"""Another extractive question-answering model in the reader's place: tiny real ones of two kinds, BERT's and RoBERTa's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import BertProcessing, RobertaProcessing
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForQuestionAnswering,
)

from index import Encoder, ModelError, ModelFiles, SpanModel, load_text
from qa import ArticleQA
from qa.reader import Reader

FAST: Any = PreTrainedTokenizerFast  # transformers gives it no types
SIZES: Any = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.fixture(scope="module")
def bert_folder(tiny_bert: ModelFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert-qa")
    backend = Tokenizer.from_file(str(tiny_bert.folder / "tokenizer.json"))
    backend.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    torch.manual_seed(3)
    BertForQuestionAnswering(BertConfig(vocab_size=backend.get_vocab_size(), **SIZES)).save_pretrained(folder)
    FAST(tokenizer_object=backend, pad_token="[PAD]").save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def roberta_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("roberta-qa")
    signs = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet())]
    backend = Tokenizer(BPE({sign: number for number, sign in enumerate(signs)}, []))
    backend.pre_tokenizer = ByteLevel(add_prefix_space=False)
    backend.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    torch.manual_seed(3)
    config = RobertaConfig(vocab_size=len(signs), type_vocab_size=1, max_position_embeddings=600, **SIZES)
    RobertaForQuestionAnswering(config).save_pretrained(folder)
    FAST(tokenizer_object=backend, pad_token="<pad>").save_pretrained(folder)
    return folder


@pytest.fixture(params=["bert", "roberta"])
def folder(request: pytest.FixtureRequest) -> Path:
    return Path(request.getfixturevalue(f"{request.param}_folder"))


def test_it_reads_a_pair_as_transformers_itself_does(bert_folder: Path) -> None:
    model = SpanModel(bert_folder)
    question, short, long = (
        one.ids for one in model.pieces(["red apple?", "The plum is blue.", "One fig, two figs, no date."])
    )
    found = model.logits(question, [long, short])
    tokenizer = FAST.from_pretrained(bert_folder)
    reference: Any = BertForQuestionAnswering.from_pretrained(bert_folder)
    reference.eval()
    for logits, text in zip(found, ["One fig, two figs, no date.", "The plum is blue."], strict=True):
        inputs = tokenizer("red apple?", text, return_tensors="pt", return_token_type_ids=True)
        with torch.inference_mode():
            expected = reference(**inputs)
        lead = len(question) + 2
        start = expected.start_logits[0].numpy()
        np.testing.assert_allclose(logits[:, 0], np.concatenate([start[:1], start[lead:-1]]), atol=1e-5)
        np.testing.assert_array_equal(logits[:, 0], logits[:, 2])


def test_pieces_have_the_places_of_their_letters(folder: Path) -> None:
    text = "Two plums, one fig."
    (pieces,) = SpanModel(folder).pieces([text])
    assert "".join(text[start:end] for start, end in pieces.spans).replace(" ", "") == text.replace(" ", "")
    assert len(pieces.ids) == len(pieces.words) == len(pieces.spans)


def test_answers_lie_in_their_quotes_and_are_not_calibrated(folder: Path, tiny: Encoder) -> None:
    article = load_text("The apple is red. The plum is blue.\n\nNo fig is green.")
    with ArticleQA.from_text(article.text, encoder=tiny, reader=Reader(folder)) as qa:
        answer = qa.ask("is the plum blue?", k=3)
    shown = answer.evidence or answer.nearest
    assert len(shown) >= 2 and all(one.confidence is None for one in shown)
    for one in answer.evidence:
        assert one.answer is not None and one.answer.text in one.quote


def test_a_model_that_has_not_learnt_to_answer_is_refused(tiny_bert: ModelFiles, tmp_path: Path, bert_folder: Path) -> None:
    backend = Tokenizer.from_file(str(tiny_bert.folder / "tokenizer.json"))
    BertModel(BertConfig(vocab_size=backend.get_vocab_size(), **SIZES)).save_pretrained(tmp_path)
    for file in bert_folder.glob("token*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelError, match="has not learnt to answer"):
        SpanModel(tmp_path).pieces(["red"])


def test_a_model_that_is_not_there_is_not_fetched(no_network: None) -> None:
    with pytest.raises(ModelError, match="--download"):
        Reader("somebody/some-reader").identity  # noqa: B018


def test_pickled_weights_are_never_opened(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"not to be opened")
    with pytest.raises(ModelError, match="safetensors"):
        SpanModel(tmp_path).pieces(["red"])
