"""Says which engines the peers' jobs run on."""

import sqlite3

import duckdb

if __name__ == "__main__":
    print(f"DuckDB {duckdb.__version__}, SQLite {sqlite3.sqlite_version}")
