use lrt::prelude::*;

#[lambda(http)]
async fn read(Query(page): Query<Pgae>) -> Json<u32> {
    let _ = page;
    Json(1)
}
