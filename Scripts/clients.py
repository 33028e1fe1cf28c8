"""Clients of other servers against cloud4bert-server: called by check-server."""

import csv
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy
import openai
import tiktoken
import torch
import transformers
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from langchain_huggingface import HuggingFaceEndpointEmbeddings
from langchain_openai import OpenAIEmbeddings
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference

server, program, posts, model_folder = sys.argv[1:5]
environment = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("CLOUD4BERT_", "HF_"))
}
# So that the server is ended, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
transformers.utils.logging.disable_progress_bar()
process = subprocess.Popen(
    [server, "--port", "0", "--client-timeout", "3"],
    stderr=subprocess.PIPE,
    text=True,
    env=environment,
)
failed = 0


def check(what, is_right):
    global failed
    print("ok  " if is_right else "FAIL", what, flush=True)
    failed += not is_right


def post(path, body, connection=None):
    own = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    own.request("POST", path, payload, {"Content-Type": "application/json"})
    answer = own.getresponse()
    data = answer.read()
    if connection is None:
        own.close()
    return answer.status, data


class Original:
    """The default model in transformers: what the clients' answers are compared with."""

    def __init__(self, folder):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32).eval()

    def output(self, text):
        with torch.inference_mode():
            return self.model(**self.tokenizer(text, return_tensors="pt"), output_hidden_states=True)

    def scores(self, text):
        return self.output(text).logits[0].softmax(0).tolist()

    def vectors(self, texts):
        """The mean over the tokens of the last layer."""
        return numpy.stack([self.output(text).hidden_states[-1][0].mean(0).numpy() for text in texts])


def near(vectors, others):
    """Whether they have the same shape and differ by rounding alone."""
    vectors, others = numpy.float32(vectors), numpy.float32(others)
    return vectors.shape == others.shape and numpy.abs(vectors - others).max() < 1e-4


class ModelTokens:
    """In place of tiktoken's vocabularies, which LangChain would fetch: the served model's own."""

    def encode_ordinary(self, text):
        return original.tokenizer(text, add_special_tokens=False)["input_ids"]

    def encode(self, text, **_):
        return self.encode_ordinary(text)


