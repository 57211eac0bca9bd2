//! A verified plan as PDF and HTML.
