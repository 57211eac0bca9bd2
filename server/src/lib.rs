//! The planseal service.
