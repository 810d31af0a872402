"""The features of windows in Polars, in two forms."""

import polars as pl

# Room for the longest time below the number of a key.
TIME_BITS = 37
MINOR = 100.0


def load(folder, kinds):
    """All facts by kind, and the rows, in memory."""
    return {kind: pl.read_parquet(f"{folder}/{kind}.parquet").rechunk() for kind in kinds}


def place(entity, time="t"):
    """Key and time as one number: in its order, keys lie one behind the other, further apart than any window."""
    return (pl.col(entity).cast(pl.Int64) * 2**TIME_BITS + pl.col(time)).alias("place")


class RunningSums:
    """Everything that windows count and add is the difference of two running sums, at the moment and where the window
    begins; those are looked up. What is greatest is not: that rolls."""

    name = "running sums, looked up by asof joins"

    def __init__(self, tables, columns):
        self.tables = tables
        self.columns = columns

    def run(self):
        """A frame of all columns, a row an order."""
        entities = list(dict.fromkeys(column["entity"] for column in self.columns))
        frames = pl.collect_all([self.entity(name) for name in entities])
        frame = pl.concat(frames, how="horizontal")
        return frame.select(column["name"] for column in self.columns)

    def entity(self, entity):
        """The columns of one entity, in the order of the rows."""
        columns = [column for column in self.columns if column["entity"] == entity]
        rows = self.tables["row"].lazy().select("row", place(entity)).sort("place")
        wanted = {}
        for column in columns:
            wanted.setdefault(column["fact"], set()).add(column["windowMilliseconds"])
            if column["per"]:
                wanted.setdefault(column["per"], set()).add(column["windowMilliseconds"])
        for fact, windows in wanted.items():
            rows = self.look_up(rows, entity, fact, windows, columns)
        for column in columns:
            if column["statistic"] == "max":
                rows = self.greatest(rows, entity, column)
            if column["statistic"] == "distinct":
                rows = self.different(rows, entity, column)
        return rows.sort("row").select(self.figure(column) for column in columns)

    def look_up(self, rows, entity, fact, windows, columns):
        """Joins counts and sums within each window of one kind of fact."""
        values = sorted({column["value"] for column in columns
                         if column["fact"] == fact and column["statistic"] in ("sum", "mean")})
        facts = self.tables[fact].lazy().select(place(entity), *values).sort("place").select(
            "place", pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("count"),
            *(pl.col(value).cast(pl.Int64).cum_sum() for value in values))
        sums = ["count", *values]
        rows = rows.join_asof(
            facts.rename({name: f"{fact}_{name}_now" for name in sums}), on="place", check_sortedness=False)
        for window in sorted(windows):
            early = facts.select((pl.col("place") + window).alias("place"), *(
                pl.col(name).alias(f"{fact}_{name}_{window}") for name in sums))
            rows = rows.join_asof(early, on="place", check_sortedness=False)
            rows = rows.with_columns(
                (pl.col(f"{fact}_{name}_now").fill_null(0) - pl.col(f"{fact}_{name}_{window}").fill_null(0))
                .alias(f"{fact}_{name}_{window}") for name in sums)
        return rows

    def greatest(self, rows, entity, column):
        """Rolls over facts and rows together."""
        window, value = column["windowMilliseconds"], column["value"]
        facts = self.tables[column["fact"]].lazy().select(place(entity), value, pl.lit(None, pl.Int32).alias("row"))
        both = pl.concat([facts, self.tables["row"].lazy().select(
            place(entity), pl.lit(None, pl.Int64).alias(value), "row")]).sort("place")
        found = both.with_columns(
            pl.col(value).rolling_max_by("place", f"{window}i").alias(column["name"])).filter(
            pl.col("row").is_not_null()).select(column["name"])
        return pl.concat([rows, found], how="horizontal")

    def different(self, rows, entity, column):
        """A value counts from a fact that has it until that leaves the window or the next has it: beginnings less ends."""
        window, fact, value = column["windowMilliseconds"], column["fact"], f"{column['value']}_value"
        follows = (pl.col(value) == pl.col(value).shift(-1)) & (pl.col(entity) == pl.col(entity).shift(-1))
        ends = self.tables[fact].lazy().select(place(entity), entity, value).sort(value, "place").select(
            pl.min_horizontal(
                pl.col("place") + window, pl.when(follows).then(pl.col("place").shift(-1))).alias("place")
        ).sort("place").select("place", pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("ended"))
        return rows.join_asof(ends, on="place", check_sortedness=False).with_columns(
            (pl.col(f"{fact}_count_now").fill_null(0) - pl.col("ended").fill_null(0)).alias(column["name"])
        ).drop("ended")

    def figure(self, column):
        """A column of what was joined."""
        fact, window, value = column["fact"], column["windowMilliseconds"], column["value"]
        count = pl.col(f"{fact}_count_{window}")
        match column["statistic"]:
            case "count":
                figure = count.cast(pl.Float64)
            case "sum":
                figure = pl.col(f"{fact}_{value}_{window}") / unit(value)
            case "mean":
                figure = pl.when(count > 0).then(pl.col(f"{fact}_{value}_{window}") / count / unit(value))
            case "max":
                figure = pl.col(column["name"]) / unit(value)
            case "rate":
                per = pl.col(f"{column['per']}_count_{window}")
                figure = pl.when(per > 0).then(count / per)
            case "distinct":
                figure = pl.col(column["name"]).cast(pl.Float64)
        return figure.alias(column["name"])


