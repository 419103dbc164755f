use lrt::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Admin {
    id: u64,
}

#[handler(authorizer)]
async fn auth(_: AuthRequest) -> Result<Allow<User>, Deny> {
    Ok(Allow::new(User { id: 7 }))
}

#[handler(http_api, authorizer = auth)]
async fn orders(Caller(admin): Caller<Admin>) -> String {
    admin.id.to_string()
}

lrt::main!(auth, orders);
