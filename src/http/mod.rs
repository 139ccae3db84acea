//! The `http` module deals with *HTTP/1.1 on byte streams*: a USB pipe pair, a TCP or TLS connection.
