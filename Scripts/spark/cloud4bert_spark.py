"""Labels and vectors for a column of texts in Apache Spark, by the program cloud4bert.

    from cloud4bert_spark import classify, embed

    classify(df).show()                       # label, score and error behind the frame's own columns
    classify(df, column="body", model="my-org/my-model", scores="all")
    embed(df, model="sentence-transformers/all-MiniLM-L6-v2")

Every task runs one process of the program for all of its rows. The program is found on the nodes' PATH,
or comes with the job:

    spark-submit --archives cloud4bert-0.2.0-linux-x86_64.tar.gz#cloud4bert job.py

Works with Spark 3.5 and later, in spark-submit, notebooks and Spark Connect; the module itself travels with
the job. Documentation/Spark.md tells how to size a job and what happens when something fails.

Without Spark, classify_table and embed_table do the same with Arrow tables, as Ray and Dask have them.
"""

import collections
import glob
import itertools
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading

# What is written to the program at once, and goes on to Spark at once. Spark cuts its batches by rows, ten
# thousand of them, and these may be of any size.
PIECE_BYTES = 1 << 20
PIECE_ROWS = 4096
# How many such pieces may wait for their answers: enough that the program never waits for texts.
PIECES_AHEAD = 4

# All that the program sees of the environment. Spark sets OMP_NUM_THREADS and its like for Python's sake, and
# hands on what was set where the driver or a worker was started, which was meant for other programs.
ENVIRONMENT = {
    "PATH", "HOME", "USER", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "XDG_CACHE_HOME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY",
}  # fmt: skip
ENVIRONMENT_PREFIXES = ("HF_", "LC_")


class Cloud4BertError(RuntimeError):
    """The program is missing or failed, or a row is bad and on_bad_row is "stop"."""


# For Spark


def classify(df, column="text", model=None, scores="top", threads="spark.task.cpus", on_bad_row="keep",
             program=None, options=()):  # fmt: skip
    """The frame with a label (string), its score (double) and an error (string, null where all is well).

    column      the column of strings to classify
    model       a folder on every node, a name in --archives, or a model of the Hugging Face Hub;
                without it the model that comes with the program
    scores      "top"; "all" adds scores, a map from each label to its score
    threads     of a task's process: "spark.task.cpus", or a number
    on_bad_row  of a row without an answer, such as one whose text is null: "keep" it with no label and the
                reason in error, "skip" it, or "stop" the job; the last two add no column error
    program     a path, or a name in --archives; without it "cloud4bert" there, or on the PATH
    options     further options of cloud4bert classify, such as ["--precision", "int8"]

    Where the frame has a column of such a name already, the new ones are called predicted_label and so on.
    """
    from pyspark.sql.types import DoubleType, MapType, StringType

    _one_of("scores", scores, ("top", "all"))
    added = {"label": StringType(), "score": DoubleType()}
    if scores == "all":
        added["scores"] = MapType(StringType(), DoubleType())
    asked = dict(model=model, scores=scores, on_bad_row=on_bad_row, program=program, options=options)
    return _in_tasks(df, classify_batches, column, added, threads, asked)


def embed(df, column="text", model=None, threads="spark.task.cpus", on_bad_row="keep", program=None,
          options=()):  # fmt: skip
    """The frame with an embedding (array of floats) and an error (string, null where all is well).

    As classify; options are those of cloud4bert embed, such as ["--normalize"].
    """
    from pyspark.sql.types import ArrayType, FloatType

    asked = dict(model=model, on_bad_row=on_bad_row, program=program, options=options)
    return _in_tasks(df, embed_batches, column, {"embedding": ArrayType(FloatType())}, threads, asked)


