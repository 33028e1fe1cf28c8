"""What Scripts/check-spark runs in an environment with pyspark: a cluster of a master and two workers on
loopback, and jobs on it whose answers must be those of the command line, whatever is killed meanwhile.

    python checks.py PROGRAM POSTS.CSV MODEL-FOLDER [--quick] [--rounds N]
"""

import argparse
import contextlib
import csv
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
# Before pyspark starts its Java: all that listens does so on loopback.
os.environ.update(SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=sys.executable, PYSPARK_DRIVER_PYTHON=sys.executable)

import pyarrow as pa
import pyarrow.parquet as parquet
import pyspark
from pyspark.sql import SparkSession

import cloud4bert_spark

HOME = os.path.dirname(pyspark.__file__)
STARTED = time.monotonic()


def say(words):
    print(f"{time.monotonic() - STARTED:6.1f} s  {words}", flush=True)


def require(holds, words):
    if not holds:
        raise SystemExit(f"check-spark: {words}")


@contextlib.contextmanager
def limit(seconds, what):
    """A hang is a failure with a name."""

    def fail(*_):
        raise SystemExit(f"check-spark: {what}: not done after {seconds} s")

    signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def wait_for(what, test, seconds=60):
    end = time.monotonic() + seconds
    while not (found := test()):
        require(time.monotonic() < end, f"{what}: not there after {seconds} s")
        time.sleep(0.05)
    return found


# Processes, found by what runs in them below the folder of this check


