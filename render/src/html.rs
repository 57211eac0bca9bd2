//! The emergency summary as HTML sections, for pages of the server.
