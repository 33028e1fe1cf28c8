"""FastAPI in front of an engine, the way people serve a model today: `serve.py` runs it by uvicorn.

PEER names the engine: `echo` (no model at all), `pipeline` (a transformers pipeline, a text a request), or
one of `engines.py`, with batching: a thread takes all texts that wait, up to 32, as one batch and does not
wait for more. PEER_FOLDER is what `compare.py` prepared, THREADS how many threads the engine has.
"""
import asyncio
import concurrent.futures
import contextlib
import json
import math
import os
import pathlib

import fastapi
import pydantic

PEER = os.environ["PEER"]
FOLDER = pathlib.Path(os.environ["PEER_FOLDER"])
THREADS = int(os.environ["THREADS"])
BATCH = 32


class Request(pydantic.BaseModel):
    inputs: str


def make_batcher():
    from engines import ENGINES

    engine = ENGINES[PEER](FOLDER, THREADS)
    names = json.loads((FOLDER / "model" / "config.json").read_text())["id2label"]
    engine.logits(["warm up"])

    def classify(texts):
        answers = []
        for row in engine.logits(texts):
            highest = max(row)
            powers = [math.exp(x - highest) for x in row]
            scores = [{"label": names[str(n)], "score": float(x / sum(powers))} for n, x in enumerate(powers)]
            answers.append(sorted(scores, key=lambda entry: -entry["score"]))
        return answers

    return classify


async def work(queue, classify):
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        while True:
            jobs = [await queue.get()]
            while len(jobs) < BATCH and not queue.empty():
                jobs.append(queue.get_nowait())
            texts = [text for text, _ in jobs]
            for (_, answer), scores in zip(jobs, await loop.run_in_executor(pool, classify, texts)):
                if not answer.done():
                    answer.set_result(scores)


@contextlib.asynccontextmanager
async def lifespan(app):
    app.queue = asyncio.Queue()
    worker = asyncio.create_task(work(app.queue, batcher)) if batcher else None
    yield
    if worker:
        worker.cancel()


batcher = make_batcher() if PEER not in ("echo", "pipeline") else None
app = fastapi.FastAPI(lifespan=lifespan)

if PEER == "echo":
    ANSWER = [{"label": label, "score": 1 / 3} for label in ("negative", "neutral", "positive")]

    @app.post("/predict")
    async def predict(request: Request):
        return ANSWER
elif PEER == "pipeline":
    import torch
    import transformers

    torch.set_num_threads(THREADS)
    pipeline = transformers.pipeline(
        "text-classification", model=str(FOLDER / "model"), device="cpu", dtype=torch.float32)

    @app.post("/predict")
    def predict(request: Request):
        return pipeline(request.inputs, top_k=None, truncation=True)
else:
    @app.post("/predict")
    async def predict(request: Request):
        answer = asyncio.get_running_loop().create_future()
        app.queue.put_nowait((request.inputs, answer))
        return await answer
