//! Whether the server could listen where it is meant to.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, bind, socket, sockopt};

use super::exposure::private_place;
use super::fix::Fix;
use super::report::Report;

const HOST: &str = "HOST";
const PORT: &str = "PORT";
const METRICS: &str = "HALLPASS_METRICS_ADDR";

/// How long another program may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the server can listen, or does.
pub(super) fn check_server(address: SocketAddr, report: &mut Report) -> bool {
    match try_bind(address) {
        Err(error) if error != Errno::ADDRINUSE || !is_hallpass(address) => {
            complain(address, error, report);
            false
        }
        _ => true,
    }
}

/// Whether metrics can be shown there, or are.
pub(super) fn check_metrics(address: SocketAddr, server: SocketAddr, report: &mut Report) -> bool {
    match try_bind(address) {
        // Those of a server that runs are its own.
        Err(error) if error != Errno::ADDRINUSE || !is_hallpass(server) => {
            complain_of_metrics(address, error, server.port(), report);
            false
        }
        _ => true,
    }
}

/// Takes the address and gives it back, without listening: no client can reach
/// it meanwhile.
fn try_bind(address: SocketAddr) -> Result<(), Errno> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let socket = socket(family, SocketType::STREAM, None)?;
    // As the server does it: a connection that just ended is no obstacle.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)
}

fn complain(address: SocketAddr, error: Errno, report: &mut Report) {
    let port = address.port();
    match error {
        Errno::ADDRINUSE => {
            let finding = format!("another program listens on {address}");
            let fix = Fix::set(PORT, free_port(address)).remark("or end that program");
            report.serious(PORT, finding, fix);
        }
        Errno::ACCESS => {
            let finding =
                format!("this user may not listen on port {port}: ports below 1024 are for root");
            let fix = Fix::set(PORT, free_port(SocketAddr::new(address.ip(), 7999)));
            let fix =
                fix.remark("behind a proxy; or systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE");
            report.serious(PORT, finding, fix);
        }
        Errno::ADDRNOTAVAIL => {
            let finding = format!("{} is no address of this machine", address.ip());
            let fix = Fix::unset(HOST).remark("or an address that `ip address` shows");
            report.serious(HOST, finding, fix);
        }
        other => {
            let finding = format!("the server cannot listen on {address}: {other}");
            report.serious(HOST, finding, Fix::unset(HOST));
        }
    }
}

fn complain_of_metrics(address: SocketAddr, error: Errno, server_port: u16, report: &mut Report) {
    let finding = match error {
        Errno::ADDRINUSE => format!("another program listens on {address}"),
        Errno::ADDRNOTAVAIL => format!("{} is no address of this machine", address.ip()),
        other => format!("metrics cannot be shown on {address}: {other}"),
    };
    let mut place = private_place(address, server_port);
    if try_bind(place).is_err() {
        place.set_port(free_port(place));
    }
    report.serious(METRICS, finding, Fix::set(METRICS, place));
}

/// The next port that is free there.
fn free_port(address: SocketAddr) -> u16 {
    let mut after = address.port().saturating_add(1)..=u16::MAX;
    let free = after.find(|port| try_bind(SocketAddr::new(address.ip(), *port)).is_ok());
    free.unwrap_or(8000)
}

/// Whether a server of ours answers there.
fn is_hallpass(address: SocketAddr) -> bool {
    let answer = ask_health(address).unwrap_or_default();
    answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"status":"ok"}"#)
}

fn ask_health(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&callable(address), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    // A program that never stops talking is another one.
    stream.take(16 * 1024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// An address that listens on everything is called by loopback.
fn callable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_names_its_setting() {
        let address = "127.0.0.1:80".parse().unwrap();
        for (error, complaint) in [
            (Errno::ADDRINUSE, "serious port"),
            (Errno::ACCESS, "serious port"),
            (Errno::ADDRNOTAVAIL, "serious host"),
            (Errno::AFNOSUPPORT, "serious host"),
        ] {
            let mut report = Report::default();
            complain(address, error, &mut report);
            assert_eq!(report.complaints(), [complaint]);
        }
    }
}
