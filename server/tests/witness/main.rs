//! Witnesses over real HTTP: what one cosigns and refuses, what it remembers, and a service that asks several.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod kit;
mod asking;
mod program;
mod refusing;
