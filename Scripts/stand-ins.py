#!/usr/bin/env python3
"""What the examples of the README, Documentation and --help are run with by Scripts/check-readme: files
and models under the names that they use, and a Hugging Face Hub on this machine.

    stand-ins.py make FOLDER     in FOLDER/help and FOLDER/pages what a reader would have, and in FOLDER/hub
                                 models by their names on the Hub
    stand-ins.py serve FOLDER    the Hub: prints its address, and ends when standard input does

The models are the default model, small models of the tests, and ones of random weights with the default
model's vocabulary: all of them read any text, and what they answer does not matter.
"""

import array
import csv
import gzip
import hashlib
import http.server
import json
import pathlib
import random
import shutil
import struct
import sys
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMIT = "0123456789abcdef0123456789abcdef01234567"


# Models


def linear(name, outputs, inputs):
    return [(f"{name}.weight", (outputs, inputs)), (f"{name}.bias", (outputs,))]


def norm(name, size):
    return [(f"{name}.weight", (size,)), (f"{name}.bias", (size,))]


def bert_tensors(vocabulary, size, intermediate, layers, positions):
    """Names and shapes of BertForPreTraining's weights."""
    tensors = [
        ("bert.embeddings.word_embeddings.weight", (vocabulary, size)),
        ("bert.embeddings.position_embeddings.weight", (positions, size)),
        ("bert.embeddings.token_type_embeddings.weight", (2, size)),
        *norm("bert.embeddings.LayerNorm", size),
    ]
    for layer in range(layers):
        name = f"bert.encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            tensors += linear(f"{name}.attention.self.{part}", size, size)
        tensors += linear(f"{name}.attention.output.dense", size, size)
        tensors += norm(f"{name}.attention.output.LayerNorm", size)
        tensors += linear(f"{name}.intermediate.dense", intermediate, size)
        tensors += linear(f"{name}.output.dense", size, intermediate)
        tensors += norm(f"{name}.output.LayerNorm", size)
    tensors += linear("bert.pooler.dense", size, size)
    tensors += [("cls.predictions.bias", (vocabulary,))]
    tensors += linear("cls.predictions.transform.dense", size, size)
    tensors += norm("cls.predictions.transform.LayerNorm", size)
    return tensors + linear("cls.seq_relationship", 2, size)


def write_random_bert(folder):
    """A BertForPreTraining of two narrow layers, as bert-base-uncased is one of twelve wide ones."""
    default = ROOT / "Models/cloud4bert"
    folder.mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copy(default / name, folder)
    vocabulary = len((default / "vocab.txt").read_text().splitlines())
    size, intermediate, layers, positions = 16, 32, 2, 512
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["BertForPreTraining"], "model_type": "bert", "vocab_size": vocabulary,
        "hidden_size": size, "intermediate_size": intermediate, "num_hidden_layers": layers,
        "num_attention_heads": 2, "max_position_embeddings": positions, "type_vocab_size": 2,
        "hidden_act": "gelu", "layer_norm_eps": 1e-12, "tie_word_embeddings": True,
    }))
    generator = random.Random(11)
    header, data = {}, array.array("f")
    for name, shape in bert_tensors(vocabulary, size, intermediate, layers, positions):
        start = 4 * len(data)
        count = shape[0] * (shape[1] if len(shape) == 2 else 1)
        if name.endswith("LayerNorm.weight"):
            data.extend([1.0] * count)
        else:
            data.extend(generator.uniform(-0.05, 0.05) for _ in range(count))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, 4 * len(data)]}
    if sys.byteorder == "big":
        data.byteswap()
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data.tobytes())


def write_retriever(folder, bert):
    """A folder of sentence-transformers whose prompts have names."""
    shutil.copytree(bert, folder)
    (folder / "1_Pooling").mkdir()
    for name, contents in {
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling",
             "type": "sentence_transformers.models.Pooling"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {"prompts": {"query": "query: "}},
    }.items():
        (folder / name).write_text(json.dumps(contents))


# What a reader has


def write_table(file, header, rows, delimiter=","):
    with open(file, "w", newline="") as stream:
        csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])


def write_lines(file, objects):
    file.write_text("".join(json.dumps(one) + "\n" for one in objects))


