use hallpass_verify::{ConfigError, Verifier};

/// Made once, at the start. Clones of it share everything.
pub fn verifier(secret: &str) -> Result<Verifier, ConfigError> {
    Verifier::shared_secret(secret)
        .issuer("http://localhost:8000")
        .build()
}

/// Who sent this `Authorization` header, or what to answer with 401.
pub fn user_of(verifier: &Verifier, authorization: Option<&str>) -> Result<String, &'static str> {
    let token = authorization
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token)
        .ok_or("Authentication required")?;
    match verifier.verify(token) {
        Ok(claims) => Ok(claims.sub),
        Err(refused) if refused.is_expired() => Err("Token expired. Please sign in again."),
        Err(_) => Err("Could not validate credentials"),
    }
}
