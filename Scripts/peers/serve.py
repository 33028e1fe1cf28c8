#!/usr/bin/env python3
"""Cloud4Bert's server and others side by side, as tables in Markdown. `Scripts/bench-serve` runs this in an
environment that has them.

All servers are started once, and stand still but for the one that is asked. They take turns, A B C, then
C B A, because a machine's speed drifts; a figure is the median over the rounds, and what is compared with
ours the median of the ratios of each round. wrk runs on the same processors as the server.
"""
import argparse
import csv
import http.client
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OURS = ["float32", "bfloat16", "int8"]
PEERS = ["pipeline float32", "onnxruntime float32", "openvino float32", "openvino bfloat16", "openvino int8"]
# How far apart the best score of a text may be: others' bfloat16 and int8 round, but not to another answer.
TOLERANCES = {"float32": 0.01, "bfloat16": 0.1, "int8": 0.3}
CHECKED_TEXTS = 20
START_SECONDS = 180


def say(*words):
    print("[bench-serve]", *words, file=sys.stderr, flush=True)


def posts(path):
    """400 texts of about 40 tokens: every post with every other."""
    with open(path, encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    return [f"{first} {second}" for first in texts for second in texts if first is not second]


def random_model(folder, tokenizer_folder, **shape):
    """A BERT with random weights and the vocabulary of the default model."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=30522, num_labels=3,
        id2label={0: "negative", 1: "neutral", 2: "positive"},
        label2id={"negative": 0, "neutral": 1, "positive": 2}, **shape)
    model = transformers.BertForSequenceClassification(config)
    # So that scores differ by more than rounding does.
    model.classifier.weight.data *= 20
    model.save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(tokenizer_folder).save_pretrained(folder)
    return folder


class Server:
    """A server in a process of its own, and what was measured of it."""

    def __init__(self, name, precision, command, environment, route, body, scores):
        self.name, self.precision = name, precision
        self.command, self.environment = command, environment
        self.route, self.body, self.scores = route, body, scores
        self.rounds = []

    def open(self, scratch, texts):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.bodies = scratch / f"{self.name} {self.precision}.bodies".replace(" ", "-")
        self.bodies.write_text("".join(json.dumps(self.body(text)) + "\n" for text in texts))
        # A file: a pipe that nobody reads could fill up.
        self.log = tempfile.TemporaryFile("w+")
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [str(part).replace("PORT", str(self.port)) for part in self.command],
            env={**os.environ, **self.environment}, stdout=self.log, stderr=self.log,
            start_new_session=True)
        self.answers = []
        while not self.answers:
            if self.process.poll() is not None or time.perf_counter() - start > START_SECONDS:
                self.log.seek(0)
                words = self.log.read().strip().splitlines() or ["it says nothing"]
                raise RuntimeError(words[-1][:200])
            try:
                self.answers.append(self.ask(texts[0]))
            except OSError:
                time.sleep(0.002)
        self.start = time.perf_counter() - start
        self.answers += [self.ask(text) for text in texts[1:CHECKED_TEXTS]]
        self.signal(signal.SIGSTOP)

    def ask(self, text):
        """The scores of a text by their labels."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                "POST", self.route, json.dumps(self.body(text)), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            # Some listen before they have a model.
            if answer.status in (503, 404):
                raise OSError
            raise RuntimeError(f"{answer.status} {data[:200]}")
        return {entry["label"]: entry["score"] for entry in self.scores(json.loads(data))}

    def signal(self, number):
        # Its whole group, which is its own: some have children that do the work.
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def wrk(self, clients, seconds):
        done = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "-s",
             str(HERE / "post.lua"), f"http://127.0.0.1:{self.port}"],
            env={**os.environ, "BODIES": str(self.bodies), "ROUTE": self.route},
            capture_output=True, text=True, check=True)
        return json.loads(done.stdout.strip().splitlines()[-1])

    def round(self, counts, seconds):
        self.signal(signal.SIGCONT)
        self.wrk(8, 1)
        self.rounds.append({clients: self.wrk(clients, seconds) for clients in counts})
        self.memory = self.proportional_memory()
        self.signal(signal.SIGSTOP)

    def proportional_memory(self):
        """Megabytes of the process and its children, each page that is shared by its share."""
        children = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(entry.read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.parent.name))
        total, waiting = 0, [self.process.pid]
        while waiting:
            process = waiting.pop()
            waiting += children.get(process, [])
            try:
                rollup = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
                total += next(int(l.split()[1]) for l in rollup.splitlines() if l.startswith("Pss:"))
            except (OSError, StopIteration):
                pass
        return total / 1024

    def close(self):
        if hasattr(self, "process"):
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
            self.process.wait()

    def median(self, clients, figure):
        return statistics.median(round[clients][figure] for round in self.rounds)

    def failed(self):
        return sum(figures["failed"] for round in self.rounds for figures in round.values())


