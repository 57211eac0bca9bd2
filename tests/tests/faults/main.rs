//! Engines that fail, nodes that die, writers that race: and no receipt is lost, no entry replaced, no head contradicted.
//!
//! A `Twin` is the disk of a service in memory. Each node reaches it through a `Door`, where every operation meets what
//! is to happen to it. `exhaustive` puts one fault, and then two, at every operation of a story; `interleaved` lets a
//! seed decide whose operation goes on next; `planted` shows that the suite finds mistakes. `Promised` is what the
//! world outside was told, and what the disk is held to.

mod random;
mod twin;
mod door;
mod machine;
mod promised;
mod exhaustive;
mod scheduler;
mod writers;
mod interleaved;
mod planted;

use planseal_store::OperationId;

/// Tells a story on one thread, in paused time.
fn told<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(story)
}

/// A client's try, numbered.
fn operation(number: usize) -> OperationId {
    let number = u128::try_from(number).expect("a small number");
    OperationId::from_bytes(number.to_be_bytes())
}
