//! Durable storage of verified objects, and the log's tiles.
