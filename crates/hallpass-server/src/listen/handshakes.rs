//! The last moment of a listener.

use std::io;

use tokio::net::TcpListener;

/// Lets no further client begin to connect, while those that have begun can
/// finish and be accepted. A connection that is complete when the listener is
/// closed and was not accepted is reset, with its request. A client that began
/// too late sends its SYN again after a second, and is then refused.
#[cfg(target_os = "linux")]
pub(super) fn refuse_new(listener: &TcpListener) -> io::Result<()> {
    use socket2::{SockFilter, SockRef};

    // A socket's filter sees the TCP header first (socket(7),
    // SO_ATTACH_FILTER); its byte 13 holds the flags (RFC 9293, section 3.1).
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

/// Other systems have no such filter.
#[cfg(not(target_os = "linux"))]
pub(super) fn refuse_new(_: &TcpListener) -> io::Result<()> {
    Ok(())
}
