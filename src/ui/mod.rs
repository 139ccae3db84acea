//! The `ui` module deals with *the window*: egui, and egui nowhere else.