def resident():
    text = open(f"/proc/{process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


try:
    start = time.monotonic()
    address = None
    for line in process.stderr:
        if found := re.search(r"address=(http://\S+)", line):
            address = found[1]
            break
    check(f"serves at {address} after {time.monotonic() - start:.3f} s", address is not None)
    if address is None:
        sys.exit(1)
    threading.Thread(target=process.stderr.read, daemon=True).start()
    port = int(address.rsplit(":", 1)[1])

    original = Original(model_folder)
    sentences = ["Thanks a lot, that fixed it!", "I hate this plugin."]
    originals = original.vectors(sentences)

    # The Hub's client.
    client = InferenceClient(model=address)
    labels = client.text_classification("Thanks a lot, that fixed it!")
    check("InferenceClient.text_classification", labels[0].label == "positive" and len(labels) == 3)
    names = original.model.config.id2label
    scores = dict(zip(names.values(), original.scores("Thanks a lot, that fixed it!")))
    check("  transformers' scores", all(abs(scores[row.label] - row.score) < 1e-5 for row in labels))
    two = client.text_classification("I hate it", top_k=2, function_to_apply="sigmoid")
    check("  top_k and function_to_apply", len(two) == 2 and two[0].label == "negative")
    embedded = json.loads(post("/embed", {"inputs": "Thanks", "normalize": True})[1])
    # A classifier's / takes texts for labels; vectors are at /embed.
    vectors = InferenceClient(model=address + "/embed").feature_extraction("Thanks", normalize=True)
    check("InferenceClient.feature_extraction at /embed", numpy.array_equal(vectors, numpy.float32(embedded)))
    try:
        client.text_classification("a", function_to_apply="tanh")
        check("  an error", False)
    except HfHubHTTPError as error:
        check("  an error", error.response.status_code == 422)

    # OpenAI's.
    client = openai.OpenAI(base_url=address + "/v1", api_key="none", max_retries=0)
    answer = client.embeddings.create(model="m", input=["Thanks", "a text"])
    plain = json.loads(post("/embed", {"inputs": ["Thanks", "a text"]})[1])
    check(
        "OpenAI.embeddings.create",
        numpy.array_equal(numpy.float32([entry.embedding for entry in answer.data]), numpy.float32(plain))
        and answer.usage.total_tokens == 7,
    )
    check("OpenAI.models.list", [model.id for model in client.models.list()] == ["cloud4bert"])
    try:
        client.embeddings.create(model="m", input=[])
        check("  an error", False)
    except openai.BadRequestError as error:
        check("  an error", "no text" in str(error))

    vectors = [entry.embedding for entry in client.embeddings.create(model="m", input=sentences).data]
    check("  transformers' vectors", near(vectors, originals))
    ids = [original.tokenizer(text, add_special_tokens=False)["input_ids"] for text in sentences]
    vectors = [entry.embedding for entry in client.embeddings.create(model="m", input=ids).data]
    check("  and of token ids", near(vectors, originals))

    # LangChain's. It sends ids of OpenAI's vocabulary unless it is told not to.
    settings = {"model": "m", "base_url": address + "/v1", "api_key": "none", "max_retries": 0}
    client = OpenAIEmbeddings(check_embedding_ctx_length=False, **settings)
    check("LangChain's OpenAIEmbeddings.embed_documents", near(client.embed_documents(sentences), originals))
    check("  embed_query", near(client.embed_query(sentences[0]), originals[0]))
    tiktoken.encoding_for_model = tiktoken.get_encoding = lambda name: ModelTokens()
    # It makes each text's vector of length 1.
    lengths = numpy.linalg.norm(originals, axis=1, keepdims=True)
    vectors = numpy.float32(OpenAIEmbeddings(**settings).embed_documents(sentences))
    check("  of token ids", near(vectors * lengths / numpy.linalg.norm(vectors, axis=1, keepdims=True), originals))
    # It takes names of models alone, and the client is put in its place afterwards.
    client = HuggingFaceEndpointEmbeddings(model="m/m", huggingfacehub_api_token="none")
    client.client = InferenceClient(model=address + "/embed")
    check("LangChain's HuggingFaceEndpointEmbeddings", near(client.embed_documents(sentences), originals))
    check("  embed_query", near(client.embed_query(sentences[0]), originals[0]))

    # LlamaIndex's.
    client = OpenAIEmbedding(model_name="m", api_base=address + "/v1", api_key="none", max_retries=0)
    check("LlamaIndex's OpenAIEmbedding", near(client.get_text_embedding_batch(sentences), originals))
    check("  a query", near(client.get_query_embedding(sentences[0]), originals[0]))
    client = TextEmbeddingsInference(model_name="m", base_url=address)
    check("LlamaIndex's TextEmbeddingsInference", near(client.get_text_embedding_batch(sentences), originals))
    check("  a query", near(client.get_query_embedding(sentences[0]), originals[0]))

    # Every score as the command line prints it, whatever the batches and the other clients.
    with open(posts, newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    texts = [f"{text} {number}" for number in range(1000 // len(texts) + 1) for text in texts][:1000]
    rows = subprocess.run(
        [program, "classify", "--input", "-", "--format", "jsonl", "--scores", "all", "--quiet"],
        input="".join(json.dumps({"text": text}) + "\n" for text in texts),
        stdout=subprocess.PIPE, text=True, check=True, env=environment,
    ).stdout.splitlines()
    expected = [re.findall(r'"score_(negative|neutral|positive)":([-0-9.e]+)', row) for row in rows]
    expected = [dict(row) for row in expected]
    served = [None] * len(texts)
    numbers = list(range(len(texts)))
    random.Random(1).shuffle(numbers)
    batches = []
    while numbers:
        size = random.Random(len(numbers)).randint(1, 20)
        batches.append(numbers[:size])
        numbers = numbers[size:]
    lock = threading.Lock()

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                if not batches:
                    return
                batch = batches.pop()
            status, data = post("/predict", {"inputs": [[texts[n]] for n in batch]}, connection)
            found = re.findall(r"\[(\{[^\]]*\})\]", data.decode())
            for number, row in zip(batch, found):
                served[number] = dict(re.findall(r'"label":"(\w+)","score":([-0-9.e]+)', row))

    threads = [threading.Thread(target=work) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    differing = sum(a != b for a, b in zip(served, expected))
    check(
        f"{len(texts)} texts by 32 clients: {differing} scores that differ from classify's",
        differing == 0 and len(expected[0]) == 3,
    )

    # Bodies that are damaged are refused, and nothing else.
    chance = random.Random(2)
    seeds = [
        b'{"inputs":"I like it","parameters":{"top_k":2}}', b'{"inputs":[["a","b"],["c"]],"truncate":true}',
        b'{"input":["a"],"model":"m","encoding_format":"base64"}', b'{"query":"q","texts":["a"]}',
    ]
    statuses = {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    count = int(os.environ.get("BODIES", "5000"))
    for number in range(count):
        body = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(body))
            match chance.randrange(3):
                case 0: body[place] = chance.randrange(256)
                case 1: del body[place]
                case _: body[place:place] = bytes([chance.choice(b'[]{}",:\\0e-\xff')])
            if not body:
                body = bytearray(b"x")
        path = chance.choice(["/", "/predict", "/embed", "/tokenize", "/rerank", "/v1/embeddings"])
        status, data = post(path, bytes(body), connection)
        json.loads(data)
        statuses[status] = statuses.get(status, 0) + 1
        if number == count // 10:
            before = resident()
    check(f"{count} damaged bodies: {dict(sorted(statuses.items()))}", all(200 <= s < 500 for s in statuses))
    check(f"memory: {before:.0f} MB, then {resident():.0f} MB", resident() < before + 20)

    # Clients that hang up, and one that sends a byte a second.
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", port)) as broken:
            broken.sendall(b"POST /predict HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        start = time.monotonic()
        try:
            for byte in b"POST /predict HTTP/1.1\r\nHost: a\r\n":
                slow.sendall(bytes([byte]))
                time.sleep(0.5)
        except OSError:
            pass
        slow_time = time.monotonic() - start
    check(f"a client of a byte at a time is cut off after {slow_time:.1f} s", slow_time < 8)
    check("and others are answered", post("/predict", {"inputs": "a"})[0] == 200)

    # The command line's own command becomes the server.
    here = os.path.dirname(server)
    for path, code in ((here, 0), ("/nonexistent", 1)):
        run = subprocess.run(
            [program, "serve", "--version"], env=environment | {"PATH": path},
            capture_output=True, text=True,
        )
        check(
            f"cloud4bert serve with {'the' if code == 0 else 'no'} server in PATH: {run.returncode}",
            run.returncode == code and ("Scripts/run serve" in run.stderr) == (code == 1),
        )

    process.send_signal(signal.SIGTERM)
    check(f"SIGTERM ends it with {process.wait(timeout=40)}", process.returncode == 0)
finally:
    if process.poll() is None:
        process.kill()
sys.exit(failed != 0)