def _in_tasks(df, function, column, added, threads, asked):
    from pyspark import cloudpickle
    from pyspark.sql.types import StringType, StructField, StructType

    if threads != "spark.task.cpus" and not (isinstance(threads, int) and threads > 0):
        raise ValueError(f'threads is {threads!r}: expected "spark.task.cpus" or a number above 0')
    _one_of("on_bad_row", asked["on_bad_row"], ("keep", "skip", "stop"))
    if asked["on_bad_row"] == "keep":
        added["error"] = StringType()
    fields = df.schema.fields
    found = [field.dataType for field in fields if field.name == column]
    if len(found) != 1:
        names = ", ".join(field.name for field in fields)
        raise ValueError(f"the frame has {len(found)} columns named {column!r}: it has {names}")
    if not isinstance(found[0], StringType):
        raise TypeError(f'column {column!r} is {found[0].simpleString()}, not string: cast it, .cast("string")')
    names = _free(list(added), [field.name for field in fields])
    schema = StructType(fields + [StructField(name, kind) for name, kind in zip(names, added.values())])

    def task(batches):
        return function(batches, column, threads=_task_cpus() if threads == "spark.task.cpus" else threads, **asked)

    # So that the nodes need no copy of this file.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    return df.mapInArrow(task, schema)


def _task_cpus():
    from pyspark import TaskContext

    context = TaskContext.get()
    return context.cpus() if context else 1


# For anything that has Arrow data


def classify_batches(batches, column="text", model=None, scores="top", threads=1, on_bad_row="keep", program=None,
                     options=()):  # fmt: skip
    """Arrow record batches with the columns of classify, from an iterable of record batches; a process for all."""
    import pyarrow as pa

    _one_of("scores", scores, ("top", "all"))
    added = {"label": pa.string(), "score": pa.float64()}
    if scores == "all":
        added["scores"] = pa.map_(pa.string(), pa.float64())

    def values(answer):
        row = [answer["label"], answer["score"]]
        if scores == "all":
            row.append([(name[len("score_"):], value) for name, value in answer.items() if name.startswith("score_")])
        return row

    command = ["classify", "--scores", scores, *options]
    return _answered(batches, column, command, model, threads, program, on_bad_row, added, values)


def embed_batches(batches, column="text", model=None, threads=1, on_bad_row="keep", program=None, options=()):
    """Arrow record batches with the columns of embed, from an iterable of record batches; a process for all."""
    import pyarrow as pa

    def values(answer):
        return [answer["embedding"]]

    added = {"embedding": pa.list_(pa.float32())}
    return _answered(batches, column, ["embed", *options], model, threads, program, on_bad_row, added, values)


def classify_table(table, *arguments, **asked):
    """An Arrow table with the columns of classify, by the arguments of classify_batches."""
    return _table(table, classify_batches, arguments, asked)


def embed_table(table, *arguments, **asked):
    """An Arrow table with the columns of embed, by the arguments of embed_batches."""
    return _table(table, embed_batches, arguments, asked)


def _table(table, function, arguments, asked):
    import pyarrow as pa

    # Of a table without rows there are no batches, and its columns must come out all the same.
    empty = pa.RecordBatch.from_arrays([pa.array([], kind) for kind in table.schema.types], schema=table.schema)
    return pa.Table.from_batches(function([empty, *table.to_batches()], *arguments, **asked))


def _one_of(name, value, known):
    if value not in known:
        raise ValueError(f"{name} is {value!r}: expected one of {', '.join(known)}")


def _free(names, taken):
    """Names of new columns, with the prefix predicted_ where one of them is taken, as the command line does it."""
    # Spark takes Label and label for one name.
    taken = {name.lower() for name in taken}
    if taken.isdisjoint(names):
        return names
    longer = ["predicted_" + name for name in names]
    if not taken.isdisjoint(longer):
        raise ValueError(f"the frame has columns named {', '.join(sorted(taken.intersection(longer)))}: rename them")
    return longer


