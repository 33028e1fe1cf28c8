#!/usr/bin/env python3
"""Fine-tune one model on the same texts with cloud4bert train and with PyTorch, and compare the losses.

    python3 -m venv .venv
    .venv/bin/pip install torch transformers
    swift build -c release
    .venv/bin/python Scripts/compare-training.py --model ./all-minilm --input labelled.csv

Both start from one folder with a new classifier, without dropout, and see the texts in the order that
the seed gives, so that the losses of all steps should agree but for rounding. Prints a line each few
steps, the largest difference, and both speeds. The table has the columns text and label.
"""
import argparse, csv, json, math, pathlib, subprocess, sys, tempfile, time

import torch
from transformers import (AutoModelForSequenceClassification, AutoTokenizer,
                          get_linear_schedule_with_warmup)

MASK = (1 << 64) - 1


class SplitMix64:
    """Sources/Training/SplitMix64.swift"""

    def __init__(self, *numbers):
        self.state = 0
        for number in numbers:
            self.state ^= number
            self.state = self.next()

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def permutation(self, count):
        order = list(range(count))
        for last in range(count - 1, 0, -1):
            other = (self.next() * (last + 1)) >> 64
            order[last], order[other] = order[other], order[last]
        return order


def torch_losses(folder, texts, labels, options):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()  # no dropout
    plain = ("bias", "LayerNorm.weight", "layer_norm.weight")
    groups = [
        {"params": [p for n, p in model.named_parameters() if n.endswith(plain)],
         "weight_decay": 0.0},
        {"params": [p for n, p in model.named_parameters() if not n.endswith(plain)],
         "weight_decay": 0.01}]
    optimizer = torch.optim.AdamW(groups, lr=options.learning_rate)
    steps = options.epochs * -(-len(texts) // options.batch_size)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(steps * 0.1), steps)
    losses = []
    for epoch in range(options.epochs):
        order = SplitMix64(options.seed, 0x6F72646572, epoch).permutation(len(texts))
        for start in range(0, len(order), options.batch_size):
            batch = order[start:start + options.batch_size]
            inputs = tokenizer([texts[i] for i in batch], truncation=True, padding=True,
                               max_length=options.max_length, return_tensors="pt")
            loss = model(**inputs, labels=torch.tensor([labels[i] for i in batch])).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    return losses


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=".build/release/cloud4bert")
    parser.add_argument("--model", required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--rows", type=int, default=960, help="of the table, from its start")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    with open(options.input, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:options.rows]
    names = sorted({row["label"] for row in rows})
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        with open(scratch / "texts.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["text", "label"], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        start = AutoModelForSequenceClassification.from_pretrained(
            options.model, num_labels=len(names), id2label=dict(enumerate(names)),
            label2id={name: i for i, name in enumerate(names)})
        start.save_pretrained(scratch / "start")
        AutoTokenizer.from_pretrained(options.model).save_pretrained(scratch / "start")

        began = time.monotonic()
        subprocess.run(
            [options.program, "train", "--model", scratch / "start", "--input",
             scratch / "texts.csv", "--output", scratch / "model", "--validation", "none",
             "--no-dropout", "--epochs", str(options.epochs), "--learning-rate",
             str(options.learning_rate), "--batch-size", str(options.batch_size), "--max-length",
             str(options.max_length), "--seed", str(options.seed), "--threads",
             str(options.threads)], check=True)
        ours_seconds = time.monotonic() - began
        with open(scratch / "model/training-log.jsonl") as file:
            ours = [entry["loss"] for entry in map(json.loads, file) if "loss" in entry]
        began = time.monotonic()
        theirs = torch_losses(scratch / "start", [row["text"] for row in rows],
                              [names.index(row["label"]) for row in rows], options)
        theirs_seconds = time.monotonic() - began

    if len(ours) != len(theirs):
        sys.exit(f"{len(ours)} steps here, {len(theirs)} in PyTorch")
    print(f"{'step':>6} {'cloud4bert':>12} {'PyTorch':>12} {'difference':>12}")
    for step, (a, b) in enumerate(zip(ours, theirs), 1):
        if step <= 3 or step % max(1, len(ours) // 12) == 0 or step == len(ours):
            print(f"{step:6} {a:12.6f} {b:12.6f} {abs(a - b):12.2e}")
    largest = max(abs(a - b) for a, b in zip(ours, theirs))
    print(f"largest difference {largest:.2e} in {len(ours)} steps; "
          f"{ours_seconds:.1f} s here, start and saving included, {theirs_seconds:.1f} s in PyTorch")


if __name__ == "__main__":
    main()
