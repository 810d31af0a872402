"""Polars: the metric queries over a lazy frame of the orders in memory, sorted by payment time.

usage: polars_orders.py queries PARQUET [--repetitions N]
       polars_orders.py first PARQUET QUERY

`first` asks one query of the Parquet file itself. Times are those of one collect, on the faster of
Polars' two engines for each query.
"""

import argparse
import statistics

import polars as pl

import job
from duckdb_orders import AMOUNTS, CATEGORIES

PAID = pl.col("paid_at").is_not_null()
DAY = pl.col("paid_at").cast(pl.Date).alias("day")
# Polars adds 32-bit integers in 32 bits.
GMV = pl.col("paid").cast(pl.Int64).sum().alias("gmv")
# Months are put together from days: truncating every row's moment takes several times as long.
MONTH = pl.col("day").dt.truncate("1mo").alias("month")
WEEK = pl.col("paid_at").dt.truncate("1w").cast(pl.Date).alias("week")
SECONDS_TO_SHIPPING = (pl.col("shipped_at") - pl.col("paid_at")).dt.total_seconds()


def by_day(orders):
    """Days and their turnover."""
    return orders.filter(PAID).group_by(DAY).agg(GMV)


# From a lazy frame of orders to a lazy frame of the answer.
QUERIES = {
    "q01": lambda orders: orders.select(GMV),
    "q02": lambda orders: by_day(orders.filter(pl.col("paid_at") >= pl.lit(job.RECENT_DAY).str.to_date())),
    "q03": lambda orders: orders.filter(PAID).group_by(DAY, "channel").agg(
        GMV, pl.len(), (pl.col("refunded").sum() / pl.col("paid").sum()).alias("rate")),
    "q04": lambda orders: orders.filter(PAID).group_by(DAY, "province").agg(GMV, pl.len().alias("orders"))
        .group_by(MONTH, "province").agg(pl.col("gmv", "orders").sum()),
    "q05": lambda orders: orders.filter(PAID).group_by("channel").agg(pl.col("buyer_id").n_unique()),
    "q06": lambda orders: orders.filter(PAID).group_by(DAY).agg(pl.col("buyer_id").n_unique()),
    "q07": lambda orders: orders.group_by("campaign").agg(GMV).sort("gmv", descending=True).head(20),
    "q08": lambda orders: orders.filter(
        PAID, pl.col("channel").is_in(["douyin", "tmall", "jd"]), pl.col("province") == "zhejiang",
        ~pl.col("is_gift"), ~pl.col("is_refunded")).group_by(WEEK).agg(GMV),
    "q09": lambda orders: orders.filter(PAID).group_by("channel").agg(
        SECONDS_TO_SHIPPING.quantile(0.5, "linear").alias("p50"),
        SECONDS_TO_SHIPPING.quantile(0.95, "linear").alias("p95")),
    "q10": lambda orders: by_day(orders).sort("day").select("day", pl.col("gmv").rolling_sum_by("day", "7d")),
    "q11": lambda orders: by_day(orders).group_by(MONTH).agg(pl.col("gmv").sum()).sort("month").select(
        "month", "gmv", growth=pl.col("gmv") / pl.col("gmv").shift(1) - 1),
    "q12": lambda orders: orders.filter(pl.col("is_new_buyer")).group_by(DAY).agg(pl.len()),
    "q13": lambda orders: orders.filter(PAID).group_by("buyer_id").agg(pl.col("paid_at").min())
        .group_by(DAY).agg(pl.len()),
}


def queries(arguments):
    """Loads the frame, then times the queries over it."""
    stopwatch = job.Stopwatch()
    frame = (
        pl.scan_parquet(arguments.parquet)
        .with_columns(pl.col(CATEGORIES).cast(pl.Categorical), pl.col(AMOUNTS).cast(pl.Int64))
        .sort("paid_at", nulls_last=True).collect().rechunk())
    seconds_to_load = stopwatch.seconds()
    answers, seconds = {}, {}
    for engine in ("in-memory", "streaming"):
        functions = {
            name: lambda query=query, engine=engine: query(frame.lazy()).collect(engine=engine)
            for name, query in QUERIES.items()
        }
        answers, of_engine = job.time_queries(functions, pl.DataFrame.to_arrow, arguments.repetitions)
        for name, times in of_engine.items():
            seconds[name] = min(times, seconds.get(name, times), key=statistics.median)
    job.print_report(seconds=seconds, loadSeconds=seconds_to_load, answers=answers)


def first(arguments):
    """The first answer of a new process."""
    stopwatch = job.Stopwatch()
    answer = QUERIES[arguments.query](pl.scan_parquet(arguments.parquet)).collect()
    seconds = stopwatch.seconds()
    job.print_report(seconds={}, openAndRunSeconds=seconds, answers={arguments.query: job.rows_of(answer.to_arrow())})


def main():
    """Parses the command line and does the job."""
    parser = argparse.ArgumentParser()
    jobs = parser.add_subparsers(required=True)
    asking = jobs.add_parser("queries")
    asking.add_argument("parquet")
    asking.add_argument("--repetitions", type=int, default=7)
    asking.set_defaults(job=queries)
    starting = jobs.add_parser("first")
    starting.add_argument("parquet")
    starting.add_argument("query", choices=QUERIES)
    starting.set_defaults(job=first)
    arguments = parser.parse_args()
    arguments.job(arguments)


if __name__ == "__main__":
    main()
