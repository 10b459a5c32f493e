//! Where the expanded code finds the traits: in `rushlight-nn`, if the crate depends on it, and else
//! in the facade.

use syn::{Path, parse_quote};

/// `::rushlight_nn` or `::rushlight::nn`.
pub fn path() -> Path {
    let manifest = std::env::var("CARGO_MANIFEST_DIR")
        .map(|folder| std::path::Path::new(&folder).join("Cargo.toml"))
        .and_then(|file| std::fs::read_to_string(file).map_err(|_| std::env::VarError::NotPresent));
    match manifest {
        Ok(manifest) if !names_layers(&manifest) => parse_quote!(::rushlight::nn),
        _ => parse_quote!(::rushlight_nn),
    }
}

/// Whether a manifest is that of `rushlight-nn` or depends on it.
fn names_layers(manifest: &str) -> bool {
    manifest.lines().map(str::trim).any(|line| {
        let is_key = line
            .strip_prefix("rushlight-nn")
            .is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
        let is_table = line.starts_with('[') && line.ends_with(".rushlight-nn]");
        is_key || is_table || line.replace(' ', "") == "name=\"rushlight-nn\""
    })
}

#[cfg(test)]
mod tests {
    use super::names_layers;

    #[test]
    fn a_dependency_is_found_in_every_spelling() {
        for manifest in [
            "rushlight-nn = \"0.1\"",
            "rushlight-nn.workspace = true",
            "[dependencies.rushlight-nn]",
            "name = \"rushlight-nn\"",
        ] {
            assert!(names_layers(manifest), "{manifest}");
        }
    }

    #[test]
    fn other_crates_and_comments_are_not_taken_for_it() {
        for manifest in [
            "rushlight = \"0.1\"",
            "rushlight-nn-derive = \"0.1\"",
            "# rushlight-nn = \"0.1\"",
        ] {
            assert!(!names_layers(manifest), "{manifest}");
        }
    }
}