class Rolling:
    """Every figure rolls over facts and rows together."""

    name = "rolling expressions"

    def __init__(self, tables, columns):
        self.tables = tables
        self.columns = columns

    def run(self):
        """A frame of all columns, a row an order."""
        entities = list(dict.fromkeys(column["entity"] for column in self.columns))
        frame = pl.concat(pl.collect_all([self.entity(name) for name in entities]), how="horizontal")
        return frame.select(column["name"] for column in self.columns)

    def entity(self, entity):
        """The columns of one entity, in the order of the rows."""
        columns = [column for column in self.columns if column["entity"] == entity]
        kinds = {column["fact"]: set() for column in columns} | {c["per"]: set() for c in columns if c["per"]}
        for column in columns:
            if column["value"]:
                kinds[column["fact"]].add(column["value"])
        frames = [self.tables["row"].lazy().select(place(entity), "row")]
        for kind, values in kinds.items():
            frames.append(self.tables[kind].lazy().select(
                place(entity), pl.lit(1, pl.Int64).alias(kind),
                *(pl.col(f"{v}_value" if v in ("buyer", "device") else v).cast(pl.Int64).alias(f"{kind}_{v}")
                  for v in values)))
        both = pl.concat(frames, how="diagonal").sort("place", maintain_order=False)
        rolled = both.with_columns(self.figure(column) for column in columns if column["statistic"] != "distinct")
        for column in columns:
            if column["statistic"] == "distinct":
                rolled = pl.concat([rolled, both.rolling(
                    "place", period=f"{column['windowMilliseconds']}i").agg(
                    pl.col(f"{column['fact']}_{column['value']}").drop_nulls().n_unique().cast(pl.Float64)
                    .alias(column["name"])).select(column["name"])], how="horizontal")
        return rolled.filter(pl.col("row").is_not_null()).sort("row").select(column["name"] for column in columns)

    def figure(self, column):
        """One rolling figure, or the quotient of two."""
        window, fact = f"{column['windowMilliseconds']}i", column["fact"]
        value = f"{fact}_{column['value']}"
        total = lambda name: pl.col(name).rolling_sum_by("place", window)
        match column["statistic"]:
            case "count":
                figure = total(fact).fill_null(0).cast(pl.Float64)
            case "sum":
                figure = total(value).fill_null(0) / unit(column["value"])
            case "mean":
                figure = total(value) / total(fact) / unit(column["value"])
            case "max":
                figure = pl.col(value).rolling_max_by("place", window) / unit(column["value"])
            case "rate":
                per = total(column["per"])
                figure = pl.when(per > 0).then(total(fact).fill_null(0) / per)
        return figure.alias(column["name"])


def unit(value):
    """Amounts are kept in minor units."""
    return MINOR if value == "amount" else 1.0