class Engine:
    """The engine itself, with no server: `cloud4bert bench` is a round."""

    def __init__(self, precision, options, model, texts):
        self.precision, self.rates, self.singles = precision, [], []
        self.command = [
            options.program, "bench", "--model", str(model), "--precision", precision, "--threads",
            str(options.threads), "--input", str(texts), "--rounds", "1", "--json",
        ]

    def round(self):
        done = subprocess.run(self.command, capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout)
        self.tokens = figures["tokens"] / figures["texts"]
        self.rates.append(figures["texts_per_second"])
        self.singles.append(figures["single_text_seconds"]["p50"])


def ours(precision, options, model):
    return Server(
        "**cloud4bert**", precision,
        [options.server, "--port", "PORT", "--model", model, "--precision", precision, "--threads",
         options.threads], {}, "/predict", lambda text: {"inputs": text}, lambda answer: answer)


def fastapi(name, options, folder):
    engine, precision = name.split()
    peer = engine if engine in ("pipeline", "echo") else name
    return Server(
        f"FastAPI, {engine}", precision,
        [sys.executable, "-m", "uvicorn", "--app-dir", HERE, "fastapi_server:app", "--port", "PORT",
         "--log-level", "warning"],
        {"PEER": peer, "PEER_FOLDER": str(folder), "THREADS": str(options.threads),
         "RAYON_NUM_THREADS": str(options.threads), "TOKENIZERS_PARALLELISM": "true",
         "HF_HUB_OFFLINE": "1"},
        "/predict", lambda text: {"inputs": text}, lambda answer: answer)


def infinity(options, model):
    return Server(
        "infinity", "float32",
        [options.infinity, "v2", "--model-id", model, "--served-model-name", "m", "--engine", "torch",
         "--device", "cpu", "--dtype", "float32", "--no-bettertransformer", "--host", "127.0.0.1",
         "--port", "PORT", "--log-level", "warning"],
        {"INFINITY_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1",
         "OMP_NUM_THREADS": str(options.threads)},
        "/classify", lambda text: {"model": "m", "input": [text]}, lambda answer: answer["data"][0])


def main():
    parser = argparse.ArgumentParser(
        prog="bench-serve", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--program", "--server", "--infinity"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("--model", default=str(ROOT / "Models" / "cloud4bert"),
                        help="a model folder (default: the default model), or `minilm`: MiniLM's shape "
                        "of six layers of 384, with random weights")
    parser.add_argument("--input", type=pathlib.Path, default=ROOT / "Models" / "posts.csv")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--clients", default="1,8,32,64")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", action="append", metavar="PEER",
                        help="pipeline, onnxruntime, openvino or infinity; may be repeated")
    options = parser.parse_args()
    # So that the servers are ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options.clients = [int(count) for count in options.clients.split(",")]
    if options.rounds < 1 or options.seconds < 1 or options.threads < 1 or min(options.clients) < 1:
        parser.error("--rounds, --seconds, --threads and --clients must be at least 1")
    with tempfile.TemporaryDirectory(prefix="bench-serve-") as scratch:
        run(options, pathlib.Path(scratch))


def run(options, scratch):
    sys.path.insert(0, str(HERE))
    import compare

    default = ROOT / "Models" / "cloud4bert"
    say("preparing the models for every engine")
    with open(os.devnull, "w") as nowhere:  # Exporters print.
        printed, sys.stdout = sys.stdout, nowhere
        try:
            source = options.model
            if source == "minilm":
                source = random_model(
                    scratch / "minilm", default, hidden_size=384, num_hidden_layers=6,
                    num_attention_heads=12, intermediate_size=1536)
            texts = posts(options.input)
            compare.prepare(source, scratch, texts[: compare.CALIBRATION_TEXTS])
            tiny = random_model(
                scratch / "tiny", default, hidden_size=32, num_hidden_layers=1, num_attention_heads=1,
                intermediate_size=32)
        finally:
            sys.stdout = printed
    texts_file = scratch / "texts.jsonl"
    texts_file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))

    wanted = [name for name in PEERS if not options.only or name.split()[0] in options.only]
    # Ours opens what the author publishes; peers need it in other forms.
    servers = [ours(precision, options, source) for precision in OURS]
    servers += [fastapi(name, options, scratch) for name in wanted]
    if not options.only or "infinity" in options.only:
        servers.append(infinity(options, scratch / "model"))
    alone = [ours("float32", options, tiny), fastapi("echo float32", options, scratch)]
    alone[0].name += ", one tiny layer"
    engines = [Engine(precision, options, source, texts_file) for precision in OURS]
    notes = []
    try:
        for group in (servers, alone):
            for server in list(group):
                say(f"starting {server.name} {server.precision}")
                try:
                    server.open(scratch, texts)
                except (RuntimeError, OSError) as error:
                    notes.append(f"{server.name} {server.precision} is left out: {error}")
                    say(notes[-1])
                    server.close()
                    group.remove(server)
        check_answers(servers, notes)
        load = os.getloadavg()[0]
        if load > 0.5:
            notes.append(f"the machine was not idle: its load was {load:.1f} before the first round")
        for number in range(options.rounds):
            say(f"round {number + 1} of {options.rounds}")
            for server in servers if number % 2 == 0 else reversed(servers):
                server.round(options.clients, options.seconds)
            for engine in engines:
                engine.round()
            for server in alone:
                server.round([64], options.seconds)
    finally:
        for server in servers + alone:
            server.close()
    report(options, servers, alone, engines, notes)


