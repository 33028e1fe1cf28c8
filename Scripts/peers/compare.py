#!/usr/bin/env python3
"""Cloud4Bert and other engines side by side, as a table in Markdown. `Scripts/bench-peers` runs this in
an environment that has them.

The engines take turns, A B C, then C B A, because a machine's speed drifts; a figure is the median over
the rounds, and the speed compared with ours the median of the ratios of each round. An engine whose
float32 logits are more than 0.01 off ours does not compute the same, and is left out.
"""
import argparse
import csv
import json
import logging
import math
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

HERE = pathlib.Path(__file__).resolve().parent
OURS = ["float32", "bf16x3", "bfloat16", "int8"]
# How far apart two sets of float32 logits may be.
TOLERANCE = 1e-2
# How many texts OpenVINO's int8 is calibrated on: those behind the measured ones, where there are any.
CALIBRATION_TEXTS = 300
# A round goes over the texts until so many seconds are over, and times so many of them alone.
ROUND_SECONDS = 0.25
SINGLE_TEXTS = 25


def say(*words):
    print("[bench-peers]", *words, file=sys.stderr, flush=True)


def prepare(source, folder, calibration):
    """The model in the forms that the engines open."""
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    if source:
        # In float32 whatever the file has: an export of bfloat16 weights gives an ONNX file that the
        # engines refuse, or compute other numbers with.
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            source, dtype=torch.float32, attn_implementation="eager"
        ).eval()
        tokenizer_folder = source
    else:
        torch.manual_seed(0)
        config = transformers.BertConfig(num_labels=3)
        config._attn_implementation = "eager"
        model = transformers.BertForSequenceClassification(config).eval()
        # So that logits differ by more than rounding does.
        model.classifier.weight.data *= 20
        tokenizer_folder = HERE.parent.parent / "Models" / "cloud4bert"
    tokenizer = transformers.AutoTokenizer.from_pretrained(tokenizer_folder)
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    shutil.copy(folder / "model" / "tokenizer.json", folder)
    length = min(tokenizer.model_max_length, model.config.max_position_embeddings)
    (folder / "settings.json").write_text(json.dumps({"max_length": length}))

    for engine, export in [
        ("ONNX", export_onnx), ("OpenVINO's int8", export_openvino_int8),
        ("ctranslate2", export_ctranslate2),
    ]:
        try:
            export(model, tokenizer, folder, calibration)
        except Exception as error:  # Whatever it is, the other engines can do without.
            say(f"no export for {engine}: {type(error).__name__}: {error}")


def export_onnx(model, tokenizer, folder, calibration):
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    example = torch.ones(2, 16, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        Logits(), (example, example), str(folder / "model.onnx"), dynamo=False, opset_version=17,
        input_names=["input_ids", "attention_mask"], output_names=["logits"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "texts"}},
    )
    optimizer.optimize_model(
        str(folder / "model.onnx"), model_type="bert", num_heads=model.config.num_attention_heads,
        hidden_size=model.config.hidden_size, opt_level=1,
    ).save_model_to_file(str(folder / "model.fused.onnx"))
    quantize_dynamic(
        str(folder / "model.fused.onnx"), str(folder / "model.int8.onnx"),
        weight_type=QuantType.QInt8, extra_options={"DefaultTensorType": 1},
    )


def export_openvino_int8(model, tokenizer, folder, calibration):
    """By NNCF's quantisation after training, with its settings for transformers."""
    import nncf
    import numpy as np
    import openvino

    nncf.set_log_level(logging.ERROR)
    length = json.loads((folder / "settings.json").read_text())["max_length"]
    inputs = []
    for text in calibration:
        ids = tokenizer(text, truncation=True, max_length=length)["input_ids"]
        ids = np.array([ids], np.int64)
        inputs.append({"input_ids": ids, "attention_mask": np.ones_like(ids)})
    quantized = nncf.quantize(
        openvino.Core().read_model(str(folder / "model.onnx")), nncf.Dataset(inputs),
        model_type=nncf.ModelType.TRANSFORMER, subset_size=len(inputs),
    )
    openvino.save_model(quantized, str(folder / "model.int8.xml"), compress_to_fp16=False)


