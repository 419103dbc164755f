use lrt::prelude::*;

#[lambda(authorizer)]
async fn auth(token: String) -> Result<Allow<()>, Deny> {
    let _ = token;
    Ok(Allow::new(()))
}
