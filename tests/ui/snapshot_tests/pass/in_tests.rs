use lrt::prelude::*;

#[derive(Default)]
struct Db(String);

#[lambda(init = connect)]
async fn process(key: String, db: &Db) -> String {
    key + &db.0
}

async fn connect() -> Db {
    Db::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt as renamed;

    async fn fake() -> Db {
        Db::default()
    }

    lrt::snapshot_tests!(process, "events/*.json", state = fake().await);

    mod with_every_option {
        use super::*;

        lrt::snapshot_tests!(super::process, "events/ada.json", crate = renamed, state = Db("x".to_owned()),);
    }

    mod with_init {
        use super::*;

        lrt::snapshot_tests!(process, "**/a*.json");
    }
}
