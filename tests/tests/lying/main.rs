//! A service that lies (SECURITY T2, T4, T5): each attack is one named scene, with what core's verifier, the hand tool and
//! a monitor come to.
//!
//! The liar is the real service under its real keys, so everything it signs verifies. What it cannot do is sign for a
//! clinician, or unsay what it signed before.

mod cast;
mod history;
mod liar;
mod scene;
mod heads;
mod snapshots;
mod logs;
mod objects;
mod publishing;
mod witnesses;