def check_answers(servers, notes):
    """Who computes other numbers is told of."""
    reference = servers[0].answers
    for server in servers:
        differences = [
            abs(mine[label] - score)
            for mine, theirs in zip(reference, server.answers) for label, score in theirs.items()]
        if max(differences) > TOLERANCES[server.precision]:
            notes.append(f"{server.name} {server.precision} gives other scores than ours in float32, "
                         f"by up to {max(differences):.3f}")


def report(options, servers, alone, engines, notes):
    counts = options.clients
    print(f"Requests a second at {', '.join(map(str, counts))} clients; {engines[0].tokens:.0f} tokens a text, "
          f"{options.threads} threads, {options.rounds} rounds of {options.seconds} s.\n")
    p99 = min(counts, key=lambda count: abs(count - 32))
    head = ["server", "precision", *(str(count) for count in counts), f"p50 at {counts[0]}, ms",
            f"p99 at {p99}, ms", "to the first answer, s", "memory, MB",
            *(f"ours beside it at {count}" for count in counts)]
    print("| " + " | ".join(head) + " |")
    print("| --- | --- |" + " ---: |" * (len(head) - 2))
    best = {server.precision: server for server in servers if server.name == "**cloud4bert**"}
    for server in servers:
        ratios = []
        for count in counts:
            mine = best.get(server.precision)
            pairs = zip(mine.rounds, server.rounds) if mine and mine is not server else []
            ratios.append([a[count]["rate"] / max(b[count]["rate"], 1e-9) for a, b in pairs])
        row = [server.name, server.precision, *(f"{server.median(count, 'rate'):,.0f}" for count in counts),
               f"{server.median(counts[0], 'p50'):.2f}", f"{server.median(p99, 'p99'):.1f}",
               f"{server.start:.2f}", f"{server.memory:.0f}",
               *(f"{statistics.median(ratio):.2f} x" if ratio else "" for ratio in ratios)]
        print("| " + " | ".join(row) + " |")
        if server.failed():
            notes.append(f"{server.name} {server.precision}: {server.failed()} requests failed")
    print("\nThe engine alone, `cloud4bert bench`, and the server's rate as a share of it:\n")
    print("| precision | texts/s | one text, ms |" + "".join(f" share at {count} |" for count in counts))
    print("| --- | ---: | ---: |" + " ---: |" * len(counts))
    for engine in engines:
        server = best.get(engine.precision)
        shares = [
            statistics.median(round[count]["rate"] / rate for round, rate in zip(server.rounds, engine.rates))
            for count in counts] if server else []
        print(f"| {engine.precision} | {statistics.median(engine.rates):,.0f} "
              f"| {1e3 * statistics.median(engine.singles):.2f} |" + "".join(f" {s:.2f} |" for s in shares))
    print("\nWith next to no model, 64 clients:\n")
    print("| server | requests/s | p50, ms | p99, ms |\n| --- | ---: | ---: | ---: |")
    for server in alone:
        print(f"| {server.name} | {server.median(64, 'rate'):,.0f} | {server.median(64, 'p50'):.2f} "
              f"| {server.median(64, 'p99'):.1f} |")
        if server.failed():
            notes.append(f"{server.name}: {server.failed()} requests failed")
    if len(alone) == 2:
        ratios = [a[64]["rate"] / b[64]["rate"] for a, b in zip(alone[0].rounds, alone[1].rounds)]
        print(f"\nOurs beside it: {statistics.median(ratios):.2f} x")
    for note in notes:
        print(f"\n- {note}")


if __name__ == "__main__":
    main()
