//! Names in the environment that begin as ours do and belong to others: to our
//! own front end, examples and tests, and to Kubernetes.

/// Read by `frontend/`, `examples/` and `bench/`, which run next to a server and
/// often share its `.env`.
const READ_BY_OUR_OTHER_PROGRAMS: [&str; 5] = [
    "HALLPASS_COOKIE",
    "HALLPASS_ISSUER",
    "HALLPASS_JWKS_URL",
    "HALLPASS_URL",
    "HALLPASS_URL_OF_BUILD",
];

/// Read by our tests.
const READ_BY_OUR_TESTS: [&str; 2] = ["HALLPASS_E2E_", "HALLPASS_TEST_"];

/// Whether another program of ours, or an orchestrator, sets this.
pub(super) fn set(name: &str, value: &str) -> bool {
    READ_BY_OUR_OTHER_PROGRAMS.contains(&name)
        || READ_BY_OUR_TESTS
            .iter()
            .any(|prefix| name.starts_with(prefix))
        || is_service_link(name, value)
}

const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// What Kubernetes sets for each service of a namespace (Kubernetes, "Service",
/// environment variables), and Docker for a linked container: a service named
/// `hallpass` becomes `HALLPASS_SERVICE_HOST` and `HALLPASS_PORT=tcp://…`.
fn is_service_link(name: &str, value: &str) -> bool {
    let of_service = |mark: &str| name.find(mark).is_some_and(|at| at > 0);
    let is_address = PROTOCOLS
        .iter()
        .any(|protocol| value.starts_with(&format!("{}://", protocol.to_ascii_lowercase())));
    of_service("_SERVICE_HOST")
        || of_service("_SERVICE_PORT")
        || name.ends_with("_PORT") && is_address
        || is_port_of_service(name)
        || name == "HALLPASS_NAME" && value.starts_with('/')
        || name.starts_with("HALLPASS_ENV_")
}

/// `HALLPASS_PORT_8000_TCP` and what begins so.
fn is_port_of_service(name: &str) -> bool {
    let Some((service, rest)) = name.split_once("_PORT_") else {
        return false;
    };
    let mut parts = rest.split('_');
    let is_number = |part: &str| part.parse::<u16>().is_ok();
    !service.is_empty()
        && parts.next().is_some_and(is_number)
        && parts.next().is_some_and(|part| PROTOCOLS.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_links_are_recognised() {
        for (name, value) in [
            ("HALLPASS_SERVICE_HOST", "10.0.0.1"),
            ("HALLPASS_SERVICE_PORT", "8000"),
            ("HALLPASS_SERVICE_PORT_HTTP", "8000"),
            ("HALLPASS_PORT", "tcp://10.0.0.1:8000"),
            ("HALLPASS_PORT", "udp://10.0.0.1:8000"),
            ("HALLPASS_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
            ("HALLPASS_PORT_8000_TCP_ADDR", "10.0.0.1"),
            ("HALLPASS_PORT_8000_TCP_PORT", "8000"),
            ("HALLPASS_PORT_8000_TCP_PROTO", "tcp"),
            ("HALLPASS_PORT_53_UDP", "udp://10.0.0.1:53"),
            ("HALLPASS_AUTH_SERVICE_HOST", "10.0.0.1"),
            ("HALLPASS_AUTH_PORT", "tcp://10.0.0.1:80"),
            ("HALLPASS_METRICS_PORT_9090_TCP_ADDR", "10.0.0.1"),
            ("HALLPASS_NAME", "/web/hallpass"),
        ] {
            assert!(set(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("HALLPASS_PORT", "8000"),
            ("HALLPASS_PORT_8000", "8000"),
            ("HALLPASS_PORT_HTTP_TCP", "8000"),
            ("HALLPASS_HOST", "10.0.0.1"),
            ("HALLPASS_NAME", "Example"),
            ("HALLPASS_RATE_LIMITS", "on"),
        ] {
            assert!(!set(name, value), "{name}={value}");
        }
    }
}
