//! The planseal service: verified statements come in, are stored and logged, and leave with their evidence.
//!
//! The modules stand in the order in which a request passes: `listen` bounds it, `routes` is the one table that
//! names its permission and limit, a handler asks the `service` (the domain: store, log, the service's own keys),
//! `problem` gives a refusal its HTTP meaning once, `pages` says the answer to people. `config` and `operate` are the
//! operator's side: a node is founded, served and looked after by what one file says. `witness` is a server of its own,
//! which partner organisations run to watch the log. `demo` plays a past with a set
//! clock and the sample plans, then verifies everything as an outside reader would.
//!
//! Signing in, relationships and roles come with a later issue: until then routes that give content are served in
//! demo mode only, and the table says so.

pub mod service;
pub mod problem;
pub mod pages;
pub mod routes;
pub mod listen;
pub mod witness;
pub mod config;
pub mod operate;
pub mod demo;
mod whole_file;
