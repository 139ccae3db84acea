//! The eSCL driver against documents, scripts and the virtual scanner.

mod documents;
mod scanning;
