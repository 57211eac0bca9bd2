//! Real storage engines for the store's tests.
//!
//! Engines are reached through their [`bucket`]. [`light_s3`] is an S3 server in this process, with [`fault`]s; `install.sh`
//! brings Azurite and moto, which [`outside`] starts; `cluster.sh` boots a Ceph. [`chaos`] puts a store of several nodes on
//! one of them to a trial, amid a [`disturbance`], and gives an [`Account`] of every promise made meanwhile.

pub mod bucket;
pub mod fault;
pub mod light_s3;
pub mod outside;
mod cast;
mod ledger;
pub mod disturbance;
pub mod chaos;

pub use ledger::Account;
