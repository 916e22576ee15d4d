//! The SDK without a host. The guests that `host/tests/guests` has run as
//! programs of this machine too, by the tests of the host.

mod guide;
#[cfg(unix)]
mod process;