def export_ctranslate2(model, tokenizer, folder, calibration):
    import ctranslate2
    import numpy as np

    is_bert = model.config.model_type == "bert"
    dense = model.bert.pooler.dense if is_bert else model.pre_classifier
    np.savez(
        folder / "head.npz", is_bert=is_bert, weight=model.classifier.weight.detach().numpy(),
        bias=model.classifier.bias.detach().numpy(), dense_weight=dense.weight.detach().numpy(),
        dense_bias=dense.bias.detach().numpy(),
    )
    encoder = folder / "encoder"
    (model.bert if is_bert else model.distilbert).save_pretrained(encoder)
    tokenizer.save_pretrained(encoder)
    # Its converter asks for what transformers 5 no longer writes.
    config = json.loads((encoder / "config.json").read_text())
    config.setdefault("position_embedding_type", "absolute")
    (encoder / "config.json").write_text(json.dumps(config))
    ctranslate2.converters.TransformersConverter(str(encoder)).convert(str(folder / "ct2"))


def centred(rows):
    """Logits less their mean: all that softmax sees of them."""
    return [[x - sum(row) / len(row) for x in row] for row in rows]


class Peer:
    """An engine in its own process."""

    def __init__(self, name, folder, threads):
        self.name = name
        # A file: a pipe that nobody reads could fill up.
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "engines.py"), name, str(folder), str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )

    def ask(self, **request):
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.process.wait()
            self.errors.seek(0)
            words = self.errors.read().strip().splitlines() or ["it ended"]
            raise RuntimeError(words[-1][:200])
        return json.loads(answer)

    def open(self, texts):
        self.count = len(texts)
        self.ask(texts=texts)
        self.logits = centred(self.ask(do="logits")["logits"])
        seconds = self.ask(do="round", repeats=1)["seconds"]
        self.repeats = max(1, math.ceil(ROUND_SECONDS / seconds))
        self.rest()

    def round(self, singles):
        os.kill(self.process.pid, signal.SIGCONT)
        seconds = self.ask(do="round", repeats=self.repeats)["seconds"]
        alone = self.ask(do="single", of=singles)["seconds"]
        self.rest()
        return self.count * self.repeats / seconds, alone

    def rest(self):
        """Stands still: some engines' threads spin for a while when they have nothing to do."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def close(self):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            try:
                pipe.close()
            except OSError:
                pass


def start_of_peer(name, folder, threads, text):
    """Seconds from the start of a process to its first label."""
    start = time.perf_counter()
    peer = Peer(name, folder, threads)
    try:
        peer.ask(texts=[text])
        peer.ask(do="logits")
        return time.perf_counter() - start
    finally:
        peer.close()


class Ours:
    """`cloud4bert` in one precision: its own benchmark is a round."""

    def __init__(self, precision, program, folder, texts_file, threads):
        self.name = f"**cloud4bert** {precision}"
        self.precision, self.program, self.threads = precision, program, threads
        self.model, self.texts = str(folder / "model"), str(texts_file)
        self.options = ["--model", self.model, "--precision", precision, "--threads", str(threads)]

    def run(self, *arguments):
        done = subprocess.run(
            [self.program, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError((done.stderr.strip().splitlines() or ["it failed"])[-1])
        return done.stdout

    def open(self, texts):
        rows = self.run(
            "classify", *self.options, "--input", self.texts, "--scores", "all"
        ).splitlines()
        # A softmax's logarithm is the logits, but for a number that is the same in a row.
        scores = [
            [float(value) for name, value in record.items() if name.startswith("score_")]
            for record in map(json.loads, rows)
        ]
        self.logits = centred([[math.log(max(x, 1e-37)) for x in row] for row in scores])

    def round(self, singles):
        output = self.run(
            "bench", *self.options, "--input", self.texts, "--limit", "1000000000", "--rounds", "1",
            "--json",
        )
        figures = json.loads(output)
        self.tokens_per_text = figures["tokens"] / figures["texts"]
        return figures["texts_per_second"], [figures["single_text_seconds"]["p50"]]

    def start(self, text):
        start = time.perf_counter()
        self.run("classify", *self.options, "--", text)
        return time.perf_counter() - start

    def close(self):
        pass


def main():
    parser = argparse.ArgumentParser(
        prog="bench-peers", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--model", type=pathlib.Path, help="a model folder (default: BERT base "
                        "with random weights)")
    parser.add_argument("--input", type=pathlib.Path, required=True, help="a CSV file of texts")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--limit", type=int, default=200, help="take the first texts only")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", action="append", metavar="ENGINE",
                        help="one of the names in the table, without its precision; may be repeated")
    options = parser.parse_args()
    if options.rounds < 1 or options.limit < 1 or options.threads < 1:
        parser.error("--rounds, --limit and --threads must be at least 1")
    if options.model and not (options.model / "config.json").is_file():
        parser.error(f"{options.model} is no model folder: it has no config.json")
    try:
        with open(options.input, encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if options.text_column not in (rows.fieldnames or []):
                parser.error(f"{options.input} has no column {options.text_column!r}; "
                             f"it has {rows.fieldnames}")
            everything = [row[options.text_column] for row in rows]
            texts = everything[: options.limit]
    except OSError as error:
        parser.error(str(error))
    if not texts:
        parser.error(f"{options.input} has no rows")

    sys.path.insert(0, str(HERE))
    from engines import ENGINES

    with tempfile.TemporaryDirectory(prefix="bench-peers-") as scratch:
        folder = pathlib.Path(scratch)
        say("preparing the model for every engine")
        # Exporters print.
        with open(os.devnull, "w") as nowhere:
            printed, sys.stdout = sys.stdout, nowhere
            try:
                behind = everything[options.limit :][:CALIBRATION_TEXTS]
                prepare(options.model, folder, behind or texts[:CALIBRATION_TEXTS])
            finally:
                sys.stdout = printed
        texts_file = folder / "texts.jsonl"
        texts_file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        wanted = [n for n in ENGINES if not options.only or n.split()[0] in options.only]
        report(options, folder, texts, texts_file, wanted)


def report(options, folder, texts, texts_file, wanted):
    engines, notes = [], []
    for precision in OURS:
        ours = Ours(precision, options.program, folder, texts_file, options.threads)
        try:
            ours.open(texts)
            engines.append(ours)
        except RuntimeError as error:
            notes.append(f"{ours.name}: {error}")
    if not engines or engines[0].precision != "float32":
        sys.exit("[bench-peers] cloud4bert does not run: " + "; ".join(notes))
    reference = engines[0]

    def difference(engine):
        return max(
            abs(x - y) for a, b in zip(engine.logits, reference.logits) for x, y in zip(a, b))

    def same(engine):
        pairs = zip(engine.logits, reference.logits)
        return sum(a.index(max(a)) == b.index(max(b)) for a, b in pairs) / len(texts)

    for name in wanted:
        say("opening", name)
        peer = Peer(name, folder, options.threads)
        try:
            peer.open(texts)
        except RuntimeError as error:
            notes.append(f"{name} is not to be had here: {error}")
            peer.close()
            continue
        if name.endswith("float32") and not difference(peer) <= TOLERANCE:
            notes.append(f"{name} is left out: its logits are up to {difference(peer):.3g} off ours")
            peer.close()
            continue
        engines.append(peer)

    starts = {engine.name: [] for engine in engines}
    for turn in range(3):
        for engine in engines if turn % 2 == 0 else engines[::-1]:
            starts[engine.name].append(
                engine.start(texts[0]) if isinstance(engine, Ours)
                else start_of_peer(engine.name, folder, options.threads, texts[0]))

    rates = {engine.name: [] for engine in engines}
    singles = {engine.name: [] for engine in engines}
    count = min(SINGLE_TEXTS, len(texts))
    chosen = [i * len(texts) // count for i in range(count)]
    for turn in range(options.rounds + 1):  # the first warms up
        say("warming up" if turn == 0 else f"round {turn} of {options.rounds}")
        for engine in engines if turn % 2 == 0 else engines[::-1]:
            rate, alone = engine.round(chosen)
            if turn > 0:
                rates[engine.name].append(rate)
                singles[engine.name] += alone
    tokens = reference.tokens_per_text

    print(f"{options.model.name if options.model else 'BERT base, random weights'}: "
          f"{len(texts)} texts, {tokens * len(texts):.0f} tokens, {options.threads} threads, "
          f"median of {options.rounds} interleaved rounds\n")
    print("| engine | texts/s | least to most | tokens/s | speed, ours in float32 = 1 | "
          "one text, p50 | start to first label | largest logit difference | same label |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for engine in engines:
        mine = rates[engine.name]
        ratio = statistics.median(a / b for a, b in zip(mine, rates[reference.name]))
        rate = statistics.median(mine)
        print(f"| {engine.name} | {rate:.1f} | {min(mine):.1f} to {max(mine):.1f} "
              f"| {rate * tokens:.0f} | {ratio:.2f} "
              f"| {statistics.median(singles[engine.name]) * 1000:.1f} ms "
              f"| {statistics.median(starts[engine.name]):.2f} s "
              f"| {difference(engine):.1e} | {same(engine) * 100:.1f} % |")
    for note in notes:
        print(f"\n{note}")
    for engine in engines:
        engine.close()


if __name__ == "__main__":
    main()
