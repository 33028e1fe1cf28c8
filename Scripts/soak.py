"""Many requests of every kind against cloud4bert-server: called by soak-serve."""

import argparse
import asyncio
import collections
import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

parser = argparse.ArgumentParser(prog="soak-serve", description=__doc__)
parser.add_argument("requests", nargs="?", type=int, default=100_000)
parser.add_argument("--minutes", type=float, default=30, help="end, as a failure, after so long")
parser.add_argument("--clients", type=int, default=32)
parser.add_argument("--seed", type=int, default=1)
for name in ("--server", "--program", "--posts"):
    parser.add_argument(name, required=True, help=argparse.SUPPRESS)
options = parser.parse_args()

# Memory is written down every so many requests, and compared with what it was after the first ten thousand:
# until then buffers and the allocator's arenas grow to what the load needs.
STEP = min(10_000, max(1, options.requests // 10))
SETTLED = 10_000
GROWTH = 8  # MB
SLOW_CLIENTS = 4
CLIENT_TIMEOUT = 5
environment = {
    name: value for name, value in os.environ.items() if not name.startswith(("CLOUD4BERT_", "HF_"))
}


def say(*words):
    print(*words, flush=True)


def message(path, body=None):
    """A request's bytes; without a body a GET."""
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if body is None:
        return (head + "\r\n").encode()
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def scores_in(answer):
    """The scores of an answer as they are written, a dictionary for each text."""
    pairs = re.findall(r'"label":"(\w+)","score":([-0-9.eE+]+)', answer.decode())
    return [dict(pairs[start : start + 3]) for start in range(0, len(pairs), 3)]


def classify(texts):
    """What the command line answers, as it is written."""
    rows = subprocess.run(
        [options.program, "classify", "--input", "-", "--format", "jsonl", "--scores", "all", "--quiet"],
        input="".join(json.dumps({"text": text}) + "\n" for text in texts),
        stdout=subprocess.PIPE, text=True, check=True, env=environment,
    ).stdout.splitlines()
    return [dict(re.findall(r'"score_(\w+)":([-0-9.eE+]+)', row)) for row in rows]


def good_requests(texts, chance):
    """Requests of every route: its path, its body, and the scores of `classify` where it has scores."""
    expected = dict(zip(texts, classify(texts)))
    if any(len(scores) != 3 for scores in expected.values()):
        sys.exit("[soak-serve] classify printed no scores to compare with")
    for path in ("/predict", "/", "/", "/embed", "/v1/embeddings", "/tokenize"):
        for _ in range(80):
            batch = chance.sample(texts, chance.choice([1, 1, 1, 2, 4, 8]))
            scores = [expected[text] for text in batch]
            match path:
                case "/predict":
                    body = {"inputs": batch[0] if len(batch) == 1 else [[text] for text in batch]}
                case "/":
                    body = {"inputs": batch[0], "parameters": {"top_k": 3}}
                    scores = scores[:1]
                case "/v1/embeddings":
                    body, scores = {"input": batch, "model": "m"}, None
                case _:
                    body, scores = {"inputs": batch}, None
            yield path, json.dumps(body).encode(), scores
    # Cheap, and often asked for.
    for path in ("/health", "/metrics"):
        for _ in range(40):
            yield path, None, None


def damaged(body, chance):
    body = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(body))
        match chance.randrange(3):
            case 0: body[place] = chance.randrange(256)
            case 1: del body[place:]
            case _: body[place:place] = chance.choice([b"[", b"}", b'"', b"\\", b"\xff", b"-0e"])
        if not body:
            return b"x"
    return bytes(body)


class Connection:
    """A client's, opened when first asked for and again when it was lost."""

    def __init__(self, port):
        self.port, self.writer = port, None

    async def open(self):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, request):
        await self.open()
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = re.search(r"\r\ncontent-length: (\d+)", head)
        body = await self.reader.readexactly(int(length[1])) if length else b""
        if "\r\nconnection: close" in head:
            self.close()
        return int(head.split(" ", 2)[1]), body

    def close(self):
        if self.writer is not None:
            self.writer.transport.abort()
            self.writer = None