def _answered(batches, column, command, model, threads, program, on_bad_row, added, values):
    """The batches with the columns added, whose values are made of the program's answers."""
    import pyarrow as pa

    _one_of("on_bad_row", on_bad_row, ("keep", "skip", "stop"))
    first, batches = None, iter(batches)
    for first in batches:
        if first.num_rows:
            break
    if first is None:
        return
    keep = on_bad_row == "keep"
    if keep:
        added["error"] = pa.string()
    kinds = list(added.values())
    names = _free(list(added), first.schema.names)
    schema = pa.schema(list(first.schema) + [pa.field(name, kind) for name, kind in zip(names, kinds)])
    if not first.num_rows:
        # No rows need no process.
        yield pa.RecordBatch.from_arrays(first.columns + [pa.array([], kind) for kind in kinds], schema=schema)
        return
    command = [
        _program(program), *command, "--input", "-", "--format", "jsonl", "--output-format", "jsonl", "--quiet",
        "--on-bad-row", "keep", "--threads", str(threads),
    ]  # fmt: skip
    if model is not None:
        command += ["--model", _model(model)]

    done = 0
    process = _Process(command)
    try:
        for piece, answers in process.answers(_pieces(itertools.chain([first], batches), column)):
            rows, answers, good = [], iter(answers), []
            for text in piece.texts:
                answer = {"error": "the text is null"} if text is None else next(answers)
                error = answer.get("error")
                if error is not None and on_bad_row == "stop":
                    raise Cloud4BertError(f"row {done + len(good) + 1}{_task_name()}: {error}")
                good.append(error is None)
                if error is None:
                    rows.append(values(answer) + [None] * keep)
                elif keep:
                    rows.append([None] * (len(added) - 1) + [error])
            done += len(good)
            batch = piece.batch if len(rows) == len(good) else piece.batch.filter(pa.array(good))
            if rows:
                new = [pa.array(column, kind) for column, kind in zip(zip(*rows), kinds)]
                yield pa.RecordBatch.from_arrays(batch.columns + new, schema=schema)
    finally:
        process.end()


def _task_name():
    """Where a row number counts from: each task begins anew."""
    try:
        from pyspark import TaskContext
    except ImportError:
        return ""
    context = TaskContext.get()
    return f" of partition {context.partitionId()}" if context else ""


class _Piece(collections.namedtuple("_Piece", "batch texts")):
    """Some rows of a batch, and their texts: bytes, or None."""

    def lines(self):
        # Spark's strings may hold bytes that are no UTF-8, when they were cast from binary.
        return [
            json.dumps({"text": text.decode("utf-8", "replace")}, ensure_ascii=False).encode() + b"\n"
            for text in self.texts if text is not None
        ]  # fmt: skip


def _pieces(batches, column):
    import pyarrow as pa
    import pyarrow.compute as compute

    for batch in batches:
        texts = batch.column(batch.schema.get_field_index(column))
        kind = texts.type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
            raise TypeError(f"column {column!r} is {kind}, not string")
        texts = texts.cast(pa.large_binary())
        start, size = 0, 0
        for end, length in enumerate(compute.binary_length(texts).to_pylist()):
            length = length or 0
            if end > start and (size + length > PIECE_BYTES or end - start == PIECE_ROWS):
                yield _Piece(batch.slice(start, end - start), texts.slice(start, end - start).to_pylist())
                start, size = end, 0
            size += length
        yield _Piece(batch.slice(start), texts.slice(start).to_pylist())


# The process


