//! `HOST`, `PORT` and `HALLPASS_METRICS_ADDR`: whether the listeners agree with
//! the public URL and with each other.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::super::fix::Fix;
use super::super::ports;
use super::super::report::Report;
use super::super::setup::Setup;
use super::super::site::Site;
use super::{HOST, METRICS, PORT, URL};

/// Where metrics go when they need another place.
const METRICS_PORT: u16 = 9090;

pub(super) fn check(ours: &Site, setup: &Setup<'_>, report: &mut Report) {
    let (host, port) = (setup.values.listen.host, setup.values.listen.port);
    // Over https the port is the proxy's.
    let expected = ours
        .port()
        .filter(|port| *port != 0 && ours.is_local() && !ours.is_https());
    if port == 0 {
        let finding = "0 means another port at each start, which no link can know";
        return report.warning(PORT, finding, Fix::set(PORT, expected.unwrap_or(8000)));
    }
    if let Some(expected) = expected.filter(|expected| *expected != port) {
        let finding = format!("listens on {port}, but {URL} says {expected}");
        let fix = Fix::set(PORT, expected).remark(format!("or let {URL} name {port}"));
        return report.warning(PORT, finding, fix);
    }
    let address = SocketAddr::new(host, port);
    if setup.asks_machine && !ports::check_server(address, report) {
        return;
    }
    report.ok(HOST, format!("listens on {address}"));
    if ours.is_local() && !host.is_loopback() {
        report.note(
            HOST,
            format!("{host} takes calls from other machines too, though {URL} is for this one"),
        );
    }
}

pub(super) fn check_metrics(metrics: SocketAddr, setup: &Setup<'_>, report: &mut Report) {
    let listen = &setup.values.listen;
    let server = SocketAddr::new(listen.host, listen.port);
    let same_host = metrics.ip() == listen.host
        || metrics.ip().is_unspecified()
        || listen.host.is_unspecified();
    let fix = Fix::set(METRICS, private_place(metrics, listen.port));
    if metrics.port() == listen.port && metrics.port() != 0 && same_host {
        let finding = format!("{metrics} is where the server itself listens");
        report.serious(METRICS, finding, fix);
    } else if !metrics.ip().is_loopback() {
        let finding = format!(
            "{metrics} shows to others how many sign in and fail, and asks for no password"
        );
        let fix = fix.remark("or let a firewall admit the collector alone");
        report.warning(METRICS, finding, fix);
    } else if metrics.port() == 0 {
        let finding = "0 means another port at each start, which no collector can know";
        report.warning(METRICS, finding, fix);
    } else if !setup.asks_machine || ports::check_metrics(metrics, server, report) {
        report.ok(METRICS, format!("{metrics}, for this machine alone"));
    }
}

/// An address for metrics that this machine alone reaches.
pub(in super::super) fn private_place(metrics: SocketAddr, server_port: u16) -> SocketAddr {
    let is_free = |port: &u16| *port != 0 && *port != server_port;
    let ports = [metrics.port(), METRICS_PORT, METRICS_PORT + 1];
    let port = ports.into_iter().find(is_free).unwrap_or(METRICS_PORT);
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}