def processes():
    """Of each process: its number, its parent, its executable and its command."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/stat") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    command = file.read().decode(errors="replace")
                if state != "Z":
                    yield int(name), int(parent), os.readlink(f"/proc/{name}/exe"), command


def programs(folder):
    return [number for number, _, executable, _ in processes() if executable.startswith(folder + "/")]


# The data


def texts(posts, count):
    """Posts of one to three others, each with its number, the same ones in every run."""
    with open(posts, newline="") as file:
        known = [row["text"] for row in csv.DictReader(file)]
    choose = random.Random(16)
    return [" ".join(choose.sample(known, choose.randint(1, 3))) + f" {number}" for number in range(count)]


def write_archive(program, model, folder):
    """Laid out as the tarball of Scripts/package is."""
    path = f"{folder}/cloud4bert.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(os.path.realpath(program), "cloud4bert-0-linux/bin/cloud4bert")
        archive.add(model, "cloud4bert-0-linux/share/cloud4bert/model")
    return path


# The cluster


class Cluster:
    """A standalone master and two workers, each of one core."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []
        port, *pages = free_ports(4)
        self.master = f"spark://127.0.0.1:{port}"
        environment = {
            # What somebody has where a worker is started must not reach the program.
            **os.environ, "OMP_NUM_THREADS": "7", "OPENBLAS_CORETYPE": "Prescott", "CHECK_SPARK_SECRET": "of a worker",
            "SPARK_HOME": HOME, "SPARK_LOCAL_DIRS": f"{folder}/local",
        }  # fmt: skip
        self.environment = environment
        self.start("master", "master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", pages[0])
        wait_for("the master", lambda: self.log("master").count("I have been elected leader"))
        for number in (1, 2):
            self.start(
                f"worker{number}", "worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "2g",
                "--webui-port", pages[number], "--work-dir", f"{folder}/work{number}", self.master,
            )  # fmt: skip
        for number in (1, 2):
            wait_for("a worker", lambda: self.log(f"worker{number}").count("Successfully registered"))

    def start(self, name, kind, *arguments):
        with open(f"{self.folder}/{name}.log", "w") as log:
            self.started.append(
                subprocess.Popen(
                    [f"{HOME}/bin/spark-class", f"org.apache.spark.deploy.{kind}", *map(str, arguments)],
                    env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                )
            )  # fmt: skip

    def log(self, name):
        with open(f"{self.folder}/{name}.log") as file:
            return file.read()

    def executors(self):
        """Java processes that one of the workers has started for a job."""
        workers = {process.pid for process in self.started}
        return [n for n, parent, _, command in processes() if parent in workers and "ExecutorBackend" in command]

    def busy(self):
        """Executors that have a program running."""
        parents = {number: parent for number, parent, _, _ in processes()}
        busy, executors = [], self.executors()
        for number in programs(self.folder):
            while number in parents and number not in executors:
                number = parents[number]
            if number in executors:
                busy.append(number)
        return busy

    def stop(self):
        for process in reversed(self.started):
            process.terminate()  # nothing where it has ended
        for process in self.started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Checks:
    def __init__(self, asked, folder):
        self.folder = folder
        self.program = os.path.realpath(asked.program)
        self.quick, self.rounds = asked.quick, asked.rounds
        self.count = 3000 if asked.quick else 20_000
        self.archive = write_archive(self.program, asked.model, folder)
        rows = texts(asked.posts, self.count)
        self.rows = f"{folder}/rows.parquet"
        parquet.write_table(pa.table({"id": range(self.count), "text": rows}), self.rows)
        with open(f"{folder}/rows.jsonl", "w") as file:
            for number, text in enumerate(rows):
                file.write(json.dumps({"id": number, "text": text}) + "\n")
        self.cluster = Cluster(folder)
        # Two executors more to start are a minute more on a small machine.
        self.second_master = "local[2]" if asked.quick else self.cluster.master
        say(f"Spark {pyspark.__version__}, a master and two workers on 127.0.0.1; {self.count} rows")

    # What the answers must be

    def command_line(self, *arguments, threads=2, input="rows.jsonl", output="whole.jsonl"):
        start = time.monotonic()
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "OMP_"))}
        subprocess.run(
            [self.program, *arguments, "--input", f"{self.folder}/{input}", "--output", f"{self.folder}/{output}",
             "--output-format", "jsonl", "--threads", str(threads), "--quiet"],
            check=True, env=environment, timeout=900,
        )  # fmt: skip
        return time.monotonic() - start

    def whole(self, *arguments):
        self.command_line("classify", "--scores", "all", *arguments)
        with open(f"{self.folder}/whole.jsonl") as file:
            return [json.loads(line) for line in file]

    # Jobs

    def session(self, executors=2, **more):
        settings = {
            "spark.cores.max": executors, "spark.executor.cores": 1, "spark.executor.memory": "1g",
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false", "spark.local.dir": f"{self.folder}/local",
            "spark.archives": f"{self.archive}#cloud4bert", "spark.sql.warehouse.dir": f"{self.folder}/warehouse",
            **more,
        }  # fmt: skip
        builder = SparkSession.builder.master(self.cluster.master).appName("check-spark")
        for name, value in settings.items():
            builder = builder.config(name, str(value))
        spark = builder.getOrCreate()
        spark.sparkContext.setLogLevel("OFF")
        # Until then a job might run on the first one alone.
        wait_for("the executors", lambda: len(self.cluster.executors()) == executors)
        return spark

    def frame(self, spark, partitions=2):
        return spark.read.parquet(self.rows).repartition(partitions)

    def written(self, frame, seconds=600):
        """The rows of a frame by their ids, as parquet has them, and the seconds of writing it."""
        output = f"{self.folder}/out.parquet"
        start = time.monotonic()
        with limit(seconds, "a job"):
            frame.write.mode("overwrite").parquet(output)
        took = time.monotonic() - start
        return sorted(parquet.read_table(output).to_pylist(), key=lambda row: row["id"]), took

    def equal(self, rows, what):
        require(len(rows) == len(self.answers), f"{what}: {len(rows)} rows of {len(self.answers)}")
        for row, answer in zip(rows, self.answers):
            same = all(row[name] == answer[name] for name in ("id", "text", "label", "score")) and row["error"] is None
            require(same, f"{what}: {row} where the command line has {answer}")

    def fails(self, frame, *words):
        with limit(300, "a job that fails"):
            try:
                frame.write.mode("overwrite").parquet(f"{self.folder}/never.parquet")
            except Exception as error:
                for word in words:
                    require(word in str(error), f"an error does not say {word!r}: {error}")
                return
        require(False, f"a job ended well that should have failed by {words[0]!r}")

    # The checks

    def run(self):
        self.answers = self.whole()
        if not self.quick:
            self.executors(1)
        spark = self.executors(2)
        self.all_scores(spark)
        self.embeddings(spark)
        self.large_batches(spark)
        self.bad_rows(spark)
        self.environment(spark)
        self.short_answers(spark)
        self.killed_program(spark)
        self.killed_executor(spark)
        if not self.quick:
            self.times(spark)
        spark.stop()
        if self.quick:
            self.cluster.stop()
        self.submitted()
        self.connect()

    def executors(self, count):
        spark = self.session(count)
        took = []
        # The first job unpacks the archive, and starts Python.
        for _ in range(1 if self.quick else 2):
            rows, seconds = self.written(cloud4bert_spark.classify(self.frame(spark)))
            self.equal(rows, f"executors: {count}")
            took.append(f"{seconds:.1f} s")
        say(f"classify, program and model from the archive, executors: {count}: equal to the command line; {', '.join(took)}")
        if count == 1:
            spark.stop()
        return spark

    def all_scores(self, spark):
        rows, _ = self.written(cloud4bert_spark.classify(self.frame(spark).limit(500), scores="all"))
        require(len(rows) == 500, "scores=all: rows are missing")
        for row in rows:
            answer = self.answers[row["id"]]
            for label, score in row["scores"]:
                require(answer[f"score_{label}"] == score, f"scores=all: {row} where there is {answer}")
            require(len(row["scores"]) == 3, "scores=all: labels are missing")
        say("scores=all: equal")

    def embeddings(self, spark):
        with open(f"{self.folder}/rows.jsonl") as file, open(f"{self.folder}/few.jsonl", "w") as few:
            few.writelines(next(file) for _ in range(300))
        self.command_line("embed", input="few.jsonl", output="vectors.jsonl")
        with open(f"{self.folder}/vectors.jsonl") as file:
            vectors = [pa.array(json.loads(line)["embedding"], pa.float32()).to_pylist() for line in file]
        rows, _ = self.written(cloud4bert_spark.embed(self.frame(spark).where("id < 300")))
        require([row["embedding"] for row in rows] == vectors, "embed: vectors differ")
        say(f"embed: {len(rows)} vectors of {len(vectors[0])} numbers, equal")

    def large_batches(self, spark):
        """A batch of 10,000 rows, which is Spark's default, and more of each than pipes hold."""
        frame = spark.range(0, 10_000, 1, 1).selectExpr("id", "concat('ok ', repeat('x', 3000)) as text")
        options = ["--max-length", "8"]
        rows, took = self.written(cloud4bert_spark.classify(frame, options=options), seconds=300)
        require(len(rows) == 10_000 and all(row["label"] for row in rows), "a batch of 10,000 rows: rows are missing")
        say(f"a batch of 10,000 rows and 30 MB does not hang: {took:.1f} s")

    def bad_rows(self, spark):
        frame = spark.createDataFrame([(0, "Thanks!"), (1, None), (2, "")], "id int, text string")
        frame = frame.union(spark.sql("select 3, cast(X'41FF42' as string)")).coalesce(1)
        rows, _ = self.written(cloud4bert_spark.classify(frame).drop("text"))
        errors = [row["error"] for row in rows]
        require(errors == [None, "the text is null", None, None], f"a bad row: {rows}")
        require([row["label"] is None for row in rows] == [False, True, False, False], f"a bad row: {rows}")
        rows, _ = self.written(cloud4bert_spark.classify(frame, on_bad_row="skip").drop("text"))
        require([row["id"] for row in rows] == [0, 2, 3] and "error" not in rows[0], f"skip: {rows}")
        self.fails(cloud4bert_spark.classify(frame, on_bad_row="stop"), "row 2 of partition", "the text is null")
        for wrong in (lambda: cloud4bert_spark.classify(frame, "id"), lambda: cloud4bert_spark.classify(frame, "body")):
            try:
                wrong()
                require(False, "a column that is no text, or not there, was taken")
            except (TypeError, ValueError):
                pass
        say("a null text is kept with its error, skipped, or stops the job; bytes that are no UTF-8 are read")

    def stand_in(self, script):
        path = f"{self.folder}/stand-in"
        with open(path, "w") as file:
            file.write(f"#!/bin/bash\n{script}\n")
        os.chmod(path, 0o755)
        return path

    def environment(self, spark):
        program = self.stand_in(f'env >"{self.folder}/environment"; echo "$@" >"{self.folder}/command"\n'
                                f'exec "{self.program}" "$@"')  # fmt: skip
        os.environ["CHECK_SPARK_DRIVER"] = "of the driver"
        rows, _ = self.written(cloud4bert_spark.classify(self.frame(spark, 1).where("id < 10"), program=program))
        require(len(rows) == 10, "rows are missing")
        with open(f"{self.folder}/environment") as file:
            environment = file.read()
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_", "CHECK_SPARK", "SPARK_", "PYTHON"):
            require(name not in environment, f"the program sees {name}: {environment}")
        with open(f"{self.folder}/command") as file:
            command = file.read()
        require("--threads 1" in command, f"threads are not those of spark.task.cpus: {command}")
        say("the program sees no thread limits, nothing of the driver's or a worker's environment; spark.task.cpus heeded")

    def short_answers(self, spark):
        program = self.stand_in(f'head -n 500 | "{self.program}" "$@"')
        self.fails(cloud4bert_spark.classify(self.frame(spark), program=program), "ended after 500 answers", "exit code 0")
        say("a program that ends well before its last answer fails the job")
        if self.quick:
            return
        program = self.stand_in(f'head -n 500 | "{self.program}" "$@"; echo "I feel unwell" >&2; kill -9 $$')
        self.fails(
            cloud4bert_spark.classify(self.frame(spark), program=program), "ended after 500 answers", "SIGKILL", "I feel unwell"
        )
        self.fails(cloud4bert_spark.classify(self.frame(spark), model="/nowhere"), "exit code 1", "/nowhere: no such folder")
        self.fails(cloud4bert_spark.classify(self.frame(spark), program="/nowhere/c4b"), "there is no /nowhere/c4b", "--archives")
        say("so does one that is always killed, has no model, or is not there; the error says why")

    def killed(self, spark, what, find, after):
        """Kills one of the processes found, in the middle of a job, which must come out right all the same."""
        killed = []

        def kill():
            wait_for(what, lambda: programs(self.folder))
            time.sleep(after)
            number = wait_for(what, find)[0]
            os.kill(number, signal.SIGKILL)
            killed.append(number)

        killer = threading.Thread(target=kill)
        killer.start()
        rows, took = self.written(cloud4bert_spark.classify(self.frame(spark)))
        killer.join(60)
        require(killed, f"{what}: nothing was killed")
        self.equal(rows, what)
        require(wait_for("the end of all programs", lambda: not programs(self.folder)), "")
        say(f"{what} killed after {after} s: equal, {took:.1f} s; no program is left behind")

    def killed_program(self, spark):
        self.killed(spark, "a program", lambda: programs(self.folder), 0.5 if self.quick else 4)

    def killed_executor(self, spark):
        before = set(self.cluster.executors())
        self.killed(spark, "an executor", self.cluster.busy, 0.5 if self.quick else 4)
        after = wait_for("a new executor", lambda: len(self.cluster.executors()) == 2 and self.cluster.executors())
        require(len(before & set(after)) == 1, f"executors {before} became {after}")

    def times(self, spark):
        """The job against the command line alone and Spark's own copy of the frame, in turns."""
        table = {"command line": [], "copy": [], "job": []}

        def copy(batches):
            yield from batches

        for _ in range(self.rounds):
            table["command line"].append(self.command_line("classify", output="timed.jsonl"))
            frame = self.frame(spark)
            table["copy"].append(self.written(frame.mapInArrow(copy, frame.schema))[1])
            table["job"].append(self.written(cloud4bert_spark.classify(frame))[1])
        median = {name: statistics.median(values) for name, values in table.items()}
        more = median["job"] / (median["command line"] + median["copy"]) - 1
        for name, values in table.items():
            say(f"{name}: median {median[name]:.2f} s of {', '.join(f'{value:.2f}' for value in values)}")
        say(f"the job takes {more:+.1%} of the command line and the copy together (goal: at most +5 %)")

    def submitted(self):
        """classify.py, by spark-submit, from and to each format."""
        formats = [("parquet", "parquet")] if self.quick else [("parquet", "parquet"), ("parquet", "csv"), ("csv", "json")]
        source = self.rows
        for kind, output_kind in formats:
            output = f"{self.folder}/submitted.{output_kind}"
            result = subprocess.run(
                [f"{HOME}/bin/spark-submit", "--master", self.second_master, "--archives", f"{self.archive}#cloud4bert",
                 "--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1",
                 "--conf", "spark.ui.enabled=false", "--conf", f"spark.local.dir={self.folder}/local",
                 "--conf", "spark.driver.memory=1g", "--conf", "spark.executor.memory=1g", f"{HERE}/classify.py", "--input", source, "--output", output,
                 "--format", kind, "--output-format", output_kind, "--partitions", "2", "--scores", "all"],
                capture_output=True, text=True, timeout=600, cwd=self.folder,
            )  # fmt: skip
            require(result.returncode == 0, f"classify.py: {result.stderr[-3000:]}")
            require(f"{self.count} rows, 0 of them without" in result.stdout, f"classify.py: {result.stdout}")
            if output_kind == "csv":
                source = output
        if output_kind == "json":
            rows = []
            for name in os.listdir(output):
                if name.endswith(".json"):
                    with open(f"{output}/{name}") as file:
                        rows += [json.loads(line) for line in file]
            # From CSV all columns come as strings, and those of the first run are among them.
            rows = [{**row, "id": int(row["id"]), "label": row["predicted_label"], "score": row["predicted_score"],
                     "error": row.get("predicted_error")} for row in rows]  # fmt: skip
        else:
            rows = parquet.read_table(output).to_pylist()
        self.equal(sorted(rows, key=lambda row: row["id"]), "classify.py")
        say(f"spark-submit classify.py: equal; {', '.join(f'{kind} to {output}' for kind, output in formats)}")

    def connect(self):
        if int(pyspark.__version__.split(".")[0]) < 4:
            say("Spark Connect: left out, as the server comes with pyspark from 4.0 on")
            return
        port = free_ports(1)[0]
        log = open(f"{self.folder}/connect.log", "w")
        server = subprocess.Popen(
            [f"{HOME}/bin/spark-submit", "--master", self.second_master, "--class",
             "org.apache.spark.sql.connect.service.SparkConnectServer",
             "--conf", f"spark.connect.grpc.binding.port={port}", "--conf", "spark.connect.grpc.binding.address=127.0.0.1",
             "--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1",
             "--conf", "spark.ui.enabled=false", "--conf", f"spark.local.dir={self.folder}/local",
             "--conf", "spark.executor.memory=1g", "spark-internal"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder,
        )  # fmt: skip
        try:
            def listening():
                require(server.poll() is None, "Spark Connect: the server ended")
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    return True
            wait_for("Spark Connect", listening, 120)
            # What a notebook does: it has no Spark of its own, and brings the archive along.
            script = f"""
import sys
sys.path.insert(0, {HERE!r})
from pyspark.sql import SparkSession
from cloud4bert_spark import classify, embed
spark = SparkSession.builder.remote("sc://127.0.0.1:{port}").getOrCreate()
spark.addArtifacts({self.archive + "#cloud4bert"!r}, archive=True)
frame = spark.read.parquet({self.rows!r}).repartition(2)
classify(frame).write.mode("overwrite").parquet({self.folder + "/connect.parquet"!r})
assert len(embed(frame.limit(3)).collect()[0].embedding) > 0
spark.stop()
"""
            environment = {k: v for k, v in os.environ.items() if not k.startswith("SPARK_") or k == "SPARK_LOCAL_IP"}
            result = subprocess.run(
                [sys.executable, "-c", script], capture_output=True, text=True, timeout=600, env=environment
            )
            require(result.returncode == 0, f"Spark Connect: {result.stderr[-3000:]}")
            rows = parquet.read_table(f"{self.folder}/connect.parquet").to_pylist()
            self.equal(sorted(rows, key=lambda row: row["id"]), "Spark Connect")
            say("Spark Connect, program and model as artifacts: equal")
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            log.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("posts")
    parser.add_argument("model")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    # Ctrl-C and a killer of this script end what it has started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = os.path.realpath(tempfile.mkdtemp(prefix="check-spark-"))
    checks = None
    try:
        checks = Checks(asked, folder)
        checks.run()
    finally:
        if checks:
            checks.cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    say("all is well")


main()
