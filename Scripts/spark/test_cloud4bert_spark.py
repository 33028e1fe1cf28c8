#!/usr/bin/env python3
"""Tests of cloud4bert_spark.py that need pyarrow alone: programs that are slow, die or say too little stand in
for cloud4bert. Scripts/check-spark runs them, and goes on with Spark and the program itself.
"""

import json
import os
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

import pyarrow as pa

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cloud4bert_spark
from cloud4bert_spark import Cloud4BertError, classify_batches, classify_table, embed_batches, embed_table

# What every stand-in begins with: it labels a text by its length, and takes no more input than it has answered.
BEGINNING = f"""#!{sys.executable}
import json, os, signal, sys, time
def answer(line):
    text = json.loads(line)["text"]
    row = {{"text": text, "label": str(len(text)), "score": 0.5, "score_a": 0.25, "score_b": 0.5}}
    sys.stdout.write(json.dumps(row) + "\\n")
    return text
"""


class StandIns(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        # A hang is a failure, not a test without an end.
        watch = threading.Timer(120, os._exit, [1])
        watch.start()
        self.addCleanup(watch.cancel)

    def program(self, body):
        path = os.path.join(self.folder, "program")
        with open(path, "w") as file:
            file.write(BEGINNING + body)
        os.chmod(path, 0o755)
        return path

    def classified(self, texts, body="for line in sys.stdin: answer(line)", rows=10_000, **asked):
        table = pa.table({"id": range(len(texts)), "text": pa.array(texts, pa.string())})
        batches = table.to_batches(max_chunksize=rows)
        made = classify_batches(batches, program=self.program(body), **asked)
        return [row for batch in made for row in batch.to_pylist()]

    def test_rows_keep_their_order_and_columns(self):
        rows = self.classified(["x" * (number % 50) for number in range(25_000)])
        self.assertEqual([row["id"] for row in rows], list(range(25_000)))
        self.assertEqual([row["label"] for row in rows], [str(number % 50) for number in range(25_000)])
        self.assertEqual(list(rows[0]), ["id", "text", "label", "score", "error"])

    def test_a_batch_larger_than_both_pipes_does_not_hang(self):
        # Answers as long as texts, with nothing read further before they are away.
        rows = self.classified(["y" * 2000] * 10_000, "for line in sys.stdin: answer(line); sys.stdout.flush()")
        self.assertEqual(len(rows), 10_000)

    def test_a_program_that_reads_all_before_it_answers_does_not_hang(self):
        rows = self.classified(["y"] * 5000, "for line in sys.stdin.readlines(): answer(line)", rows=5000)
        self.assertEqual(len(rows), 5000)

    def test_pieces_are_bounded_in_bytes_and_rows(self):
        texts = ["z" * 600_000] * 3 + ["short"] * 9000 + [None, "z" * 5_000_000, ""]
        batch = pa.record_batch({"text": pa.array(texts)})
        pieces = list(cloud4bert_spark._pieces([batch], "text"))
        self.assertEqual(sum((piece.texts for piece in pieces), []), [t if t is None else t.encode() for t in texts])
        for piece in pieces:
            self.assertEqual(len(piece.texts), piece.batch.num_rows)
            self.assertLessEqual(len(piece.texts), cloud4bert_spark.PIECE_ROWS)
            if len(piece.texts) > 1:
                size = sum(len(text or b"") for text in piece.texts)
                self.assertLessEqual(size, cloud4bert_spark.PIECE_BYTES)

    def test_a_program_that_is_killed_is_an_error(self):
        body = """
for number, line in enumerate(sys.stdin):
    if number == 700: sys.stdout.flush(); print("I feel unwell", file=sys.stderr, flush=True); os.kill(os.getpid(), 9)
    answer(line)
"""
        with self.assertRaisesRegex(Cloud4BertError, "ended after 700 answers.*SIGKILL.*memory[^$]*I feel unwell"):
            self.classified(["text"] * 1000, body)

    def test_too_few_answers_are_an_error_though_the_exit_code_is_0(self):
        with self.assertRaisesRegex(Cloud4BertError, "ended after 3 answers.*exit code 0"):
            self.classified(["text"] * 10, "for n in range(3): answer(sys.stdin.readline())")

    def test_an_answer_cut_short_is_an_error(self):
        body = "for line in sys.stdin: sys.stdout.write('{\"label\": \"a\", \"score\": 1}')"
        with self.assertRaisesRegex(Cloud4BertError, "ended after 0 answers"):
            self.classified(["text"], body)

    def test_an_exit_code_at_the_end_is_an_error(self):
        body = "for line in sys.stdin: answer(line)\nsys.exit('the disk is full')"
        with self.assertRaisesRegex(Cloud4BertError, "failed at its end .exit code 1.*\n.*the disk is full"):
            self.classified(["text"] * 10, body)

    def test_too_many_answers_are_an_error(self):
        with self.assertRaisesRegex(Cloud4BertError, "more rows than it was given"):
            self.classified(["text"] * 10, "for line in sys.stdin: answer(line)\nprint('{}')")

    def test_an_answer_that_is_no_json_is_an_error(self):
        with self.assertRaisesRegex(Cloud4BertError, "no JSON.*hello"):
            self.classified(["text"], "print('hello', flush=True); time.sleep(0.2)")

    def test_a_program_that_is_not_there_is_an_error(self):
        with self.assertRaisesRegex(Cloud4BertError, "there is no /nowhere/cloud4bert.*--archives"):
            list(classify_batches([pa.record_batch({"text": ["a"]})], program="/nowhere/cloud4bert"))

    def test_much_on_standard_error_does_not_hang(self):
        body = "for line in sys.stdin: answer(line); print('e' * 1000, file=sys.stderr)"
        self.assertEqual(len(self.classified(["text"] * 2000, body)), 2000)

    def test_a_fault_of_the_input_comes_through_as_it_is(self):
        def batches():
            yield pa.record_batch({"text": ["a"] * 10})
            raise KeyError("of the source")

        with self.assertRaisesRegex(KeyError, "of the source"):
            list(classify_batches(batches(), program=self.program("for line in sys.stdin: answer(line)")))

    def test_whoever_stops_early_leaves_no_process_and_no_thread(self):
        def batches():
            while True:
                yield pa.record_batch({"text": ["a" * 1000] * 1000})

        before = threading.active_count()
        note = os.path.join(self.folder, "pid")
        body = f"open({note!r}, 'w').write(str(os.getpid()))\nfor line in sys.stdin: answer(line)"
        made = classify_batches(batches(), program=self.program(body))
        next(made)
        made.close()
        with open(note) as file:
            self.assertFalse(os.path.exists(f"/proc/{file.read()}"))
        deadline = time.monotonic() + 10
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(threading.active_count(), before)

    def test_bad_rows(self):
        body = """
for line in sys.stdin:
    if "bad" in line: print(json.dumps({"text": "", "label": "", "score": None, "error": "no finite score"}))
    else: answer(line)
"""
        texts = ["a", None, "bad", ""]
        rows = self.classified(texts, body)
        self.assertEqual([row["label"] for row in rows], ["1", None, None, "0"])
        self.assertEqual([row["score"] for row in rows], [0.5, None, None, 0.5])
        self.assertEqual([row["error"] for row in rows], [None, "the text is null", "no finite score", None])
        rows = self.classified(texts, body, on_bad_row="skip")
        self.assertEqual(rows, [
            {"id": 0, "text": "a", "label": "1", "score": 0.5}, {"id": 3, "text": "", "label": "0", "score": 0.5},
        ])  # fmt: skip
        with self.assertRaisesRegex(Cloud4BertError, "row 3: no finite score"):
            self.classified(["a", "a", "bad"], body, on_bad_row="stop")
        with self.assertRaisesRegex(Cloud4BertError, "row 2: the text is null"):
            self.classified(texts, body, on_bad_row="stop")
        self.assertEqual(self.classified([None, None], body, on_bad_row="skip"), [])
        self.assertEqual([row["label"] for row in self.classified([None] * 20_000, body)], [None] * 20_000)

    def test_bytes_that_are_no_utf8_become_replacement_characters(self):
        body = "for line in sys.stdin: print(json.dumps({'label': json.loads(line)['text'], 'score': 1}))"
        texts = pa.StringArray.from_buffers(1, pa.array([0, 3], pa.int32()).buffers()[1], pa.py_buffer(b"a\xffb"))
        batch = pa.RecordBatch.from_arrays([texts], ["text"])
        made = list(classify_batches([batch], program=self.program(body)))
        self.assertEqual(made[0].column("label").to_pylist(), ["a\ufffdb"])
        self.assertEqual(made[0].column("text").cast(pa.binary()).to_pylist(), [b"a\xffb"])

    def test_what_texts_may_hold(self):
        body = "for line in sys.stdin: print(json.dumps({'label': json.loads(line)['text'], 'score': 1}))"
        texts = ['quotes "', "back\\slash", "two\nlines\r\n", "nul\0", "\u2028", "🎉 ä", "\ufeff", " "]
        self.assertEqual([row["label"] for row in self.classified(texts, body)], texts)

    def test_scores_of_all_labels_are_a_map(self):
        rows = self.classified(["a", None], scores="all")
        self.assertEqual([row["scores"] for row in rows], [[("a", 0.25), ("b", 0.5)], None])

    def test_names_that_are_taken_get_a_prefix(self):
        batch = pa.record_batch({"text": ["a"], "Label": ["old"]})
        program = self.program("for line in sys.stdin: answer(line)")
        made = list(classify_batches([batch], program=program))
        self.assertEqual(
            made[0].schema.names, ["text", "Label", "predicted_label", "predicted_score", "predicted_error"]
        )
        batch = pa.record_batch({"text": ["a"], "label": ["old"], "predicted_label": ["older"]})
        with self.assertRaisesRegex(ValueError, "predicted_label"):
            list(classify_batches([batch], program=program))

    def test_vectors(self):
        body = "for line in sys.stdin: print(json.dumps({'row': 1, 'text': '', 'embedding': [0.1, 2]}))"
        batch = pa.record_batch({"text": ["a", None]})
        made = list(embed_batches([batch], program=self.program(body)))
        self.assertEqual(made[0].schema.field("embedding").type, pa.list_(pa.float32()))
        self.assertEqual(made[0].column("embedding").to_pylist()[1], None)
        self.assertAlmostEqual(made[0].column("embedding").to_pylist()[0][0], 0.1, places=7)

    def test_the_command_and_the_environment(self):
        note = os.path.join(self.folder, "note")
        body = f"""
json.dump([sys.argv[1:], dict(os.environ)], open({note!r}, "w"))
for line in sys.stdin: answer(line)
"""
        given = {"OMP_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Haswell", "SECRET": "s", "HF_TOKEN": "t"}
        with mock.patch.dict(os.environ, given):
            self.classified(["a"], body, threads=3, model="some/model", options=["--precision", "int8"])
        with open(note) as file:
            command, environment = json.load(file)
        self.assertEqual(command[command.index("--threads") + 1], "3")
        self.assertEqual(command[command.index("--model") + 1], "some/model")
        self.assertEqual(command[command.index("--precision") + 1], "int8")
        self.assertEqual(set(environment).intersection(given), {"HF_TOKEN"})

    def test_no_rows_need_no_process(self):
        batch = pa.record_batch({"text": pa.array([], pa.string())})
        made = list(classify_batches([batch], program="/nowhere"))
        self.assertEqual([row.num_rows for row in made], [0])
        self.assertEqual(made[0].schema.names, ["text", "label", "score", "error"])
        self.assertEqual(list(classify_batches([], program="/nowhere")), [])
        table = pa.Table.from_batches([], batch.schema)
        self.assertEqual(classify_table(table, program="/nowhere").schema, made[0].schema)
        self.assertEqual(embed_table(table, program="/nowhere").column_names, ["text", "embedding", "error"])

    def test_rows_behind_an_empty_batch(self):
        batches = [pa.record_batch({"text": pa.array(texts, pa.string())}) for texts in ([], ["a"], [], ["b", "c"], [])]
        table = pa.Table.from_batches(batches)
        program = self.program("for line in sys.stdin: answer(line)")
        self.assertEqual(sum(made.num_rows for made in classify_batches(batches, program=program)), 3)
        self.assertEqual(classify_table(table, program=program).column("label").to_pylist(), ["1"] * 3)

    def test_a_column_of_another_type_is_an_error(self):
        with self.assertRaisesRegex(TypeError, "int64, not string"):
            list(classify_batches([pa.record_batch({"text": [1]})], program=self.program("sys.stdin.read()")))

    def test_what_is_asked_wrongly(self):
        for asked in ({"scores": "some"}, {"on_bad_row": "hide"}):
            with self.assertRaises(ValueError):
                list(classify_batches([pa.record_batch({"text": ["a"]})], **asked))

    def test_what_came_with_the_job_is_found(self):
        for path in ("cloud4bert/cloud4bert-9.9-linux-x/bin/cloud4bert", "plain/config.json", "packed/top/config.json"):
            os.makedirs(os.path.dirname(os.path.join(self.folder, path)))
            with open(os.path.join(self.folder, path), "w"):
                pass
        with mock.patch.object(cloud4bert_spark, "_folders", lambda: ["/nowhere", self.folder]):
            self.assertTrue(cloud4bert_spark._program(None).endswith("cloud4bert-9.9-linux-x/bin/cloud4bert"))
            self.assertEqual(cloud4bert_spark._model("plain"), f"{self.folder}/plain")
            self.assertEqual(cloud4bert_spark._model("packed"), f"{self.folder}/packed/top")
            self.assertEqual(cloud4bert_spark._model("org/name"), "org/name")


if __name__ == "__main__":
    unittest.main()
