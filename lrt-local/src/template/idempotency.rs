//! The table of functions with the layer `lrt::idempotency`, its permissions, and the variable with its name.

use super::Template;
use super::yaml::{Map, arn};
use crate::function::LocalFunction;

/// The id of the table.
pub(super) const TABLE: &str = "IdempotencyTable";

/// The variable for code that names none.
const VARIABLE: &str = "IDEMPOTENCY_TABLE";

/// Returns true if the layer is around a function or around its records.
pub(super) fn has_idempotency(function: &dyn LocalFunction) -> bool {
    let deployment = function.deployment();
    [deployment.layers, deployment.record_layers].iter().any(|layers| layers.contains("::Idempotency<"))
}

/// Returns true for the variable with the name of the table.
fn is_table_variable(name: &str) -> bool {
    name.to_ascii_uppercase().contains("IDEMPOTENCY")
}

/// Returns the permission to use the table. These are the operations of `lrt_aws::DynamoDbStore`.
pub(super) fn table_policy() -> Map {
    let statement = Map::new()
        .with("Effect", "Allow")
        .with("Action", ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"])
        .with("Resource", arn(TABLE));
    Map::new().with("Version", "2012-10-17").with("Statement", [statement])
}

impl Template {
    /// Adds the variables with the name of the table, and returns the others.
    pub(super) fn add_table_variables<'a>(&mut self, names: Vec<&'a str>) -> Vec<&'a str> {
        self.ids.claim(TABLE);
        let (mut own, others): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| is_table_variable(name));
        if own.is_empty() {
            own.push(VARIABLE);
        }
        self.variables.extend(own.into_iter().map(|name| (name.to_owned(), TABLE.to_owned())));
        others
    }

    /// Adds the table, with the attributes of Powertools for AWS Lambda.
    pub(super) fn add_idempotency_table(&mut self) {
        let key = |kind: &str, value: &str| [Map::new().with("AttributeName", "id").with(kind, value)];
        let properties = Map::new()
            .with("BillingMode", "PAY_PER_REQUEST")
            .with("AttributeDefinitions", key("AttributeType", "S"))
            .with("KeySchema", key("KeyType", "HASH"))
            .with("TimeToLiveSpecification", Map::new().with("AttributeName", "expiration").with("Enabled", true));
        let table = Map::new().with("Type", "AWS::DynamoDB::Table").with("Properties", properties);
        self.resources.add(TABLE, table);
    }
}

#[cfg(test)]
mod tests {
    use crate::template::{Package, template};
    use crate::test_util::TestFunction;

    const LAYERS: &str = "lrt::layer::stack::Stack<lrt::layer::stack::NoLayer, lrt::layer::stack::LazyLayer<\
                          lrt_core::layer::SharedService<(), ()>, app::App, lrt::idempotency::layer::Idempotency<()>>>";

    fn template_of(function: &TestFunction, source: &str) -> String {
        template(&[function], &Package { source: source.to_owned(), ..Package::default() }).unwrap()
    }

    #[test]
    fn function_with_the_layer_has_a_table_with_its_permissions_and_variable() {
        let source = r#"DynamoDbStore::new(aws_sdk_dynamodb::Client::new(&config), lrt::env("IDEMPOTENCY_TABLE")?)"#;
        let parameters = "(app::Payment, &app::App)";
        for (kind, code) in [("http_api", source), ("sqs", source), ("sqs", "")] {
            let function = TestFunction { layers: LAYERS, parameters, ..TestFunction::new("pay", kind) };
            let text = template_of(&function, code);
            for expected in [
                "        IDEMPOTENCY_TABLE: !Ref IdempotencyTable\n",
                "              Action: [dynamodb:PutItem, dynamodb:UpdateItem, dynamodb:DeleteItem]\n              \
                 Resource: !GetAtt IdempotencyTable.Arn\n",
                "  IdempotencyTable:\n    Type: AWS::DynamoDB::Table\n",
                "        AttributeName: expiration\n        Enabled: true\n",
            ] {
                assert_eq!(text.matches(expected).count(), 1, "{expected}{text}");
            }
            assert!(!text.contains("Parameters:") && !text.contains("DynamoDBCrudPolicy"), "{text}");
        }
    }

    #[test]
    fn other_tables_stay_parameters() {
        let function = TestFunction {
            layers: LAYERS,
            parameters: "(app::Payment, &app::App)",
            ..TestFunction::new("pay", "http_api")
        };
        let source = r#"env::var("IDEMPOTENCY_TABLE")?; env::var("ORDERS_TABLE")?; aws_sdk_dynamodb::Client"#;
        let text = template_of(&function, source);
        assert!(text.contains("        ORDERS_TABLE: !Ref OrdersTable\n"), "{text}");
        assert!(text.contains("        - DynamoDBCrudPolicy:\n            TableName: !Ref OrdersTable\n"), "{text}");
        let without = TestFunction { layers: "()", ..function };
        assert!(template_of(&without, source).contains("        IDEMPOTENCY_TABLE: !Ref IdempotencyTable\n"));
        assert!(!template_of(&without, source).contains("AWS::DynamoDB::Table"));
    }
}