class Soak:
    def __init__(self, process, port, requests, references):
        self.process, self.port = process, port
        self.requests, self.references = requests, references
        self.chance = random.Random(options.seed)
        self.counts = collections.Counter()
        self.wrong = []
        self.sent = 0
        self.memory = []  # Once it has settled.
        self.start = time.monotonic()

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024

    def fail(self, what):
        self.counts["wrong"] += 1
        if len(self.wrong) < 20:
            self.wrong.append(what)

    def next(self):
        """Takes the number of a request; False when there are enough."""
        if self.sent >= options.requests:
            return False
        self.sent += 1
        if self.sent % STEP == 0:
            memory = self.resident()
            if self.sent >= SETTLED:
                self.memory.append(memory)
            rate = self.sent / (time.monotonic() - self.start)
            say(f"{self.sent:>9,} requests, {rate:,.0f}/s, {memory:.1f} MB")
        return True

    async def client(self):
        connection = Connection(self.port)
        while self.next():
            number = self.chance.randrange(len(self.requests))
            path, body, scores = self.requests[number]
            kind = self.chance.random()
            if kind < 0.01:
                await self.hang_up(connection, message(path, body))
            elif kind < 0.02 and body is not None:
                await self.damage(connection, path, damaged(body, self.chance))
            else:
                await self.good(connection, number)
        connection.close()

    async def good(self, connection, number):
        path, body, scores = self.requests[number]
        try:
            status, answer = await connection.ask(message(path, body))
        except (OSError, asyncio.IncompleteReadError) as error:
            connection.close()
            return self.fail(f"{path}: {error!r}")
        self.counts[f"{path} {status}"] += 1
        if status != 200:
            self.fail(f"{path}: {status} {answer[:200]}")
        elif scores is not None and scores_in(answer) != scores:
            self.fail(f"{path}: {answer[:200]} where classify has {scores}")
        elif path == "/metrics":
            if b"c4b_" not in answer:
                self.fail(f"/metrics: {answer[:200]}")
        elif answer != self.references[number]:
            self.fail(f"{path}: {answer[:200]} where a lone client got {self.references[number][:200]}")

    async def damage(self, connection, path, body):
        """Damage need not make a body invalid; what comes back is JSON, and no fault of the server."""
        try:
            status, answer = await connection.ask(message(path, body))
        except (OSError, asyncio.IncompleteReadError) as error:
            connection.close()
            return self.fail(f"damaged {path}: {error!r}")
        self.counts[f"damaged {status}"] += 1
        try:
            json.loads(answer)
        except ValueError:
            return self.fail(f"damaged {path}: {status} {answer[:200]} is no JSON")
        if not (status == 200 or 400 <= status < 500):
            self.fail(f"damaged {path}: {status} {body} {answer[:200]}")

    async def hang_up(self, connection, request):
        """In the middle of a request, or without waiting for the answer."""
        await connection.open()
        connection.writer.write(request[: self.chance.choice([len(request), len(request) // 2, 1])])
        # Most of the time the server has begun by then.
        await asyncio.sleep(self.chance.choice([0, 0.001, 0.01]))
        connection.close()
        self.counts["hung up"] += 1

    async def slow(self):
        """A byte a second, of a head or of a body, until the server has had enough."""
        request = message("/predict", json.dumps({"inputs": "a text"}).encode())
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            start = time.monotonic()
            sent = self.chance.choice([0, request.index(b"\r\n\r\n") + 4])
            writer.write(request[:sent])
            try:
                while time.monotonic() - start < 4 * CLIENT_TIMEOUT:
                    writer.write(request[sent : sent + 1])
                    sent += 1
                    try:
                        await asyncio.wait_for(reader.read(1000), 1)
                        break  # An answer, or the end.
                    except asyncio.TimeoutError:
                        pass
                else:
                    self.fail("a client of a byte a second was not cut off")
                self.counts["slow, cut off"] += 1
            except OSError:
                self.counts["slow, cut off"] += 1
            finally:
                writer.transport.abort()

    async def run(self):
        slow = [asyncio.create_task(self.slow()) for _ in range(SLOW_CLIENTS)]
        await asyncio.gather(*(self.client() for _ in range(options.clients)))
        for task in slow:
            if task.done():
                self.fail(f"a slow client could not go on: {task.exception()!r}")
            task.cancel()


async def lone_answers(port, requests):
    """The bytes of every answer when nobody else asks."""
    connection, answers = Connection(port), []
    for path, body, _ in requests:
        status, answer = await connection.ask(message(path, body))
        if status != 200:
            sys.exit(f"[soak-serve] {path} {body} gets {status} {answer}")
        answers.append(answer)
    connection.close()
    return answers


async def soak(process, port, requests):
    references = await lone_answers(port, requests)
    run = Soak(process, port, requests, references)
    try:
        await asyncio.wait_for(run.run(), options.minutes * 60)
    except asyncio.TimeoutError:
        run.fail(f"{run.sent} of {options.requests} requests in {options.minutes} minutes")
    return run


def main():
    # So that the server is ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chance = random.Random(options.seed)
    with open(options.posts, newline="") as file:
        posts = [row["text"] for row in csv.DictReader(file)]
    texts = [f"{post} {chance.choice(posts)} {number}" for number in range(15) for post in posts]
    requests = list(good_requests(texts, chance))
    process = subprocess.Popen(
        [options.server, "--port", "0", "--client-timeout", str(CLIENT_TIMEOUT)],
        stderr=subprocess.PIPE, text=True, env=environment,
    )
    try:
        port = None
        for line in process.stderr:
            if found := re.search(r"address=http://\S+:(\d+)", line):
                port = int(found[1])
                break
        if port is None:
            sys.exit("[soak-serve] the server did not start")
        # Nobody reads on: a pipe that is full would hold the server up.
        drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
        process.stderr.close()
        run = asyncio.run(soak(process, port, requests))
        after = run.resident() if process.poll() is None else 0
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=60)
        drain.wait(timeout=10)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()

    say(f"{run.sent:,} requests in {time.monotonic() - run.start:.0f} s")
    for what, count in sorted(run.counts.items()):
        say(f"{count:>9,}  {what}")
    for what in run.wrong:
        say("WRONG", what)
    grown = 0
    if run.memory:
        grown = max([*run.memory, after]) - run.memory[0]
        say(f"memory: {run.memory[0]:.1f} MB after {SETTLED:,}, {grown:+.1f} MB at most since, {after:.1f} MB "
            "at the end")
    else:
        say(f"memory is not judged: there were fewer than {SETTLED:,} requests")
    say(f"SIGTERM ends it with {code}")
    is_right = not run.wrong and code == 0 and grown <= GROWTH and run.counts["slow, cut off"] > 0
    say("ok" if is_right else "FAILED")
    sys.exit(not is_right)


main()
