//! Private keys and the planseal hand tool.
