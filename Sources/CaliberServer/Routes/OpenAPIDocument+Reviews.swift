/// What the document says of review tickets.
extension OpenAPIDocument {
    static let reviewPaths = ##"""
        "/v1/reviews": {
          "get": {
            "operationId": "reviews",
            "summary": "Review tickets",
            "parameters": [
              {
                "name": "state",
                "in": "query",
                "description": "Which.",
                "schema": {"type": "string", "enum": ["open", "closed", "all"], "default": "open"}
              },
              {
                "name": "assignee",
                "in": "query",
                "description": "Whose.",
                "schema": {"type": "string"}
              },
              {
                "name": "unassigned",
                "in": "query",
                "description": "Nobody's.",
                "schema": {"type": "boolean", "default": false}
              },
              {
                "name": "channel",
                "in": "query",
                "description": "Of orders of this channel.",
                "schema": {"type": "string"}
              },
              {
                "name": "order",
                "in": "query",
                "description": "Of this order.",
                "schema": {"type": "string"}
              },
              {
                "name": "sort",
                "in": "query",
                "description": "Which come first.",
                "schema": {"type": "string", "enum": ["worst", "oldest"], "default": "worst"}
              },
              {
                "name": "limit",
                "in": "query",
                "description": "How many.",
                "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
              },
              {
                "name": "offset",
                "in": "query",
                "description": "After how many.",
                "schema": {"type": "integer", "minimum": 0, "maximum": 1000000000, "default": 0}
              }
            ],
            "responses": {
              "200": {
                "description": "Tickets without their histories.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "properties": {
                        "reviews": {"type": "array", "items": {"$ref": "#/components/schemas/Review"}},
                        "total": {"type": "integer"}
                      },
                      "required": ["reviews", "total"]
                    }
                  }
                }
              },
              "400": {"$ref": "#/components/responses/Wrong"},
              "401": {"$ref": "#/components/responses/NoKey"},
              "403": {"$ref": "#/components/responses/Forbidden"},
              "503": {"$ref": "#/components/responses/NotNow"}
            },
            "security": [{"key": []}],
            "description": "Needs the role review."
          }
        },
        "/v1/reviews/{id}": {
          "get": {
            "operationId": "review",
            "summary": "One ticket with its history",
            "parameters": [
              {
                "name": "id",
                "in": "path",
                "required": true,
                "description": "The ticket's number.",
                "schema": {"type": "integer", "minimum": 1}
              }
            ],
            "responses": {
              "200": {
                "description": "The ticket as it is now.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Review"}}}
              },
              "400": {"$ref": "#/components/responses/Wrong"},
              "401": {"$ref": "#/components/responses/NoKey"},
              "403": {"$ref": "#/components/responses/Forbidden"},
              "404": {"$ref": "#/components/responses/Missing"},
              "503": {"$ref": "#/components/responses/NotNow"}
            },
            "security": [{"key": []}],
            "description": "Needs the role review."
          }
        },
        "/v1/reviews/{id}/assign": {
          "post": {
            "operationId": "assignReview",
            "summary": "Give a ticket to someone",
            "parameters": [
              {
                "name": "id",
                "in": "path",
                "required": true,
                "description": "The ticket's number.",
                "schema": {"type": "integer", "minimum": 1}
              }
            ],
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object",
                    "properties": {
                      "to": {
                        "type": ["string", "null"],
                        "minLength": 1,
                        "maxLength": 200,
                        "description": "null takes it from whoever has it."
                      },
                      "by": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 200,
                        "description": "Who says so; the key's name when left out."
                      }
                    },
                    "required": ["to"],
                    "additionalProperties": false
                  }
                }
              }
            },
            "responses": {
              "200": {
                "description": "The ticket as it is now.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Review"}}}
              },
              "400": {"$ref": "#/components/responses/Wrong"},
              "401": {"$ref": "#/components/responses/NoKey"},
              "403": {"$ref": "#/components/responses/Forbidden"},
              "404": {"$ref": "#/components/responses/Missing"},
              "409": {"$ref": "#/components/responses/Settled"},
              "413": {"$ref": "#/components/responses/TooLarge"},
              "503": {"$ref": "#/components/responses/NotNow"}
            },
            "security": [{"key": []}],
            "description": "Needs the role review."
          }
        },
        "/v1/reviews/{id}/note": {
          "post": {
            "operationId": "noteReview",
            "summary": "Add a note",
            "parameters": [
              {
                "name": "id",
                "in": "path",
                "required": true,
                "description": "The ticket's number.",
                "schema": {"type": "integer", "minimum": 1}
              }
            ],
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object",
                    "properties": {
                      "text": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 10000,
                        "description": "What is to be known."
                      },
                      "by": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 200,
                        "description": "Who says so; the key's name when left out."
                      }
                    },
                    "required": ["text"],
                    "additionalProperties": false
                  }
                }
              }
            },
            "responses": {
              "200": {
                "description": "The ticket as it is now.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Review"}}}
              },
              "400": {"$ref": "#/components/responses/Wrong"},
              "401": {"$ref": "#/components/responses/NoKey"},
              "403": {"$ref": "#/components/responses/Forbidden"},
              "404": {"$ref": "#/components/responses/Missing"},
              "409": {"$ref": "#/components/responses/Settled"},
              "413": {"$ref": "#/components/responses/TooLarge"},
              "503": {"$ref": "#/components/responses/NotNow"}
            },
            "security": [{"key": []}],
            "description": "Needs the role review."
          }
        },
        "/v1/reviews/{id}/verdict": {
          "post": {
            "operationId": "judgeReview",
            "summary": "Judge the order and close the ticket",
            "parameters": [
              {
                "name": "id",
                "in": "path",
                "required": true,
                "description": "The ticket's number.",
                "schema": {"type": "integer", "minimum": 1}
              }
            ],
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object",
                    "properties": {
                      "verdict": {"type": "string", "enum": ["good", "bad", "unclear"]},
                      "note": {"type": "string", "maxLength": 10000},
                      "by": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 200,
                        "description": "Who says so; the key's name when left out."
                      }
                    },
                    "required": ["verdict"],
                    "additionalProperties": false
                  }
                }
              }
            },
            "responses": {
              "200": {
                "description": "The ticket as it is now.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Review"}}}
              },
              "400": {"$ref": "#/components/responses/Wrong"},
              "401": {"$ref": "#/components/responses/NoKey"},
              "403": {"$ref": "#/components/responses/Forbidden"},
              "404": {"$ref": "#/components/responses/Missing"},
              "409": {"$ref": "#/components/responses/Settled"},
              "413": {"$ref": "#/components/responses/TooLarge"},
              "503": {"$ref": "#/components/responses/NotNow"}
            },
            "security": [{"key": []}],
            "description": "Needs the role review."
          }
        },
        "/v1/reviews/{id}/close": {
          "post": {
            "operationId": "closeReview",
            "summary": "Close a ticket without a verdict",
            "parameters": [
              {
                "name": "id",
                "in": "path",
                "required": true,
                "description": "The ticket's number.",
                "schema": {"type": "integer", "minimum": 1}
              }
            ],
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object",
                    "properties": {
                      "reason": {"type": "string", "minLength": 1, "maxLength": 10000, "description": "Why."},
                      "by": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 200,
                        "description": "Who says so; the key's name when left out."
                      }
                    },
                    "required": ["reason"],
                    "additionalProperties": false
                  }
                }
              }
            },
            "responses": {
              "200": {
                "description": "The ticket as it is now.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Review"}}}
              },
              "400": {"$ref": "#/components/responses/Wrong"},
              "401": {"$ref": "#/components/responses/NoKey"},
              "403": {"$ref": "#/components/responses/Forbidden"},
              "404": {"$ref": "#/components/responses/Missing"},
              "409": {"$ref": "#/components/responses/Settled"},
              "413": {"$ref": "#/components/responses/TooLarge"},
              "503": {"$ref": "#/components/responses/NotNow"}
            },
            "security": [{"key": []}],
            "description": "Needs the role review."
          }
        },
        """##

    static let reviewSchemas = ##"""
        "Review": {
          "type": "object",
          "properties": {
            "number": {"type": "integer"},
            "order": {"type": "string"},
            "state": {"type": "string", "enum": ["open", "closed"]},
            "watch": {"type": "string"},
            "channel": {"type": ["string", "null"]},
            "health": {"type": "number"},
            "reasons": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "name": {"type": "string"},
                  "value": {"type": "string"},
                  "points": {"type": "string"}
                },
                "required": ["name", "value", "points"]
              }
            },
            "advice": {"type": "array", "items": {"type": "string"}},
            "assignee": {"type": ["string", "null"]},
            "verdict": {"type": ["string", "null"], "enum": ["good", "bad", "unclear", null]},
            "opened_at": {"type": "string"},
            "updated_at": {"type": "string"},
            "closed_at": {"type": ["string", "null"]},
            "history": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "at": {"type": "string"},
                  "kind": {"type": "string"},
                  "who": {"type": ["string", "null"]},
                  "health": {"type": "number"},
                  "text": {"type": ["string", "null"]}
                },
                "required": ["at", "kind", "health"]
              }
            }
          },
          "required": [
            "number",
            "order",
            "state",
            "watch",
            "health",
            "reasons",
            "advice",
            "opened_at",
            "updated_at"
          ]
        },
        """##
}
