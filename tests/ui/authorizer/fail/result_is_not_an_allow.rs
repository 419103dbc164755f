use lrt::prelude::*;

#[lambda(authorizer)]
async fn auth(request: AuthRequest) -> Result<bool, Deny> {
    Ok(request.token().is_some())
}