def make_pages(folder, models):
    """What the README and Documentation call the reader's own, beside the examples."""
    shutil.copytree(ROOT / "Examples", folder, ignore=shutil.ignore_patterns("Package*", ".build*"))
    rows = list(csv.reader(open(ROOT / "Examples/labelled.csv")))
    write_table(folder / "train.csv", rows[0], rows[1:])
    write_table(folder / "dev.csv", rows[0], rows[1:])
    (folder / "texts.txt").write_text("".join(text + "\n" for text, _ in rows[1:]))
    for name in ("shards/part-0.csv", "shards/part-1.csv", "2025.csv", "2026.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        write_table(folder / name, rows[0], rows[1:])
    (folder / "my-pair-model").symlink_to(models["classifier"])
    (folder / "my-reranker").symlink_to(models["reranker"])
    (folder / "my-mnli").symlink_to(models["inference"])
    (folder / "my-retriever").symlink_to(models["retriever"])


def make_help(folder, models):
    """What the examples of --help begin with. Of models that a command makes there, check-readme takes the
    stand-in away."""
    make_pages(folder, models)
    _, *rows = csv.reader(open(ROOT / "Examples/labelled.csv"))
    texts = [text for text, _ in rows]
    write_lines(folder / "gold.jsonl", [{"text": text, "gold": label} for text, label in rows])
    write_lines(folder / "labelled.jsonl", [{"text": text, "topic": label} for text, label in rows])
    write_table(folder / "labelled-by-others.csv", ["text", "label", "predicted_label"],
                [(text, label, rows[index // 3][1]) for index, (text, label) in enumerate(rows)])
    write_table(folder / "articles.csv", ["text"], [[" ".join(texts * 4)]])
    write_table(folder / "questions.tsv", ["title", "body"], zip(texts, reversed(texts)), "\t")
    write_table(folder / "pairs.csv", ["question", "answer"], zip(texts, reversed(texts)))
    write_table(folder / "gaps.csv", ["text"], [["Paris is the [MASK] of France."]])
    (folder / "posts.txt").write_text("\n".join(texts))
    with gzip.open(folder / "posts.jsonl.gz", "wt") as stream:
        stream.write((ROOT / "Examples/posts.jsonl").read_text())
    for name, model in {
        "bert": "bert", "all-minilm": "bert", "e5": "retriever", "tags": "several-labels",
        "my-model": "classifier", "topics": "classifier", "old": "classifier", "new": "teacher",
        "small": "classifier", "mnli": "inference", "reranker": "reranker",
    }.items():
        (folder / name).symlink_to(models[model])


def make(folder):
    models = {name: folder / "models" / name for name in ("bert", "retriever")}
    write_random_bert(models["bert"])
    write_retriever(models["retriever"], models["bert"])
    # Copies, as what a command does to its output must not reach the repository.
    for name, model in {
        "classifier": "Models/cloud4bert", "teacher": "Models/teacher",
        "several-labels": "Tests/Fixtures/checkpoints/bert-multi-label",
        "inference": "Models/cloud4bert", "reranker": "Tests/Fixtures/rerank",
    }.items():
        models[name] = folder / "models" / name
        shutil.copytree(ROOT / model, models[name])
    config = models["inference"] / "config.json"
    inference = json.loads(config.read_text())
    inference["id2label"] = {"0": "contradiction", "1": "neutral", "2": "entailment"}
    inference["label2id"] = {label: int(label_id) for label_id, label in inference["id2label"].items()}
    config.unlink()
    config.write_text(json.dumps(inference))
    make_pages(folder / "pages", models)
    make_help(folder / "help", models)
    for name, model in {
        "google-bert/bert-base-uncased": "bert", "google-bert/bert-base-cased": "bert",
        "bert-base-uncased": "bert", "sentence-transformers/all-MiniLM-L6-v2": "bert",
        "ultraleow/cloud4bert": "classifier", "sbcBI/sentiment_analysis": "classifier",
    }.items():
        link = folder / "hub" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(models[model])


# The Hub


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of the Hub's protocol as fetching models takes. Every revision is one commit."""

    models = None

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        if path.startswith("/api/models/") and "/revision/" in path:
            folder = self.models / path.removeprefix("/api/models/").split("/revision/")[0]
            if folder.is_dir():
                siblings = [self.entry(file) for file in sorted(folder.iterdir()) if file.is_file()]
                return self.answer(json.dumps({"sha": COMMIT, "siblings": siblings}).encode())
        elif f"/resolve/{COMMIT}/" in path:
            name, file = path.lstrip("/").split(f"/resolve/{COMMIT}/")
            if (self.models / name / file).is_file():
                data = (self.models / name / file).read_bytes()
                return self.answer(data, ETag=f'"{self.blob(data)}"')
        self.answer(b"{}", 404, **{"X-Error-Code": "RepoNotFound"})

    @staticmethod
    def blob(data):
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    def entry(self, file):
        data = file.read_bytes()
        return {"rfilename": file.name, "size": len(data), "blobId": self.blob(data)}

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in {"X-Repo-Commit": COMMIT, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def serve(folder):
    Hub.models = folder / "hub"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("make", "serve"):
        sys.exit(__doc__)
    {"make": make, "serve": serve}[sys.argv[1]](pathlib.Path(sys.argv[2]).resolve())
