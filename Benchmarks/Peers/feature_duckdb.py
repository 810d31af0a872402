"""The features of windows in DuckDB, in two forms."""

import duckdb

MINOR = 100.0


def load(folder, kinds):
    """All facts by kind, and the rows, as tables in memory."""
    connection = duckdb.connect()
    for kind in kinds:
        connection.execute(f"CREATE TABLE fact_{kind} AS FROM '{folder}/{kind}.parquet'")
    return connection


def entities_of(columns):
    """Columns by entity."""
    found = {}
    for column in columns:
        found.setdefault(column["entity"], []).append(column)
    return found


def unit(value):
    """Amounts are kept in minor units."""
    return MINOR if value == "amount" else 1.0


def joined(connection, parts, columns):
    """One table of all entities' columns, in the order of the rows."""
    names = ", ".join(column["name"] for column in columns)
    sources = " POSITIONAL JOIN ".join(f"(FROM {part} ORDER BY row)" for part in parts)
    return connection.sql(f"SELECT {names} FROM {sources}").to_arrow_table()


class Windows:
    """Window functions over facts of all kinds together; an order's row is the fact of its first payment."""

    name = "window functions"

    def __init__(self, connection, columns):
        self.connection = connection
        self.columns = columns

    def run(self):
        """A table of all columns, a row an order."""
        parts = []
        for entity, columns in entities_of(self.columns).items():
            self.connection.execute(f"CREATE TABLE part_{entity} AS {self.query(entity, columns)}")
            parts.append(f"part_{entity}")
        return joined(self.connection, parts, self.columns)

    def query(self, entity, columns):
        """The columns of one entity."""
        kinds = {}
        for column in columns:
            kinds.setdefault(column["fact"], set()).update([column["value"]] if column["value"] else [])
            if column["per"]:
                kinds.setdefault(column["per"], set())
        union = " UNION ALL BY NAME ".join(
            f"SELECT {entity}, t, 1 AS is_{kind}" + "".join(
                f", {value}{'_value' if value in ('buyer', 'device') else ''} AS {kind}_{value}" for value in named)
            + (", row" if kind == "callback" else "") + f" FROM fact_{kind}" for kind, named in kinds.items())
        windows = ", ".join(
            f"w{length} AS (PARTITION BY {entity} ORDER BY t RANGE BETWEEN {length - 1} PRECEDING AND CURRENT ROW)"
            for length in sorted({column["windowMilliseconds"] for column in columns}))
        return f"SELECT row, {', '.join(self.figure(c) for c in columns)} FROM ({union}) " \
            f"WINDOW {windows} QUALIFY row IS NOT NULL"

    def figure(self, column):
        """One column."""
        fact, over = column["fact"], f"OVER w{column['windowMilliseconds']}"
        value = f"{fact}_{column['value']}"
        count, total = f"count(is_{fact}) {over}", f"sum({value}) {over}"
        match column["statistic"]:
            case "count":
                figure = f"({count})::DOUBLE"
            case "sum":
                figure = f"coalesce({total}, 0)::DOUBLE / {unit(column['value'])}"
            case "mean":
                figure = f"(avg({value}) {over}) / {unit(column['value'])}"
            case "max":
                figure = f"(max({value}) {over})::DOUBLE / {unit(column['value'])}"
            case "rate":
                figure = f"({count})::DOUBLE / nullif(count(is_{column['per']}) {over}, 0)"
            case "distinct":
                figure = f"(count(DISTINCT {value}) {over})::DOUBLE"
        return f"{figure} AS {column['name']}"


