//! The command `planseal` as people and programs meet it.
#![expect(clippy::unwrap_used, reason = "a journey that fails anywhere has failed")]

mod world;

mod files;
mod pictures;
mod services;
mod records;
mod publishing;
mod monitoring;
