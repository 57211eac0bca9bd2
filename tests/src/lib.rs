//! The whole pipeline, end to end.
