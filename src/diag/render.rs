//! Draws diagnostics: file, line and caret.
