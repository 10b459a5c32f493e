//! What stands in `#[module(...)]`.

use syn::{Attribute, Expr, LitInt, LitStr, Path, Result, Token};

/// Attributes of the type.
#[derive(Default)]
pub struct ModuleAttributes {
    pub name: Option<Expr>,
    pub repr: Option<Path>,
    pub version: Option<LitInt>,
    pub library: Option<Path>,
}

impl ModuleAttributes {
    pub fn parse(attributes: &[Attribute]) -> Result<ModuleAttributes> {
        let mut found = ModuleAttributes::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("module")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    found.name = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("repr") {
                    found.repr = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("version") {
                    found.version = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("crate") {
                    found.library = Some(meta.value()?.call(Path::parse_mod_style)?);
                } else {
                    return Err(meta.error("expected `name`, `repr`, `version` or `crate`"));
                }
                Ok(())
            })?;
        }
        Ok(found)
    }
}

/// Attributes of a field.
#[derive(Default)]
pub struct FieldAttributes {
    pub skip: bool,
    pub flatten: bool,
    pub rename: Option<String>,
    pub since: Option<LitInt>,
}

impl FieldAttributes {
    pub fn parse(attributes: &[Attribute]) -> Result<FieldAttributes> {
        let mut found = FieldAttributes::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("module")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("skip") {
                    found.skip = true;
                } else if meta.path.is_ident("flatten") {
                    found.flatten = true;
                } else if meta.path.is_ident("rename") {
                    meta.input.parse::<Token![=]>()?;
                    let name: LitStr = meta.input.parse()?;
                    if name.value().is_empty() || name.value().contains('.') {
                        return Err(syn::Error::new_spanned(
                            name,
                            "the name of a field is not empty and has no dot",
                        ));
                    }
                    found.rename = Some(name.value());
                } else if meta.path.is_ident("since") {
                    found.since = Some(meta.value()?.parse()?);
                } else {
                    return Err(meta.error("expected `skip`, `flatten`, `rename` or `since`"));
                }
                Ok(())
            })?;
        }
        Ok(found)
    }
}
