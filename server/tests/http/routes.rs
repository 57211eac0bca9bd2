//! The table of routes: permission, method, media type and size of every row, and the shape of every refusal.

use crate::kit::{STAGE, ask, ask_of, get};
use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode};
use planseal_server::routes::{Permission, Route, table};

/// A path of the row with something in each place that names nothing.
fn somewhere(route: &Route) -> String {
    let nothing = "00000000-0000-0000-0000-000000000000";
    let digest = "0".repeat(64);
    let places = [
        ("{plan}", nothing),
        ("{n}", "1"),
        ("{sha256}", digest.as_str()),
        ("{id}", digest.as_str()),
        ("{name}", "none"),
        ("{*path}", "0/000"),
    ];
    places.iter().fold(route.path.to_owned(), |path, (place, value)| {
        path.replace(place, value)
    })
}

#[test]
fn content_is_refused_wherever_nobody_can_sign_in() {
    let mut refused = Vec::new();
    for route in table() {
        let answer = ask_of(
            &STAGE.closed,
            route.method.clone(),
            &somewhere(&route),
            &[],
            Body::empty(),
        );
        assert_eq!(
            answer.status == StatusCode::FORBIDDEN,
            route.permission == Permission::DemoOnly,
            "{} {}",
            route.method,
            route.path
        );
        if answer.status == StatusCode::FORBIDDEN {
            assert_eq!(answer.problem(), "forbidden");
            refused.push(route.path);
        }
    }
    assert!(refused.contains(&"/e/{plan}") && refused.contains(&"/api/v1/plans/{plan}/versions/{n}"));
}

#[test]
fn the_first_page_lists_nobody_where_nobody_can_sign_in() {
    let page = ask_of(&STAGE.closed, Method::GET, "/", &[], Body::empty());
    assert_eq!(page.status, StatusCode::OK);
    crate::kit::no_patient(&page.text());
}

#[test]
fn what_is_not_in_the_table_does_not_exist() {
    for path in [
        "/nothing",
        "/api/v1",
        "/api/v1/plans/x/y",
        "/assets/../Cargo.toml",
        "/api/v2/status",
    ] {
        let answer = get(path);
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::NOT_FOUND, "not-found"),
            "{path}"
        );
    }
}

#[test]
fn hostile_names_are_nothing_that_exists() {
    for name in [
        "x",
        "..",
        "%2e%2e%2f",
        "%00",
        "%ff",
        "A0000000-0000-0000-0000-000000000000",
        "'%20or%201=1",
    ] {
        for path in [
            format!("/e/{name}"),
            format!("/api/v1/plans/{name}/versions"),
            format!("/api/v1/log/tile/{name}"),
        ] {
            let answer = get(&path);
            assert!(
                matches!(answer.status.as_u16(), 400 | 404),
                "{path}: {}",
                answer.status
            );
        }
    }
}

#[test]
fn another_method_is_told_what_is_served() {
    for route in table() {
        let answer = ask(Method::DELETE, &somewhere(&route), &[], Body::empty());
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{}", route.path);
        assert_eq!(answer.problem(), "method-not-allowed");
        assert!(
            answer.header("allow").contains(route.method.as_str()),
            "{}",
            route.path
        );
    }
}

#[test]
fn bodies_of_media_types_outside_the_row_are_not_read() {
    for route in table().into_iter().filter(|route| !route.bodies.is_empty()) {
        for media_type in ["application/octet-stream", "text/html", ""] {
            let answer = ask(
                route.method.clone(),
                &somewhere(&route),
                &[("content-type", media_type)],
                "x",
            );
            assert_eq!(answer.problem(), "unsupported-media-type", "{}", route.path);
        }
    }
}

#[test]
fn every_limit_of_the_table_holds_with_and_without_an_announced_length() {
    for route in table() {
        for known in route.bodies {
            let headers = [("content-type", known.media_type)];
            let announced = (known.limit + 1).to_string();
            let lying = [headers[0], ("content-length", announced.as_str())];
            let answer = ask(route.method.clone(), &somewhere(&route), &lying, "x");
            assert_eq!(
                answer.problem(),
                "too-large",
                "{} {}",
                route.path,
                known.media_type
            );
            let whole = Body::from(Bytes::from(vec![b' '; known.limit + 1]));
            let answer = ask(route.method.clone(), &somewhere(&route), &headers, whole);
            assert_eq!(
                answer.problem(),
                "too-large",
                "{} {}",
                route.path,
                known.media_type
            );
        }
    }
}

#[test]
fn every_answer_carries_the_headers_that_keep_browsers_safe() {
    for path in [
        "/",
        "/v",
        "/assets/style.css",
        "/api/v1/trust-list",
        "/nothing",
        "/healthz",
    ] {
        let answer = get(path);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            "same-origin",
            "{path}"
        );
        assert_eq!(answer.header("x-request-id").len(), 16, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
    }
    assert_eq!(get("/").header("cache-control"), "no-store");
}
