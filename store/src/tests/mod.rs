//! The store as a whole, over engines that lose power, lie or are tampered with.

mod kit;

mod crash;
mod log;
mod nodes;
mod races;
mod tamper;
mod upkeep;
