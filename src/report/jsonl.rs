//! JSON lines: one self-contained record per event, flushed, valid after a crash.
