use lrt::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

type Decision = Result<Allow<User>, Deny>;
type Admin = Option<Caller<u64>>;

#[handler(authorizer)]
async fn auth(_: AuthRequest) -> Decision {
    Ok(Allow::new(User { id: 7 }))
}

#[handler(rest_api, authorizer = auth)]
async fn orders(admin: Admin) -> String {
    format!("{:?}", admin.map(|Caller(id)| id))
}

lrt::main!(auth, orders);
