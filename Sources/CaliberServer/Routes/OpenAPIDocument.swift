/// The description of the service for programs, as it is served at `/v1/openapi.json`.
package enum OpenAPIDocument {
    package static let json = ##"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "Caliber",
            "version": "1",
            "summary": "One definition for every figure: order events in, governed metrics out."
          },
          "paths": {
            "/v1/events": {
              "post": {
                "operationId": "takeEvents",
                "summary": "Take events in; answered when they are durable",
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/cloudevents+json": {"schema": {"$ref": "#/components/schemas/Event"}},
                    "application/cloudevents-batch+json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}},
                    "application/x-ndjson": {"schema": {"type": "string", "description": "An event a line."}}
                  }
                },
                "parameters": [
                  {
                    "name": "Content-Encoding",
                    "in": "header",
                    "schema": {"type": "string", "enum": ["identity", "gzip", "zstd"]}
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Durable, and where each event went.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Account"}}}
                  },
                  "400": {"$ref": "#/components/responses/Wrong"},
                  "401": {"$ref": "#/components/responses/NoKey"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/Unsupported"},
                  "429": {"$ref": "#/components/responses/Busy"},
                  "503": {"$ref": "#/components/responses/NotNow"}
                },
                "security": [{"key": []}],
                "description": "Needs the role ingest."
              }
            },
            "/v1/load": {
              "post": {
                "operationId": "load",
                "summary": "Ask for metrics",
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {"$ref": "#/components/schemas/Load"},
                      "example": {"query": {"metrics": ["gmv"], "group_by": ["metric_time__day", "channel"]}}
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "The answer, with the definitions it was counted by.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
                  },
                  "400": {"$ref": "#/components/responses/Wrong"},
                  "401": {"$ref": "#/components/responses/NoKey"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "503": {"$ref": "#/components/responses/NotNow"}
                },
                "security": [{"key": []}],
                "description": "Needs the role read."
              }
            },
            "/v1/meta": {
              "get": {
                "operationId": "meta",
                "summary": "Everything that can be asked for",
                "responses": {
                  "200": {
                    "description": "Metrics, tables, contracts, saved queries.",
                    "content": {"application/json": {"schema": {"type": "object"}}}
                  },
                  "401": {"$ref": "#/components/responses/NoKey"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "503": {"$ref": "#/components/responses/NotNow"}
                },
                "security": [{"key": []}],
                "description": "Needs the role read."
              }
            },
            "/v1/metrics/{id}": {
              "get": {
                "operationId": "metric",
                "summary": "One metric's definition",
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "A metric's name or id, with a version as gmv@2.",
                    "example": "gmv",
                    "schema": {"type": "string", "minLength": 1}
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The definition.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Metric"}}}
                  },
                  "400": {"$ref": "#/components/responses/Wrong"},
                  "401": {"$ref": "#/components/responses/NoKey"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/Missing"},
                  "503": {"$ref": "#/components/responses/NotNow"}
                },
                "security": [{"key": []}],
                "description": "Needs the role read."
              }
            },
            "/v1/lineage/{id}": {
              "get": {
                "operationId": "lineage",
                "summary": "What a figure is made of, or what depends on it",
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "A metric, a table's column, a contract or its field.",
                    "example": "gmv",
                    "schema": {"type": "string", "minLength": 1}
                  },
                  {
                    "name": "direction",
                    "in": "query",
                    "schema": {"type": "string", "enum": ["upstream", "downstream"], "default": "upstream"}
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Nodes and edges.",
                    "content": {"application/json": {"schema": {"type": "object"}}}
                  },
                  "400": {"$ref": "#/components/responses/Wrong"},
                  "401": {"$ref": "#/components/responses/NoKey"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/Missing"},
                  "503": {"$ref": "#/components/responses/NotNow"}
                },
                "security": [{"key": []}],
                "description": "Needs the role read."
              }
            },
            \##(reviewPaths)
            "/v1/orders/{id}/score": {
              "get": {
                "operationId": "orderScore",
                "summary": "What an order's last score said, and why",
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "An order.",
                    "schema": {"type": "string", "minLength": 1}
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The score.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Score"}}}
                  },
                  "400": {"$ref": "#/components/responses/Wrong"},
                  "401": {"$ref": "#/components/responses/NoKey"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/Missing"},
                  "503": {"$ref": "#/components/responses/NotNow"}
                },
                "security": [{"key": []}],
                "description": "Needs the role read."
              }
            },
            "/v1/status": {
              "get": {
                "operationId": "status",
                "summary": "Where everything stands",
                "responses": {
                  "200": {
                    "description": "As `caliber status --json` prints it, with how the service is.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}
                  },
                  "401": {"$ref": "#/components/responses/NoKey"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "503": {"$ref": "#/components/responses/NotNow"}
                },
                "security": [{"key": []}],
                "description": "Needs the role read."
              }
            },
            "/v1/openapi.json": {
              "get": {
                "operationId": "openapi",
                "summary": "This document",
                "security": [],
                "responses": {
                  "200": {
                    "description": "OpenAPI 3.1.",
                    "content": {"application/json": {"schema": {"type": "object"}}}
                  }
                }
              }
            },
            "/healthz": {
              "get": {
                "operationId": "healthy",
                "summary": "The process answers",
                "security": [],
                "responses": {
                  "200": {
                    "description": "It does.",
                    "content": {
                      "application/json": {"schema": {"type": "object", "properties": {"status": {"type": "string"}}}}
                    }
                  }
                }
              }
            },
            "/readyz": {
              "get": {
                "operationId": "ready",
                "summary": "Whether events would be taken now",
                "security": [],
                "responses": {
                  "200": {
                    "description": "They would.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Readiness"}}}
                  },
                  "503": {
                    "description": "They would not; why.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Readiness"}}}
                  }
                }
              }
            },
            "/metrics": {
              "get": {
                "operationId": "measures",
                "summary": "Prometheus metrics",
                "description": "Without a key unless open_metrics is false; then with the role read.",
                "security": [{}, {"key": []}],
                "responses": {
                  "200": {
                    "description": "Text format 0.0.4.",
                    "content": {"text/plain": {"schema": {"type": "string"}}}
                  },
                  "401": {"$ref": "#/components/responses/NoKey"},
                  "403": {"$ref": "#/components/responses/Forbidden"}
                }
              }
            }
          },
          "components": {
            "securitySchemes": {
              "key": {"type": "http", "scheme": "bearer", "description": "A key made by `caliber keys create`."}
            },
            "schemas": {
              "Event": {
                "type": "object",
                "properties": {
                  "specversion": {"type": "string", "const": "1.0"},
                  "id": {"type": "string"},
                  "source": {"type": "string"},
                  "type": {"type": "string"},
                  "time": {"type": "string"},
                  "data": {"type": "object"}
                },
                "required": ["specversion", "id", "source", "type"]
              },
              "Account": {
                "type": "object",
                "properties": {
                  "received": {"type": "integer"},
                  "accepted": {"type": "integer"},
                  "duplicate": {"type": "integer"},
                  "quarantined": {"type": "integer"},
                  "parked": {"type": "integer"},
                  "position": {"type": "integer"},
                  "refusals": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "properties": {
                        "line": {"type": "integer"},
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                        "id": {"type": "string"},
                        "contract": {"type": "string"},
                        "field": {"type": "string"},
                        "remedy": {"type": "string"},
                        "suggestions": {"type": "array", "items": {"type": "string"}}
                      },
                      "required": ["line", "code", "message"]
                    }
                  },
                  "parked_types": {"type": "object", "additionalProperties": {"type": "integer"}}
                },
                "required": ["received", "accepted", "duplicate", "quarantined", "parked", "position"]
              },
              "Load": {
                "type": "object",
                "properties": {
                  "query": {
                    "type": "object",
                    "properties": {
                      "metrics": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                      "group_by": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                      "where": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                      "start_time": {"type": "string"},
                      "end_time": {"type": "string"},
                      "order_by": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                      "limit": {"type": "integer"},
                      "timezone": {"type": "string"},
                      "fill_missing": {"type": "boolean"},
                      "top": {
                        "type": "object",
                        "properties": {
                          "count": {"type": "integer"},
                          "by": {"type": "string"},
                          "per": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                          "others": {"type": "boolean"}
                        },
                        "required": ["count"],
                        "additionalProperties": false
                      },
                      "rank": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                      "share": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                      "compare": {"type": "string"},
                      "compared_with": {"type": ["string", "null"]},
                      "saved": {"type": "string"}
                    },
                    "additionalProperties": false
                  },
                  "decimals": {"type": "integer"}
                },
                "required": ["query"],
                "additionalProperties": false
              },
              "Answer": {
                "type": "object",
                "properties": {
                  "query": {"type": "object"},
                  "schema": {"type": "object"},
                  "data": {"type": "array", "items": {"type": "object"}},
                  "total": {"type": "integer"},
                  "annotation": {"type": "object"},
                  "lastRefreshTime": {"type": ["string", "null"]},
                  "stale": {"type": "boolean"},
                  "warnings": {"type": "array", "items": {"type": "object"}}
                },
                "required": ["query", "schema", "data", "total", "annotation", "stale"]
              },
              "Metric": {
                "type": "object",
                "properties": {
                  "id": {"type": "string"},
                  "name": {"type": "string"},
                  "version": {"type": "integer"},
                  "definition_hash": {"type": "string"},
                  "owner": {"type": "string"},
                  "status": {"type": "string"},
                  "label": {"type": "string"},
                  "description": {"type": "string"},
                  "type": {"type": "string"},
                  "kind": {"type": "string"},
                  "versions": {"type": "array", "items": {"type": "integer"}},
                  "dimensions": {"type": "array", "items": {"type": "object"}}
                },
                "required": ["id", "name", "version", "definition_hash", "owner", "status"]
              },
              "Score": {
                "type": "object",
                "properties": {
                  "order": {"type": "string"},
                  "health": {"type": "number"},
                  "needs_review": {"type": "boolean"},
                  "probability": {"type": ["number", "null"]},
                  "scored_at": {"type": "string"},
                  "model": {"type": ["string", "null"]},
                  "explanation": {"type": ["object", "null"]}
                },
                "required": ["order", "health", "needs_review", "scored_at"]
              },
              \##(reviewSchemas)
              "Status": \##(statusSchema),
              "Readiness": {
                "type": "object",
                "properties": {"status": {"type": "string"}, "reasons": {"type": "array", "items": {"type": "string"}}},
                "required": ["status", "reasons"]
              },
              "Problem": {
                "type": "object",
                "properties": {
                  "type": {"type": "string"},
                  "title": {"type": "string"},
                  "status": {"type": "integer"},
                  "code": {"type": "string", "description": "Stable, lower case with hyphens."},
                  "detail": {"type": "string"},
                  "request_id": {"type": "string"},
                  "errors": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "properties": {
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                        "at": {
                          "type": "object",
                          "properties": {
                            "file": {"type": "string"},
                            "line": {"type": "integer"},
                            "column": {"type": "integer"}
                          }
                        },
                        "remedy": {"type": "string"},
                        "suggestions": {"type": "array", "items": {"type": "string"}}
                      },
                      "required": ["code", "message"]
                    }
                  }
                },
                "required": ["type", "title", "status", "code", "detail", "request_id", "errors"]
              }
            },
            "responses": {
              "Wrong": {
                "description": "The request is wrong.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              },
              "NoKey": {
                "description": "No API key, or none that is known.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              },
              "Forbidden": {
                "description": "The key lacks the role.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              },
              "TooLarge": {
                "description": "The body is too large.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              },
              "Unsupported": {
                "description": "The body's type or coding is not offered.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              },
              "Busy": {
                "description": "No room; nothing was taken in.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
              },
              "NotNow": {
                "description": "Not now; send it again after Retry-After.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
              },
              "Settled": {
                "description": "The ticket is closed.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              },
              "Missing": {
                "description": "There is no such thing.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              }
            }
          }
        }
        """##
}
