//! The eSCL driver against documents, scripts and the virtual scanner.

mod cancel;
mod conversations;
mod documents;
mod network;
mod scanning;
