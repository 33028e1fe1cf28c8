#!/usr/bin/env python3
"""The engines that Cloud4Bert is compared with, each in a process of its own: `compare.py` starts one
for each and asks it line by line.

    engines.py ENGINE FOLDER THREADS

FOLDER is what `compare.py` prepared: `model` (transformers, float32), `tokenizer.json`, `model.onnx` and
the files made of it, `model.int8.xml` (OpenVINO), `ct2`. A request is a line of JSON, an answer too:

    {"texts": [...]}                  the texts, once                   {"ready": true}
    {"do": "round", "repeats": 3}     all texts so many times           {"seconds": 1.5}
    {"do": "single", "of": [0, 7]}    these one by one                  {"seconds": [0.01, 0.02]}
    {"do": "logits"}                  what comes out                    {"logits": [[...], ...]}

Every engine gets its best ordinary use: texts sorted by their number of tokens, in batches of 32, each
padded to its longest. With `-streams` OpenVINO runs batches of 8 side by side, a stream a thread.
"""
import json
import os
import pathlib
import sys
import time

ENGINES = {
    "torch float32": lambda folder, threads: Torch(folder, threads, "float32"),
    "torch bfloat16": lambda folder, threads: Torch(folder, threads, "bfloat16"),
    "onnxruntime float32": lambda folder, threads: ONNXRuntime(folder, threads, "model.fused.onnx"),
    "onnxruntime int8": lambda folder, threads: ONNXRuntime(folder, threads, "model.int8.onnx"),
    "openvino float32": lambda folder, threads: OpenVINO(folder, threads, "f32"),
    "openvino bfloat16": lambda folder, threads: OpenVINO(folder, threads, "bf16"),
    "openvino int8": lambda folder, threads: OpenVINO(folder, threads, "f32", "model.int8.xml"),
    "openvino-streams float32": lambda folder, threads: OpenVINOStreams(folder, threads, "f32"),
    "openvino-streams bfloat16": lambda folder, threads: OpenVINOStreams(folder, threads, "bf16"),
    "openvino-streams int8": lambda folder, threads: OpenVINOStreams(
        folder, threads, "f32", "model.int8.xml"),
    "ctranslate2 float32": lambda folder, threads: CTranslate2(folder, threads, "float32"),
    "ctranslate2 int8": lambda folder, threads: CTranslate2(folder, threads, "int8"),
}


class Engine:
    """Tokenises, makes batches, and has `forward` compute the logits of each."""

    batch_size = 32

    def __init__(self, folder):
        from tokenizers import Tokenizer

        settings = json.loads((folder / "settings.json").read_text())
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(settings["max_length"])

    def batches(self, texts):
        import numpy as np

        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(ids)), key=lambda text: len(ids[text]))
        for start in range(0, len(order), self.batch_size):
            members = order[start : start + self.batch_size]
            width = max(len(ids[text]) for text in members)
            tokens = np.zeros((len(members), width), np.int64)
            mask = np.zeros_like(tokens)
            for row, text in enumerate(members):
                tokens[row, : len(ids[text])] = ids[text]
                mask[row, : len(ids[text])] = 1
            yield members, tokens, mask

    def logits(self, texts):
        rows = [None] * len(texts)
        for members, tokens, mask in self.batches(texts):
            for text, row in zip(members, self.forward(tokens, mask)):
                rows[text] = row
        return rows


class Torch(Engine):
    def __init__(self, folder, threads, precision):
        super().__init__(folder)
        import torch
        import transformers

        transformers.logging.set_verbosity_error()
        torch.set_num_threads(threads)
        self.torch = torch
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder / "model", attn_implementation="sdpa", dtype=getattr(torch, precision)
        ).eval()

    def forward(self, tokens, mask):
        with self.torch.inference_mode():
            output = self.model(
                self.torch.from_numpy(tokens), attention_mask=self.torch.from_numpy(mask)
            )
        return output.logits.float().numpy()


class ONNXRuntime(Engine):
    def __init__(self, folder, threads, name):
        super().__init__(folder)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            str(folder / name), options, providers=["CPUExecutionProvider"]
        )

    def forward(self, tokens, mask):
        return self.session.run(None, {"input_ids": tokens, "attention_mask": mask})[0]


class OpenVINO(Engine):
    def __init__(self, folder, threads, precision, name="model.onnx"):
        super().__init__(folder)
        import openvino

        core = openvino.Core()
        settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads}
        self.openvino, self.threads = openvino, threads
        self.model = core.compile_model(
            core.read_model(str(folder / name)), "CPU", settings | self.more(threads)
        )

    def more(self, threads):
        return {"PERFORMANCE_HINT": "LATENCY"}

    def forward(self, tokens, mask):
        return self.model({"input_ids": tokens, "attention_mask": mask})[0]


class OpenVINOStreams(OpenVINO):
    batch_size = 8

    def more(self, threads):
        return {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": threads}

    def logits(self, texts):
        rows = [None] * len(texts)
        queue = self.openvino.AsyncInferQueue(self.model, 2 * self.threads)

        def keep(request, members):
            for text, row in zip(members, request.get_output_tensor(0).data.copy()):
                rows[text] = row

        queue.set_callback(keep)
        for members, tokens, mask in self.batches(texts):
            queue.start_async({"input_ids": tokens, "attention_mask": mask}, members)
        queue.wait_all()
        return rows


class CTranslate2(Engine):
    """Runs encoders only; the classifier's head, a fraction of a percent of the work, is NumPy's."""

    def __init__(self, folder, threads, precision):
        super().__init__(folder)
        import ctranslate2
        import numpy as np

        self.encoder = ctranslate2.Encoder(
            str(folder / "ct2"), device="cpu", compute_type=precision, inter_threads=1,
            intra_threads=threads,
        )
        self.head = dict(np.load(folder / "head.npz"))

    def forward(self, tokens, mask):
        import numpy as np

        ids = [tokens[row, : mask[row].sum()].tolist() for row in range(len(tokens))]
        states = np.array(self.encoder.forward_batch(ids).last_hidden_state)[:, 0]
        hidden = states @ self.head["dense_weight"].T + self.head["dense_bias"]
        hidden = np.tanh(hidden) if self.head["is_bert"] else np.maximum(hidden, 0)
        return hidden @ self.head["weight"].T + self.head["bias"]


def main():
    name, folder, threads = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    # Libraries that print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    engine = ENGINES[name](folder, threads)
    texts = []
    for line in sys.stdin:
        request = json.loads(line)
        start = time.perf_counter()
        if "texts" in request:
            texts = request["texts"]
            answer = {"ready": True}
        elif request["do"] == "round":
            for _ in range(request["repeats"]):
                engine.logits(texts)
            answer = {"seconds": time.perf_counter() - start}
        elif request["do"] == "single":
            seconds = []
            for text in request["of"]:
                start = time.perf_counter()
                engine.logits([texts[text]])
                seconds.append(time.perf_counter() - start)
            answer = {"seconds": seconds}
        else:
            answer = {"logits": [[float(x) for x in row] for row in engine.logits(texts)]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
