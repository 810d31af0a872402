"""Says which engines the peers' jobs run on."""

import importlib.metadata
import sqlite3

import chdb
import duckdb
import glum
import onnxruntime
import polars
import sklearn

if __name__ == "__main__":
    print(
        f"DuckDB {duckdb.__version__}, Polars {polars.__version__}, ClickHouse {chdb.engine_version} (chdb"
        f" {chdb.__version__}), SQLite {sqlite3.sqlite_version},"
        f" scikit-learn {sklearn.__version__}, glum {glum.__version__}, ONNX Runtime {onnxruntime.__version__},"
        f" ChannelAttribution {importlib.metadata.version('ChannelAttribution')}"
    )
