//! The description of the API (OpenAPI 3.1), made from the table that the routes are made from.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::dashboard::shape::Parameter;
use crate::dashboard::table::API;
use crate::dashboard::table::Endpoint;
use crate::dashboard::table::Verb;

/// Where it is.
pub(super) const PATH: &str = "/api/v1/openapi.json";

/// It as an answer.
pub(super) fn response() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| description().to_string());
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, TEXT.as_str()).into_response()
}

/// The whole description.
pub(super) fn description() -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for endpoint in API {
        endpoint.answer.collect(&mut schemas);
        let verb = match endpoint.verb {
            Verb::Look(_) => "get",
            Verb::Act(_) => "post",
        };
        paths.insert(endpoint.path.to_owned(), json!({verb: operation(endpoint)}));
    }
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "rdpfix",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a history of compliance runs knows. Everything is read only, but for asking for a run of a job.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        // Reading is open on a loopback address, and takes the token elsewhere.
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let (good, acts) = match endpoint.verb {
        Verb::Look(_) => ("200", false),
        Verb::Act(_) => ("202", true),
    };
    let mut answers = Map::new();
    answers.insert(
        good.to_owned(),
        json!({
            "description": endpoint.about,
            "content": {"application/json": {"schema": endpoint.answer.schema()}},
        }),
    );
    let mut problems = vec![
        ("400", "A parameter is unknown or does not fit"),
        ("401", "The token is needed"),
        ("403", "The request comes from another site's page"),
        ("404", "There is no such thing"),
        ("421", "The dashboard does not answer under this name"),
        ("503", "The history cannot be read now"),
    ];
    if acts {
        problems.push(("409", "It is running, or cannot be started now"));
    }
    for (status, about) in problems {
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        let content = json!({"application/problem+json": {"schema": schema}});
        answers.insert(
            status.to_owned(),
            json!({"description": about, "content": content}),
        );
    }
    let parameters: Vec<Value> = endpoint
        .parameters
        .iter()
        .map(Parameter::described)
        .collect();
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": endpoint.about,
        "parameters": parameters,
        "responses": answers,
    });
    if let (true, Value::Object(operation)) = (acts, &mut operation) {
        operation.insert("security".to_owned(), json!([{"token": []}]));
    }
    operation
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What is wrong with a request (RFC 9457)",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
        "required": ["type", "title", "status", "detail"],
    })
}
