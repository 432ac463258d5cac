//! The SQL of the example, found in its source, so that a new statement is
//! tested without being listed anywhere.

use std::path::Path;

use syn::visit::Visit;

/// A `const NAME: OwnedSql = OwnedSql::new("…")`.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) name: String,
    pub(crate) sql: String,
}

/// Every file of `src`, with its text.
pub(crate) fn all() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let text = |path: std::path::PathBuf| {
        assert!(
            path.is_file(),
            "{} is a folder, into which nobody looks",
            path.display()
        );
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.map(text).collect()
}

pub(crate) fn statements() -> Vec<Statement> {
    struct Constants(Vec<Statement>);
    impl<'ast> Visit<'ast> for Constants {
        fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
            if let syn::Expr::Call(call) = &*item.expr
                && let Some(syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(sql),
                    ..
                })) = call.args.first()
            {
                let (name, sql) = (item.ident.to_string(), sql.value());
                self.0.push(Statement { name, sql });
            }
        }
    }
    let mut constants = Constants(Vec::new());
    for (_, text) in all() {
        constants.visit_file(&syn::parse_file(&text).unwrap());
    }
    constants.0
}

/// One that is made elsewhere than in a constant would not be found.
#[test]
fn every_statement_is_found() {
    let made: usize = all()
        .iter()
        .map(|(_, text)| text.matches("OwnedSql::new(").count())
        .sum();
    let found = statements();
    assert_eq!(found.len(), made);
    assert!(made >= 5, "{found:?}");
}