class _Process:
    """A running cloud4bert: JSON lines in, JSON lines out, in the same order."""

    def __init__(self, command):
        environment = {
            name: value for name, value in os.environ.items()
            if name.upper() in ENVIRONMENT or name.startswith(ENVIRONMENT_PREFIXES)
        }  # fmt: skip
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
            )
        except OSError as error:
            raise Cloud4BertError(f"{command[0]} does not start on {socket.gethostname()}: {error}") from error
        self.ended = False
        self.answered = 0
        self.room = threading.Semaphore(PIECES_AHEAD)
        self.last_words = collections.deque(maxlen=20)
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def answers(self, pieces):
        """Each piece with the answers to its texts.

        A thread writes while this one reads: whoever wrote a whole batch first would wait for a program that
        waits for someone to read its answers, with both pipes full.
        """
        sent, failures = queue.Queue(), []

        def write():
            try:
                for piece in pieces:
                    self.room.acquire()
                    if self.ended:
                        return
                    lines = piece.lines()
                    sent.put((piece, len(lines)))
                    self.process.stdin.write(b"".join(lines))
                    self.process.stdin.flush()
                self.process.stdin.close()
            except BrokenPipeError:
                pass  # the program has ended: the reader finds that out, and why
            except BaseException as error:
                failures.append(error)
                self.process.kill()  # it may wait for more texts before it answers those it has
            finally:
                sent.put(None)

        threading.Thread(target=write, daemon=True).start()
        for piece, count in iter(sent.get, None):
            try:
                answers = [self._answer() for _ in range(count)]
            except Cloud4BertError as error:
                raise failures[0] if failures else error
            self.room.release()
            yield piece, answers
        if failures:
            raise failures[0]
        if self.process.stdout.readline():
            raise self._failure("answers more rows than it was given")
        # All rows being there does not mean that all went well.
        if self.process.wait() != 0:
            raise self._failure("failed at its end")

    def _answer(self):
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._failure(f"ended after {self.answered} answers, before the last one")
        try:
            answer = json.loads(line)
        except ValueError:
            raise self._failure(f"gave an answer that is no JSON: {line[:200]!r}") from None
        self.answered += 1
        return answer

    def _listen(self):
        for line in self.process.stderr:
            self.last_words.append(line.decode("utf-8", "replace")[:1000])

    def _failure(self, what):
        try:
            code = self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            code = None
        self.listener.join(timeout=10)
        if code is None:
            how = "it is still running"
        elif code < 0:
            how = f"killed by {signal.Signals(-code).name}"
            if code == -signal.SIGKILL:
                how += ", as systems do when memory runs out"
        else:
            how = f"exit code {code}"
        words = "".join(self.last_words).strip()
        return Cloud4BertError(
            f"cloud4bert on {socket.gethostname()} {what} ({how})" + (f"; its last words:\n{words}" if words else "")
        )

    def end(self):
        """Ends the program in whatever state it is, and lets go the thread that writes."""
        self.ended = True
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.room.release()
        self.listener.join(timeout=10)
        self.process.stdout.close()
        self.process.stderr.close()
        try:
            self.process.stdin.close()
        except OSError:
            pass  # some texts never got there


# What came with the job


def _folders():
    """Where Spark puts the archives of a job, which depends on what runs the cluster."""
    folders = [os.getcwd()]
    try:
        from pyspark import SparkFiles

        folders.append(SparkFiles.getRootDirectory())
    except Exception:
        pass  # there is no Spark here
    return folders


def _program(name):
    if name is None:
        # The tarball of a release has one folder at its top.
        candidates = [
            path for folder in _folders() for pattern in ("cloud4bert/bin/cloud4bert", "cloud4bert/*/bin/cloud4bert")
            for path in sorted(glob.glob(os.path.join(glob.escape(folder), pattern)))
        ]  # fmt: skip
        candidates.append(shutil.which("cloud4bert"))
    elif os.sep in name:
        candidates = [os.path.join(folder, name) for folder in _folders()]
    else:
        candidates = [shutil.which(name)]
    for path in candidates:
        if path and os.path.isfile(path):
            return path
    raise Cloud4BertError(
        f"there is no {name or 'cloud4bert'} on {socket.gethostname()}: install it there, ship it with "
        "--archives cloud4bert-VERSION-linux-ARCH.tar.gz#cloud4bert, or give its path as program"
    )


def _model(name):
    """A folder of that name that came with the job, or was packed into an archive of that name."""
    for folder in _folders():
        for pattern in ("config.json", "*/config.json"):
            for path in sorted(glob.glob(os.path.join(glob.escape(os.path.join(folder, name)), pattern))):
                return os.path.dirname(path)
    return name
