//! `#[derive(Module)]`: lists the fields of a module. Everything else walks that list.
#![forbid(unsafe_code)]

mod attributes;
mod library;

use attributes::{FieldAttributes, ModuleAttributes};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Index, Member, Result, parse_macro_input};

/// Makes a struct a module: lists its fields and prints it as PyTorch prints modules.
///
/// What a field is follows from its type: a parameter, a buffer, another module, a setting. An enum
/// whose variants hold one module each stands for the module it holds.
///
/// Attributes of the type:
///
/// | attribute | meaning |
/// |---|---|
/// | `#[module(name = "...")]` | the name it prints, an expression; the type's own by default |
/// | `#[module(repr = path)]` | a function `&Self -> String`: what it prints between parentheses |
/// | `#[module(version = 2)]` | version of its state, 1 by default |
/// | `#[module(crate = path)]` | where `rushlight_nn` is, if under another name |
///
/// Attributes of a field:
///
/// | attribute | meaning |
/// |---|---|
/// | `#[module(skip)]` | no part of the tree; its type may be anything |
/// | `#[module(flatten)]` | the fields of this module count as this struct's own |
/// | `#[module(rename = "...")]` | its name, if other than the field's |
/// | `#[module(since = 2)]` | state saved before this version may lack it |
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = ModuleAttributes::parse(&input.attrs)?;
    let library = attributes.library.clone().unwrap_or_else(library::path);
    let methods = match &input.data {
        Data::Struct(data) => struct_methods(input, &attributes, &data.fields, &library)?,
        Data::Enum(data) => {
            let variants = data.variants.iter().map(|variant| match &variant.fields {
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok(&variant.ident),
                _ => Err(Error::new_spanned(
                    variant,
                    "a variant of a module holds exactly one module",
                )),
            });
            enum_methods(&variants.collect::<Result<Vec<_>>>()?, &library)
        }
        Data::Union(_) => {
            return Err(Error::new_spanned(input, "a union cannot be a module"));
        }
    };
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #library::Module for #ident #type_generics #where_clause {
            #methods
        }

        #[automatically_derived]
        impl #impl_generics ::core::fmt::Display for #ident #type_generics #where_clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(&#library::Module::repr(self))
            }
        }
    })
}

fn struct_methods(
    input: &DeriveInput,
    attributes: &ModuleAttributes,
    fields: &Fields,
    library: &syn::Path,
) -> Result<TokenStream> {
    let mut listed = Vec::new();
    for (position, field) in fields.iter().enumerate() {
        let member = match &field.ident {
            Some(ident) => Member::Named(ident.clone()),
            None => Member::Unnamed(Index::from(position)),
        };
        let options = FieldAttributes::parse(&field.attrs)?;
        listed.extend(list_field(&member, &options, field.ty.span()));
    }
    let name = match &attributes.name {
        Some(name) => quote!(#name),
        None => {
            let name = input.ident.to_string();
            quote!(#name)
        }
    };
    let extra_repr = attributes.repr.as_ref().map(|repr| {
        quote! {
            fn extra_repr(&self) -> ::core::option::Option<::std::string::String> {
                ::core::option::Option::Some(#repr(self))
            }
        }
    });
    let version = attributes.version.as_ref().map(|version| {
        quote! {
            fn version(&self) -> u64 { #version }
        }
    });
    Ok(quote! {
        fn type_name(&self) -> &'static str { #name }
        fn fields<'module>(&'module self, fields: &mut #library::Fields<'module>) {
            #(#listed)*
        }
        #extra_repr
        #version
    })
}

/// The line that lists one field. A type that cannot be one is reported where it stands.
fn list_field(member: &Member, options: &FieldAttributes, span: Span) -> Option<TokenStream> {
    if options.skip {
        return None;
    }
    if options.flatten {
        return Some(quote_spanned!(span=> fields.flatten(&self.#member);));
    }
    let name = options.rename.clone().unwrap_or_else(|| match member {
        Member::Named(ident) => ident.to_string().trim_start_matches("r#").to_owned(),
        Member::Unnamed(index) => index.index.to_string(),
    });
    Some(match &options.since {
        Some(since) => quote_spanned!(span=> fields.add_since(#since, #name, &self.#member);),
        None => quote_spanned!(span=> fields.add(#name, &self.#member);),
    })
}

/// An enum hands every question to the module it holds.
fn enum_methods(variants: &[&syn::Ident], library: &syn::Path) -> TokenStream {
    quote! {
        fn type_name(&self) -> &'static str {
            match self { #(Self::#variants(module) => #library::Module::type_name(module),)* }
        }
        fn fields<'module>(&'module self, fields: &mut #library::Fields<'module>) {
            match self { #(Self::#variants(module) => #library::Module::fields(module, fields),)* }
        }
        fn extra_repr(&self) -> ::core::option::Option<::std::string::String> {
            match self { #(Self::#variants(module) => #library::Module::extra_repr(module),)* }
        }
        fn version(&self) -> u64 {
            match self { #(Self::#variants(module) => #library::Module::version(module),)* }
        }
    }
}
