//! The service over HTTP, without a socket: one played past, asked in every way the table of routes allows.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod kit;
mod people;
mod routes;
mod statements;
mod versions;
mod prints;
mod checking;
mod pages;
