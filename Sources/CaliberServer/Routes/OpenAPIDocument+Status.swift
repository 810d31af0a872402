extension OpenAPIDocument {
    /// Of `OperatingStatus`.
    static let statusSchema = ##"""
        {
          "type": "object",
          "properties": {
            "at": {"type": "string"},
            "service": {
              "type": ["object", "null"],
              "properties": {
                "ready": {"type": "boolean"},
                "reasons": {"type": "array", "items": {"type": "string"}},
                "uptime_seconds": {"type": "integer"},
                "queue_bytes": {"type": "integer"},
                "queue_requests": {"type": "integer"},
                "waiting_queries": {"type": "integer"}
              }
            },
            "writer": {
              "type": ["object", "null"],
              "properties": {
                "writing": {"type": "boolean"},
                "holder": {"type": "string"},
                "token": {"type": "integer"},
                "since": {"type": ["string", "null"]},
                "confirmed_at": {"type": "string"}
              }
            },
            "database": {
              "type": "object",
              "properties": {
                "path": {"type": "string"},
                "bytes": {"type": "integer"},
                "wal_bytes": {"type": "integer"},
                "free_bytes": {"type": ["integer", "null"]}
              }
            },
            "log": {
              "type": "object",
              "properties": {
                "position": {"type": "integer"},
                "last_received_at": {"type": ["string", "null"]}
              }
            },
            "intake": {
              "type": "object",
              "properties": {
                "received": {"type": "integer"},
                "accepted": {"type": "integer"},
                "duplicate": {"type": "integer"},
                "quarantined": {"type": "integer"},
                "parked": {"type": "integer"},
                "adds_up": {"type": "boolean"}
              }
            },
            "quarantine": {
              "type": "object",
              "properties": {
                "open": {"type": "integer"},
                "dismissed": {"type": "integer"},
                "parked": {"type": "integer"}
              }
            },
            "tables": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "table": {"type": "string"},
                  "rows": {"type": "integer"},
                  "segments": {"type": "integer"},
                  "position": {"type": "integer"},
                  "behind": {"type": "integer"},
                  "stored_up_to": {"type": ["string", "null"]}
                }
              }
            },
            "scores": {
              "type": "object",
              "properties": {
                "last_position": {"type": ["integer", "null"]},
                "last_at": {"type": ["string", "null"]},
                "events_since": {"type": ["integer", "null"]},
                "models": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "properties": {
                      "model": {"type": "string"},
                      "put_away_position": {"type": "integer"},
                      "events_since": {"type": "integer"}
                    }
                  }
                }
              }
            },
            "watches": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "watch": {"type": "string"},
                  "open": {"type": "integer"},
                  "last_look_at": {"type": ["string", "null"]}
                }
              }
            },
            "reviews": {"type": "object", "properties": {"open": {"type": "integer"}}},
            "alerts": {"type": "object"},
            "troubled_endpoints": {"type": "array", "items": {"type": "object"}}
          },
          "required": [
            "at", "service", "writer", "database", "log", "intake", "quarantine", "tables", "scores", "watches",
            "reviews", "alerts", "troubled_endpoints"
          ]
        }
        """##
}
