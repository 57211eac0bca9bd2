//! Nodes of one service: what one wrote, the next one knows; what came too late counts for nothing.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod kit;
mod reopening;

mod late;
mod installed;
mod program;
mod settings;
mod unwitnessed;
mod upkeep;
