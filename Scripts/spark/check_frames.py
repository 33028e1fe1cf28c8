"""classify_table in Ray and in Dask, as Documentation/Spark.md shows it: what Scripts/check-spark --ray and
--dask run, each in an environment of its own. The answers must be those of the command line.

    python check_frames.py ray|dask PROGRAM POSTS.CSV
"""

import csv
import json
import os
import subprocess
import sys
import tempfile

import pyarrow as pa

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from cloud4bert_spark import classify_table


def by_ray(rows, program):
    import ray

    # The working folder brings cloud4bert_spark.py to the workers.
    ray.init(num_cpus=2, include_dashboard=False, runtime_env={"working_dir": HERE}, log_to_driver=False)

    def classified(block):
        return classify_table(block, program=program)

    frame = ray.data.from_arrow(rows).repartition(2)
    return frame.map_batches(classified, batch_format="pyarrow", batch_size=None, num_cpus=1).take_all()


def by_dask(rows, program):
    import dask.dataframe

    def classified(part):
        return classify_table(pa.Table.from_pandas(part, preserve_index=False), program=program).to_pandas()

    frame = dask.dataframe.from_pandas(rows.to_pandas(), npartitions=2)
    # A part without rows is nothing rare behind a filter.
    frame = dask.dataframe.concat([frame, frame[frame.id < 0]])
    columns = frame._meta.assign(label="", score=0.0, error="")
    return frame.map_partitions(classified, meta=columns).compute().to_dict("records")


def main():
    kind, program, posts = sys.argv[1:]
    with open(posts, newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)] * 50
    rows = pa.table({"id": range(len(texts)), "text": texts})
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/rows.jsonl", "w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows.to_pylist())
        command = [program, "classify", "--input", f"{folder}/rows.jsonl", "--quiet"]
        lines = subprocess.run(command, check=True, capture_output=True, timeout=300).stdout.splitlines()
    made = {"ray": by_ray, "dask": by_dask}[kind](rows, program)
    made = [{name: row[name] for name in ("id", "text", "label", "score")} for row in made]
    if sorted(made, key=lambda row: row["id"]) != [json.loads(line) for line in lines]:
        sys.exit(f"check-spark: {kind}: answers differ from those of the command line")
    print(f"{kind}: {len(made)} rows, equal to the command line")


main()
