//! What a Rust program gets when it depends on the crate.

use crate::support::{compile, library};

/// If the crate itself made a shared or static library, cargo would build it for every dependent, under a
/// name without a hash. Two versions of the crate in one program would then overwrite each other.
#[test]
fn the_crate_is_a_plain_library_without_a_build_script() {
    let metadata =
        compile::run(library::cargo().args(["metadata", "--no-deps", "--offline", "--format-version", "1"]));
    let targets = |name: &str| {
        let named = format!("\"name\":\"{name}\",\"version\"");
        let package = metadata.split("\"manifest_path\"").find(|package| package.contains(&named));
        package.unwrap_or_else(|| panic!("cargo knows no {name}: {metadata}"))
    };
    let (tabi, capi) = (targets("tabi"), targets("tabi-capi"));
    assert!(tabi.contains(r#""kind":["lib"]"#), "{tabi}");
    for kind in ["cdylib", "staticlib", "custom-build"] {
        assert!(!tabi.contains(kind), "the crate has a target of kind {kind}");
        assert!(capi.contains(kind), "the C library has no target of kind {kind}");
    }
}

/// The tests are built together with the C library, which turns on the feature `capi` of the crate.
#[test]
fn the_crate_compiles_without_the_c_face() {
    let mut cargo = library::cargo();
    cargo.args(["check", "--quiet", "--package", "tabi", "--lib"]);
    compile::run(cargo.args(library::same_profile_and_place()));
}