class RunningSums:
    """Running sums over facts of all kinds together, looked up at the moment and where each window begins; what is
    greatest by window functions; what is different as beginnings less ends."""

    name = "running sums, looked up by asof joins"

    def __init__(self, connection, columns):
        self.connection = connection
        self.columns = columns

    def run(self):
        """A table of all columns, a row an order."""
        parts = []
        for entity, columns in entities_of(self.columns).items():
            self.timeline(entity, columns)
            self.connection.execute(f"CREATE TABLE part_{entity} AS {self.query(entity, columns)}")
            parts.append(f"part_{entity}")
            greatest = [column for column in columns if column["statistic"] == "max"]
            if greatest:
                self.connection.execute(f"CREATE TABLE greatest_{entity} AS {self.greatest(entity, greatest)}")
                parts.append(f"greatest_{entity}")
        return joined(self.connection, parts, self.columns)

    def sums(self, columns):
        """What is summed: counts of kinds, and values."""
        found = {}
        for column in columns:
            found[f"{column['fact']}_count"] = (column["fact"], None)
            if column["per"]:
                found[f"{column['per']}_count"] = (column["per"], None)
            if column["statistic"] in ("sum", "mean"):
                found[f"{column['fact']}_{column['value']}"] = (column["fact"], column["value"])
        return found

    def timeline(self, entity, columns):
        """Running sums of all that happens to an entity's keys."""
        sums = self.sums(columns)
        kinds = list(dict.fromkeys(kind for kind, _ in sums.values()))
        union = " UNION ALL BY NAME ".join(
            f"SELECT {entity} AS key, t, " + ", ".join(
                f"{value or 1} AS {name}" for name, (kind, value) in sums.items() if kind == of) + f" FROM fact_{of}"
            for of in kinds)
        totals = ", ".join(f"coalesce(sum({name}) OVER w, 0)::BIGINT AS {name}" for name in sums)
        self.connection.execute(
            f"CREATE TABLE line_{entity} AS SELECT key, t, {totals} FROM ({union}) "
            "WINDOW w AS (PARTITION BY key ORDER BY t ROWS UNBOUNDED PRECEDING)")

    def query(self, entity, columns):
        """The columns of one entity that are differences."""
        lengths = sorted({column["windowMilliseconds"] for column in columns})
        joins = [f"ASOF LEFT JOIN line_{entity} now ON r.{entity} = now.key AND r.t >= now.t"]
        joins += [f"ASOF LEFT JOIN line_{entity} w{length} ON r.{entity} = w{length}.key "
                  f"AND r.t - {length} >= w{length}.t" for length in lengths]
        figures = []
        for column in columns:
            if column["statistic"] == "distinct":
                joins.append(self.ends(entity, column))
            if column["statistic"] != "max":
                figures.append(f"{self.figure(column)} AS {column['name']}")
        return f"SELECT r.row, {', '.join(figures)} FROM fact_row r {' '.join(joins)}"

    def ends(self, entity, column):
        """Where facts stop to count among different values: as they leave the window, or the next has their value."""
        value, length, name = f"{column['value']}_value", column["windowMilliseconds"], column["name"]
        return f"""ASOF LEFT JOIN (
            SELECT key, t, row_number() OVER (PARTITION BY key ORDER BY t) AS ended FROM (
                SELECT {entity} AS key, least(t + {length},
                    coalesce(lead(t) OVER (PARTITION BY {entity}, {value} ORDER BY t), t + {length})) AS t
                FROM fact_{column['fact']})) e_{name} ON r.{entity} = e_{name}.key AND r.t >= e_{name}.t"""

    def greatest(self, entity, columns):
        """The greatest values, over facts and rows together."""
        fact = columns[0]["fact"]
        windows = ", ".join(
            f"w{length} AS (PARTITION BY key ORDER BY t RANGE BETWEEN {length - 1} PRECEDING AND CURRENT ROW)"
            for length in sorted({column["windowMilliseconds"] for column in columns}))
        figures = ", ".join(
            f"(max({c['value']}) OVER w{c['windowMilliseconds']})::DOUBLE / {unit(c['value'])} AS {c['name']}"
            for c in columns)
        return f"""SELECT row, {figures} FROM (
            SELECT {entity} AS key, t, amount, NULL AS row FROM fact_{fact}
            UNION ALL SELECT {entity}, t, NULL, row FROM fact_row) WINDOW {windows} QUALIFY row IS NOT NULL"""

    def figure(self, column):
        """One difference, or the quotient of two."""
        def within(name):
            return f"(coalesce(now.{name}, 0) - coalesce(w{column['windowMilliseconds']}.{name}, 0))"
        count, total = within(f"{column['fact']}_count"), within(f"{column['fact']}_{column['value']}")
        match column["statistic"]:
            case "count":
                return f"{count}::DOUBLE"
            case "sum":
                return f"{total}::DOUBLE / {unit(column['value'])}"
            case "mean":
                return f"{total}::DOUBLE / nullif({count}, 0) / {unit(column['value'])}"
            case "rate":
                return f"{count}::DOUBLE / nullif({within(column['per'] + '_count')}, 0)"
            case _:
                return f"(coalesce(now.{column['fact']}_count, 0) - coalesce(e_{column['name']}.ended, 0))::DOUBLE"
