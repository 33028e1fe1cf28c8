#!/usr/bin/env python3
"""Classifies a column of a table, as a Spark job:

    spark-submit --archives cloud4bert-0.2.0-linux-x86_64.tar.gz#cloud4bert classify.py \\
        --input s3://bucket/posts.parquet --output s3://bucket/labelled.parquet --text-column body

cloud4bert_spark.py lies beside this file. Documentation/Spark.md tells the rest.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cloud4bert_spark

# CSV as cloud4bert and Python write it: quotes are doubled, and a field may have several lines.
CSV = {"header": True, "multiLine": True, "quote": '"', "escape": '"'}


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = parser.add_argument
    add("--input", required=True, action="append", help="a file or folder, at any address that Spark reads; repeatable")
    add("--output", required=True, help="the folder for the results")
    add("--format", choices=["parquet", "csv", "json"], default="parquet", help="of the input (default: parquet)")
    add("--output-format", choices=["parquet", "csv", "json"], help="of the output (default: the input's)")
    add("--overwrite", action="store_true", help="replace an output that is there already")
    add("--text-column", default="text", help="the column of texts (default: text)")
    add("--model", help="a folder on every node, a name in --archives, or a model of the Hub")
    add("--scores", choices=["top", "all"], default="top", help="all: also a map from each label to its score")
    add("--on-bad-row", choices=["keep", "skip", "stop"], default="keep", help="rows without an answer (default: keep)")
    add("--threads", type=int, help="of a task's process (default: spark.task.cpus)")
    add("--partitions", type=int, help="deal the rows out anew to so many tasks; a file of one block is one task")
    add("--program", help="path of cloud4bert on the nodes, or in --archives")
    add("options", nargs="*", metavar="-- OPTION", help="further options of cloud4bert classify")
    return parser.parse_args()


def main():
    asked = arguments()
    # Imported here so that --help needs no Spark.
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F

    kind = asked.output_format or asked.format
    spark = SparkSession.builder.appName("cloud4bert classify").getOrCreate()
    reader = spark.read.options(**CSV) if asked.format == "csv" else spark.read
    rows = reader.format(asked.format).load(asked.input)
    if asked.partitions:
        rows = rows.repartition(asked.partitions)
    done = cloud4bert_spark.classify(
        rows, asked.text_column, model=asked.model, scores=asked.scores, on_bad_row=asked.on_bad_row,
        threads=asked.threads or "spark.task.cpus", program=asked.program, options=asked.options,
    )  # fmt: skip
    new = done.columns[len(rows.columns) :]
    if kind == "csv" and asked.scores == "all":
        # A field of a CSV file holds no map.
        done = done.withColumn(new[2], F.to_json(new[2]))
    writer = done.write.mode("overwrite" if asked.overwrite else "error")
    if kind == "csv":
        writer = writer.options(header=True, quote='"', escape='"')
    writer.format(kind).save(asked.output)
    reader = spark.read.options(**CSV) if kind == "csv" else spark.read.schema(done.schema)
    written = reader.format(kind).load(asked.output)
    without = written.where(F.col(new[0]).isNull()).count()
    print(f"{written.count()} rows, {without} of them without an answer, in {asked.output}")
    spark.stop()


main()
